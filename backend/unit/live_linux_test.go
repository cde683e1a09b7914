package unit

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/thejerf/suture/v4"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
)

// stage is all that live units need, with the real worker and real plugins.
type stage struct {
	*Lives
	arena   *arena.Arena
	kernel  *arena.Kernel
	sampler *Sampler
}

// quick treats a failing unit like DefaultPolicy, in less time.
var quick = Policy{
	FirstPause: 5 * time.Millisecond, MaxPause: 20 * time.Millisecond,
	Failures: 4, Window: time.Minute,
}

func newStage(t testing.TB, budget int64) *stage {
	t.Helper()
	s := &stage{arena: arena.New(budget)}
	var err error
	if s.kernel, err = s.arena.NewKernel(); err != nil {
		t.Fatal(err)
	}
	launcher := host.NewLauncher()
	root := suture.NewSimple("test")
	ctx, cancel := context.WithCancel(context.Background())
	served := root.ServeBackground(ctx)
	s.Lives = NewLives(Deps{
		Arena: s.arena, Kernel: s.kernel, Services: root, Policy: quick,
		Registry: NewRegistry([]Folder{{hosttest.Folder(t, hosttest.Boids, hosttest.Hostile), false}},
			"", nil),
		Host: host.Config{
			WorkerPath: hosttest.Worker(t), CacheDir: t.TempDir(), Launcher: launcher,
		},
		Changed: func() { s.sampler.Wake() },
	})
	s.sampler = NewSampler(s.arena, s.kernel, s.Lives, func() []*host.Worker { return nil })
	root.Add(s.sampler)
	t.Cleanup(func() {
		s.Close()
		if used := s.arena.Used(); used != arena.KernelSegmentBytes {
			t.Errorf("%d bytes of the arena are in use at the end", used)
		}
		if n := hosttest.Children(t); n != 0 {
			t.Errorf("%d processes are left", n)
		}
		cancel()
		<-served
		launcher.Close()
		if err := s.arena.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) start(t testing.TB, unit string, cfg LiveConfig) *Live {
	t.Helper()
	l, err := s.Start(context.Background(), unit, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func untilTicks(t testing.TB, l *Live, n uint64) {
	t.Helper()
	until(t, fmt.Sprintf("%s reaches tick %d", l.Unit(), n),
		func() bool { return l.Stats().Ticks >= n })
}

// sum is a checksum over the newest frame.
func sum(t testing.TB, l *Live) uint64 {
	t.Helper()
	h := fnv.New64a()
	l.View(func(c *arena.Channel) {
		f, err := c.Snapshot(make([]byte, c.SlotBytes()))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = h.Write(f.Data)
	})
	return h.Sum64()
}

func small(more map[string]any) map[string]any {
	p := map[string]any{"count": 500, "seed": 7}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func TestALiveUnitRunsItsTicksAndSaysSo(t *testing.T) {
	s := newStage(t, 16<<20)
	sums := map[uint64]bool{}
	for _, shards := range []int{1, 2} {
		l := s.start(t, "boids", LiveConfig{
			Params: small(nil), Shards: shards, RateHz: Unpaced, Ticks: 50,
		})
		<-l.Done()
		if err := l.Err(); err != nil {
			t.Fatal(err)
		}
		st := l.Stats()
		if st.Ticks != 50 || st.Published != 50 || st.Elements != 500 || st.Shards != shards {
			t.Errorf("%d shards: %+v", shards, st)
		}
		if st.StepMs.P50 <= 0 || st.StepMs.P95 < st.StepMs.P50 || st.StepMs.Max < st.StepMs.P95 ||
			st.CPUNs == 0 || st.RSS == 0 || st.State != Paused {
			t.Errorf("%d shards: %+v", shards, st)
		}
		phases := l.PhaseMs()
		if len(phases) != int(l.Spec().Phases) || slices.Min(phases) <= 0 ||
			slices.Max(phases) > st.StepMs.Max {
			t.Errorf("%d shards: phases of %v ms in a step of %+v", shards, phases, st.StepMs)
		}
		sums[sum(t, l)] = true
		l.Stop()
		l.Stop() // twice is no error
		if l.View(func(*arena.Channel) {}) {
			t.Error("a stopped unit still has a channel")
		}
	}
	if len(sums) != 1 {
		t.Errorf("%d checksums for one seed", len(sums))
	}
}

func TestTheDirectoryAndTheMetricsFollow(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil)})
	e, err := s.kernel.Entry(l.Entry())
	if err != nil || e.Unit != "boids" || e.FD < 0 || e.Look != 1 || e.Kind != arena.KindChannel ||
		e.Segment != l.Channel().Segment().ID() {
		t.Errorf("entry %+v, %v", e, err)
	}
	until(t, "metrics", func() bool {
		m, err := s.kernel.Unit(l.Entry())
		return err == nil && m.Ticks > 0 && m.TickHz > 0 && m.WorkerCPUPct > 0 && m.WorkerRSS > 0 &&
			m.Elements == 500 && m.BytesPublished >= 500*32 && m.State == arena.LiveStateRunning
	})
	m, err := s.kernel.System()
	if err != nil || m.Workers != 1 || m.Cores != host.Cores() || m.ArenaUsed == 0 ||
		m.KernelRSS == 0 {
		t.Errorf("system %+v, %v", m, err)
	}
	l.Stop()
	if e, err := s.kernel.Entry(l.Entry()); err != nil || e.Segment != 0 || e.FD != -1 {
		t.Errorf("entry after the stop: %+v, %v", e, err)
	}
	until(t, "no workers any more", func() bool {
		m, err := s.kernel.System()
		return err == nil && m.Workers == 0
	})
	kinds := map[uint16]bool{}
	events, _ := s.kernel.Events(0)
	for _, e := range events {
		kinds[e.Kind] = true
	}
	if !kinds[arena.EventKindUnitStarted] || !kinds[arena.EventKindUnitStopped] {
		t.Errorf("events %v", events)
	}
}

func TestParametersChangeTogetherOrNotAtAll(t *testing.T) {
	s := newStage(t, 4<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil)})
	before := l.Params()
	err := l.SetParams(map[string]any{"cohesion": 2, "separation": -1e9})
	if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Subject != "separation" {
		t.Errorf("out of range: %v", err)
	}
	err = l.SetParams(map[string]any{"cohesion": 2, "count": 100_000})
	f := fault.As(err)
	if f == nil || f.Kind != fault.Budget || f.Needed < 100_000*32*3 || f.Limit != 4<<20 ||
		f.Subject != "boids" {
		t.Errorf("over the budget: %v", err)
	}
	if got := l.Params(); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("a refused change left %v", got)
	}
	if err := s.arena.SetLimit(f.Needed); err != nil {
		t.Fatal(err)
	}
	if err := l.SetParams(map[string]any{"cohesion": 2, "count": 100_000}); err != nil {
		t.Errorf("with the bytes that were asked for: %v", err)
	}
	if p := l.Params(); p["cohesion"] != 2.0 || p["count"] != int64(100_000) || p["seed"] != int64(7) {
		t.Errorf("parameters %v", p)
	}
	until(t, "a frame of 100,000", func() bool { return l.Stats().Elements == 100_000 })
}

