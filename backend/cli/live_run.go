package cli

import (
	"context"
	"fmt"
	"time"

	"inos/backend/arena"
	"inos/backend/bench"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/unit"
)

// liveUnit is what a run needs of a live unit; *watchedLive is one.
type liveUnit interface {
	stepSource
	Stats() unit.LiveStats
	PhaseMs() []float64
	Params() map[string]any
	Channel() *arena.Channel
	Resume() error
	Pause() error
	Done() <-chan struct{}
	Err() error
	Failure() error
	Refusal() error
}

// watchedLive reads the tick durations out of the present worker's status page.
type watchedLive struct {
	*unit.Live
	ticks host.Ticks
}

// Steps are those of the present worker. Between two workers nothing is new.
func (w *watchedLive) Steps(dst []uint32) ([]uint32, uint64) {
	if worker := w.Worker(); worker != nil {
		worker.ReadTicks(&w.ticks)
		dst = append(dst, w.ticks.StepNs...)
	}
	return dst, w.ticks.Ticks
}

// liveReport is what `inos live --json` prints.
type liveReport struct {
	Unit           string         `json:"unit"`
	Mode           string         `json:"mode"` // the parameter of that name; empty: none
	Count          int            `json:"count"`
	Shards         int            `json:"shards"`
	Seconds        float64        `json:"seconds"`
	Ticks          uint64         `json:"ticks"`
	TickHz         float64        `json:"tick_hz"`
	StepMs         stepReport     `json:"step_ms"`
	PhaseMs        []float64      `json:"phase_ms"` // median of each phase of the last ticks
	Published      uint64         `json:"published"`
	BytesPublished uint64         `json:"bytes_published"`
	Checksum       string         `json:"checksum"`
	Worker         workerReport   `json:"worker"`
	Params         map[string]any `json:"params"`
	Interrupted    bool           `json:"interrupted,omitempty"`
	// Failure is the unit's last one; it may run again since. Error is why the run failed: the unit
	// did not run at its end.
	Failure *fault.Error `json:"failure,omitempty"`
	Error   *fault.Error `json:"error,omitempty"`
}

// stepReport is over all N ticks that were seen; Missed went by unseen.
type stepReport struct {
	bench.Spread
	Missed uint64 `json:"missed"`
}

type workerReport struct {
	CPUPct   float64 `json:"cpu_pct"` // of one core, over the whole run
	RSSBytes int64   `json:"rss_bytes"`
	Restarts int     `json:"restarts"`
}

// liveRun follows a live unit to its end.
type liveRun struct {
	unit    string
	word    string  // what its elements are called
	seconds float64 // 0: until the unit is done or the context ends
	meter   *line   // nil: silent
}

// follow lets a paused unit run until the ticks are done, the seconds are over or the context ends,
// and reports what was measured meanwhile.
func (r *liveRun) follow(ctx context.Context, live liveUnit) (*liveReport, error) {
	steps := newStepLog(live)
	start, before := time.Now(), live.Stats()
	if err := live.Resume(); err != nil {
		return nil, err
	}
	interruptedRun, failed := r.wait(ctx, live, steps, start)
	seconds := time.Since(start).Seconds()
	ended := failed
	if failed == nil {
		ended = r.halt(live)
	}
	steps.look()
	frame, checksum, err := bench.LastFrame(live.Channel())
	switch {
	case err != nil && failed != nil:
		return nil, failed
	case err != nil:
		return nil, r.noFrame(live, err, interruptedRun)
	}
	report := r.report(live, steps, before, seconds)
	report.Count, report.Checksum = frame.Count, checksum
	report.Interrupted, report.Error = interruptedRun, faultOf(ended)
	return report, nil
}

