package bench

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"time"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/unit"
)

// What the flock benchmark runs.
const (
	flockUnit = "boids"
	flockSeed = 7
	// flockShards is what the promised figures are for: the two cores of the test machine.
	flockShards = 2
	flockRounds = 3
	// flockRunMs is how long one run should take; the number of ticks follows from it.
	flockRunMs = 500
	// minFlockTicks and maxFlockTicks bound it; the latter is what a worker's ring keeps.
	minFlockTicks = 20
	maxFlockTicks = 256
	// frameMs is the time between two frames of a 60 Hz screen.
	frameMs = 16.6
	// flockLimit bounds one run.
	flockLimit = 60 * time.Second
)

var (
	flockModes  = []string{"exact", "fast"}
	flockCounts = []int{1_000, 10_000, 100_000}
)

// FlockReport compares the flock as a plugin with the same source built for this processor.
type FlockReport struct {
	Rows []FlockRow `json:"rows"`
	// Largest is the largest flock by mode whose median step takes at most LimitMs on Shards
	// shards, with the output written.
	Largest map[string]LargestFlock `json:"largest"`
	LimitMs float64                 `json:"limit_ms"`
	Shards  int                     `json:"shards"`
	Seed    int                     `json:"seed"`
	// Ratio says what the field ratio compares.
	Ratio string `json:"ratio_of"`
	// WhyNoNative is empty where the native program ran.
	WhyNoNative string `json:"native_reason,omitempty"`
}

// FlockRow is one flock size in one mode: medians of whole steps in milliseconds.
type FlockRow struct {
	N    int    `json:"n"`
	Mode string `json:"mode"`
	// WasmMs and NativeMs are on Shards shards.
	WasmMs   float64 `json:"wasm_ms"`
	NativeMs float64 `json:"native_ms"`
	// Ratio is wasm over native, on one shard: barriers are not compared.
	Ratio float64 `json:"ratio"`
	// ShardsSpeedup is the plugin's step on one shard over that on Shards shards.
	ShardsSpeedup float64 `json:"shards_speedup"`
	WasmOneMs     float64 `json:"wasm_1_ms"`
	NativeOneMs   float64 `json:"native_1_ms"`
	NativeSteerMs float64 `json:"native_1_steer_ms"`
	Ticks         int     `json:"ticks"`
	// SameResult says that plugin and native program computed the same last frame, bit by bit.
	SameResult bool `json:"same_result"`
}

// LargestFlock is the outcome of the search.
type LargestFlock struct {
	N      int     `json:"n"`
	StepMs float64 `json:"step_ms"`
	// AtLimit says that the unit takes no more birds than that.
	AtLimit bool `json:"at_limit"`
}

// flockRun is one run of either side.
type flockRun struct {
	stepMs, steerMs float64
	checksum        string
}

// Flock runs all rows and the search. n must have room for the largest flock in its arena.
func Flock(ctx context.Context, n *node.Node, p Programs) (*FlockReport, error) {
	b := flockBench{node: n, native: p.Native, note: p.note}
	report := &FlockReport{Largest: map[string]LargestFlock{}, LimitMs: frameMs,
		Shards: flockShards, Seed: flockSeed, Ratio: "whole step, wasm over native, one shard each"}
	if _, err := os.Stat(p.Native); err != nil {
		report.WhyNoNative = p.Native + " is not built"
		b.native = ""
	}
	for _, mode := range flockModes {
		for _, count := range flockCounts {
			row, err := b.row(ctx, mode, count)
			if err != nil {
				return nil, err
			}
			report.Rows = append(report.Rows, *row)
		}
	}
	for _, mode := range flockModes {
		largest, err := b.largest(ctx, mode)
		if err != nil {
			return nil, err
		}
		report.Largest[mode] = largest
	}
	return report, nil
}

type flockBench struct {
	node   *node.Node
	native string // empty: not built
	note   func(format string, args ...any)
}

// flockSample are the steps of one row's rounds in milliseconds.
type flockSample struct {
	wasm, wasmOne, native, nativeOne, steerOne []float64
	same                                       bool
}

// row measures one size in one mode.
func (b *flockBench) row(ctx context.Context, mode string, count int) (*FlockRow, error) {
	b.note("%s, %d birds", mode, count)
	probe, err := b.wasm(ctx, mode, count, flockShards, minFlockTicks)
	if err != nil {
		return nil, err
	}
	ticks := ticksFor(probe.stepMs)
	sample := flockSample{same: true}
	for range flockRounds {
		if err := b.round(ctx, mode, count, ticks, &sample); err != nil {
			return nil, err
		}
	}
	return &FlockRow{
		N: count, Mode: mode, Ticks: ticks, SameResult: sample.same,
		WasmMs: Round(Median(sample.wasm), 4), NativeMs: Median(sample.native),
		WasmOneMs: Round(Median(sample.wasmOne), 4), NativeOneMs: Median(sample.nativeOne),
		NativeSteerMs: Median(sample.steerOne),
		Ratio:         Ratio(Median(sample.wasmOne), Median(sample.nativeOne)),
		ShardsSpeedup: Ratio(Median(sample.wasmOne), Median(sample.wasm)),
	}, nil
}

