package host

import (
	"fmt"
	"time"

	"inos/backend/fault"
	"inos/backend/quota"
)

// Limits where the manifest names none.
const (
	DefaultCallTime = 30 * time.Second
	DefaultTickTime = time.Second
	// StartTime is the most that an instance's code may take at load: its start section,
	// `_initialize` and `inos_abi` together. A plugin whose calls have less gets no more here.
	StartTime = 2 * time.Second
)

// Compiling takes some 0.8 s a MiB of real code; functions made to be hard to compile take for ever.
// The worker's processor time counts, since on a busy machine an honest plugin is late by the clock;
// by the clock it may take busyFactor as long, should the worker do nothing at all.
const (
	compileTime       = 5 * time.Second
	compileTimePerMiB = 4 * time.Second
	busyFactor        = 6
	// compileLook is the shortest time between two looks at a worker that is late by the clock.
	compileLook = 100 * time.Millisecond
)

const smallFunctions = "a plugin of smaller functions takes less time and memory to compile"

// compiling reports whether no code of the guest has run yet. The caller holds w.mu.
func (w *Worker) compiling() bool { return !w.loaded && w.status.BusySince() == 0 }

// callLimit is the deadline of a call that names none.
func (w *Worker) callLimit() time.Duration {
	if ms := w.plugin.Manifest.Limits.CallMs; ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return DefaultCallTime
}

// lateCall says what made a call too long, where that is the user's word.
func (w *Worker) lateCall(limit time.Duration) string {
	l := w.quota()
	switch id := w.plugin.Manifest.ID; {
	case l.TimeMs > 0 && time.Duration(l.TimeMs)*time.Millisecond == limit:
		return quota.Remedy(quota.Time, id, l)
	case l.CPUPercent > 0:
		return quota.Remedy(quota.CPU, id, l)
	}
	return ""
}

// TickLimit is the deadline of one tick. Who pauses a worker in the middle of one, to keep it below
// its share of the processor, must wait for it the longer.
func (w *Worker) TickLimit() time.Duration {
	limit := DefaultTickTime
	if ms := w.plugin.Manifest.Limits.TickMs; ms > 0 {
		limit = time.Duration(ms) * time.Millisecond
	}
	return limit * w.slowness()
}

// slowness is how many times longer the same takes by the user's word, at least.
func (w *Worker) slowness() time.Duration {
	const whole = 100
	if cpu := w.quota().CPUPercent; cpu > 0 && cpu < whole {
		return time.Duration((whole + cpu - 1) / cpu)
	}
	return 1
}

// startLimit is the deadline of an instance's code at load.
func (w *Worker) startLimit() time.Duration { return min(StartTime, w.callLimit()) }

// compileLimit is the processor time from spawn to the first code of the guest.
func (w *Worker) compileLimit() time.Duration {
	return compileTime + time.Duration(float64(len(w.plugin.Wasm))/(1<<20)*float64(compileTimePerMiB))
}

// compileLeft is when to look again whether a worker compiles too long; 0 or less when it does.
func (w *Worker) compileLeft() time.Duration {
	limit, m := w.compileLimit(), w.Meters()
	left := min(limit-m.CPU, busyFactor*limit+w.pauses.total()-m.Live)
	if left <= 0 {
		return left
	}
	return max(left, compileLook)
}

// spell writes a duration for people. A millisecond is the finest that a manifest can name.
func spell(d time.Duration) string { return d.Round(time.Millisecond).String() }

// guardStart ends a worker that compiles too long, or whose guest does not come to an end at load.
func (w *Worker) guardStart(over <-chan struct{}) {
	limit := w.startLimit()
	compile := make(chan struct{}, 1)
	ring := func() { compile <- struct{}{} }
	stop := w.after(w.compileLimit(), ring)
	defer func() { stop() }()
	look := time.NewTimer(limit)
	defer look.Stop()
	for {
		select {
		case <-over:
			return
		case <-w.done:
			return
		case <-compile:
			if w.status.BusySince() != 0 { // it has been compiled
				continue
			}
			if left := w.compileLeft(); left > 0 {
				stop = w.after(left, ring)
			} else {
				w.end(fault.Deadline, "compiling it took longer than its "+spell(w.compileLimit()),
					smallFunctions)
			}
		case <-look.C:
			next, late := w.lookAtBusy(limit + w.pauses.total())
			if late {
				w.end(fault.Deadline, fmt.Sprintf("its code at load (start section, _initialize, "+
					"inos_abi) ran longer than its %s", spell(limit)), "")
			}
			look.Reset(next)
		}
	}
}