func TestABiggerFlockGetsABiggerChannelInTheSamePlace(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil)})
	generation, used := uint32(0), s.arena.Used()
	for _, n := range []int{501, 4096, 4097, 20_000, 20_001, 300} {
		if err := l.SetParams(map[string]any{"count": n}); err != nil {
			t.Fatal(err)
		}
		if c := l.Channel().Capacity(); c < n || c > 4*n+2*capacityStep {
			t.Errorf("%d birds in a channel for %d", n, c)
		}
		e, err := s.kernel.Entry(l.Entry())
		if err != nil || e.Segment != l.Channel().Segment().ID() || e.Generation < generation {
			t.Errorf("%d birds: entry %+v, %v", n, e, err)
		}
		generation = e.Generation
		until(t, "the flock's new size", func() bool { return l.Stats().Elements == n })
	}
	if s.arena.Used() != used {
		t.Errorf("%d bytes in use, %d with the small flock before", s.arena.Used(), used)
	}
}

func TestPauseStepAndReset(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil), Paused: true, RateHz: Unpaced})
	if st := l.State(); st != Paused {
		t.Errorf("started %s", st)
	}
	var first []uint64
	for i := range 3 {
		if err := l.Step(); err != nil {
			t.Fatal(err)
		}
		untilTicks(t, l, uint64(i+1))
		first = append(first, sum(t, l))
	}
	if n := l.Stats().Ticks; n != 3 || l.State() != Paused {
		t.Errorf("%d ticks after three steps, %s", n, l.State())
	}
	if err := l.Reset(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		untilTicks(t, l, uint64(i+4))
		if got := sum(t, l); got != first[i] || l.State() != Paused {
			t.Errorf("frame %d after the reset differs, %s", i+1, l.State())
		}
		if err := l.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	untilTicks(t, l, 10)
	if err := l.Step(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a step while it runs: %v", err)
	}
	if err := l.Pause(); err != nil {
		t.Fatal(err)
	}
	cpu := l.Stats().CPUNs
	ticks := l.Stats().Ticks
	time.Sleep(50 * time.Millisecond) // what is asserted is that nothing happens
	if st := l.Stats(); st.Ticks != ticks || st.CPUNs-cpu > uint64(5*time.Millisecond) {
		t.Errorf("a paused unit did %d ticks and took %d ns", st.Ticks-ticks, st.CPUNs-cpu)
	}
}