// round runs plugin and native program in turns, so that both meet the same moods of the machine.
func (b *flockBench) round(
	ctx context.Context, mode string, count, ticks int, s *flockSample,
) error {
	two, one, err := both(func(shards int) (flockRun, error) {
		return b.wasm(ctx, mode, count, shards, ticks)
	})
	if err != nil {
		return err
	}
	s.wasm, s.wasmOne = append(s.wasm, two.stepMs), append(s.wasmOne, one.stepMs)
	s.same = s.same && two.checksum == one.checksum
	if b.native == "" {
		return nil
	}
	nativeTwo, nativeOne, err := both(func(shards int) (flockRun, error) {
		return b.runNative(ctx, mode, count, shards, ticks)
	})
	if err != nil {
		return err
	}
	s.native = append(s.native, nativeTwo.stepMs)
	s.nativeOne = append(s.nativeOne, nativeOne.stepMs)
	s.steerOne = append(s.steerOne, nativeOne.steerMs)
	s.same = s.same && nativeTwo.checksum == one.checksum && nativeOne.checksum == one.checksum
	return nil
}

// both runs one side on flockShards shards and on one.
func both(run func(shards int) (flockRun, error)) (many, one flockRun, err error) {
	if many, err = run(flockShards); err != nil {
		return many, one, err
	}
	one, err = run(1)
	return many, one, err
}

// ticksFor is how many ticks of stepMs fill a run.
func ticksFor(stepMs float64) int {
	if stepMs <= 0 {
		return maxFlockTicks
	}
	return min(max(int(flockRunMs/stepMs), minFlockTicks), maxFlockTicks)
}

// wasm runs the plugin for so many ticks, as fast as it goes.
func (b *flockBench) wasm(
	ctx context.Context, mode string, count, shards, ticks int,
) (flockRun, error) {
	ctx, cancel := context.WithTimeout(ctx, flockLimit)
	defer cancel()
	live, err := b.node.StartLive(ctx, flockUnit, unit.LiveConfig{
		Params: map[string]any{"count": count, "mode": mode, "seed": flockSeed},
		Shards: shards, RateHz: unit.Unpaced, Ticks: uint64(ticks),
	})
	if err != nil {
		return flockRun{}, err
	}
	defer live.Stop()
	select {
	case <-live.Done():
	case <-ctx.Done():
		return flockRun{}, context.Cause(ctx)
	}
	if err := live.Err(); err != nil {
		return flockRun{}, err
	}
	_, checksum, err := LastFrame(live.Channel())
	return flockRun{stepMs: live.Stats().StepMs.P50, checksum: checksum}, err
}

// runNative runs the native program with the same flock.
func (b *flockBench) runNative(
	ctx context.Context, mode string, count, shards, ticks int,
) (flockRun, error) {
	ctx, cancel := context.WithTimeout(ctx, flockLimit)
	defer cancel()
	out, err := jsonOutput(exec.CommandContext(ctx, b.native, mode, strconv.Itoa(count),
		strconv.Itoa(shards), strconv.Itoa(ticks), strconv.Itoa(flockSeed), "--json"))
	if err != nil {
		return flockRun{}, fault.Wrap("bench.flock", fault.Unavailable, b.native, err, "")
	}
	var said struct {
		Step     struct{ P50 float64 } `json:"step_ms"`
		Steer    struct{ P50 float64 } `json:"steer_ms"`
		Checksum string                `json:"checksum"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return flockRun{}, fault.Wrap("bench.flock", fault.Protocol, b.native, err, "")
	}
	return flockRun{said.Step.P50, said.Steer.P50, said.Checksum}, nil
}

// Bounds of the search for the largest flock.
const (
	searchFrom  = 20_000
	searchTo    = 250_000 // what the unit takes at most
	searchTicks = 40
	// searchPart ends the search: a finer answer would be noise.
	searchPart = 0.03
	// searchTries and searchPasses: a slow second of the machine must not decide, nor one slow
	// answer at the start of the search.
	searchTries  = 2
	searchPasses = 2
)

// largest looks for the largest flock whose median step fits between two frames.
func (b *flockBench) largest(ctx context.Context, mode string) (LargestFlock, error) {
	if n, err := b.fits(ctx, mode, searchTo); err != nil || n.N > 0 {
		n.AtLimit = n.N > 0
		return n, err
	}
	best, err := b.fits(ctx, mode, searchFrom)
	if err != nil || best.N == 0 {
		return best, err
	}
	for range searchPasses {
		if best, err = b.search(ctx, mode, best); err != nil {
			return best, err
		}
	}
	return best, nil
}

// search halves the range above best until it is narrow.
func (b *flockBench) search(
	ctx context.Context, mode string, best LargestFlock,
) (LargestFlock, error) {
	high := searchTo
	for float64(high-best.N) > searchPart*float64(best.N) {
		middle := (best.N + high) / 2
		got, err := b.fits(ctx, mode, middle)
		if err != nil {
			return best, err
		}
		if got.N > 0 {
			best = got
		} else {
			high = middle
		}
	}
	return best, nil
}

// fits runs one size; N is 0 where no try fits.
func (b *flockBench) fits(ctx context.Context, mode string, count int) (LargestFlock, error) {
	b.note("the largest flock, %s: %d birds", mode, count)
	for range searchTries {
		run, err := b.wasm(ctx, mode, count, flockShards, searchTicks)
		if err != nil {
			return LargestFlock{}, err
		}
		if run.stepMs == 0 {
			return LargestFlock{}, errors.New("the worker reported no step times")
		}
		if run.stepMs <= frameMs {
			return LargestFlock{N: count, StepMs: Round(run.stepMs, 3)}, nil
		}
	}
	return LargestFlock{}, nil
}
