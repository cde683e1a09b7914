//go:build !linux

package live

import (
	"sync/atomic"
	"time"

	"inos/backend/arena"
)

// pollEvery is the pace of sleep where there is no futex.
const pollEvery = 200 * time.Microsecond

// sleep returns when *word is not value any more or the time has come (0: no end).
func sleep(word *uint32, value uint32, untilNs uint64) {
	for atomic.LoadUint32(word) == value && (untilNs == 0 || arena.Monotonic() < untilNs) {
		time.Sleep(pollEvery)
	}
}

// wake has nobody to wake: sleepers look for themselves.
func wake(*uint32) {}
