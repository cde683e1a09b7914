package arena

import (
	"fmt"
	"sync/atomic"
)

// MaxStride bounds the bytes of one element.
const MaxStride = 4096

// Channel is a view of a channel segment: three slots, one writer, one reader. Nobody ever waits,
// nobody ever sees a torn frame (rules C-1 to C-5 of SPEC.md). The writer's methods belong to one
// goroutine, the reader's to another; both may be in other processes.
type Channel struct {
	seg       *Segment
	mem       []byte
	capacity  int
	stride    int
	slotBytes int64
}

// Frame is one published set of elements. Data aliases the slot: it is valid until Release.
type Frame struct {
	Slot    int
	Epoch   uint32
	Tick    uint64
	StampNs uint64 // CLOCK_MONOTONIC at publish
	Count   int    // elements
	Stride  int    // bytes per element
	Data    []byte // Count * Stride bytes
}

// NewChannel makes a channel for frames of up to capacity elements of stride bytes each. With old,
// the new one takes its place in the budget and goes on with its epoch; the caller closes old.
func (a *Arena) NewChannel(name string, capacity, stride int, old *Channel) (*Channel, error) {
	if capacity < 1 || stride < 4 || stride > MaxStride || stride%4 != 0 {
		return nil, fmt.Errorf("channel %s: %d elements of %d bytes", name, capacity, stride)
	}
	slotBytes := roundUp(int64(capacity)*int64(stride), PageBytes)
	byteLen := ChannelHeaderBytes + SlotCount*slotBytes
	var oldSegment *Segment
	if old != nil {
		oldSegment = old.seg
	}
	s, err := a.Replace(oldSegment, KindChannel, name, byteLen)
	if err != nil {
		return nil, err
	}
	store32(s.mem, ChannelHeaderCapacityAt, uint32(capacity))
	store32(s.mem, ChannelHeaderStrideAt, uint32(stride))
	store64(s.mem, ChannelHeaderSlotBytesAt, uint64(slotBytes))
	c, err := OpenChannel(s)
	if err != nil {
		s.Close()
		return nil, err
	}
	if old != nil {
		store32(c.mem, ChannelHeaderEpochAt, old.Epoch())
	}
	return c, nil
}

// OpenChannel makes a view of a channel segment. It copies capacity, stride and slot length after
// checking them, so that later changes by another process cannot lead it astray.
func OpenChannel(s *Segment) (*Channel, error) {
	if err := checkHeader(s, KindChannel, ChannelHeaderBytes+SlotCount*PageBytes); err != nil {
		return nil, err
	}
	capacity, stride := load32(s.mem, ChannelHeaderCapacityAt), load32(s.mem, ChannelHeaderStrideAt)
	slotBytes := load64(s.mem, ChannelHeaderSlotBytesAt)
	fits := slotBytes%PageBytes == 0 && slotBytes <= uint64(s.byteLen) &&
		ChannelHeaderBytes+SlotCount*int64(slotBytes) == s.byteLen &&
		stride >= 4 && stride <= MaxStride && capacity >= 1 && uint64(capacity)*uint64(stride) <= slotBytes
	if !fits {
		return nil, fmt.Errorf("channel of %d elements of %d bytes in slots of %d does not fit %d bytes", capacity, stride, slotBytes, s.byteLen)
	}
	return &Channel{seg: s, mem: s.mem, capacity: int(capacity), stride: int(stride), slotBytes: int64(slotBytes)}, nil
}

// Segment is the memory under the channel.
func (c *Channel) Segment() *Segment { return c.seg }

// Capacity is the number of elements that fit in a frame.
func (c *Channel) Capacity() int { return c.capacity }

// Stride is the number of bytes per element.
func (c *Channel) Stride() int { return c.stride }

// SlotBytes is the distance between slots in bytes.
func (c *Channel) SlotBytes() int64 { return c.slotBytes }

// SlotOffset is where slot i begins in the segment, in bytes.
func (c *Channel) SlotOffset(i int) int64 { return ChannelHeaderBytes + int64(i)*c.slotBytes }

// Epoch changes with every published frame.
func (c *Channel) Epoch() uint32 { return load32(c.mem, ChannelHeaderEpochAt) }

// Close closes the segment.
func (c *Channel) Close() error { return c.seg.Close() }

func slotHeader(i int) int { return ChannelHeaderSlotsAt + i*SlotHeaderBytes }

