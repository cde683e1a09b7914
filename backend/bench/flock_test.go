package bench

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"inos/backend/host/hosttest"
	"inos/backend/node"
)

// nativeSays makes a native program that prints text.
func nativeSays(t *testing.T, text string) flockBench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flock-native")
	script := "#!/bin/sh\ncat <<'END'\n" + text + "\nEND\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return flockBench{native: path}
}

func TestTheNativeProgramsFiguresAreRead(t *testing.T) {
	b := nativeSays(t, `{"mode":"exact","step_ms":{"best":1,"p50":2.5,"p95":3},`+
		`"steer_ms":{"best":1,"p50":2.25,"p95":3},"checksum":"00000000000000ff"}`)
	got, err := b.runNative(t.Context(), "exact", 1000, 1, 10)
	if want := (flockRun{2.5, 2.25, "00000000000000ff"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestANativeProgramThatTalksNonsenseIsAnError(t *testing.T) {
	for _, text := range []string{"", "hello", "[1]", `{"step_ms":"fast"}`} {
		b := nativeSays(t, text)
		if got, err := b.runNative(t.Context(), "exact", 1000, 1, 10); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestTheTicksOfARunFollowFromItsTime(t *testing.T) {
	for stepMs, want := range map[float64]int{
		0: maxFlockTicks, 0.1: maxFlockTicks, 2: 100, 5: 40, 100: minFlockTicks,
	} {
		if got := ticksFor(stepMs, 200); got != want {
			t.Errorf("steps of %v ms: %d ticks, want %d", stepMs, got, want)
		}
	}
}

// flockStage is a real node with the real plugin, worker and native program.
func flockStage(t *testing.T) (*node.Node, Programs) {
	t.Helper()
	n, err := node.Start(context.Background(), node.Options{
		DataDir: t.TempDir(), WorkerPath: hosttest.Worker(t), ArenaBytes: 64 << 20,
		PluginDirs: []string{hosttest.Folder(t, hosttest.Boids)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n, Programs{Native: hosttest.Path(t, "build/bin/flock-native")}
}

var tinyFlock = flockPlan{
	modes: []string{"exact", "fast"}, counts: []int{300, 3000},
	leastRounds: 2, mostRounds: 2, runMs: 0.001,
	search: searchPlan{guesses: 1, shortTicks: 4, longTicks: 4},
}

// heard is a listener that writes down what it hears.
type heard struct {
	rows    []FlockRow
	largest []string
	onRow   func()
}

func (h *heard) Row(r FlockRow) {
	h.rows = append(h.rows, r)
	if h.onRow != nil {
		h.onRow()
	}
}

func (h *heard) Largest(mode string, _ LargestFlock) { h.largest = append(h.largest, mode) }

func TestTheFlockIsMeasuredOnBothSides(t *testing.T) {
	n, programs := flockStage(t)
	listener := &heard{}
	report, err := flock(t.Context(), n, programs, tinyFlock, listener)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Complete || report.Seconds <= 0 || report.WhyNoNative != "" ||
		!slices.Equal(report.Rows, listener.rows) ||
		!slices.Equal(listener.largest, tinyFlock.modes) {
		t.Fatalf("%+v, heard %+v", report, listener)
	}
	for i, r := range report.Rows {
		if r.Mode != tinyFlock.modes[i/2] || r.N != tinyFlock.counts[i%2] || r.Runs != 2 ||
			r.Ticks != minFlockTicks || !r.SameResult {
			t.Errorf("row %d: %+v", i, r)
		}
		for _, ms := range []float64{r.WasmMs, r.NativeMs, r.WasmOneMs, r.NativeOneMs,
			r.WasmSteerMs, r.NativeSteerMs, r.SteerRatioAll} {
			if ms <= 0 {
				t.Errorf("row %d has a figure that is not positive: %+v", i, r)
			}
		}
		if r.RatioAll < 0 { // two shards on a busy machine: a turn may take a hundred times as long
			t.Errorf("row %d has a negative ratio: %+v", i, r)
		}
		if r.Ratio != Ratio(r.WasmMs, r.NativeMs) || r.ShardsSpeedup != Ratio(r.WasmOneMs, r.WasmMs) ||
			r.SteerRatio != Ratio(r.WasmSteerMs, r.NativeSteerMs) {
			t.Errorf("row %d has ratios of other figures: %+v", i, r)
		}
		if r.WasmSteerMs >= r.WasmOneMs || r.NativeSteerMs >= r.NativeOneMs {
			t.Errorf("row %d: the phase takes longer than the step: %+v", i, r)
		}
	}
	for mode, found := range report.Largest {
		if found.N < searchGrain || found.StepMs <= 0 || found.StepMs > frameMs || found.Runs < 2 {
			t.Errorf("%s: %+v", mode, found)
		}
	}
}

func TestAnInterruptedFlockKeepsItsRows(t *testing.T) {
	n, programs := flockStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	listener := &heard{onRow: cancel}
	report, err := flock(ctx, n, programs, tinyFlock, listener)
	if err != nil || report.Complete || len(report.Rows) != 1 || len(report.Largest) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if report, err := flock(ctx, n, programs, tinyFlock, listener); err == nil {
		t.Errorf("interrupted before the first row: %+v", report)
	}
}

func TestAFailedFlockKeepsItsRows(t *testing.T) {
	n, programs := flockStage(t)
	link := filepath.Join(t.TempDir(), "flock-native")
	if err := os.Symlink(programs.Native, link); err != nil {
		t.Fatal(err)
	}
	programs.Native = link
	listener := &heard{onRow: func() { _ = os.Remove(link) }}
	report, err := flock(t.Context(), n, programs, tinyFlock, listener)
	if err != nil || report.Complete || len(report.Rows) != 1 || report.Error == nil ||
		report.Error.Subject != "native" {
		t.Fatalf("%+v, %v", report, err)
	}
	if report, err := flock(t.Context(), n, Programs{Native: t.TempDir()}, tinyFlock, listener); err == nil {
		t.Errorf("failed before the first row: %+v", report)
	}
}

func TestWithoutTheNativeProgramThePluginIsMeasured(t *testing.T) {
	n, _ := flockStage(t)
	plan := tinyFlock
	plan.modes, plan.counts = plan.modes[:1], plan.counts[:1]
	report, err := flock(t.Context(), n, Programs{Native: "/no/such/flock-native"}, plan, &heard{})
	if err != nil || report.WhyNoNative != "flock-native is not built" {
		t.Fatalf("%+v, %v", report, err)
	}
	if r := report.Rows[0]; r.WasmMs <= 0 || r.WasmSteerMs <= 0 || r.NativeMs != 0 || r.Ratio != 0 ||
		r.SteerRatio != 0 || r.RatioAll != 0 {
		t.Errorf("%+v", r)
	}
}

func TestFiguresAreOfTheQuietRuns(t *testing.T) {
	var s flockSample
	for i := range 8 {
		mood := 1.0
		if i%4 != 0 {
			mood = 1.5 // most of the time the machine is slow, and the plugin suffers more
		}
		s.wasm = append(s.wasm, flockRun{2 * mood, 1.6 * mood, "a"})
		s.wasmOne = append(s.wasmOne, flockRun{4 * mood, 3.2 * mood, "a"})
		s.native = append(s.native, flockRun{1 + 0.25*(mood-1), 0.9, "a"})
		s.nativeOne = append(s.nativeOne, flockRun{2, 2 + 0.5*(mood-1), "a"})
	}
	got := s.row("exact", 10_000, 60)
	want := FlockRow{N: 10_000, Mode: "exact", WasmMs: 2, NativeMs: 1, Ratio: 2, ShardsSpeedup: 2,
		WasmOneMs: 4, NativeOneMs: 2, WasmSteerMs: 3.2, NativeSteerMs: 2, SteerRatio: 1.6,
		RatioAll: 2.67, SteerRatioAll: 2.13, Runs: 8, Ticks: 60, SameResult: true}
	if *got != want {
		t.Errorf("%+v\nwant %+v", *got, want)
	}
	for _, runs := range []*[]flockRun{&s.wasm, &s.wasmOne, &s.native, &s.nativeOne} {
		(*runs)[5].checksum = "b"
		if s.same() {
			t.Error("another result went unseen")
		}
		(*runs)[5].checksum = "a"
	}
}

func TestTheRowHasThePromisedFields(t *testing.T) {
	text, err := json.Marshal(FlockReport{Rows: []FlockRow{{NativeMs: 1, Ratio: 1, NativeOneMs: 1,
		NativeSteerMs: 1, SteerRatio: 1}}, Largest: map[string]LargestFlock{}})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Complete *bool
		Load     any
		Rows     []map[string]any
		Largest  map[string]any
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"n", "mode", "wasm_ms", "native_ms", "ratio", "shards_speedup",
		"wasm_1_steer_ms", "native_1_steer_ms", "steer_ratio"} {
		if _, found := document.Rows[0][name]; !found {
			t.Errorf("the field %s is missing", name)
		}
	}
	if document.Complete == nil {
		t.Error("the report does not say whether it is complete")
	}
}
