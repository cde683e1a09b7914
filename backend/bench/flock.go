package bench

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"inos/backend/manifest"
	"inos/backend/node"
)

// What the flock benchmark runs.
const (
	flockUnit = "boids"
	flockSeed = 7
	// flockShards is what the promised figures are for: the two cores of the test machine.
	flockShards = 2
	// frameMs is the time between two frames of a 60 Hz screen.
	frameMs = 16.6
)

// flockPlan bounds the benchmark.
type flockPlan struct {
	modes  []string
	counts []int
	// rowsTime is for all rows; what one leaves over is for the others. In a row plugin and native
	// program take turns, so that it may meet a quiet moment of the machine.
	rowsTime                time.Duration
	leastRounds, mostRounds int
	// runMs is how long one run should take; the number of ticks follows from it.
	runMs  float64
	search searchPlan
}

// The bounds of `inos bench flock`: two minutes together.
var flockPlanned = flockPlan{
	modes: []string{"exact", "fast"}, counts: []int{1_000, 10_000, 100_000},
	rowsTime: 45 * time.Second, leastRounds: 2, mostRounds: 16, runMs: 120,
	search: searchPlanned,
}

// What the fields of a FlockReport mean, for its readers.
const (
	flockFigures = "ms per step, the median of the fastest quarter of the runs' medians; plugin " +
		"and native program take turns"
	flockRatioOf = "wasm_ms over native_ms, whole steps of the plugin and of the same source " +
		"built for this processor"
	flockSteerRatioOf = "wasm_1_steer_ms over native_1_steer_ms, the phase in which birds steer, " +
		"on one shard"
	flockRatioAllOf = "the same of every turn, quiet or not: the median of the turns' quotients"
	flockLargestOf  = "the largest of which a run of so many ticks had its median step within it, " +
		"the output written"
)

// FlockReport compares the flock as a plugin with the same source built for this processor.
type FlockReport struct {
	Run
	Rows []FlockRow `json:"rows"`
	// Largest is the outcome of the search by mode.
	Largest map[string]LargestFlock `json:"largest"`
	LimitMs float64                 `json:"limit_ms"`
	Shards  int                     `json:"shards"`
	Seed    int                     `json:"seed"`
	// What is compared, in words.
	Figures      string `json:"figures"`
	RatioOf      string `json:"ratio_of"`
	SteerRatioOf string `json:"steer_ratio_of"`
	RatioAllOf   string `json:"ratio_all_of"`
	LargestOf    string `json:"largest_of"`
	// WhyNoNative is empty where the native program ran.
	WhyNoNative string `json:"native_reason,omitempty"`
}

// FlockRow is one flock size in one mode. All times are milliseconds per step, as FlockReport.Figures
// says; those of the native program are absent where it is not built.
type FlockRow struct {
	N    int    `json:"n"`
	Mode string `json:"mode"`
	// WasmMs and NativeMs are whole steps on Shards shards, Ratio the one over the other.
	WasmMs   float64 `json:"wasm_ms"`
	NativeMs float64 `json:"native_ms,omitempty"`
	Ratio    float64 `json:"ratio,omitempty"`
	// ShardsSpeedup is WasmOneMs, the plugin's step on one shard, over WasmMs.
	ShardsSpeedup float64 `json:"shards_speedup"`
	WasmOneMs     float64 `json:"wasm_1_ms"`
	NativeOneMs   float64 `json:"native_1_ms,omitempty"`
	// The last phase of a step on one shard, and the one over the other.
	WasmSteerMs   float64 `json:"wasm_1_steer_ms"`
	NativeSteerMs float64 `json:"native_1_steer_ms,omitempty"`
	SteerRatio    float64 `json:"steer_ratio,omitempty"`
	// RatioAll and SteerRatioAll are the medians of the turns' own ratios.
	RatioAll      float64 `json:"ratio_all,omitempty"`
	SteerRatioAll float64 `json:"steer_ratio_all,omitempty"`
	// Runs is how often each side took its turn, Ticks how long.
	Runs  int `json:"runs"`
	Ticks int `json:"ticks"`
	// SameResult says that all runs, of either side, computed the same last frame, bit by bit.
	SameResult bool `json:"same_result"`
}

// FlockListener hears each figure as soon as it is there.
type FlockListener interface {
	Row(FlockRow)
	Largest(mode string, found LargestFlock)
}

// Flock runs all rows and the search. n must have room for the largest flock in its arena. A report
// may be incomplete.
func Flock(
	ctx context.Context, n *node.Node, p Programs, listener FlockListener,
) (*FlockReport, error) {
	return flock(ctx, n, p, flockPlanned, listener)
}

func flock(
	ctx context.Context, n *node.Node, p Programs, plan flockPlan, listener FlockListener,
) (*FlockReport, error) {
	watch := beginWatch()
	report := &FlockReport{Largest: map[string]LargestFlock{}, LimitMs: frameMs,
		Shards: flockShards, Seed: flockSeed, Figures: flockFigures, RatioOf: flockRatioOf,
		SteerRatioOf: flockSteerRatioOf, RatioAllOf: flockRatioAllOf, LargestOf: flockLargestOf}
	b := flockBench{node: n, native: p.Native, note: p.note, plan: plan}
	if _, err := os.Stat(p.Native); err != nil {
		report.WhyNoNative = filepath.Base(p.Native) + " is not built"
		b.native = ""
	}
	err := b.measure(ctx, report, listener)
	if err := watch.end(ctx, &report.Run, err, len(report.Rows) > 0); err != nil {
		return nil, err
	}
	return report, nil
}

