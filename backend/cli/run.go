package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/input"
	"inos/backend/job"
	"inos/backend/node"
)

// standard is the FILE that means the standard input or output.
const standard = "-"

type runFlags struct {
	inputs, outputs, params, allow []string
	each, noCache                  bool
	deadline                       time.Duration
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
			"named with -o, in the op's order. An input may be a file or a pipe with a writer; - is the\n" +
			"standard input, and as an output the standard output. `inos units` lists the ops,\n" +
			"`inos help UNIT.OP` explains one. A text that is an op's only output goes to the standard output\n" +
			"where no -o is given. What is written takes its format from the name of the file: small.webp.",
		Example: "  inos run boids.init -p count=1000 -p seed=7 -o flock.bin\n" +
			"  inos run boids.step -i flock.bin -p steps=600 -o later.bin\n" +
			"  inos run boids.stats -i later.bin --json\n" +
			"  inos run boids.init -p count=1000 -o - | inos run boids.stats -i -\n" +
			"  inos run boids.step --each -i flocks -p steps=600 -o later",
		Args: oneArgument("UNIT.OP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := a.request(cmd, &flags, args[0])
			if err != nil {
				return err
			}
			if flags.each {
				return a.runEach(cmd.Context(), request, &flags)
			}
			return a.runOp(cmd.Context(), request, &flags)
		},
		ValidArgsFunction: a.completeOp,
	}
	about := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if ops := cmd.Flags().Args(); len(ops) != 1 || a.opHelp(cmd, ops[0]) != nil {
			about(cmd, args)
		}
	})
	cmd.Flags().StringArrayVarP(&flags.inputs, "input", "i", nil,
		"an input `FILE`, - for the standard input; repeat")
	cmd.Flags().StringArrayVarP(&flags.outputs, "output", "o", nil,
		"write an output to this `FILE`, - for the standard output; repeat")
	cmd.Flags().StringArrayVar(&flags.allow, "allow", nil,
		"allow a `PERMISSION` for this run, to read and write like read:inbox=FOLDER; repeat")
	cmd.Flags().BoolVar(&flags.each, "each", false,
		"run an op of one input for each file, or each in a folder, on all processors; -o names a folder")
	cmd.Flags().BoolVar(&flags.noCache, "no-cache", false,
		"run it also when its result is kept (see inos help cache), and keep nothing")
	cmd.Flags().DurationVar(&flags.deadline, "deadline", 0,
		"give up what has not ended after so long, like 30s; with --each, what is left of all (default: never)")
	paramsFlag(cmd, &flags.params)
	_ = cmd.RegisterFlagCompletionFunc("param", a.completeParam) // fails for flags that are not there
	return cmd
}

func (a *app) request(cmd *cobra.Command, f *runFlags, name string) (job.Request, error) {
	unit, op, err := splitOp(cmd, name)
	if err != nil {
		return job.Request{}, err
	}
	params, err := parseParams(cmd, f.params)
	if err != nil {
		return job.Request{}, err
	}
	if err := a.checkFiles(cmd, f); err != nil {
		return job.Request{}, err
	}
	request := job.Request{Unit: unit, Op: op, Params: params, NoCache: f.noCache}
	if f.deadline > 0 {
		request.Deadline = time.Now().Add(f.deadline)
	}
	if f.each {
		return request, checkEach(cmd, f)
	}
	request.Places = len(f.outputs)
	for _, path := range f.inputs {
		in := job.Input{Path: path}
		if path == standard {
			in = job.Input{Stream: input.Stream("standard input", a.Stdin)}
		}
		request.Inputs = append(request.Inputs, in)
	}
	return request, nil
}

// checkFiles finds what is wrong with the names alone.
func (a *app) checkFiles(cmd *cobra.Command, f *runFlags) error {
	switch {
	case slices.Contains(f.inputs, ""):
		return usagef(cmd, "-i needs the name of a file; - is the standard input")
	case slices.Contains(f.outputs, ""):
		return usagef(cmd, "-o needs the name of a file; - is the standard output")
	case f.deadline < 0:
		return usagef(cmd, "--deadline %s has passed already; give it time, like 30s", f.deadline)
	case twice(f.inputs, standard):
		return usagef(cmd, "-i - is given twice; there is one standard input")
	case a.global.json && slices.Contains(f.outputs, standard):
		return usagef(cmd, "-o - and --json both want the standard output")
	}
	for _, path := range f.outputs {
		if twice(f.outputs, path) {
			return usagef(cmd, "-o %s is given twice; one output would replace the other", path)
		}
	}
	return nil
}

func twice(list []string, what string) bool {
	first := slices.Index(list, what)
	return first >= 0 && slices.Contains(list[first+1:], what)
}

