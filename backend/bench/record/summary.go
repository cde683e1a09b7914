package main

import (
	"fmt"
	"strings"
	"time"

	"inos/backend/bench"
)

// Above these parts of the processors' time, in percent, the machine was not quiet.
const (
	quietOtherPct = 10
	quietStealPct = 5
)

// summary is the text of bench/README.md.
func (r *record) summary(file string) string {
	var f figures
	f.read(r.Results)
	var b strings.Builder
	fmt.Fprintf(&b, "# What is promised, and what was measured\n\n")
	fmt.Fprintf(&b, "Written by `make bench`, never by hand. [%s](%s) has all figures with their "+
		"spread.\n\n", file, file)
	r.conditions(&b, &f)
	table(&b, []string{"what", "promised", "measured", ""}, promiseRows(&f))
	fmt.Fprintf(&b, "\nTimes are medians. The flock's are those of the quiet runs, as `figures` in the "+
		"file says.\n")
	if len(f.flock.Rows) > 0 {
		fmt.Fprintf(&b, "\n## The flock\n\n")
		table(&b, []string{"birds", "mode", "plugin, 2 shards", "native, 2 shards", "ratio",
			"plugin, 1 shard", "native, 1 shard", "steering ratio", "speed-up by shards"},
			flockRows(f.flock.Rows))
	}
	if len(f.handover.Rows) > 0 {
		fmt.Fprintf(&b, "\n## Handing over a frame, medians in us\n\n")
		table(&b, []string{"bytes", "shared", "shared, just filled", "Unix socket", "stream"},
			handoverRows(f.handover.Rows))
	}
	if len(f.host.Rows) > 0 {
		f.besideExtism(&b)
	}
	if len(f.store.Rows) > 0 {
		f.besideRestic(&b)
	}
	if len(f.units.Rows) > 0 {
		fmt.Fprintf(&b, "\n## Ops of the units, whole processes, medians of %d runs\n\n", f.units.Rows[0].Seconds.N)
		table(&b, []string{"task", "op", "seconds", "CPU s", "memory", "beside", "seconds", "CPU s", "INOS over it"},
			unitRows(f.units.Rows))
	}
	return b.String()
}

// besideExtism is a comparison, not a promise: it says where INOS loses, and why.
func (f *figures) besideExtism(b *strings.Builder) {
	fmt.Fprintf(b, "\n## A plugin made for Extism, medians\n\n")
	if v := f.host.Extism; v != nil {
		fmt.Fprintf(b, "%s in INOS, and in Extism's go-sdk %s with wazero %s in the same run; without a "+
			"timeout no call of it can be stopped.\n\n", f.host.Plugin, v.SDK, v.Wazero)
	}
	table(b, []string{"less is better", "INOS", "Extism", "Extism with a timeout", "INOS over Extism"},
		hostRows(f.host.Rows))
	for _, r := range f.host.Rows {
		if r.Loses() {
			fmt.Fprintf(b, "\n- %s: INOS loses, since %s.", r.Title, r.Why)
		}
	}
	b.WriteString("\n")
}

// besideRestic says what was put, too: what a store is good for depends on it.
func (f *figures) besideRestic(b *strings.Builder) {
	fmt.Fprintf(b, "\n## The store, medians of %d rounds\n\n", f.store.Rows[0].Seconds.N)
	fmt.Fprintf(b, "%s files, %s MB, the same for all in one run on one file system, the page cache warm:",
		significant(float64(f.store.Tree.Files)), significant(float64(f.store.Tree.Bytes)/1e6))
	for i, p := range f.store.Tree.Parts {
		fmt.Fprintf(b, "%s %s MB of %s", strings.Repeat(";", min(i, 1)), significant(float64(p.Bytes)/1e6), p.What)
	}
	b.WriteString(".")
	for _, said := range []string{f.store.Restic, f.store.WhyNoRestic, f.store.Zstd, f.store.WhyNoZstd} {
		if said != "" {
			fmt.Fprintf(b, " %s.", said)
		}
	}
	b.WriteString("\n\n")
	table(b, []string{"program", "task", "seconds", "MB/s", "CPU s/GiB", "memory", "stored"}, storeRows(f.store.Rows))
	if l := f.store.Large; l != nil {
		fmt.Fprintf(b, "\n- One file of %s MB, half of it holes: %s MB of memory to put, %s MB to get.",
			significant(float64(l.Bytes)/1e6), significant(l.PutPeakMB), significant(l.GetPeakMB))
	}
	if a := f.store.Archive; a != nil {
		fmt.Fprintf(b, "\n- %s MB archived in %s s: %s MB, where a put made %s MB of it and restic's max %s MB.",
			significant(float64(a.Bytes)/1e6), significant(a.Seconds), significant(a.InosMB), significant(a.StoredMB),
			significant(a.ResticMB))
	}
	b.WriteString("\n")
}