type flockBench struct {
	node   *node.Node
	native string // empty: not built
	note   func(format string, args ...any)
	plan   flockPlan
}

func (b *flockBench) measure(
	ctx context.Context, report *FlockReport, listener FlockListener,
) error {
	end, left := time.Now().Add(b.plan.rowsTime), len(b.plan.modes)*len(b.plan.counts)
	for _, mode := range b.plan.modes {
		for _, count := range b.plan.counts {
			row, err := b.row(ctx, mode, count, time.Until(end)/time.Duration(left))
			if err != nil {
				return err
			}
			left--
			report.Rows = append(report.Rows, *row)
			listener.Row(*row)
		}
	}
	return b.largest(ctx, report.Largest, listener)
}

// largest searches in all modes at once.
func (b *flockBench) largest(
	ctx context.Context, found map[string]LargestFlock, listener FlockListener,
) error {
	var searches []*flockSearch
	for _, mode := range b.plan.modes {
		searches = append(searches, b.search(mode))
	}
	if err := searchAll(ctx, b.plan.search, time.Now, searches); err != nil {
		return err
	}
	for i, mode := range b.plan.modes {
		found[mode] = searches[i].best
		listener.Largest(mode, searches[i].best)
	}
	return nil
}

func (b *flockBench) search(mode string) *flockSearch {
	return &flockSearch{plan: b.plan.search, limitMs: frameMs, most: b.mostBirds(),
		run: func(ctx context.Context, birds, ticks int) (float64, error) {
			b.note("largest flock, %s, %d birds", mode, birds)
			return searchStep(b.wasm(ctx, mode, birds, flockShards, ticks))
		}}
}

// flockSample is what one row's runs gave.
type flockSample struct {
	wasm, wasmOne, native, nativeOne []flockRun
}

// row measures one size in one mode. It ends after the round in which the time is over.
func (b *flockBench) row(
	ctx context.Context, mode string, count int, limit time.Duration,
) (*FlockRow, error) {
	b.note("flock, %s, %d birds", mode, count)
	probe, err := b.wasm(ctx, mode, count, flockShards, minFlockTicks)
	if err != nil {
		return nil, err
	}
	ticks := ticksFor(probe.stepMs, b.plan.runMs)
	var sample flockSample
	err = turns(limit, b.plan.leastRounds, b.plan.mostRounds, time.Now, func() error {
		return b.round(ctx, mode, count, ticks, &sample)
	})
	if err != nil {
		return nil, err
	}
	return sample.row(mode, count, ticks), nil
}

// round runs the plugin and the native program in turns, so that both meet the same moods of the
// machine.
func (b *flockBench) round(
	ctx context.Context, mode string, count, ticks int, s *flockSample,
) error {
	for _, turn := range []struct {
		shards       int
		wasm, native *[]flockRun
	}{{flockShards, &s.wasm, &s.native}, {1, &s.wasmOne, &s.nativeOne}} {
		run, err := b.wasm(ctx, mode, count, turn.shards, ticks)
		if err != nil {
			return err
		}
		*turn.wasm = append(*turn.wasm, run)
		if b.native == "" {
			continue
		}
		if run, err = b.runNative(ctx, mode, count, turn.shards, ticks); err != nil {
			return err
		}
		*turn.native = append(*turn.native, run)
	}
	return nil
}

func (s *flockSample) row(mode string, count, ticks int) *FlockRow {
	r := &FlockRow{
		N: count, Mode: mode, Ticks: ticks, Runs: len(s.wasm), SameResult: s.same(),
		WasmMs: quiet(s.wasm, stepOf), NativeMs: quiet(s.native, stepOf),
		WasmOneMs: quiet(s.wasmOne, stepOf), NativeOneMs: quiet(s.nativeOne, stepOf),
		WasmSteerMs: quiet(s.wasmOne, steerOf), NativeSteerMs: quiet(s.nativeOne, steerOf),
		RatioAll:      turnsRatio(s.wasm, s.native, stepOf),
		SteerRatioAll: turnsRatio(s.wasmOne, s.nativeOne, steerOf),
	}
	r.Ratio = Ratio(r.WasmMs, r.NativeMs)
	r.SteerRatio = Ratio(r.WasmSteerMs, r.NativeSteerMs)
	r.ShardsSpeedup = Ratio(r.WasmOneMs, r.WasmMs)
	return r
}

func (s *flockSample) same() bool {
	for _, runs := range [][]flockRun{s.wasm, s.wasmOne, s.native, s.nativeOne} {
		for _, run := range runs {
			if run.checksum != s.wasm[0].checksum {
				return false
			}
		}
	}
	return true
}

func stepOf(r flockRun) float64  { return r.stepMs }
func steerOf(r flockRun) float64 { return r.steerMs }

func quiet(runs []flockRun, of func(flockRun) float64) float64 {
	var values []float64
	for _, run := range runs {
		values = append(values, of(run))
	}
	return Round(Quiet(values), 4)
}

// turnsRatio is the median of the turns' quotients; 0 without native runs.
func turnsRatio(wasm, native []flockRun, of func(flockRun) float64) float64 {
	var values []float64
	for i := range native {
		values = append(values, of(wasm[i])/of(native[i]))
	}
	return Round(Median(values), 2)
}

// mostBirds is what the unit takes at most, by its manifest.
func (b *flockBench) mostBirds() int {
	for _, u := range b.node.Units() {
		if u.Name == flockUnit && u.Live != nil {
			if i := manifest.FindParam(u.Live.Params, "count"); i >= 0 {
				return int(u.Live.Params[i].Max)
			}
		}
	}
	return 0
}