func TestAPausedFlockStaysInSightWhenItsSizeChanges(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil)})
	untilTicks(t, l, 2)
	if err := l.Pause(); err != nil {
		t.Fatal(err)
	}
	before, epoch := sum(t, l), l.Channel().Epoch()
	if err := l.SetParams(map[string]any{"count": 10_000}); err != nil {
		t.Fatal(err)
	}
	if sum(t, l) != before || l.Channel().Epoch() == epoch {
		t.Error("the picture was lost")
	}
	if err := l.Step(); err != nil {
		t.Fatal(err)
	}
	until(t, "10,000 birds", func() bool { return l.Stats().Elements == 10_000 })
	if err := l.SetParams(map[string]any{"count": 100}); err != nil {
		t.Fatal(err)
	}
	if n, room := l.Stats().Elements, l.Channel().Capacity(); n != room || room >= 10_000 {
		t.Errorf("%d of 10,000 birds are in sight in a channel for %d", n, room)
	}
}

func TestAKilledWorkerIsStartedAgainInTheSamePlace(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(map[string]any{"cohesion": 2})})
	untilTicks(t, l, 2)
	channel, entry, ticks := l.Channel(), l.Entry(), l.Stats().Ticks
	if err := syscall.Kill(l.Worker().PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "a restart", func() bool { return l.Stats().Restarts == 1 && l.State() == Running })
	untilTicks(t, l, ticks+5)
	if l.Channel() != channel || l.Entry() != entry || l.Params()["cohesion"] != 2.0 {
		t.Error("channel, entry or parameters did not survive")
	}
	if st := l.Stats(); !strings.Contains(st.Failure, "killed from outside") ||
		!strings.Contains(st.Failure, "dev.inos.boids") {
		t.Errorf("the failure says %q", st.Failure)
	}
	kinds := map[uint16]int{}
	events, _ := s.kernel.Events(0)
	for _, e := range events {
		kinds[e.Kind]++
	}
	if kinds[arena.EventKindUnitFailed] != 1 || kinds[arena.EventKindUnitRestarted] != 1 {
		t.Errorf("events %v", kinds)
	}
}

