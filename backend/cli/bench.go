package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"inos/backend/bench"
	"inos/backend/node"
)

// readerCommand is the hidden command that is the other process of `inos bench handover`.
const readerCommand = "bench-reader"

// benchArena is the budget of a benchmark's node: what is measured is the largest flock that the
// processor can step, not the one that the user's budget has room for.
const benchArena = 64 << 20

// report is a benchmark's outcome, as JSON and as a table.
type report interface {
	rows() [][]string
	Info() *bench.Run
}

func (a *app) benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what INOS promises on this machine",
		Long: "bench measures medians over a bounded time. Close other programs first: what else\n" +
			"runs is measured, too, so each result says how busy the machine was. Ctrl+C prints\n" +
			"what was measured until then.",
		Example: "  inos bench flock\n  inos bench handover --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd, "say what to measure: flock, epoch, handover, call, startup,"+
				" memory, host, store or units")
		},
	}
	cmd.AddCommand(
		a.benchmark("flock", "The flock's step as a plugin and as native code, and the largest flock",
			a.benchFlock),
		a.benchmark("epoch", "A word through shared memory and back: worker, and page of the window",
			func(ctx context.Context) (report, error) {
				r, err := bench.Epoch(ctx, a.programs())
				return epochTable{r}, err
			}),
		a.benchmark("handover", "From publishing a frame to its reader: shared, socket, stream, page",
			func(ctx context.Context) (report, error) {
				reader := []string{a.Program, "bench", readerCommand}
				r, err := bench.Handover(ctx, reader, a.programs())
				return handoverTable{r}, err
			}),
		a.benchmark("call", "Calling an op, with and without a 16 MiB payload", a.benchCall),
		a.benchmark("startup", "Until `inos units`, a worker and the window are there",
			func(ctx context.Context) (report, error) {
				r, err := bench.Startup(ctx, a.programs())
				return startupTable{r}, err
			}),
		a.benchmark("memory", "What the window takes with all its processes, before and after a crowd",
			func(ctx context.Context) (report, error) {
				r, err := bench.Memory(ctx, a.programs())
				return memoryTable{r}, err
			}),
		a.hostCommand(),
		a.benchStoreCommand(),
		a.benchUnitsCommand(),
		a.readerCommand(),
	)
	return cmd
}

func (a *app) benchmark(
	name, short string, measure func(context.Context) (report, error),
) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Example: "  inos bench " + name + "\n  inos bench " + name + " --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := measure(cmd.Context())
			a.note.clear()
			if err != nil {
				return err
			}
			if a.global.json {
				err = writeJSON(a.Stdout, r)
			} else {
				err = table(a.Stdout, append(r.rows(), runRow(r.Info())))
			}
			if err != nil {
				return err
			}
			return a.benchEnd(r.Info())
		},
	}
}

// benchEnd is the end of a benchmark whose report has been printed.
func (a *app) benchEnd(r *bench.Run) error {
	switch {
	case r.Error != nil:
		fmt.Fprintln(a.Stderr, "inos: "+a.reason(r.Error))
		return &reported{ExitFailed}
	case !r.Complete:
		return &reported{ExitInterrupted}
	}
	return nil
}

// readerCommand is not for people: its plan comes with open descriptors.
func (a *app) readerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    readerCommand + " PLAN",
		Hidden: true,
		Args:   oneArgument("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return bench.ReadHandover(cmd.Context(), args[0], a.Stdout)
		},
	}
}

func (a *app) programs() bench.Programs {
	return bench.Programs{
		Inos:           a.Program,
		Worker:         a.beside(workerProgram),
		Desktop:        a.beside(desktopProgram),
		Native:         a.beside("flock-native"),
		Folders:        a.folderFlags(),
		AllowNoSeccomp: a.global.allowNoSeccomp,
		Getenv:         a.Getenv,
		Note:           a.measuring,
	}
}

// measuring tells people who wait, and the log, what is measured now.
func (a *app) measuring(what string) {
	if a.global.verbose {
		a.logger().Debug("measuring", "what", what)
		return
	}
	a.note.show("measuring " + what)
}

// folderFlags are the flags that name this run's folders.
func (a *app) folderFlags() []string {
	var flags []string
	if a.global.dataDir != "" {
		flags = append(flags, "--data", a.global.dataDir)
	}
	if a.global.pluginDir != "" {
		flags = append(flags, "--plugins", a.global.pluginDir)
	}
	return flags
}

// benchNode starts a node with a benchmark's budget.
func (a *app) benchNode(ctx context.Context) (*node.Node, error) {
	options, err := a.nodeOptions()
	if err != nil {
		return nil, err
	}
	options.ArenaBytes = max(options.ArenaBytes, benchArena)
	return node.Start(context.WithoutCancel(ctx), options)
}

func (a *app) benchFlock(ctx context.Context) (report, error) {
	n, err := a.benchNode(ctx)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	listener := bench.FlockListener(silent{})
	if !a.global.json {
		listener = newFlockPrinter(a.Stdout, a.note)
	}
	r, err := bench.Flock(ctx, n, a.programs(), listener)
	return flockTable{r}, err
}

func (a *app) benchCall(ctx context.Context) (report, error) {
	examples := a.beside("examples")
	if a.global.pluginDir == "" {
		a.global.pluginDir = examples
	}
	n, err := a.benchNode(ctx)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	r, err := bench.Call(ctx, n, a.programs(), a.global.pluginDir)
	return callTable{r}, err
}

