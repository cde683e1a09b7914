package bench

import (
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"time"

	"inos/backend/fault"
	"inos/backend/unit"
)

const (
	// minFlockTicks and maxFlockTicks bound a run; the latter is how many ticks' phases a worker
	// keeps of a unit with five, so that a median is over the whole run.
	minFlockTicks = 12
	maxFlockTicks = 128
	// flockRunLimit bounds one run.
	flockRunLimit = 60 * time.Second
)

// flockRun is one run of either side: medians over its ticks.
type flockRun struct {
	stepMs, steerMs float64
	checksum        string
}

// ticksFor is how many ticks of stepMs fill a run of runMs.
func ticksFor(stepMs, runMs float64) int {
	if stepMs <= 0 {
		return maxFlockTicks
	}
	return min(max(int(runMs/stepMs), minFlockTicks), maxFlockTicks)
}

// wasm runs the plugin for so many ticks, as fast as it goes.
func (b *flockBench) wasm(
	ctx context.Context, mode string, count, shards, ticks int,
) (flockRun, error) {
	limited, cancel := context.WithTimeout(ctx, flockRunLimit)
	defer cancel()
	live, err := b.node.StartLive(limited, flockUnit, unit.LiveConfig{
		Params: map[string]any{"count": count, "mode": mode, "seed": flockSeed},
		Shards: shards, RateHz: unit.Unpaced, Ticks: uint64(ticks),
	})
	if err != nil {
		return flockRun{}, err
	}
	defer live.Stop()
	select {
	case <-live.Done():
	case <-limited.Done():
		return flockRun{}, context.Cause(limited)
	}
	if err := live.Err(); err != nil {
		return flockRun{}, err
	}
	step, phases := live.Stats().StepMs.P50, live.PhaseMs()
	if step <= 0 || len(phases) == 0 {
		return flockRun{}, fault.New("bench.flock", fault.Protocol, flockUnit,
			"its worker reported no times", "")
	}
	_, checksum, err := LastFrame(live.Channel())
	return flockRun{stepMs: step, steerMs: phases[len(phases)-1], checksum: checksum}, err
}

// runNative runs the native program with the same flock.
func (b *flockBench) runNative(
	ctx context.Context, mode string, count, shards, ticks int,
) (flockRun, error) {
	limited, cancel := context.WithTimeout(ctx, flockRunLimit)
	defer cancel()
	command := exec.CommandContext(limited, b.native, mode, strconv.Itoa(count),
		strconv.Itoa(shards), strconv.Itoa(ticks), strconv.Itoa(flockSeed), "--json")
	ownGroup(command)
	out, err := jsonOutput(command)
	if err != nil {
		return flockRun{}, fault.Wrap("bench.flock", fault.Unavailable, "native", err, "")
	}
	var said struct {
		Step     struct{ P50 float64 } `json:"step_ms"`
		Steer    struct{ P50 float64 } `json:"steer_ms"`
		Checksum string                `json:"checksum"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return flockRun{}, fault.Wrap("bench.flock", fault.Protocol, "native", err, "")
	}
	return flockRun{said.Step.P50, said.Steer.P50, said.Checksum}, nil
}