func unitRows(all []bench.UnitRow) (rows [][]string) {
	for _, r := range all {
		row := []string{r.Task, r.Op, significant(r.Seconds.P50), significant(r.CPU), promise{unit: "MB"}.amount(r.PeakMB)}
		if r.Peer == "" {
			row = append(row, r.WhyNo, "", "", "")
		} else {
			row = append(row, r.Peer, significant(r.PeerSeconds), significant(r.PeerCPU), times(r.Ratio))
		}
		rows = append(rows, row)
	}
	return rows
}

func storeRows(all []bench.StoreRow) (rows [][]string) {
	for _, r := range all {
		rows = append(rows, []string{r.Tool, r.Task, significant(r.Seconds.P50), significant(r.MBPerS), significant(r.CPUPerGiB),
			promise{unit: "MB"}.amount(r.PeakMB), promise{unit: "MB"}.amount(r.StoredMB)})
	}
	return rows
}

func hostRows(all []bench.HostRow) (rows [][]string) {
	for _, r := range all {
		median := func(s *bench.Spread) string {
			if s == nil {
				return ""
			}
			return promise{unit: r.Unit}.amount(s.P50)
		}
		rows = append(rows, []string{r.Title, median(&r.Inos), median(r.Extism), median(r.Stoppable),
			times(r.Ratio)})
	}
	return rows
}

// conditions says on what, when and beside what else it was measured.
func (r *record) conditions(b *strings.Builder, f *figures) {
	fmt.Fprintf(b, "%s, %s: %s, %d cores, %.1f GiB, %s, Linux %s. %s, wazero %s.\n",
		r.Date.Format(time.DateOnly), r.Versions.Commit, r.Machine.CPU, r.Machine.Cores,
		float64(r.Machine.MemoryBytes)/(1<<30), r.Machine.System, r.Machine.Kernel,
		r.Versions.Go, r.Versions.Wazero)
	var other, steal float64
	var partial []string
	for i, run := range f.runs() {
		if run.Load != nil {
			other, steal = max(other, run.Load.OtherPct), max(steal, run.Load.StealPct)
		}
		if !run.Complete {
			partial = append(partial, benchmarks[i])
		}
	}
	fmt.Fprintf(b, "Meanwhile other programs took at most %.1f %% of the processors, the machine's "+
		"host %.1f %%.\n", other, steal)
	if other > quietOtherPct || steal > quietStealPct {
		b.WriteString("**The machine was not quiet: what took long here says little.**\n")
	}
	if partial != nil {
		fmt.Fprintf(b, "Not measured to its end: %s.\n", strings.Join(partial, ", "))
	}
	b.WriteString("\n")
}

// runs are in the order of benchmarks.
func (f *figures) runs() []*bench.Run {
	return []*bench.Run{f.flock.Info(), f.handover.Info(), f.epoch.Info(), f.call.Info(),
		f.startup.Info(), f.memory.Info(), f.host.Info(), f.store.Info(),
		f.courtesy.Info(), f.units.Info()}
}

func promiseRows(f *figures) (rows [][]string) {
	for _, p := range promises {
		value := p.measured(f)
		rows = append(rows, []string{p.what, p.promised(), p.amount(value), p.verdict(value)})
	}
	return rows
}

func flockRows(all []bench.FlockRow) (rows [][]string) {
	for _, r := range all {
		rows = append(rows, []string{significant(float64(r.N)), r.Mode, ms(r.WasmMs), ms(r.NativeMs),
			times(r.Ratio), ms(r.WasmOneMs), ms(r.NativeOneMs), times(r.SteerRatio),
			times(r.ShardsSpeedup)})
	}
	return rows
}

func handoverRows(all []bench.HandoverRow) (rows [][]string) {
	for _, r := range all {
		cells := []string{significant(float64(r.Bytes))}
		for _, s := range []bench.Spread{r.Shared, r.Filled, r.Socket, r.Stream} {
			cells = append(cells, significant(s.P50))
		}
		rows = append(rows, cells)
	}
	return rows
}

func ms(value float64) string { return promise{unit: "ms"}.amount(value) }

func times(value float64) string {
	if value == 0 {
		return ""
	}
	return significant(value)
}

func table(b *strings.Builder, head []string, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		line(row)
	}
}
