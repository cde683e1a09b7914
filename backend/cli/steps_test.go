package cli

import (
	"testing"

	"inos/backend/arena"
)

// ring is a source of steps like a worker's: tick t took t nanoseconds.
type ring struct{ ticks uint64 }

func (r *ring) Steps(dst []uint32) ([]uint32, uint64) {
	for t := r.ticks - min(r.ticks, arena.StepRing); t < r.ticks; t++ {
		dst = append(dst, uint32(t+1))
	}
	return dst, r.ticks
}

func TestEveryTickIsCountedOnce(t *testing.T) {
	source := &ring{}
	log := newStepLog(source)
	for _, ticks := range []uint64{0, 1, 1, 200, 456, 456, 500} {
		source.ticks = ticks
		log.look()
	}
	if got := log.spread(); got.N != 500 || got.Max != 500e-6 || got.P50 != 250e-6 {
		t.Errorf("%+v, want 500 ticks, median 250 ns, max 500 ns", got)
	}
	if log.missed != 0 {
		t.Errorf("%d missed, want none", log.missed)
	}
}

func TestTicksThatLeftTheRingAreReportedAsMissed(t *testing.T) {
	source := &ring{ticks: 1000}
	log := newStepLog(source)
	log.look()
	if got := log.spread(); got.N != arena.StepRing || log.missed != 1000-arena.StepRing {
		t.Errorf("%d seen, %d missed", got.N, log.missed)
	}
}

func TestANewWorkerCountsFromZero(t *testing.T) {
	source := &ring{ticks: 100}
	log := newStepLog(source)
	log.look()
	source.ticks = 10
	log.look()
	if got := log.spread(); got.N != 110 || log.missed != 0 {
		t.Errorf("%d seen, %d missed; want 110 and none", got.N, log.missed)
	}
}

func TestTheNextLookComesBeforeTheRingIsFull(t *testing.T) {
	for _, nanos := range []uint32{1, 20_000, 1_000_000, 16_000_000} {
		log := newStepLog(constant(nanos))
		wait := log.look()
		if wait < minLook || wait > maxLook {
			t.Errorf("steps of %d ns: a look in %v", nanos, wait)
		}
		if full := float64(nanos) * arena.StepRing; full > 2*float64(minLook) && float64(wait) > full {
			t.Errorf("steps of %d ns: a look in %v, the ring is full in %v ns", nanos, wait, full)
		}
	}
}

// constant is a source with one ring of ticks of that many nanoseconds.
type constant uint32

func (c constant) Steps(dst []uint32) ([]uint32, uint64) {
	for range arena.StepRing {
		dst = append(dst, uint32(c))
	}
	return dst, arena.StepRing
}

func TestTheLogIsBounded(t *testing.T) {
	log := newStepLog(constant(5))
	log.nanos = make([]uint32, maxSteps)
	log.look()
	if n := len(log.nanos); n != maxSteps/2+arena.StepRing {
		t.Errorf("%d kept, want the newer half and the new ones", n)
	}
}
