package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"inos/backend/bench"
)

// flockColumns are the head of the flock's table. Its rows come one by one, over minutes, so the
// columns cannot be fitted to them.
var flockColumns = []string{"BIRDS  ", "MODE ", "PLUGIN ms", "NATIVE ms", "RATIO", "STEER RATIO",
	"SHARDS    ", "SAME"}

// flockPrinter prints each figure of the flock's benchmark as soon as it is there.
type flockPrinter struct {
	out  io.Writer
	note note
}

func newFlockPrinter(out io.Writer, note note) *flockPrinter {
	p := &flockPrinter{out, note}
	p.print(flockColumns)
	return p
}

// Row prints one size.
func (p *flockPrinter) Row(r bench.FlockRow) {
	p.print([]string{formatCount(r.N), r.Mode, figure(r.WasmMs), measured(r.NativeMs),
		measured(r.Ratio), measured(r.SteerRatio), figure(r.ShardsSpeedup) + " times",
		yesNo(r.SameResult)})
}

// Largest prints the end of one search.
func (p *flockPrinter) Largest(mode string, found bench.LargestFlock) {
	p.note.clear()
	fmt.Fprintf(p.out, "largest flock, %s: %s birds in %s ms, median of %d steps\n", mode,
		formatCount(found.N), figure(found.StepMs), found.Ticks)
}

func (p *flockPrinter) print(cells []string) {
	p.note.clear() // it stands on the same terminal
	var line strings.Builder
	for i, cell := range cells {
		gap := len(flockColumns[i]) + 2 - utf8.RuneCountInString(cell)
		line.WriteString(cell + strings.Repeat(" ", max(gap, 1)))
	}
	fmt.Fprintln(p.out, strings.TrimRight(line.String(), " "))
}

// measured is empty for a figure that is not there.
func measured(value float64) string {
	if value == 0 {
		return "-"
	}
	return figure(value)
}

// silent hears figures that are printed at the end.
type silent struct{}

func (silent) Row(bench.FlockRow)                 {}
func (silent) Largest(string, bench.LargestFlock) {}

type flockTable struct{ *bench.FlockReport }

// rows are what is left to say when the figures have been printed.
func (t flockTable) rows() [][]string {
	rows := [][]string{
		{""},
		{fmt.Sprintf("Plugin and native, on %d shards: %s.", t.Shards, t.Figures)},
		{"Ratio: " + t.RatioOf + "."},
		{"Steer ratio: " + t.SteerRatioOf + "."},
		{fmt.Sprintf("Largest flock, limit_ms is %.1f: %s.", t.LimitMs, t.LargestOf)},
	}
	return withReason(rows, "native", t.WhyNoNative)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
