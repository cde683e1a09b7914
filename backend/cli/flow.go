package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/flow"
	"inos/backend/input"
	"inos/backend/node"
)

type flowFlags struct {
	inputs, params  []string
	output          string
	resume, noCache bool
	deadline        time.Duration
}

func (a *app) flowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "flow",
		Short: "Run several ops one after the other, for each of many files",
		Long: "A flow is a JSON file with steps: each is an op, whose inputs are files or the outputs of other\n" +
			"steps. Those stay in shared memory on the way from one plugin to the next, and are not copied.\n\n" + flowForm,
		Example: "  inos flow check thumbnails.json\n  inos flow run thumbnails.json -i photos -o small -p width=300",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.flowRunCommand(), a.flowCheckCommand())
	return cmd
}

// flowForm is a flow for the help.
const flowForm = `  {
    "flow": 1, "name": "thumbnails",
    "params": [{ "name": "width", "default": 800 }],
    "inputs": [{ "name": "photo", "each": true }],
    "steps": [
      { "name": "small", "op": "image.resize", "inputs": ["photo"], "params": { "width": "${width}" } },
      { "name": "sum", "op": "crypto.sha256", "inputs": ["small"] }
    ],
    "outputs": [{ "name": "picture", "from": "small" }, { "name": "sum", "from": "sum" }]
  }
`

func (a *app) flowCheckCommand() *cobra.Command {
	var flags flowFlags
	cmd := &cobra.Command{
		Use:     "check FILE",
		Short:   "Say what is wrong with a flow, without running it",
		Example: "  inos flow check thumbnails.json",
		Args:    oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlan(cmd, &flags, args[0], func(_ *node.Node, p *flow.Plan) error {
				if a.global.json {
					return writeJSON(a.Stdout, p.Flow)
				}
				_, err := fmt.Fprintf(a.Stdout, "%s is fine: %s\n", p.Flow.Name, counted(len(p.Flow.Steps), "step"))
				return err
			})
		},
	}
	paramsFlag(cmd, &flags.params)
	return cmd
}

func (a *app) flowRunCommand() *cobra.Command {
	var flags flowFlags
	cmd := &cobra.Command{
		Use:   "run FILE [-i FILE|FOLDER|INPUT=FILE]... [-p name=value]... [-o FOLDER]",
		Short: "Run a flow",
		Long: "run runs a flow for each file of its input that is for each of many, on all processors, and writes\n" +
			"its outputs into the folder named with -o. A step that fails costs what needs it, and nothing else.\n" +
			"--resume leaves out what an earlier run into that folder has done from the same files.",
		Example: "  inos flow run thumbnails.json -i photos -o small\n" +
			"  inos flow run thumbnails.json -i photos -o small --resume\n" +
			"  inos flow run join.json -i left=a.csv -i right=b.csv -o out --json",
		Args: oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFlowFlags(cmd, &flags); err != nil {
				return err
			}
			return a.withPlan(cmd, &flags, args[0], func(n *node.Node, p *flow.Plan) error {
				items, err := flowItems(p.Flow, flags.inputs)
				if err != nil {
					return err
				}
				if len(p.Flow.Outputs) > 0 && flags.output == "" {
					return fault.New("flow", fault.Invalid, p.Flow.Name, "the flow has outputs and there is no place for them",
						"name a folder with -o")
				}
				return a.runFlow(cmd.Context(), n, p, items, &flags)
			})
		},
	}
	cmd.Flags().StringArrayVarP(&flags.inputs, "input", "i", nil,
		"a `FILE`, or a folder of them; INPUT=FILE for an input by its name; repeat")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "write outputs into this `FOLDER`")
	cmd.Flags().BoolVar(&flags.resume, "resume", false, "leave out what is done already")
	cmd.Flags().BoolVar(&flags.noCache, "no-cache", false, "run all steps, and keep no results (see inos help cache)")
	cmd.Flags().DurationVar(&flags.deadline, "deadline", 0, "give up what has not ended after so long, like 10m (default: never)")
	paramsFlag(cmd, &flags.params)
	return cmd
}