// Begin returns the slot that the writer may fill now: the one that is neither published nor held.
// Calling it again before Publish may return another slot.
func (c *Channel) Begin() (slot int, buf []byte) {
	published := int(load32(c.mem, ChannelHeaderPublishedAt)) - 1
	held := int(load32(c.mem, ChannelHeaderHeldAt)) - 1
	for slot == published || slot == held {
		slot++
	}
	store32(c.mem, slotHeader(slot)+SlotHeaderEpochAt, 0)
	at := c.SlotOffset(slot)
	return slot, c.mem[at : at+c.slotBytes : at+c.slotBytes]
}

// Publish makes the slot that Begin returned the newest frame and returns the new epoch. A count
// above the capacity is cut.
func (c *Channel) Publish(slot, count int, tick, stampNs uint64) uint32 {
	h := slotHeader(slot)
	epoch := load32(c.mem, ChannelHeaderEpochAt) + 1
	if epoch == 0 { // 0 in a slot says "being written"
		epoch = 1
	}
	store32(c.mem, h+SlotHeaderCountAt, uint32(min(max(count, 0), c.capacity)))
	store64(c.mem, h+SlotHeaderTickAt, tick)
	store64(c.mem, h+SlotHeaderStampNsAt, stampNs)
	store32(c.mem, h+SlotHeaderEpochAt, epoch)
	store32(c.mem, ChannelHeaderPublishedAt, uint32(slot)+1)
	store32(c.mem, ChannelHeaderEpochAt, epoch)
	return epoch
}

// maxAcquireTries bounds Acquire against a writer that publishes faster than the reader can hold:
// each try fails only when a frame was published in between.
const maxAcquireTries = 1000

// Acquire holds the newest frame: the writer leaves it alone until Release or the next Acquire.
// It reports false when nothing was published yet. One reader at a time.
func (c *Channel) Acquire() (Frame, bool) {
	for range maxAcquireTries {
		p := load32(c.mem, ChannelHeaderPublishedAt)
		if p == 0 || p > SlotCount {
			return Frame{}, false
		}
		store32(c.mem, ChannelHeaderHeldAt, p)
		if load32(c.mem, ChannelHeaderPublishedAt) == p {
			return c.frame(int(p) - 1), true
		}
	}
	c.Release()
	return Frame{}, false
}

// Release lets go of the held frame.
func (c *Channel) Release() { store32(c.mem, ChannelHeaderHeldAt, 0) }

func (c *Channel) frame(slot int) Frame {
	h := slotHeader(slot)
	count := min(int(load32(c.mem, h+SlotHeaderCountAt)), c.capacity)
	at := c.SlotOffset(slot)
	end := at + int64(count)*int64(c.stride)
	return Frame{
		Slot:    slot,
		Epoch:   load32(c.mem, h+SlotHeaderEpochAt),
		Tick:    load64(c.mem, h+SlotHeaderTickAt),
		StampNs: load64(c.mem, h+SlotHeaderStampNsAt),
		Count:   count,
		Stride:  c.stride,
		Data:    c.mem[at:end:end],
	}
}

// maxSnapshotTries bounds Snapshot; it loses only to a writer that goes round all slots while one
// frame is copied.
const maxSnapshotTries = 100

// Snapshot copies the newest frame into dst without holding it, so that it may run beside a reader.
// The copy is of one epoch, or the error says that the writer was always faster. dst needs room for
// the frame; Frame.Data aliases dst.
func (c *Channel) Snapshot(dst []byte) (Frame, error) {
	for range maxSnapshotTries {
		p := load32(c.mem, ChannelHeaderPublishedAt)
		if p == 0 || p > SlotCount {
			return Frame{}, fmt.Errorf("nothing published yet")
		}
		f := c.frame(int(p) - 1)
		if f.Epoch == 0 {
			continue
		}
		if len(dst) < len(f.Data) {
			return Frame{}, fmt.Errorf("room for %d bytes, the frame has %d", len(dst), len(f.Data))
		}
		n := copy(dst, f.Data)
		if atomic.LoadUint32(word32(c.mem, slotHeader(f.Slot)+SlotHeaderEpochAt)) == f.Epoch {
			f.Data = dst[:n:n]
			return f, nil
		}
	}
	return Frame{}, fmt.Errorf("the writer is too fast for a snapshot")
}
