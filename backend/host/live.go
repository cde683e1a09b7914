package host

import (
	"fmt"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// SetParams hands over all parameters of the live unit, in the manifest's order. They hold from
// the next tick on.
func (w *Worker) SetParams(params []wire.Value) error {
	return w.tell(&wire.Message{Kind: wire.KindParams, Params: params})
}

// AttachChannel gives the live unit its channel number index, or replaces it.
func (w *Worker) AttachChannel(index int, c *arena.Channel) error {
	s := c.Segment()
	m := &wire.Message{Kind: wire.KindChannel, Channel: wire.Channel{
		Index: uint16(index), Segment: s.ID(), ByteLen: uint64(s.Len()),
	}}
	return w.tell(m, s.FD())
}

// Live runs, pauses, steps or resets the live unit. While it runs, a tick that takes longer than
// the manifest's limit ends the worker, and so does a worker that does not tick.
func (w *Worker) Live(l wire.Live) error {
	var now Ticks
	w.ReadTicks(&now)
	if l.Reset {
		w.resetAt.Store(now.Ticks)
	}
	watch := tickWatch{limit: w.TickLimit(), what: "a tick", stall: w.stall * w.slowness()}
	if now.Ticks == w.resetAt.Load() {
		watch.what = "inos_init or a tick"
	}
	if l.Ticks > 0 {
		watch.until = now.Ticks + l.Ticks
	}
	if l.RateHz > 0 {
		watch.stall += time.Duration(2 * float64(time.Second) / float64(l.RateHz))
	}
	if err := w.tell(&wire.Message{Kind: wire.KindLive, Live: l}); err != nil {
		return err
	}
	w.unwatchTicks()
	if l.Run {
		w.watchTicks(watch)
	}
	return nil
}

// Finished yields the number of ticks done each time that the wanted number has been reached.
func (w *Worker) Finished() <-chan uint64 { return w.finished }

// tell sends a message whose answer is `done`. The worker answers between ticks.
func (w *Worker) tell(m *wire.Message, fds ...int) error {
	w.readOn()
	a, err := w.ask(opLive, m, w.TickLimit()+answerTimeout*w.slowness(), fds...)
	if err != nil {
		return err
	}
	defer w.recycle(a)
	if a.Kind != wire.KindDone {
		return w.unexpected(opLive, a)
	}
	return nil
}

// tickWatch is what a watchdog of ticks goes by.
type tickWatch struct {
	what  string        // runs, as far as that can be told from here
	limit time.Duration // of one tick
	stall time.Duration // without a tick
	until uint64        // tick count that ends the run; 0: no end
}

// watchTicks sets a watchdog on the ticks. It costs one look per tick limit while the unit runs,
// nothing while it does not.
func (w *Worker) watchTicks(watch tickWatch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.freed {
		return
	}
	w.unwatch = make(chan struct{})
	w.watching.Add(1)
	go w.guardTicks(w.unwatch, watch)
}

func (w *Worker) unwatchTicks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unwatch != nil {
		close(w.unwatch)
		w.unwatch = nil
	}
}

// guardTicks ends the worker when a tick is over its deadline, or when there are none. A tick that
// begins after a look has at least the limit until the next one, so looking that often misses
// nothing.
func (w *Worker) guardTicks(stop chan struct{}, watch tickWatch) {
	defer w.watching.Done()
	timer := time.NewTimer(watch.limit)
	defer timer.Stop()
	ticks, since := w.status.Ticks(), time.Now()
	for {
		select {
		case <-stop:
			return
		case <-w.done:
			return
		case <-timer.C:
		}
		if now := w.status.Ticks(); now != ticks {
			ticks, since, watch.what = now, time.Now(), "a tick"
		}
		next, over := w.lookAtBusy(watch.limit)
		if over {
			w.end(fault.Deadline,
				fmt.Sprintf("%s ran longer than its %s", watch.what, spell(watch.limit)), "")
			return
		}
		if watch.until > 0 && ticks >= watch.until && w.status.BusySince() == 0 {
			return // it has done what it was told to
		}
		if time.Since(since) > watch.stall {
			w.end(fault.Deadline, "it has not ticked for "+spell(watch.stall), "")
			return
		}
		timer.Reset(next)
	}
}

// lookAtBusy says when to look again, or that what runs is over its limit.
func (w *Worker) lookAtBusy(limit time.Duration) (next time.Duration, over bool) {
	since := w.status.BusySince()
	if since == 0 {
		return limit, false
	}
	ran := time.Duration(arena.Monotonic() - since)
	// A time in the future is a lie, and gains it no more than one limit.
	return min(max(limit-ran, time.Millisecond), limit), ran >= limit
}

// Ticks is what a worker's status page says. All of it is the worker's word.
type Ticks struct {
	Ticks, Published uint64
	Shards           uint32
	GuestBytes       int64
	Late             time.Duration
	LogDropped       uint32
	// Refusals is how many frames were refused, Refused the last of them.
	Refusals uint32
	Refused  Publish
	// StepNs are the durations of the last ticks, oldest first.
	StepNs []uint32
	// PhaseNs are those of their phases, Phases of them for each tick; fewer ticks are kept.
	PhaseNs []uint32
	Phases  int
}

// Publish is what a guest asked channel_publish for.
type Publish struct{ Index, Count int32 }

// ReadTicks fills t, reusing its slices. After Close it is the last that was seen.
func (w *Worker) ReadTicks(t *Ticks) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.freed {
		w.readTicks(t)
		return
	}
	steps := append(t.StepNs[:0], w.lastSeen.StepNs...)
	phases := append(t.PhaseNs[:0], w.lastSeen.PhaseNs...)
	*t = w.lastSeen
	t.StepNs, t.PhaseNs = steps, phases
}

// ticks is how many it did.
func (w *Worker) ticks() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.freed {
		return w.lastSeen.Ticks
	}
	return w.status.Ticks()
}

// readTicks needs w.mu and an open status page.
func (w *Worker) readTicks(t *Ticks) {
	s := w.status
	t.StepNs, t.Ticks = s.Steps(t.StepNs[:0])
	t.PhaseNs, t.Phases = s.PhaseSteps(t.PhaseNs[:0])
	t.Published, t.Shards = s.Published(), s.Shards()
	t.GuestBytes = int64(s.GuestPages()) << 16
	t.Late = time.Duration(s.LateNs())
	t.LogDropped = s.LogDropped()
	t.Refusals, t.Refused.Index, t.Refused.Count = s.Refusals()
}