// halt pauses the unit, so that its last frame stays, and says why it did not run any more.
func (r *liveRun) halt(live liveUnit) error {
	state := live.Stats().State
	if state == unit.Stalled { // it would not take the pause either
		return fault.New("live", fault.Deadline, r.unit, "it had stalled when the run ended", "")
	}
	err := live.Pause()
	select {
	case <-live.Done(): // it has stopped by itself
		return live.Err()
	default:
	}
	if state == unit.Restarting {
		return fault.Wrap("live", fault.KindOf(live.Failure()), r.unit, fmt.Errorf(
			"it was about to be started again when the run ended: %w", live.Failure()), "")
	}
	return err
}

func (r *liveRun) wait(
	ctx context.Context, live liveUnit, steps *stepLog, start time.Time,
) (interrupted bool, err error) {
	end := make(<-chan time.Time)
	if r.seconds > 0 {
		end = time.After(time.Duration(r.seconds * float64(time.Second)))
	}
	var draw <-chan time.Time
	if r.meter != nil {
		ticker := time.NewTicker(r.meter.interval)
		defer ticker.Stop()
		defer r.meter.clear()
		draw = ticker.C
	}
	look := time.NewTimer(minLook)
	defer look.Stop()
	for {
		select {
		case <-live.Done():
			return false, live.Err()
		case <-end:
			return false, nil
		case <-ctx.Done():
			return true, nil
		case <-look.C:
			look.Reset(steps.look())
		case <-draw:
			r.meter.show(r.meterText(live.Stats(), steps.recent(), time.Since(start)))
		}
	}
}

// meterText is one state of the meter.
func (r *liveRun) meterText(s unit.LiveStats, step bench.Spread, elapsed time.Duration) string {
	text := fmt.Sprintf("%6.1f s  %s %s  %.0f ticks/s  step p50 %.2f ms p95 %.2f ms  %d %s"+
		"  CPU %.0f %%  RSS %s", elapsed.Seconds(), formatCount(s.Elements), r.word, s.TickHz,
		step.P50, step.P95, s.Shards, plural(s.Shards, "shard"), s.CPUPct,
		formatBytes(float64(s.RSS)))
	if s.State != unit.Running {
		text += "  " + s.State.String()
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// noFrame says why there is nothing to report.
func (r *liveRun) noFrame(live liveUnit, err error, interrupted bool) error {
	failure, refusal, ticks := live.Failure(), live.Refusal(), live.Stats().Ticks
	switch {
	case failure != nil:
		return fault.Wrap("live", fault.KindOf(failure), r.unit,
			fmt.Errorf("it published no frame: %w", failure), "")
	case refusal != nil:
		return fault.Wrap("live", fault.Invalid, r.unit,
			fmt.Errorf("it published no frame in %d ticks: %w", ticks, refusal), "")
	case ticks > 0:
		return fault.Newf("live", fault.Unavailable, r.unit, "it published no frame in %d ticks", ticks)
	case interrupted:
		return fault.New("live", fault.Unavailable, r.unit,
			"it was interrupted before its first frame", "")
	}
	return fault.Wrap("live", fault.Unavailable, r.unit, err, "run it for longer")
}

func (r *liveRun) report(
	live liveUnit, steps *stepLog, before unit.LiveStats, seconds float64,
) *liveReport {
	after, params := live.Stats(), live.Params()
	mode, _ := params["mode"].(string)
	return &liveReport{
		Unit:           r.unit,
		Mode:           mode,
		Shards:         after.Shards,
		Seconds:        bench.Round(seconds, 4),
		Ticks:          after.Ticks,
		TickHz:         bench.Round(float64(after.Ticks-before.Ticks)/seconds, 1),
		StepMs:         stepReport{steps.spread(), steps.missed},
		PhaseMs:        live.PhaseMs(),
		Published:      after.Published,
		BytesPublished: after.BytesPublished,
		Worker: workerReport{
			CPUPct:   bench.Round(float64(after.CPUNs-before.CPUNs)/1e7/seconds, 1),
			RSSBytes: after.RSS,
			Restarts: after.Restarts,
		},
		Params:  params,
		Failure: faultOf(live.Failure()),
	}
}
