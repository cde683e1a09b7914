package cli

import (
	"slices"
	"time"

	"inos/backend/arena"
	"inos/backend/bench"
)

// stepSource is where the durations of ticks come from: a live unit.
type stepSource interface {
	// Steps appends the durations of the last ticks in nanoseconds to dst, oldest first, at most
	// arena.StepRing, and returns how many ticks there were in all.
	Steps(dst []uint32) ([]uint32, uint64)
}

// Bounds of the pause between two looks at the ring. In between a quarter of it may be renewed.
const (
	minLook = 500 * time.Microsecond
	maxLook = 50 * time.Millisecond
)

// maxSteps bounds what a run for days keeps (16 MiB); beyond it the older half is forgotten.
const maxSteps = 1 << 22

// stepLog collects the duration of every tick out of the ring that keeps the last ones.
type stepLog struct {
	source stepSource
	ring   []uint32
	nanos  []uint32
	seen   uint64
	missed uint64 // ticks that left the ring unseen
}

func newStepLog(source stepSource) *stepLog {
	return &stepLog{source: source, ring: make([]uint32, 0, arena.StepRing)}
}

// look takes over what is new and returns how long the next look may wait.
func (l *stepLog) look() time.Duration {
	steps, total := l.source.Steps(l.ring[:0])
	if total < l.seen { // a new worker counts from zero
		l.seen = 0
	}
	fresh := total - l.seen
	l.seen = total
	if fresh == 0 {
		return minLook
	}
	if n := uint64(len(steps)); fresh > n {
		l.missed += fresh - n
		fresh = n
	}
	steps = steps[uint64(len(steps))-fresh:]
	if len(l.nanos)+len(steps) > maxSteps {
		l.nanos = append(l.nanos[:0], l.nanos[len(l.nanos)/2:]...)
	}
	l.nanos = append(l.nanos, steps...)
	mean := time.Duration(sum(steps) / fresh)
	return min(max(mean*arena.StepRing/4, minLook), maxLook)
}

func sum(values []uint32) (total uint64) {
	for _, value := range values {
		total += uint64(value)
	}
	return total
}

// spread summarises all ticks so far, in milliseconds.
func (l *stepLog) spread() bench.Spread { return spreadMillis(l.nanos) }

// recent summarises the last ring of ticks, in milliseconds.
func (l *stepLog) recent() bench.Spread {
	return spreadMillis(l.nanos[max(0, len(l.nanos)-arena.StepRing):])
}

func spreadMillis(nanos []uint32) bench.Spread {
	sorted := slices.Sorted(slices.Values(nanos))
	at := func(p float64) float64 { return float64(bench.Percentile(sorted, p)) / 1e6 }
	return bench.Spread{P50: at(50), P95: at(95), P99: at(99), Max: at(100), N: len(sorted)}
}
