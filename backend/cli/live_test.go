package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/unit"
)

// flock is a live unit of a test. Each tick takes a millisecond of the durations it reports.
type flock struct {
	channel *arena.Channel
	ticks   uint64
	done    chan struct{}
	err     error
	failure error
	refusal error
	state   unit.State
	resumed bool
	still   bool // it does not tick
	paused  bool
}

// newFlock publishes one frame of four elements.
func newFlock(t *testing.T) *flock {
	t.Helper()
	a := arena.New(1 << 20)
	t.Cleanup(func() { _ = a.Close() })
	channel, err := a.NewChannel("flock", 4, arena.InstanceBytes, nil)
	if err != nil {
		t.Fatal(err)
	}
	slot, buffer := channel.Begin()
	copy(buffer, "the bytes of four birds")
	channel.Publish(slot, 4, 1, arena.Monotonic())
	return &flock{channel: channel, done: make(chan struct{}), state: unit.Running}
}

func (f *flock) Steps(dst []uint32) ([]uint32, uint64) {
	if f.still {
		return dst, 0
	}
	f.ticks += 10
	for range 10 {
		dst = append(dst, 1_000_000)
	}
	return dst, f.ticks
}

func (f *flock) Stats() unit.LiveStats {
	return unit.LiveStats{State: f.state, Ticks: f.ticks, Published: f.ticks, Shards: 2,
		Elements: 4, CPUNs: f.ticks * 1_000_000, RSS: 7 << 20}
}

func (f *flock) PhaseMs() []float64      { return []float64{0.25, 0.5} }
func (f *flock) Params() map[string]any  { return map[string]any{"mode": "fast", "seed": int64(7)} }
func (f *flock) Channel() *arena.Channel { return f.channel }
func (f *flock) Resume() error           { f.resumed = true; return nil }
func (f *flock) Pause() error            { f.paused = true; return nil }
func (f *flock) Done() <-chan struct{}   { return f.done }
func (f *flock) Err() error              { return f.err }
func (f *flock) Failure() error          { return f.failure }
func (f *flock) Refusal() error          { return f.refusal }

func TestARunReportsWhatWasMeasured(t *testing.T) {
	f := newFlock(t)
	run := liveRun{unit: "boids", word: "birds", seconds: 0.05}
	report, err := run.follow(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if !f.resumed || !f.paused {
		t.Error("the unit did not run, or the frame was read while it ticked on")
	}
	if report.Mode != "fast" || report.Count != 4 || report.Shards != 2 || report.Ticks != f.ticks {
		t.Errorf("%+v", report)
	}
	if report.StepMs.P50 != 1 || report.StepMs.Max != 1 || uint64(report.StepMs.N) != f.ticks {
		t.Errorf("steps %+v, want %d of 1 ms", report.StepMs, f.ticks)
	}
	if report.Seconds < 0.05 || report.Worker.CPUPct <= 0 || report.Worker.RSSBytes != 7<<20 {
		t.Errorf("%+v", report)
	}
}

// TestTheChecksumIsFNV1a compares with a value of the reference implementation: 128 bytes, the
// text and zeros.
func TestTheChecksumIsFNV1a(t *testing.T) {
	f := newFlock(t)
	report, err := (&liveRun{unit: "boids", seconds: 0.01}).follow(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	want := uint64(0xcbf29ce484222325)
	frame := make([]byte, 4*arena.InstanceBytes)
	copy(frame, "the bytes of four birds")
	for _, b := range frame {
		want = (want ^ uint64(b)) * 0x100000001b3
	}
	if len(report.Checksum) != 16 || report.Checksum != hex16(want) {
		t.Errorf("%s, want %s", report.Checksum, hex16(want))
	}
}

func hex16(v uint64) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 16)
	for i := range out {
		out[15-i] = digits[v>>(4*i)&15]
	}
	return string(out)
}

