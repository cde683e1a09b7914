package live

import (
	"errors"
	"sync/atomic"
	"testing"

	"inos/backend/arena"
	"inos/backend/wire"
)

// fakeShard counts and checks that all shards are in the same phase.
type fakeShard struct {
	flock *fakeFlock
	inits int
	ticks int
}

type fakeFlock struct {
	t      testing.TB
	shards []*fakeShard
	// inPhase counts the shards that have finished each phase, over all ticks.
	inPhase [3]atomic.Int64
	failAt  int64
	err     error
	frames  fakeFrames
}

func (s *fakeShard) Init() (int32, error) { s.inits++; return 0, nil }

func (s *fakeShard) Tick(phase, shard, shards int, dtUs uint32) (int32, error) {
	f := s.flock
	if phase > 0 && f.inPhase[phase-1].Load()%int64(shards) != 0 {
		f.t.Errorf("shard %d is in phase %d before the others have left %d", shard, phase, phase-1)
	}
	if phase == 0 {
		s.ticks++
	}
	if n := f.inPhase[phase].Add(1); phase == 1 && n == f.failAt {
		return 0, f.err
	}
	return 0, nil
}

type fakeFrames struct{ begun, ended, abandoned int }

func (f *fakeFrames) Begin()              { f.begun++ }
func (f *fakeFrames) End(_, _ uint64) int { f.ended++; return 1 }
func (f *fakeFrames) Abandon()            { f.abandoned++ }

// newFlock returns a loop over fake shards; messages of the loop come on the channels.
func newFlock(t testing.TB, shards int) (*fakeFlock, *Loop, chan uint64, chan Failure) {
	t.Helper()
	a := arena.New(0)
	page, err := a.Create(arena.KindStatus, "status", arena.StatusPageBytes)
	if err != nil {
		t.Skip("no shared memory on this system:", err)
	}
	t.Cleanup(func() { a.Close() })
	status, err := arena.OpenStatus(page)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeFlock{t: t}
	finished, failed := make(chan uint64, 1), make(chan Failure, 1)
	c := Config{
		Phases: 3, Frames: &f.frames, Status: status, CPUs: CPUs(),
		Finished: func(n uint64) { finished <- n },
		Failed:   func(why Failure) { failed <- why },
	}
	for range shards {
		s := &fakeShard{flock: f}
		f.shards = append(f.shards, s)
		c.Shards = append(c.Shards, s)
	}
	return f, New(c), finished, failed
}

func TestAllShardsPassEveryPhaseTogether(t *testing.T) {
	const ticks = 2000
	f, l, finished, _ := newFlock(t, 3)
	l.Run()
	l.Set(wire.Live{Run: true, Ticks: ticks, Shards: 3}, func() {})
	if n := <-finished; n != ticks {
		t.Errorf("%d ticks", n)
	}
	l.Between(func() {
		for k, s := range f.shards {
			if s.ticks != ticks {
				t.Errorf("shard %d ticked %d times", k, s.ticks)
			}
		}
		if f.shards[0].inits != 1 || f.shards[1].inits != 0 {
			t.Error("init belongs to shard 0, once")
		}
		if f.frames != (fakeFrames{begun: ticks, ended: ticks}) {
			t.Errorf("frames %+v", f.frames)
		}
	})
}

// Rule S-3: what the page says about phases is what the tick took.
func TestEveryPhaseOfATickIsTimed(t *testing.T) {
	const ticks = 50
	_, l, finished, _ := newFlock(t, 2)
	l.Run()
	l.Set(wire.Live{Run: true, Ticks: ticks, Shards: 2}, func() {})
	<-finished
	l.Between(func() {
		phases, n := l.Status.PhaseSteps(nil)
		steps, _ := l.Status.Steps(nil)
		if n != l.Phases || len(phases) != ticks*l.Phases || len(steps) != ticks {
			t.Fatalf("%d durations of %d phases in %d ticks", len(phases), n, len(steps))
		}
		for tick, step := range steps {
			sum := uint64(0)
			for _, ns := range phases[tick*n : (tick+1)*n] {
				sum += uint64(ns)
			}
			if sum == 0 || sum > uint64(step) {
				t.Errorf("tick %d took %d ns, its phases %d", tick, step, sum)
			}
		}
	})
}

