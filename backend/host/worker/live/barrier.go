package live

import "sync/atomic"

// maxSpins bounds how long a shard looks for the others before it sleeps: some 50 microseconds, a
// little more than a sleep and a wake cost. No spin is without bound: a garbage collection that
// has to wait for a spinning goroutine would never begin.
const maxSpins = 100_000

// cacheLine keeps words that different shards write apart.
const cacheLine = 64

// barrier lets a number of locked threads wait for each other: spin a little, then sleep.
type barrier struct {
	generation uint32
	sleepers   uint32
	_          [cacheLine - 8]byte
	arrived    uint32
	_          [cacheLine - 4]byte
}

// wait returns when n threads have called it. n is the same for all of them.
func (b *barrier) wait(n uint32, spins int) {
	generation := atomic.LoadUint32(&b.generation)
	if atomic.AddUint32(&b.arrived, 1) == n {
		atomic.StoreUint32(&b.arrived, 0)
		atomic.AddUint32(&b.generation, 1)
		if atomic.LoadUint32(&b.sleepers) > 0 {
			wake(&b.generation)
		}
		return
	}
	await(&b.generation, &b.sleepers, generation, spins)
}

// gate holds one shard back until it is opened.
type gate struct {
	opened   uint32
	sleepers uint32
	_        [cacheLine - 8]byte
}

// open lets the shard through once.
func (g *gate) open() {
	atomic.AddUint32(&g.opened, 1)
	if atomic.LoadUint32(&g.sleepers) > 0 {
		wake(&g.opened)
	}
}

// pass waits for the next opening after the given one and returns its number.
func (g *gate) pass(last uint32, spins int) uint32 {
	await(&g.opened, &g.sleepers, last, spins)
	return last + 1
}

// await returns when *word is no longer value.
func await(word, sleepers *uint32, value uint32, spins int) {
	for range spins {
		if atomic.LoadUint32(word) != value {
			return
		}
	}
	atomic.AddUint32(sleepers, 1)
	for atomic.LoadUint32(word) == value {
		sleep(word, value, 0)
	}
	atomic.AddUint32(sleepers, ^uint32(0))
}
