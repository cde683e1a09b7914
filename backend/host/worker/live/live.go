// Package live ticks a unit inside its worker: no message per frame, phases with a barrier between
// shards, a steady pace. The tick loop allocates nothing, and a paused unit takes no time.
package live

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"inos/backend/arena"
	"inos/backend/wire"
)

// Shard computes its part of a tick. Each is used by one goroutine at a time.
type Shard interface {
	// Tick runs one phase; another code than 0, or an error, ends the ticking.
	Tick(phase, shard, shards int, dtUs uint32) (int32, error)
	// Init runs before the first tick and after a reset, on shard 0 only.
	Init() (int32, error)
}

// Frames are the slots that a tick writes.
type Frames interface {
	// Begin chooses this tick's slots, End publishes what the shards asked for and returns the
	// number, Abandon publishes nothing.
	Begin()
	End(tick, nowNs uint64) (published int)
	Abandon()
}

// Config says what to tick.
type Config struct {
	Shards []Shard
	Phases int
	// CPUs are where shards may be pinned, shard k to the k-th; empty: never.
	CPUs   []int
	Frames Frames
	Status *arena.Status
	// Finished hears that the wanted number of ticks is done, with the number of all ticks so far.
	Finished func(ticks uint64)
	// Failed hears why ticking has stopped.
	Failed func(Failure)
}

// Failure is a tick, or an init, that did not end well.
type Failure struct {
	Init  bool // inos_init failed, not a tick
	Shard int
	Code  int32
	Err   error // nil: the guest returned Code
}

// Loop ticks on threads of its own. Its methods are for the worker's main goroutine.
type Loop struct {
	Config
	mu sync.Mutex // held during a tick

	// Under mu.
	running   bool
	needInit  bool
	remaining uint64
	periodNs  uint64 // 0: as fast as it goes
	nextNs    uint64
	fixed     int // shards; 0: the tuner's choice
	tuner     *tuner
	ticks     uint64

	changed uint32 // futex word: raised with each change
	// freeRunning says whether the next tick begins at once.
	freeRunning atomic.Bool

	// Written by shard 0 before the gates open, then read by all.
	shards int
	spins  int
	dtUs   uint32
	pinned bool // shard 0
	cores  int  // with fewer of them than shards, looking for the others only keeps them away

	started time.Time
	lapAt   time.Duration // shard 0: when the running phase began, since started

	gates  []gate
	phases barrier
	failed atomic.Pointer[Failure]
}

// New returns a loop that is paused. Run starts its threads.
func New(c Config) *Loop {
	c.Status.SetPhases(c.Phases)
	return &Loop{
		Config:    c,
		started:   time.Now(),
		needInit:  true,
		remaining: math.MaxUint64,
		tuner:     newTuner(mostShards(c)),
		gates:     make([]gate, len(c.Shards)),
		cores:     runtime.NumCPU(),
	}
}

func mostShards(c Config) int {
	if len(c.CPUs) == 0 {
		return len(c.Shards)
	}
	return min(len(c.Shards), len(c.CPUs))
}

// Run starts one thread per shard. They end with the process.
func (l *Loop) Run() {
	for k := 1; k < len(l.Shards); k++ {
		go l.follow(k)
	}
	go l.lead()
}

// Between runs f while no tick runs. It waits for the end of the running one.
func (l *Loop) Between(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// Begun says that the shards were given a state: the next tick goes on from it, without Init. Only
// within Between.
func (l *Loop) Begun() { l.needInit = false }

// Set changes what the loop does, then calls done before anything comes of it.
func (l *Loop) Set(c wire.Live, done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.needInit = l.needInit || c.Reset
	l.setPace(c)
	l.setShards(int(c.Shards))
	l.dtUs = c.DtUs
	l.remaining = math.MaxUint64
	if c.Ticks > 0 {
		l.remaining = c.Ticks
	}
	l.running = c.Run
	done()
	atomic.AddUint32(&l.changed, 1)
	wake(&l.changed)
}

func (l *Loop) setPace(c wire.Live) {
	period := uint64(0)
	if c.RateHz > 0 {
		period = uint64(min(1e9/float64(c.RateHz), math.MaxInt64))
	}
	if period != l.periodNs || !l.running {
		l.periodNs, l.nextNs = period, arena.Monotonic()
	}
	l.freeRunning.Store(c.Run && period == 0)
}

func (l *Loop) setShards(n int) {
	n = min(n, len(l.Shards))
	if n == 0 && l.fixed != 0 {
		l.tuner.restart()
	}
	l.fixed = n
}

// Running says whether ticks are due.
func (l *Loop) Running() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running
}