func TestAFailedPhaseEndsTheTickForAll(t *testing.T) {
	f, l, _, failed := newFlock(t, 3)
	f.failAt, f.err = 8, errors.New("out of air")
	l.Run()
	l.Set(wire.Live{Run: true, Shards: 3}, func() {})
	if why := <-failed; why.Err != f.err {
		t.Errorf("failure %+v", why)
	}
	l.Between(func() {
		if l.running || f.frames.abandoned != 1 || f.frames.ended != 2 {
			t.Errorf("running %t, frames %+v", l.running, f.frames)
		}
		if n := f.inPhase[2].Load(); n != 6 {
			t.Errorf("phase 2 ran %d times, 6 in the two good ticks", n)
		}
	})
}

func TestTheTickLoopAllocatesNothing(t *testing.T) {
	for _, shards := range []int{1, 2} {
		_, l, _, _ := newFlock(t, shards)
		for k := 1; k < shards; k++ {
			go l.follow(k)
		}
		l.fixed, l.periodNs, l.running = shards, 1000, true
		if n := testing.AllocsPerRun(200, l.step); n != 0 {
			t.Errorf("%d shards: %g allocations per tick", shards, n)
		}
		if n := testing.AllocsPerRun(20, func() {
			l.mu.Lock()
			l.nap(l.changed, arena.Monotonic()+1000)
			l.mu.Unlock()
		}); n != 0 {
			t.Errorf("%g allocations per nap", n)
		}
	}
}

func TestALatePaceLeavesTicksOut(t *testing.T) {
	_, l, _, _ := newFlock(t, 1)
	l.periodNs, l.nextNs = 1000, 5000
	for _, c := range []struct{ now, next, late uint64 }{
		{5100, 6000, 100},   // a little late: the grid stays
		{6000, 7000, 0},     // on time
		{6900, 8000, 0},     // early
		{9500, 10500, 1500}, // a tick was lost: a new grid from now
	} {
		l.keepPace(c.now)
		if l.nextNs != c.next || l.Status.LateNs() != c.late {
			t.Errorf("at %d: next %d, late %d, want %d and %d", c.now, l.nextNs, l.Status.LateNs(),
				c.next, c.late)
		}
	}
}

func TestTheTunerFindsWhatPays(t *testing.T) {
	for _, c := range []struct {
		name string
		most int
		ns   map[int]uint64
		want int
	}{
		{"more is faster", 4, map[int]uint64{1: 4e6, 2: 2e6, 4: 1e6}, 4},
		{"more is slower", 4, map[int]uint64{1: 1e6, 2: 15e5, 4: 3e6}, 1},
		{"two are best", 6, map[int]uint64{1: 1e6, 2: 6e5, 4: 59e4, 6: 9e5}, 2},
		{"a gain too small", 2, map[int]uint64{1: 1e6, 2: 95e4}, 1},
		{"a gain not worth a core", 2, map[int]uint64{1: 150_000, 2: 75_000}, 1},
		{"no choice", 1, map[int]uint64{1: 10}, 1},
	} {
		tuner := newTuner(c.most)
		now := uint64(0)
		run := func(ticks int) {
			for range ticks {
				ns := c.ns[tuner.shards()]
				now += ns
				tuner.done(now, ns)
			}
		}
		run(trialTicks * len(tuner.candidates))
		if got := tuner.shards(); got != c.want {
			t.Errorf("%s: %d shards, want %d", c.name, got, c.want)
		}
		run(100)
		if got := tuner.shards(); got != c.want {
			t.Errorf("%s: %d shards later", c.name, got)
		}
	}
}

func TestTheTunerFollowsTheLoad(t *testing.T) {
	tuner := newTuner(2)
	now := uint64(0)
	run := func(ticks int, one, two uint64) {
		for range ticks {
			ns := one
			if tuner.shards() == 2 {
				ns = two
			}
			now += ns
			tuner.done(now, ns)
		}
	}
	run(2*trialTicks, 1e6, 2e6)
	if tuner.shards() != 1 {
		t.Fatal("a small flock on two shards")
	}
	run(settleNs/20e6+driftTicks+2*trialTicks, 20e6, 11e6)
	if tuner.shards() != 2 {
		t.Error("a large flock on one shard")
	}
	run(1, 20e6, 11e6)
	run(settleNs/1e6+driftTicks+2*trialTicks, 1e6, 2e6)
	if tuner.shards() != 1 {
		t.Error("a flock that shrank stays on two shards")
	}
}

func BenchmarkTick(b *testing.B) {
	_, l, _, _ := newFlock(b, 1)
	l.fixed, l.running = 1, true
	for b.Loop() {
		l.step()
	}
}

// BenchmarkLap is what timing costs, per phase.
func BenchmarkLap(b *testing.B) {
	_, l, _, _ := newFlock(b, 1)
	for b.Loop() {
		l.lap(0)
	}
}
