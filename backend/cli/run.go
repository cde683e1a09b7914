package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/job"
)

// standardOutput is the FILE that means the standard output.
const standardOutput = "-"

type runFlags struct {
	inputs, outputs, params []string
}

// runDocument is what `inos run --json` prints.
type runDocument struct {
	*job.Result
	// Files says where each output was written, in the op's order; empty: nowhere.
	Files []string `json:"files"`
}

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run UNIT.OP [-i FILE]... [-p name=value]... [-o FILE]...",
		Short: "Run one op of a unit",
		Long: "run gives files to an op as they are, waits for it, and writes its outputs to the files\n" +
			"named with -o, in the op's order; - is the standard output. `inos units` lists the ops,\n" +
			"`inos plugin inspect` explains their parameters.",
		Example: "  inos run boids.init -p count=1000 -p seed=7 -o flock.bin\n" +
			"  inos run boids.step -i flock.bin -p steps=600 -o later.bin\n" +
			"  inos run boids.stats -i later.bin --json",
		Args: oneArgument("UNIT.OP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := flags.request(cmd, args[0])
			if err != nil {
				return err
			}
			if a.global.json && slices.Contains(flags.outputs, standardOutput) {
				return usagef(cmd, "-o - and --json both want the standard output")
			}
			return a.runOp(cmd.Context(), request, flags.outputs)
		},
	}
	cmd.Flags().StringArrayVarP(&flags.inputs, "input", "i", nil, "an input `FILE`; repeat")
	cmd.Flags().StringArrayVarP(&flags.outputs, "output", "o", nil,
		"write an output to this `FILE`; repeat")
	paramsFlag(cmd, &flags.params)
	return cmd
}

func (f *runFlags) request(cmd *cobra.Command, name string) (job.Request, error) {
	unit, op, err := splitOp(cmd, name)
	if err != nil {
		return job.Request{}, err
	}
	params, err := parseParams(cmd, f.params)
	if err != nil {
		return job.Request{}, err
	}
	request := job.Request{Unit: unit, Op: op, Params: params}
	for _, path := range f.inputs {
		request.Inputs = append(request.Inputs, job.Input{Path: path})
	}
	return request, nil
}

func (a *app) runOp(ctx context.Context, request job.Request, files []string) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	bar := newProgress(a.Stderr, request.Unit+"."+request.Op, time.Now)
	request.Progress = bar.update
	result, err := n.Run(ctx, request)
	bar.clear()
	if err != nil {
		return err
	}
	if err := a.writeOutputs(result, files); err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, runDocument{result, padded(files, len(result.Outputs))})
	}
	return a.printResult(result, files)
}

func (a *app) writeOutputs(result *job.Result, files []string) error {
	if len(files) > len(result.Outputs) {
		return fault.Newf("run", fault.Invalid, files[len(result.Outputs)],
			"the op has no output for this file: it gave %d", len(result.Outputs))
	}
	for i, path := range files {
		var err error
		if path == standardOutput {
			_, err = a.Stdout.Write(result.Outputs[i].Bytes)
		} else {
			err = writeWhole(path, result.Outputs[i].Bytes)
		}
		if err != nil {
			return fault.Wrap("run", fault.Unavailable, path, err, "")
		}
	}
	return nil
}

// printResult writes the figures and what became of the outputs, for people. With -o - the
// standard output belongs to the output alone.
func (a *app) printResult(result *job.Result, files []string) error {
	w := a.Stdout
	if slices.Contains(files, standardOutput) {
		w = a.Stderr
	}
	var rows [][]string
	for _, figure := range result.Results {
		value := strconv.FormatFloat(figure.Value, 'g', -1, 64)
		rows = append(rows, []string{figure.Name, strings.TrimSpace(value + " " + figure.Unit)})
	}
	for i, output := range result.Outputs {
		fate := "not written; name a file with -o"
		if i < len(files) {
			fate = files[i]
		}
		size := formatBytes(float64(output.Len))
		rows = append(rows, []string{output.Name, size, output.Media, fate})
	}
	rows = append(rows, []string{"time", fmt.Sprintf("%.3g ms, of it %.3g ms in the plugin",
		float64(result.WallNs)/1e6, float64(result.GuestNs)/1e6)})
	return table(w, rows)
}

// padded fills list up to n with "", so that JSON shows a list and no null.
func padded(list []string, n int) []string {
	out := make([]string, n)
	copy(out, list)
	return out
}