func checkFlowFlags(cmd *cobra.Command, f *flowFlags) error {
	switch {
	case f.resume && f.output == "":
		return usagef(cmd, "--resume goes on in the folder of an earlier run; name it with -o")
	case f.output == standard:
		return usagef(cmd, "-o names a folder; - is none")
	case f.deadline < 0:
		return usagef(cmd, "--deadline %s has passed already; give it time, like 10m", f.deadline)
	}
	for _, in := range f.inputs {
		if in == "" || in == standard {
			return usagef(cmd, "-i needs the name of a file or a folder")
		}
	}
	return nil
}

// withPlan checks a flow and does something with it and a node.
func (a *app) withPlan(cmd *cobra.Command, flags *flowFlags, path string, do func(*node.Node, *flow.Plan) error) error {
	pairs, err := parseParams(cmd, flags.params)
	if err != nil {
		return err
	}
	given := map[string]string{}
	for name, value := range pairs {
		given[name] = value.(string)
	}
	text, err := input.ReadFile(path, flow.MaxBytes)
	if err != nil {
		return err
	}
	f, err := flow.Parse(text)
	if err != nil {
		return inFile(path, err)
	}
	return a.withNode(cmd.Context(), func(n *node.Node) error {
		p, err := flow.NewPlan(f, n, given)
		if err != nil {
			return inFile(path, err)
		}
		return do(n, p)
	})
}

// inFile puts the name of the flow's file before what is wrong with it.
func inFile(path string, err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	if f.Subject != "" {
		err = fmt.Errorf("%s: %s", f.Subject, f.Message())
	} else {
		err = f.Err
	}
	return &fault.Error{Op: f.Op, Kind: f.Kind, Subject: path, Err: err, Next: f.Next}
}

// flowItems are the runs of a flow for what -i names: INPUT=FILE an input by its name, all else the
// input that is for each of many files, or the only one.
func flowItems(f *flow.Flow, given []string) ([]flow.Item, error) {
	paths, each := make([]string, len(f.Inputs)), f.EachInput()
	main := each
	if each < 0 && len(f.Inputs) == 1 {
		main = 0
	}
	var many []string
	for _, text := range given {
		i, path := main, text
		if name, rest, found := strings.Cut(text, "="); found {
			for k := range f.Inputs {
				if f.Inputs[k].Name == name {
					i, path = k, rest
				}
			}
		}
		switch {
		case i < 0:
			return nil, fault.New("flow", fault.Invalid, text, "the flow has no input for it", inputsHint(f))
		case i == each:
			many = append(many, path)
		case paths[i] != "":
			return nil, fault.New("flow", fault.Invalid, f.Inputs[i].Name, "this input is given twice", "")
		default:
			paths[i] = path
		}
	}
	for i, in := range f.Inputs {
		if i != each && paths[i] == "" || i == each && len(many) == 0 {
			return nil, fault.New("flow", fault.Invalid, in.Name, "this input is missing", "give it with -i "+in.Name+"=FILE")
		}
	}
	if each < 0 {
		return []flow.Item{{Name: f.Name, Paths: paths}}, nil
	}
	found, err := gather(many)
	if err != nil {
		return nil, err
	}
	items := make([]flow.Item, len(found))
	for i := range found {
		items[i] = flow.Item{Name: filepath.ToSlash(found[i].name), Paths: append([]string(nil), paths...)}
		items[i].Paths[each] = found[i].Input
	}
	return items, nil
}

func inputsHint(f *flow.Flow) string {
	if len(f.Inputs) == 0 {
		return "it has none"
	}
	names := make([]string, len(f.Inputs))
	for i := range f.Inputs {
		names[i] = f.Inputs[i].Name + "=FILE"
	}
	return "give it as " + strings.Join(names, " or ")
}

// flowDocument is what inos flow run --json prints.
type flowDocument struct {
	Flow    string        `json:"flow"`
	Items   []flow.Record `json:"items"`
	Failed  int           `json:"failed"`
	Resumed int           `json:"resumed"`
	Seconds float64       `json:"seconds"`
	// PassedBytes went from step to step, CopiedBytes of them were copied on the way.
	PassedBytes int64 `json:"passed_bytes"`
	CopiedBytes int64 `json:"copied_bytes"`
}