type epochTable struct{ *bench.EpochReport }

func (t epochTable) rows() [][]string {
	rows := append(spreadHead("ROUND TRIP, us"), spreadRow("kernel - worker", t.Worker))
	if page := pageSaid(t.Page); page != nil {
		rows = append(rows, spreadRow("kernel - page, "+shown(page.Path), page.RoundTrip))
	}
	return withReason(rows, "page", t.WhyNoPage)
}

// pageReport is what the window says about itself.
type pageReport struct {
	Path      string
	RoundTrip bench.Spread `json:"round_trip"`
	Rows      []struct {
		Bytes int
		Held  bench.Spread
	}
}

// pageSaid is nil where the window said nothing.
func pageSaid(document json.RawMessage) (said *pageReport) {
	if json.Unmarshal(document, &said) != nil {
		return nil
	}
	return said
}

type handoverTable struct{ *bench.HandoverReport }

func (t handoverTable) rows() [][]string {
	rows := spreadHead("HANDOVER, us")
	for _, r := range t.Rows {
		size := formatBytes(float64(r.Bytes))
		rows = append(rows, spreadRow(size+" shared", r.Shared),
			spreadRow(size+" shared, just filled", r.Filled),
			spreadRow(size+" Unix socket", r.Socket), spreadRow(size+" stream", r.Stream))
	}
	if page := pageSaid(t.Page); page != nil {
		for _, r := range page.Rows {
			name := formatBytes(float64(r.Bytes)) + " to the page, " + shown(page.Path)
			rows = append(rows, spreadRow(name, r.Held))
		}
	}
	return withReason(append(rows, []string{"largest over smallest, shared", figure(t.Ratio)},
		[]string{handoverLegend}), "page", t.WhyNoPage)
}

// handoverLegend explains the table.
const handoverLegend = "From publish until the reader holds the frame; socket and stream: has read " +
	"it.\nShared copies nothing; just filled is the same with caches that the writing has emptied."

type callTable struct{ *bench.CallReport }

func (t callTable) rows() [][]string {
	return append(spreadHead("CALL, us"),
		spreadRow("add two numbers", t.Add),
		spreadRow(formatBytes(float64(t.PayloadBytes))+" by window", t.Window),
		spreadRow("add, whole job", t.Job),
		[]string{"window over add", figure(t.Ratio)})
}

type startupTable struct{ *bench.StartupReport }

func (t startupTable) rows() [][]string {
	rows := append(spreadHead("START, ms"),
		spreadRow("inos units", t.Units), spreadRow("worker's first answer", t.Worker),
		[]string{"the same, nothing cached", figure(t.WorkerColdMs)})
	if t.Window != nil {
		rows = append(rows, []string{"window", compact(t.Window)})
	}
	return withReason(rows, "window", t.WhyNoWindow)
}

type memoryTable struct{ *bench.MemoryReport }

func (t memoryTable) rows() [][]string {
	rows := spreadHead("PROPORTIONAL SET SIZE, MB")
	for _, r := range t.said() {
		rows = append(rows, spreadRow(fmt.Sprintf("%d birds, all processes", r.Birds), r.All))
		for _, name := range slices.Sorted(maps.Keys(r.Most)) {
			rows = append(rows, []string{"  " + shown(name) + ", at most", figure(r.Most[name])})
		}
	}
	return withReason(rows, "window", t.WhyNoWindow)
}

// said is what the window says about itself, nil where it said nothing.
func (t memoryTable) said() []bench.MemoryRow {
	var said struct{ Rows []bench.MemoryRow }
	_ = json.Unmarshal(t.Window, &said) // nothing: WhyNoWindow says why
	return said.Rows
}

func spreadHead(title string) [][]string {
	return [][]string{{title, "P50", "P95", "P99", "MAX", "N"}}
}

func spreadRow(name string, s bench.Spread) []string {
	if s.N == 0 {
		return []string{name, "not measured"}
	}
	return []string{name, figure(s.P50), figure(s.P95), figure(s.P99), figure(s.Max),
		strconv.Itoa(s.N)}
}

// runRow says by what the figures are to be judged.
func runRow(r *bench.Run) []string {
	text := fmt.Sprintf("%.0f s", r.Seconds)
	if l := r.Load; l != nil {
		text += fmt.Sprintf("; load %.2f before, %.2f after; other programs took %.1f %% of the "+
			"processors, the machine's host %.1f %%", l.Before, l.After, l.OtherPct, l.StealPct)
	}
	switch {
	case r.Error != nil:
		text += "; it failed, so something is missing"
	case !r.Complete:
		text += "; interrupted, so something is missing"
	}
	return []string{text}
}

func withReason(rows [][]string, what, reason string) [][]string {
	if reason != "" {
		rows = append(rows, []string{what + ": not measured, " + reason})
	}
	return rows
}

// compact is another program's JSON on one line.
func compact(document json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Compact(&out, document); err != nil {
		return shown(string(document))
	}
	return out.String()
}

// figure is a measured number with three digits that count.
func figure(value float64) string {
	switch {
	case value >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case value >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	case value >= 1:
		return strconv.FormatFloat(value, 'f', 2, 64)
	default:
		return strconv.FormatFloat(value, 'f', 3, 64)
	}
}
