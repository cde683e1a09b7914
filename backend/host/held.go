package host

import (
	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// Held is an output that outlives its call and the worker that made it: an input of other calls, by
// reference. It counts against the arena until Release.
type Held struct {
	segment *arena.Segment // nil: no bytes
	length  int64
	account account
}

// Hold takes the output out of its result. Its worker lets go of it before it runs anything else, so no
// guest can write to it any more.
func (o *Output) Hold() *Held {
	p := o.payload
	if p == nil || p.segment == nil {
		return &Held{}
	}
	o.payload = nil
	if p.mapped && o.worker.Alive() {
		// An error has ended the worker, and with it its mapping.
		_, _ = o.worker.question(&wire.Message{Kind: wire.KindRelease, Release: p.segment.ID()})
	}
	return &Held{segment: p.segment, length: o.length, account: p.pool.account}
}

// Bytes is a view of it, valid until Release.
func (h *Held) Bytes() []byte {
	if h.segment == nil {
		return nil
	}
	return h.segment.Bytes()[:h.length:h.length]
}

// Release gives it back. Calls that have it as input go on.
func (h *Held) Release() {
	if h.segment == nil {
		return
	}
	h.account.takeBack(h.segment.Len())
	_ = h.segment.Close()
	h.segment = nil
}

// LendInput is an input whose bytes stay where another worker has put them: this one maps the same
// memory, for reading. The caller keeps h until the call has ended.
func (w *Worker) LendInput(h *Held) (*Payload, error) {
	if h.segment == nil {
		return w.NewInput(0)
	}
	fd, err := h.segment.ReadOnlyFD()
	if err != nil {
		return nil, fault.Wrap(opCall, fault.Unavailable, w.plugin.Manifest.ID, err, "")
	}
	return &Payload{pool: w.pool, length: h.length, file: sealedFile(fd, h.length)}, nil
}