func (a *app) runOp(ctx context.Context, request job.Request, flags *runFlags) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	if err := allowOnce(n, request.Unit, flags.allow); err != nil {
		return err
	}
	formatByName(n, &request, flags.outputs)
	bar := newProgress(a.Stderr, request.Unit+"."+request.Op, time.Now)
	request.Progress = bar.update
	result, err := n.Run(ctx, request)
	bar.clear()
	if err != nil {
		return err
	}
	if len(flags.outputs) == 0 && !a.global.json && isText(result) {
		return a.printText(ctx, result)
	}
	written, err := a.writeOutputs(ctx, result, flags.outputs)
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, runDocument{result, written})
	}
	return a.printResult(result, written)
}

// noteCache tells somebody at a terminal that nothing ran; the standard output belongs to the text.
func (a *app) noteCache(r *job.Result) {
	if _, tty := terminalFile(a.Stderr); tty && r.FromCache != nil {
		fmt.Fprintln(a.Stderr, fromCache(r)+"; --no-cache runs it anew")
	}
}

// allowOnce permits the plugin of a unit what --allow says, for this run.
func allowOnce(n *node.Node, unit string, permissions []string) error {
	if len(permissions) == 0 {
		return nil
	}
	p, err := findPlugin(n, unit)
	if err != nil {
		return err
	}
	return decide(n, p, permissions, grant.Once)
}

// isText is true of a result whose only output is a text.
func isText(r *job.Result) bool {
	if len(r.Outputs) != 1 {
		return false
	}
	media, _, _ := strings.Cut(r.Outputs[0].Media, ";")
	return strings.HasPrefix(media, "text/") || media == "application/json" || media == "application/x-ndjson"
}

// printText prints a text as it is, but to a terminal only what a terminal shows. The figures beside it go
// to the standard error.
func (a *app) printText(ctx context.Context, r *job.Result) error {
	a.noteCache(r)
	text := r.Outputs[0].Bytes
	if _, tty := terminalFile(a.Stdout); tty {
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		for i, line := range lines {
			lines[i] = strings.TrimRight(shown(line), " ")
		}
		text = []byte(strings.Join(lines, "\n") + "\n")
	}
	err := interruptible(ctx, func() error { return writeAll(a.Stdout, text) })
	if err != nil || len(r.Results) == 0 {
		return fault.Wrap("run", fault.Unavailable, "standard output", err, fault.DiskRemedy(err))
	}
	return table(a.Stderr, figureRows(r))
}

func figureRows(r *job.Result) (rows [][]string) {
	for _, figure := range r.Results {
		rows = append(rows, []string{figure.Name, figureText(figure)})
	}
	return rows
}

// writeOutputs writes what the op gave and returns where each output went; empty: nowhere. A file
// for an output that the op left out is an error, once the others are written.
func (a *app) writeOutputs(
	ctx context.Context, result *job.Result, files []string,
) (written []string, err error) {
	left := slices.Clone(files)
	written = []string{} // not null in JSON
	for _, output := range result.Outputs {
		path := ""
		if output.Index < len(left) {
			path, left[output.Index] = left[output.Index], ""
		}
		written = append(written, path)
		if path == "" {
			continue
		}
		if path == standard {
			path = "standard output"
			err = interruptible(ctx, func() error { return writeAll(a.Stdout, output.Bytes) })
		} else {
			err = writeWhole(ctx, path, output.Bytes)
		}
		if err != nil {
			return written, fault.Wrap("run", fault.Unavailable, path, err, fault.DiskRemedy(err))
		}
	}
	for i, path := range left {
		if path != "" {
			return written, fault.Newf("run", fault.Invalid, path,
				"the op left out its output number %d, so nothing was written there", i+1)
		}
	}
	return written, nil
}

// printResult writes the figures and what became of the outputs, for people. With -o - the
// standard output belongs to the output alone.
func (a *app) printResult(result *job.Result, written []string) error {
	w := a.Stdout
	if slices.Contains(written, standard) {
		w = a.Stderr
	}
	rows := figureRows(result)
	for i, output := range result.Outputs {
		fate := written[i]
		if fate == "" {
			fate = "not written; name a file with -o"
		}
		size := formatBytes(float64(output.Len))
		rows = append(rows, []string{output.Name, size, output.Media, fate})
	}
	return table(w, append(rows, []string{"time", timeText(result)}))
}

func timeText(r *job.Result) string {
	wall, guest := float64(r.WallNs)/1e6, float64(r.GuestNs)/1e6
	if r.FromCache != nil {
		return fmt.Sprintf("%.3g ms, %s in %.3g ms", wall, fromCache(r), guest)
	}
	return fmt.Sprintf("%.3g ms, of it %.3g ms in the plugin", wall, guest)
}