func TestARunEndsWithItsTicks(t *testing.T) {
	f := newFlock(t)
	close(f.done)
	report, err := (&liveRun{unit: "boids"}).follow(t.Context(), f)
	if err != nil || report.Interrupted {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAFailedRunReportsItsError(t *testing.T) {
	f := newFlock(t)
	f.err = errors.New("the guest trapped")
	close(f.done)
	report, err := (&liveRun{unit: "boids"}).follow(t.Context(), f)
	if err != nil || report.Error == nil || !errors.Is(report.Error, f.err) || report.Checksum == "" {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAReportHasTheUnitsFailures(t *testing.T) {
	failure := fault.New("worker.end", fault.Trap, "test.sick", "unreachable", "")
	for state, failed := range map[unit.State]bool{unit.Running: false, unit.Restarting: true} {
		f := newFlock(t)
		f.failure, f.state = failure, state
		report, err := (&liveRun{unit: "boids", seconds: 0.01}).follow(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			errorDocumentRead
			Failure struct{ Kind, Subject, Message string }
		}
		oneDocument(t, string(text), &document)
		if document.Failure.Kind != "trap" || document.Failure.Subject != "test.sick" ||
			(document.Error.Kind == "trap") != failed {
			t.Errorf("%s: %s", state, text)
		}
	}
}

func TestAFailedUnitWithoutAFrameReportsItsFailure(t *testing.T) {
	f := newFlock(t)
	f.channel, f.failure = nil, fault.New("worker.end", fault.Memory, "test.sick", "too much", "")
	_, err := (&liveRun{unit: "boids", seconds: 0.01}).follow(t.Context(), f)
	if fault.KindOf(err) != fault.Memory || !errors.Is(err, f.failure) {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptedRunKeepsItsFigures(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	report, err := (&liveRun{unit: "boids"}).follow(ctx, newFlock(t))
	if err != nil || !report.Interrupted || report.StepMs.N == 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestARunWithoutAFrameSaysWhy(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx   context.Context
		still bool
		want  string
	}{
		{t.Context(), false, "it published no frame in"},
		{t.Context(), true, "run it for longer"},
		{stopped, true, "boids: it was interrupted before its first frame"},
	} {
		f := newFlock(t)
		a := arena.New(1 << 20)
		defer a.Close()
		empty, err := a.NewChannel("empty", 4, arena.InstanceBytes, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.channel, f.still = empty, c.still
		_, err = (&liveRun{unit: "boids", seconds: 0.01}).follow(c.ctx, f)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestTheReportHasThePromisedFields(t *testing.T) {
	report, err := (&liveRun{unit: "boids", seconds: 0.01}).follow(t.Context(), newFlock(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	document := map[string]any{}
	oneDocument(t, string(text), &document)
	requireFields(t, document, map[string]any{
		"unit": "", "mode": "", "count": 1, "shards": 1, "seconds": 1, "ticks": 1,
		"step_ms": map[string]any{}, "phase_ms": []any{}, "published": 1, "checksum": "", "worker": map[string]any{},
	})
	requireFields(t, document["step_ms"].(map[string]any), map[string]any{
		"p50": 1, "p95": 1, "max": 1, "n": 1, "missed": 1,
	})
	requireFields(t, document["worker"].(map[string]any), map[string]any{
		"cpu_pct": 1, "rss_bytes": 1,
	})
}

func TestTheMeterShowsEveryFigure(t *testing.T) {
	var out bytes.Buffer
	run := liveRun{unit: "boids", word: "birds", seconds: 0.05, meter: newLine(&out)}
	run.meter.interval = 10 * time.Millisecond
	if _, err := run.follow(t.Context(), newFlock(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4 birds", "ticks/s", "p50 1.00 ms", "2 shards", "CPU", "RSS 7MiB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
}

func TestOneShardIsNoShards(t *testing.T) {
	if plural(1, "shard") != "shard" || plural(2, "shard") != "shards" || plural(0, "x") != "xs" {
		t.Error("wrong plural")
	}
}
