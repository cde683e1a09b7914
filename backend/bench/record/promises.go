package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"inos/backend/bench"
)

// figures are the results as the summary needs them. What was not measured is zero.
type figures struct {
	flock    bench.FlockReport
	handover bench.HandoverReport
	epoch    bench.EpochReport
	call     bench.CallReport
	startup  bench.StartupReport
	memory   bench.MemoryReport
	host     bench.HostReport
	store    bench.StoreReport
	courtesy bench.CourtesyReport
	units    bench.UnitsReport
	page     struct {
		RoundTrip bench.Spread `json:"round_trip"`
	}
	window struct {
		FrameMs float64 `json:"frame_ms"`
	}
	looks struct {
		Rows []bench.MemoryRow `json:"rows"`
	}
}

// read ignores documents that are errors: their figures stay zero.
func (f *figures) read(results map[string]json.RawMessage) {
	for name, into := range map[string]any{"flock": &f.flock, "handover": &f.handover,
		"epoch": &f.epoch, "call": &f.call, "startup": &f.startup,
		"memory": &f.memory, "host": &f.host, "store": &f.store, "courtesy": &f.courtesy, "units": &f.units} {
		_ = json.Unmarshal(results[name], into)
	}
	_ = json.Unmarshal(f.epoch.Page, &f.page)
	_ = json.Unmarshal(f.startup.Window, &f.window)
	_ = json.Unmarshal(f.memory.Window, &f.looks)
}

// mostMemory is the most that all processes took in look i, zero where it was not measured.
func (f *figures) mostMemory(i int) float64 {
	if i < len(f.looks.Rows) {
		return f.looks.Rows[i].All.Max
	}
	return 0
}

// dense is zero where one of both was not measured.
func (f *figures) dense() float64 {
	if f.store.Archive == nil {
		return 0
	}
	return bench.Ratio(f.store.Archive.InosMB, f.store.Archive.ResticMB)
}

// slowestOp is the largest ratio of an op's time to another program's, zero where none was measured.
func (f *figures) slowestOp() (most float64) {
	for _, r := range f.units.Rows {
		most = max(most, r.Ratio)
	}
	return most
}

// mostOfTables is the most memory that all processes took for a table of 1 GB.
func (f *figures) mostOfTables() (most float64) {
	for _, r := range f.units.Rows {
		if strings.HasPrefix(r.Op, "data.") {
			most = max(most, r.PeakMB)
		}
	}
	return most
}

// row is a row of the flock's, zero where it was not measured.
func (f *figures) row(mode string, n int) bench.FlockRow {
	for _, r := range f.flock.Rows {
		if r.Mode == mode && r.N == n {
			return r
		}
	}
	return bench.FlockRow{}
}

// promise is one line of the summary.
type promise struct {
	what     string
	bound    float64
	unit     string
	atLeast  bool // the bound is a lower one
	measured func(*figures) float64
}

var promises = []promise{
	{"step, 10,000 birds, exact, 2 shards", 2.2, "ms", false,
		func(f *figures) float64 { return f.row("exact", 10_000).WasmMs }},
	{"step, 100,000 birds, fast, 2 shards", 11, "ms", false,
		func(f *figures) float64 { return f.row("fast", 100_000).WasmMs }},
	{"largest flock within 16.6 ms, exact, 2 shards", 80_000, "birds", true,
		func(f *figures) float64 { return float64(f.flock.Largest["exact"].N) }},
	{"largest flock within 16.6 ms, fast, 2 shards", 150_000, "birds", true,
		func(f *figures) float64 { return float64(f.flock.Largest["fast"].N) }},
	{"steering, plugin over native, 10,000 birds, exact", 1.7, "times", false,
		func(f *figures) float64 { return f.row("exact", 10_000).SteerRatio }},
	{"steering, plugin over native, 10,000 birds, fast", 1.7, "times", false,
		func(f *figures) float64 { return f.row("fast", 10_000).SteerRatio }},
	{"a word, kernel to worker and back", 1, "us", false,
		func(f *figures) float64 { return f.epoch.Worker.P50 }},
	{"a word, kernel to page and back", 1, "us", false,
		func(f *figures) float64 { return f.page.RoundTrip.P50 }},
	{"handing over 16 MiB rather than 64 bytes", 1.2, "times", false,
		func(f *figures) float64 { return f.handover.Ratio }},
	{"a job that adds two numbers", 25, "us", false,
		func(f *figures) float64 { return f.call.Add.P50 }},
	{"the same with 16 MiB by window", 1.5, "times", false,
		func(f *figures) float64 { return f.call.Ratio }},
	{"`inos units`, exec to exit", 60, "ms", false,
		func(f *figures) float64 { return f.startup.Units.P50 }},
	{"a worker, spawn to first answer, warm cache", 40, "ms", false,
		func(f *figures) float64 { return f.startup.Worker.P50 }},
	{"the window, exec to the page's first frame of birds", 2000, "ms", false,
		func(f *figures) float64 { return f.window.FrameMs }},
	{"all processes, 10,000 birds, the most in 15 s", 400, "MB", false,
		func(f *figures) float64 { return f.mostMemory(0) }},
	{"all processes, 10,000 birds after 250,000, the most", 400, "MB", false,
		func(f *figures) float64 { return f.mostMemory(2) }},
	{"p95 of the frame time, beside the hostile set over calm", 1.1, "times", false,
		func(f *figures) float64 { return f.courtesy.All.Ratio }},
	{"the store, restic's time over INOS's, put", 1.5, "times", true,
		func(f *figures) float64 { return f.store.PutRatio }},
	{"the store, restic's time over INOS's, get", 1.5, "times", true,
		func(f *figures) float64 { return f.store.GetRatio }},
	{"the store, restic's time over INOS's, put again", 2, "times", true,
		func(f *figures) float64 { return f.store.AgainRatio }},
	{"the store, INOS's size over restic's", 1, "times", false,
		func(f *figures) float64 { return f.store.StoredRatio }},
	{"the store, the most memory of any of it", 256, "MB", false,
		func(f *figures) float64 { return f.store.PeakMB }},
	{"an archive, INOS's size over that of restic's max", 1, "times", false,
		func(f *figures) float64 { return f.dense() }},
	{"an op of the units over a program of its field, the slowest", 2, "times", false,
		func(f *figures) float64 { return f.slowestOp() }},
	{"a CSV of 1 GB, all processes, the most", 600, "MB", false,
		func(f *figures) float64 { return f.mostOfTables() }},
}

// verdict sets a measured value against the promise.
func (p promise) verdict(value float64) string {
	switch {
	case value == 0:
		return "not measured"
	case p.atLeast == (value >= p.bound) || value == p.bound:
		return "kept"
	}
	return "missed"
}

// promised is the bound in words: at most 2.2 ms.
func (p promise) promised() string {
	if p.atLeast {
		return "at least " + p.amount(p.bound)
	}
	return "at most " + p.amount(p.bound)
}

func (p promise) amount(value float64) string {
	if value == 0 {
		return ""
	}
	return significant(value) + " " + p.unit
}

// significant has the digits that count: a benchmark's further ones are noise.
func significant(value float64) string {
	if value >= 100 {
		return grouped(strconv.FormatFloat(value, 'f', 0, 64))
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// grouped puts commas into a whole number.
func grouped(digits string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
