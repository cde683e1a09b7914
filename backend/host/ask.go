package host

import (
	"context"

	"inos/backend/wire"
)

// maxAsks bounds the questions of one call: a file of 30 GiB, read in pieces.
const maxAsks = 1 << 20

// reply answers what the guest asks of the world outside. The deadline of the call runs on: whoever
// answers is told when the worker has ended.
func (r *run) reply(ctx context.Context, m *wire.Message) error {
	w := r.w
	defer w.recycle(m)
	if r.asks++; r.asks > maxAsks {
		return w.lied("it asked %d times in one call", r.asks)
	}
	if r.world == nil && w.world != nil {
		r.world = w.world(w.plugin)
	}
	answer := &wire.Message{
		ID: m.ID, Kind: wire.KindReply, Reply: wire.Refuse("this host has no world outside"),
	}
	if r.world != nil {
		answer.Reply = r.answer(ctx, &m.Ask)
	}
	return w.send(answer)
}

// answer gives up when the worker has ended: a slow server must not keep a dead call.
func (r *run) answer(ctx context.Context, a *wire.Ask) wire.Reply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-r.w.proc.gone:
			cancel()
		case <-over:
		}
	}()
	return r.world.Answer(ctx, a)
}
