package guest

import (
	"fmt"
	"sync/atomic"

	"inos/backend/arena"
)

// MaxChannels bounds the channels of a live unit.
const MaxChannels = 8

// Channels are the channels of a live unit, mapped at the same addresses in every instance.
type Channels struct {
	region *region
	list   [MaxChannels]channel
	during bool
}

type channel struct {
	view *arena.Channel
	at   int64 // guest address of the first slot
	slot int   // of this tick
	// publish is the count to publish at the end of the tick; -1: none. Any shard may set it.
	publish atomic.Int64
}

// NewChannels returns an empty set.
func NewChannels() *Channels {
	return &Channels{region: newRegion(ChannelBase, MaxChannelBytes)}
}

// Attach maps the slots of a channel, never its header, into all memories and drops the channel
// that had the index. Only between ticks.
func (c *Channels) Attach(index int, view *arena.Channel, memories []*Memory) error {
	if index < 0 || index >= MaxChannels {
		return fmt.Errorf("channel %d, at most %d", index, MaxChannels)
	}
	ch := &c.list[index]
	if err := c.detach(ch, memories); err != nil {
		return err
	}
	length := slotsBytes(view)
	at, ok := c.region.take(length)
	if !ok {
		return fmt.Errorf("no room for a channel of %d bytes, at most %d", length, MaxChannelBytes)
	}
	for _, m := range memories {
		err := m.Map(at, length, view.Segment().FD(), view.SlotOffset(0), Populated)
		if err != nil {
			return err
		}
	}
	ch.view, ch.at = view, at
	return nil
}

func slotsBytes(view *arena.Channel) int64 { return arena.SlotCount * view.SlotBytes() }

func (c *Channels) detach(ch *channel, memories []*Memory) error {
	if ch.view == nil {
		return nil
	}
	for _, m := range memories {
		if err := m.Unmap(ch.at, slotsBytes(ch.view)); err != nil {
			return err
		}
	}
	c.region.give(ch.at, slotsBytes(ch.view))
	view := ch.view
	ch.view = nil
	return view.Close()
}

// Begin chooses the slots of a tick.
func (c *Channels) Begin() {
	for i := range c.list {
		ch := &c.list[i]
		ch.publish.Store(-1)
		if ch.view != nil {
			ch.slot, _ = ch.view.Begin()
		}
	}
	c.during = true
}

// End closes the slots and publishes those that the guest asked for; it returns their number.
func (c *Channels) End(tick, now uint64) (published int) {
	c.during = false
	for i := range c.list {
		ch := &c.list[i]
		if count := ch.publish.Load(); count >= 0 && ch.view != nil {
			ch.view.Publish(ch.slot, int(count), tick, now)
			published++
		}
	}
	return published
}

// Abandon closes the slots and publishes none of them.
func (c *Channels) Abandon() { c.during = false }

func (c *Channels) at(index int) *channel {
	if index >= MaxChannels || c.list[index].view == nil {
		return nil
	}
	return &c.list[index]
}

func (i *Instance) channel(stack []uint64) {
	ch := i.host.Channels.at(index(stack[0]))
	stack[0] = 0
	if ch != nil && i.host.Channels.during {
		stack[0] = uint64(ch.at + int64(ch.slot)*ch.view.SlotBytes())
	}
}

func (i *Instance) channelCapacity(stack []uint64) {
	ch := i.host.Channels.at(index(stack[0]))
	stack[0] = 0
	if ch != nil {
		stack[0] = uint64(ch.view.Capacity())
	}
}

func (i *Instance) channelPublish(stack []uint64) {
	ch := i.host.Channels.at(index(stack[0]))
	count := int64(int32(uint32(stack[1])))
	ok := ch != nil && i.host.Channels.during && count >= 0 && count <= int64(ch.view.Capacity())
	if ok {
		ch.publish.Store(count)
	} else {
		i.host.Refused(int32(uint32(stack[0])), int32(count))
	}
	answer(stack, ok)
}
