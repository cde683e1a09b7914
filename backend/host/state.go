package host

import (
	"context"
	"slices"
	"time"

	"inos/backend/fault"
	"inos/backend/wire"
)

const (
	// MaxStateBytes bounds what a live unit hands on. A flock of 500,000 birds needs 14 MB.
	MaxStateBytes = 64 << 20
	// StateTime is the most that inos_save and inos_load may take: ticks wait meanwhile. A plugin
	// whose ticks have less gets no more here.
	StateTime = time.Second
)

// SaveState asks the live unit for what it needs to go on elsewhere; nil: it hands nothing on. Ticks
// wait meanwhile and then go on. After a trap, or over its time, the worker has ended.
func (w *Worker) SaveState(ctx context.Context) ([]byte, error) {
	w.readOn()
	// It begins after the tick that runs, whose end is bounded by its own deadline.
	limit := w.stateTime() + w.TickLimit()
	res, err := w.Call(ctx, Call{entry: wire.EntrySave, Outputs: 1, Limit: limit})
	if err != nil || len(res.Outputs) == 0 {
		return nil, err
	}
	defer res.Release()
	state := res.Outputs[0].Bytes()
	if err := checkState(w.plugin.Manifest.ID, int64(len(state))); err != nil {
		return nil, err
	}
	return slices.Clone(state), nil
}

// LoadState lets a live unit that does not tick begin with a state instead of inos_init. After an
// error the worker is not to be used any more: what it took over may be the half of it.
func (w *Worker) LoadState(ctx context.Context, state []byte) error {
	w.readOn()
	if err := checkState(w.plugin.Manifest.ID, int64(len(state))); err != nil {
		return err
	}
	input, err := w.states.take(false, int64(len(state)))
	if err != nil {
		return err
	}
	defer w.release(w.states.surplus(true))
	defer input.Release()
	copy(input.Bytes(), state)
	_, err = w.Call(ctx, Call{
		entry: wire.EntryLoad, Inputs: []*Payload{input}, Limit: w.stateTime(),
	})
	return err
}

func (w *Worker) stateTime() time.Duration { return min(StateTime*w.slowness(), w.TickLimit()) }

func checkState(plugin string, byteLen int64) error {
	if byteLen <= MaxStateBytes {
		return nil
	}
	return fault.Newf(opLive, fault.Budget, plugin,
		"a state of %d bytes is more than the %d MiB that can be handed on", byteLen, MaxStateBytes>>20)
}
