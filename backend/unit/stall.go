package unit

import (
	"slices"
	"time"
)

// stalledAfter is how long a unit that should run may go without a tick, beside its own pace, before
// it is called stalled. Its worker gets more time before it is ended.
const stalledAfter = time.Second

// slack is by how much a tick may be longer than the ones before, and a pause than the pace.
const slack = 2

// progress is when the present worker ticked last, as far as looks at its status page tell.
type progress struct {
	ticks uint64
	at    time.Time
}

// look notes a tick since the last look.
func (p *progress) look(ticks uint64, now time.Time) {
	if ticks != p.ticks {
		p.ticks, p.at = ticks, now
	}
}

// shownState is the state with what the ticks say. The caller holds l.mu and has looked.
func (l *Live) shownState(now time.Time) State {
	if l.state == Running && l.worker != nil && now.Sub(l.count.progress.at) > l.patience() {
		return Stalled
	}
	return l.state
}

// patience is how long the present worker may go without a tick.
func (l *Live) patience() time.Duration {
	d := stalledAfter
	if hz := l.paceHz(); hz > 0 {
		d += time.Duration(slack * float64(time.Second) / float64(hz))
	}
	if steps := l.count.status.StepNs; len(steps) > 0 {
		return d + slack*time.Duration(slices.Max(steps))
	}
	return d + l.worker.TickLimit() // inos_init and the first tick
}
