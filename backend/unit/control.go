package unit

import (
	"time"

	"inos/backend/fault"
)

// Pause stops ticking; the state stays. A paused unit costs nothing.
func (l *Live) Pause() error { return l.run(false) }

// Resume goes on ticking.
func (l *Live) Resume() error { return l.run(true) }

func (l *Live) run(on bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == Quarantined || l.state == Stopped {
		return l.notRunning()
	}
	if l.worker != nil && on == l.paused {
		if err := l.worker.Live(l.order(on, false)); err != nil {
			return err
		}
	}
	l.paused = !on // a worker that is being started again will follow
	if l.worker != nil {
		l.state, l.count.progress.at = Running, time.Now()
		if l.paused {
			l.state = Paused
		}
	}
	l.set.deps.Changed()
	return nil
}

// Step does one tick of a paused unit.
func (l *Live) Step() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.worker == nil {
		return l.notRunning()
	}
	if !l.paused {
		return fault.New(opLive, fault.Invalid, l.unit, "it is running", "pause it first")
	}
	o := l.order(true, false)
	o.Ticks = 1
	return l.worker.Live(o)
}

// Reset begins anew with the present parameters. A worker publishes in ticks only, so a paused unit
// does its first one, which shows the new beginning, and stays paused.
func (l *Live) Reset() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.worker == nil {
		return l.notRunning()
	}
	l.worker.ReadTicks(&l.count.status)
	l.base = l.count.status.Ticks
	o := l.order(true, true)
	if l.paused {
		o.Ticks = 1
	}
	return l.worker.Live(o)
}
