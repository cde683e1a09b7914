package unit

import (
	"context"
	"fmt"
	"time"

	"github.com/thejerf/suture/v4"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
)

// Serve follows the worker to its end and starts the next one, until the live unit is stopped or
// put into quarantine. It is the service under the supervisor; others do not call it.
func (l *Live) Serve(ctx context.Context) error {
	for {
		w := l.Worker()
		if w == nil {
			return suture.ErrDoNotRestart // stopped before it was served
		}
		if !l.follow(ctx, w) {
			return suture.ErrDoNotRestart
		}
		if !l.restart(ctx) {
			return suture.ErrDoNotRestart
		}
	}
}

// String names the service in the supervisor's messages.
func (l *Live) String() string { return "live unit " + l.unit }

// follow waits for the worker's end; false: for the end of the live unit.
func (l *Live) follow(ctx context.Context, w *host.Worker) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-l.stopping:
			return false
		case n := <-w.Finished():
			l.ticksDone(n)
		case <-l.limits:
			l.obeyLimits()
		case o := <-l.orders:
			if o.end != nil {
				l.retire(o.end)
				return false
			}
			l.reload(ctx, o)
			w = l.Worker()
		case <-w.Done():
			return true
		}
	}
}

// ticksDone ends a run of so many ticks; a single step ends nothing.
func (l *Live) ticksDone(n uint64) {
	l.mu.Lock()
	over := l.cfg.Ticks > 0 && !l.paused && n >= l.base+l.cfg.Ticks
	if over {
		l.paused, l.state = true, Paused
	}
	l.mu.Unlock()
	if over {
		l.finish()
		l.set.deps.Changed()
	}
}

// restart notes the failure, waits, and starts a new worker, as often as the policy allows.
func (l *Live) restart(ctx context.Context) bool {
	cause := l.dropWorker()
	for {
		if !l.mayRestart(cause) {
			return false
		}
		if !l.rest(ctx) {
			return false
		}
		if cause = l.obey(); l.State() == Quarantined {
			return false
		}
		if cause == nil {
			cause = l.checkChannels()
		}
		if cause == nil {
			cause = l.launch(ctx)
		}
		if cause == nil {
			l.mu.Lock()
			l.restarts++
			l.mu.Unlock()
			l.set.emit(arena.EventKindUnitRestarted, arena.Info, l.unit, l.unit+" was started again")
			l.set.deps.Log.Warn("it was started again", "unit", l.unit, "failure", l.Failure())
			l.set.deps.Changed()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
	}
}

// dropWorker lets go of the ended worker and returns its reason.
func (l *Live) dropWorker() error {
	l.mu.Lock()
	w := l.worker
	l.worker, l.state = nil, Restarting
	l.countWorker(w)
	l.mu.Unlock()
	w.Close()
	return w.Err()
}

// mayRestart notes one failure and decides: again after a pause, or not any more.
func (l *Live) mayRestart(cause error) bool {
	l.set.emit(arena.EventKindUnitFailed, arena.Failure, l.unit, cause.Error())
	recent := l.noteFailure(cause)
	if l.mustFinish() {
		l.quarantine(cause)
		return false
	}
	p := l.set.deps.Policy
	if recent < p.Failures {
		return true
	}
	reason := fault.Wrap(opLive, fault.Quarantined, l.unit, fmt.Errorf(
		"it failed %d times within %g seconds, the last time: %w", p.Failures, p.Window.Seconds(), cause),
		"stop it, change its parameters or its plugin, and start it again")
	l.set.emit(arena.EventKindUnitQuarantined, arena.Failure, l.unit, reason.Error())
	l.quarantine(reason)
	return false
}

// noteFailure returns how many failures there were within the policy's window.
func (l *Live) noteFailure(cause error) int {
	p, now := l.set.deps.Policy, time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = cause
	recent := l.failures[:0]
	for _, t := range l.failures {
		if now.Sub(t) < p.Window {
			recent = append(recent, t)
		}
	}
	if len(recent) == 0 {
		l.pause = p.FirstPause
	}
	l.failures = append(recent, now)
	return len(l.failures)
}

// mustFinish says whether a run of so many ticks is under way.
func (l *Live) mustFinish() bool {
	select {
	case <-l.ended:
		return false
	default:
		return l.cfg.Ticks > 0
	}
}

// quarantine ends the live unit for a reason; only Stop is left.
func (l *Live) quarantine(reason error) {
	l.mu.Lock()
	l.state, l.err = Quarantined, reason
	l.mu.Unlock()
	l.finish()
	l.set.deps.Changed()
}

// rest waits before the next start.
func (l *Live) rest(ctx context.Context) bool {
	t := time.NewTimer(l.beginPause())
	defer t.Stop()
	defer l.endPause()
	select {
	case <-t.C:
		return true
	case <-l.hurry:
		return true
	case o := <-l.orders: // new code may do better at once
		l.due = &o
		return true
	case <-ctx.Done():
	case <-l.stopping:
	}
	return false
}

// checkChannels replaces a channel whose header the last worker spoilt.
func (l *Live) checkChannels() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.channels {
		again, err := arena.OpenChannel(c.Segment())
		if err == nil && again.Capacity() == c.Capacity() && again.Stride() == c.Stride() {
			continue
		}
		fresh, err := l.newChannel(l.spec, i, l.values, c)
		if err != nil {
			return err
		}
		l.replaceChannel(i, fresh)
	}
	return nil
}
