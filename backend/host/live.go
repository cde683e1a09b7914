package host

import (
	"fmt"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// tickLimit is the deadline of one tick.
func (w *Worker) tickLimit() time.Duration {
	if ms := w.plugin.Manifest.Limits.TickMs; ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return DefaultTickTime
}

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
// the manifest's limit ends the worker.
func (w *Worker) Live(l wire.Live) error {
	if err := w.tell(&wire.Message{Kind: wire.KindLive, Live: l}); err != nil {
		return err
	}
	w.watchTicks(l.Run || l.Ticks > 0)
	return nil
}

// Finished yields the number of ticks done each time that the wanted number has been reached.
func (w *Worker) Finished() <-chan uint64 { return w.finished }

// tell sends a message whose answer is `done`. The worker answers between ticks.
func (w *Worker) tell(m *wire.Message, fds ...int) error {
	w.readOn()
	a, err := w.ask(opLive, m, w.tickLimit()+answerTimeout, fds...)
	if err != nil {
		return err
	}
	defer w.recycle(a)
	if a.Kind != wire.KindDone {
		return w.unexpected(opLive, a)
	}
	return nil
}

// liveWatch is the watchdog of ticks; guarded by Worker.mu.
type liveWatch struct {
	on   bool
	stop chan struct{}
}

// watchTicks switches the watchdog. It costs one look per tick limit while the unit runs, nothing
// while it does not.
func (w *Worker) watchTicks(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on == w.live.on || w.freed {
		return
	}
	w.live.on = on
	if !on {
		close(w.live.stop)
		return
	}
	stop := make(chan struct{})
	w.live.stop = stop
	w.watching.Add(1)
	go w.guardTicks(stop)
}

// guardTicks ends the worker when a tick is over its deadline. A tick that begins after a look has
// at least the limit until the next one, so looking that often misses nothing.
func (w *Worker) guardTicks(stop chan struct{}) {
	defer w.watching.Done()
	limit := w.tickLimit()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-w.done:
			return
		case <-timer.C:
		}
		next := limit
		if since := w.status.BusySince(); since != 0 {
			ran := time.Duration(arena.Monotonic() - since)
			if ran >= limit {
				w.end(fault.Deadline, fmt.Sprintf("a tick ran longer than its %s", limit), "")
				return
			}
			// A time in the future is a lie, and gains it no more than one limit.
			next = min(max(limit-ran, time.Millisecond), limit)
		}
		timer.Reset(next)
	}
}

// Ticks is what a worker's status page says. All of it is the worker's word.
type Ticks struct {
	Ticks, Published uint64
	Shards           uint32
	GuestBytes       int64
	Late             time.Duration
	LogDropped       uint32
	// StepNs are the durations of the last ticks, oldest first.
	StepNs []uint32
}

// ReadTicks fills t, reusing its slice. After Close it is the last that was seen.
func (w *Worker) ReadTicks(t *Ticks) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.freed {
		w.readTicks(t)
		return
	}
	steps := append(t.StepNs[:0], w.lastSeen.StepNs...)
	*t = w.lastSeen
	t.StepNs = steps
}

// readTicks needs w.mu and an open status page.
func (w *Worker) readTicks(t *Ticks) {
	s := w.status
	t.StepNs, t.Ticks = s.Steps(t.StepNs[:0])
	t.Published, t.Shards = s.Published(), s.Shards()
	t.GuestBytes = int64(s.GuestPages()) << 16
	t.Late = time.Duration(s.LateNs())
	t.LogDropped = s.LogDropped()
}
