package unit

import (
	"encoding/json"
	"errors"

	"inos/backend/arena"
	"inos/backend/host"
	"inos/backend/manifest"
)

// capacityStep is what a channel's capacity is rounded up to, in elements: a slider that moves
// does not make a new segment at each step.
const capacityStep = 4096

// shrinkBelow: a channel is replaced by a smaller one when less than this part of it is used.
const shrinkBelow = 4

// Params are the live parameters as they are now, by name.
func (l *Live) Params() map[string]any {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return manifest.Values(l.spec.Params, l.values)
}

// SetParams changes the named parameters; the others stay. Either all of them hold from the next
// tick on, or the error says why none does. A bigger channel may be needed: the error is then a
// fault of kind Budget with the bytes that the arena would need.
func (l *Live) SetParams(changes map[string]any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == Stopped || l.state == Quarantined {
		return l.notRunning()
	}
	next, err := l.merged(changes)
	if err != nil {
		return err
	}
	fresh, err := l.resized(next)
	if err != nil {
		return err
	}
	if l.worker != nil {
		if err := l.handOver(next, fresh); err != nil {
			closeAll(fresh)
			l.worker.Kill() // it may have half of it: the next one starts with the old values
			return err
		}
	}
	l.values = next
	for i, c := range fresh {
		if c != nil {
			l.replaceChannel(i, c)
		}
	}
	return nil
}

func (l *Live) merged(changes map[string]any) ([]manifest.Value, error) {
	all := manifest.Values(l.spec.Params, l.values)
	for name, v := range changes {
		all[name] = v
	}
	return manifest.CoerceParams(l.spec.Params, all)
}

// resized makes the channels that the values need and that are not there yet; nil where the
// present one does.
func (l *Live) resized(next []manifest.Value) ([]*arena.Channel, error) {
	fresh := make([]*arena.Channel, len(l.channels))
	for i, c := range l.channels {
		n := elements(l.spec, i, next)
		if n <= c.Capacity() && n*shrinkBelow >= c.Capacity()-capacityStep {
			continue
		}
		var err error
		if fresh[i], err = l.newChannel(l.spec, i, next, c); err != nil {
			closeAll(fresh)
			return nil, err
		}
		if l.paused {
			keepPicture(fresh[i], c)
		}
	}
	return fresh, nil
}

// elements is what channel i must hold.
func elements(spec *manifest.Live, i int, values []manifest.Value) int {
	c := &spec.Channels[i]
	if at := manifest.FindParam(spec.Params, c.CapacityParam); at >= 0 {
		return max(1, int(values[at].Int))
	}
	return int(c.Capacity)
}

// newChannel makes channel i for the values, in place of old in the budget. What fits only
// without the rounding is made without it.
func (l *Live) newChannel(
	spec *manifest.Live, i int, values []manifest.Value, old *arena.Channel,
) (*arena.Channel, error) {
	n := elements(spec, i, values)
	rounded := n
	if spec.Channels[i].CapacityParam != "" {
		rounded = (n + capacityStep - 1) / capacityStep * capacityStep
	}
	a := l.set.deps.Arena
	c, err := a.NewChannel(l.unit, rounded, arena.InstanceBytes, old)
	over := (*arena.BudgetError)(nil)
	if errors.As(err, &over) {
		if relieve := l.set.deps.Host.Relieve; relieve != nil {
			relieve()
		}
		c, err = a.NewChannel(l.unit, n, arena.InstanceBytes, old)
	}
	if err != nil {
		return nil, host.BudgetFault(opLiveParams, l.unit, err)
	}
	return c, nil
}

// keepPicture copies the newest frame into another channel, as much of it as fits: a paused unit
// stays in sight.
func keepPicture(to, from *arena.Channel) {
	f, err := from.Snapshot(make([]byte, from.SlotBytes()))
	if err != nil {
		return // nothing to keep
	}
	slot, buf := to.Begin()
	copy(buf, f.Data)
	to.Publish(slot, min(f.Count, to.Capacity()), f.Tick, f.StampNs)
}

// handOver gives the worker what is new. Bigger channels come before the parameters that need
// them, smaller ones after.
func (l *Live) handOver(next []manifest.Value, fresh []*arena.Channel) error {
	attach := func(bigger bool) error {
		for i, c := range fresh {
			if c == nil || (c.Capacity() > l.channels[i].Capacity()) != bigger {
				continue
			}
			if err := l.worker.AttachChannel(i, c); err != nil {
				return err
			}
		}
		return nil
	}
	if err := attach(true); err != nil {
		return err
	}
	if err := l.worker.SetParams(wireValues(next)); err != nil {
		return err
	}
	return attach(false)
}

// replaceChannel puts c in the place of channel i, tells the page, and closes the old one.
func (l *Live) replaceChannel(i int, c *arena.Channel) {
	old := l.channels[i]
	l.channels[i] = c
	l.publishEntry(i)
	_ = old.Close()
}

// publishEntry writes the directory entry of channel i.
func (l *Live) publishEntry(i int) {
	s := l.channels[i].Segment()
	l.set.deps.Kernel.SetEntry(l.entries[i], arena.Entry{
		Segment: s.ID(), FD: s.FD(), Kind: arena.KindChannel, Look: uint16(l.spec.Channels[i].Look),
		ByteLen: s.Len(), Unit: l.unit,
	})
}

func closeAll(cs []*arena.Channel) {
	for _, c := range cs {
		if c != nil {
			_ = c.Close()
		}
	}
}

// MarshalJSON is what the page sees: what is set, not how.
func (l *Live) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Unit   string         `json:"unit"`
		Entry  int            `json:"entry"`
		Params map[string]any `json:"params"`
		State  State          `json:"state"`
	}{l.unit, l.Entry(), l.Params(), l.State()})
}