func (a *app) runFlow(ctx context.Context, n *node.Node, p *flow.Plan, items []flow.Item, f *flowFlags) error {
	start := time.Now()
	r := &flowRun{plan: p, folder: f.output, records: make([]flow.Record, len(items))}
	if f.output != "" {
		var err error
		if r.journal, err = flow.OpenJournal(f.output, p.Digest, f.resume); err != nil {
			return err
		}
		defer r.journal.Close()
	}
	left := r.begin(items)
	bar := newProgress(a.Stderr, p.Flow.Name, time.Now)
	options := flow.Options{
		AtOnce: runtime.GOMAXPROCS(0), NoCache: f.noCache, Write: r.write,
		Ended: func(i int, record *flow.Record) { r.ended(left[i], record, bar) },
	}
	if f.deadline > 0 {
		options.Deadline = start.Add(f.deadline)
	}
	todo := make([]flow.Item, len(left))
	for i, at := range left {
		todo[i] = items[at]
	}
	p.Run(ctx, n, todo, options)
	bar.clear()
	if ctx.Err() != nil {
		done := fmt.Sprintf("after %d of %s%s", r.count, counted(len(items), "file"), resumeHint(f))
		return fault.Wrap("flow", fault.Canceled, done, context.Cause(ctx), "")
	}
	return a.printFlow(r.document(time.Since(start).Seconds()))
}

func resumeHint(f *flowFlags) string {
	if f.output == "" {
		return ""
	}
	return " (--resume goes on)"
}

// flowRun collects what becomes of the items.
type flowRun struct {
	plan    *flow.Plan
	folder  string        // empty: nothing is written
	journal *flow.Journal // nil without a folder

	mu      sync.Mutex
	records []flow.Record
	count   int
}

// begin takes the items that are done already and returns the others.
func (r *flowRun) begin(items []flow.Item) (left []int) {
	for i, item := range items {
		if r.journal != nil {
			if files, ok := r.journal.Done(item); ok {
				r.records[i] = flow.Record{Item: item, Files: files, Resumed: true}
				r.count++
				continue
			}
		}
		left = append(left, i)
	}
	return left
}

func (r *flowRun) ended(i int, record *flow.Record, bar *progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records[i] = *record
	r.count++
	if r.journal != nil && !record.Failed {
		r.journal.Add(record)
	}
	bar.update(uint64(r.count), uint64(len(r.records)))
}

// write writes an output below the folder, under the item's name, and that of the output where the flow
// has several.
func (r *flowRun) write(ctx context.Context, item flow.Item, w flow.Written) (string, error) {
	if r.folder == "" {
		return "", nil
	}
	name := filepath.FromSlash(item.Name)
	if len(r.plan.Flow.Outputs) > 1 {
		name += "." + w.Name
	}
	path := filepath.Join(r.folder, name+w.Ending)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = writeWhole(ctx, path, w.Bytes)
	}
	return path, fault.Wrap("flow", fault.Unavailable, path, err, fault.DiskRemedy(err))
}

func (r *flowRun) document(seconds float64) flowDocument {
	d := flowDocument{Flow: r.plan.Flow.Name, Items: r.records, Seconds: seconds}
	for i := range r.records {
		if r.records[i].Failed {
			d.Failed++
		}
		if r.records[i].Resumed {
			d.Resumed++
		}
		for _, s := range r.records[i].Steps {
			d.PassedBytes += s.Passed
			d.CopiedBytes += s.Copied
		}
	}
	return d
}

func (a *app) printFlow(d flowDocument) error {
	var err error
	if a.global.json {
		err = writeJSON(a.Stdout, d)
	} else {
		err = a.listFlow(d)
	}
	if err == nil && d.Failed > 0 {
		return &reported{ExitFailed}
	}
	return err
}

func (a *app) listFlow(d flowDocument) error {
	for _, item := range d.Items {
		for _, s := range item.Steps {
			if s.State != flow.Failed {
				continue
			}
			if _, err := fmt.Fprintf(a.Stderr, "%s, step %s: %s\n", shown(item.Name), s.Step, shown(s.Error)); err != nil {
				return err
			}
		}
	}
	resumed := ""
	if d.Resumed > 0 {
		resumed = fmt.Sprintf(", %d of them done before", d.Resumed)
	}
	_, err := fmt.Fprintf(a.Stderr, "%s in %.1f s%s, %d failed; %s passed between steps, %s of it copied\n",
		counted(len(d.Items), "file"), d.Seconds, resumed, d.Failed, formatBytes(float64(d.PassedBytes)), formatBytes(float64(d.CopiedBytes)))
	return err
}