func TestAFrameOverTheCapacityIsRefused(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "hostile", LiveConfig{
		Params: map[string]any{"behaviour": "over_publish"}, RateHz: Unpaced, Ticks: 20,
	})
	<-l.Done()
	if err := l.Err(); err != nil {
		t.Error(err) // the plugin fails when the host takes such a frame
	}
	if st := l.Stats(); st.Ticks != 20 || st.Elements > 64 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
}

func TestARepeaterIsQuarantinedWithItsCause(t *testing.T) {
	s := newStage(t, 16<<20)
	for _, c := range []struct {
		behaviour string
		message   string
	}{
		{"trap", "unreachable"}, {"panic", "panicked"}, {"hang", "a tick ran longer than its 200ms"},
		{"write_hole", "wrote to memory that is not its own"}, {"error", "on purpose"},
		{"log_flood", "log lines"},
	} {
		t.Run(c.behaviour, func(t *testing.T) {
			l := s.start(t, "hostile", LiveConfig{
				Params: map[string]any{"behaviour": c.behaviour, "after": 2},
			})
			defer l.Stop()
			select {
			case <-l.Done():
			case <-time.After(patience):
				t.Fatal("it goes on and on")
			}
			err := l.Err()
			if fault.KindOf(err) != fault.Quarantined || !strings.Contains(err.Error(), c.message) ||
				!strings.Contains(err.Error(), "it failed 4 times") {
				t.Errorf("got %v", err)
			}
			if st := l.Stats(); st.State != Quarantined || st.Restarts != quick.Failures-1 {
				t.Errorf("%s after %d restarts", st.State, st.Restarts)
			}
			if err := l.SetParams(nil); fault.KindOf(err) != fault.Quarantined {
				t.Errorf("it still takes parameters: %v", err)
			}
		})
	}
}

func params(name string, v any) map[string]any { return map[string]any{name: v} }

func TestAWrongStartLeavesNothingBehind(t *testing.T) {
	s := newStage(t, 2<<20)
	for name, c := range map[string]struct {
		unit string
		cfg  LiveConfig
		kind fault.Kind
	}{
		"an unknown unit":      {"nothing", LiveConfig{}, fault.NotFound},
		"an unknown parameter": {"boids", LiveConfig{Params: params("cuont", 1)}, fault.Invalid},
		"too many shards":      {"boids", LiveConfig{Shards: 1000}, fault.Invalid},
		"a rate below zero":    {"boids", LiveConfig{RateHz: -5}, fault.Invalid},
		"too big a flock":      {"boids", LiveConfig{Params: params("count", 250_000)}, fault.Budget},
	} {
		if _, err := s.Start(context.Background(), c.unit, c.cfg); fault.KindOf(err) != c.kind {
			t.Errorf("%s: got %v, want %s", name, err, c.kind)
		}
	}
	l := s.start(t, "boids", LiveConfig{Params: small(nil)})
	_, err := s.Start(context.Background(), "boids", LiveConfig{})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a second start: %v", err)
	}
	if l.Entry() != 0 {
		t.Errorf("entry %d: a failed start kept its place", l.Entry())
	}
}

func TestTheSamplerSleepsWhileNothingRuns(t *testing.T) {
	s := newStage(t, 16<<20)
	own := NewSampler(s.arena, s.kernel, s.Lives, func() []*host.Worker { return nil })
	if own.sample(time.Now()) {
		t.Error("with no live unit there is something to sample")
	}
	l := s.start(t, "boids", LiveConfig{Params: small(nil), Paused: true})
	until(t, "sleep", func() bool { return !own.sample(time.Now()) })
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	until(t, "a look again", func() bool { return own.sample(time.Now()) })
}
