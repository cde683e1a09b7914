package live

import (
	"runtime"
	"sync/atomic"
	"time"

	"inos/backend/arena"
)

// lead is shard 0: it keeps the pace and runs its part of each tick.
func (l *Loop) lead() {
	runtime.LockOSThread()
	l.mu.Lock()
	for {
		seen := atomic.LoadUint32(&l.changed)
		if !l.running {
			l.nap(seen, 0)
			continue
		}
		if l.periodNs > 0 && arena.Monotonic() < l.nextNs {
			l.nap(seen, l.nextNs)
			continue
		}
		l.step()
		// Whoever waits gets its turn: a mutex is handed over after a millisecond at most.
		l.mu.Unlock()
		l.mu.Lock()
	}
}

// nap lets go of the lock and sleeps until a change or the given time (0: no end).
func (l *Loop) nap(seen uint32, untilNs uint64) {
	l.mu.Unlock()
	sleep(&l.changed, seen, untilNs)
	l.mu.Lock()
}

// step runs one tick and what belongs to it.
func (l *Loop) step() {
	if l.periodNs > 0 {
		l.keepPace(arena.Monotonic())
	}
	if l.needInit && !l.init() {
		return
	}
	if !l.tick() {
		return
	}
	l.remaining--
	if l.remaining == 0 {
		l.running = false
		l.Finished(l.ticks)
	}
}

// keepPace sets the time of the next tick. Ticks that could not be kept are left out: catching up
// would make a slow machine slower.
func (l *Loop) keepPace(now uint64) {
	late := now - min(l.nextNs, now)
	l.Status.SetLateNs(late)
	l.nextNs += l.periodNs
	if late > l.periodNs {
		l.nextNs = now + l.periodNs
	}
}

func (l *Loop) init() bool {
	l.needInit = false
	l.Status.SetBusySince(arena.Monotonic())
	code, err := l.Shards[0].Init()
	l.Status.SetBusySince(0)
	if code == 0 && err == nil {
		return true
	}
	l.needInit = true
	l.stop(Failure{Init: true, Code: code, Err: err})
	return false
}

// tick runs all phases on all shards and publishes.
func (l *Loop) tick() bool {
	l.shards = l.fixed
	if l.fixed == 0 {
		l.shards = l.tuner.shards()
	}
	l.spins = 0
	if l.shards <= l.cores {
		l.spins = maxSpins
	}
	l.placeLeader()
	l.Frames.Begin()
	begin := arena.Monotonic()
	l.Status.SetBusySince(begin)
	l.lapAt = time.Since(l.started)
	for k := 1; k < l.shards; k++ {
		l.gates[k].open()
	}
	l.part(0)
	end := arena.Monotonic()
	l.Status.SetBusySince(0)
	if f := l.failed.Swap(nil); f != nil {
		l.Frames.Abandon()
		l.stop(*f)
		return false
	}
	l.ticks++
	for range l.Frames.End(l.ticks, end) {
		l.Status.AddPublished()
	}
	l.Status.AddTick(end-begin, uint32(l.shards))
	if l.fixed == 0 {
		l.tuner.done(end, end-begin)
	}
	return true
}

func (l *Loop) stop(f Failure) {
	l.running = false
	l.Failed(f)
}

// part runs one shard's part of a tick. After a failure nothing more is computed, but everybody
// still passes every barrier.
func (l *Loop) part(k int) {
	for phase := range l.Phases {
		if l.failed.Load() == nil {
			code, err := l.Shards[k].Tick(phase, k, l.shards, l.dtUs)
			if code != 0 || err != nil {
				l.fail(k, code, err)
			}
		}
		if l.shards > 1 {
			l.phases.wait(uint32(l.shards), l.spins)
		}
		if k == 0 {
			l.lap(phase)
		}
	}
}

// lap notes how long a phase took on all shards. The runtime's clock costs no system call, unlike
// arena.Monotonic: five phases take 0.2 microseconds more than none.
func (l *Loop) lap(phase int) {
	now := time.Since(l.started)
	l.Status.SetPhase(phase, uint64(now-l.lapAt))
	l.lapAt = now
}

// fail keeps the first failure of a tick.
func (l *Loop) fail(k int, code int32, err error) {
	l.failed.CompareAndSwap(nil, &Failure{Shard: k, Code: code, Err: err})
}

// follow is one of the other shards.
func (l *Loop) follow(k int) {
	runtime.LockOSThread()
	if l.mayPin(k + 1) {
		pin(l.CPUs[k : k+1])
	}
	for opened := uint32(0); ; {
		opened = l.gates[k].pass(opened, l.gateSpins())
		l.part(k)
	}
}

// gateSpins: without a pace the next tick begins at once, with one it is far off.
func (l *Loop) gateSpins() int {
	if l.freeRunning.Load() && len(l.Shards) <= l.cores {
		return maxSpins
	}
	return 0
}

// placeLeader pins shard 0 while there are others, and frees it when it is alone. Unpinned, the
// system wakes a shard on the CPU of the one that woke it, and they run one after the other.
func (l *Loop) placeLeader() {
	want := l.shards > 1 && l.mayPin(l.shards)
	if want == l.pinned {
		return
	}
	l.pinned = want
	if want {
		pin(l.CPUs[:1])
	} else {
		pin(l.CPUs)
	}
}

func (l *Loop) mayPin(shards int) bool { return shards <= len(l.CPUs) }
