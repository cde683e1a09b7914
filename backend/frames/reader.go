package frames

import (
	"slices"
	"sync/atomic"
	"unsafe"

	"inos/backend/arena"
	"inos/backend/fault"
)

// maxKernelReads bounds a copy of the kernel segment against its writer, which needs less than a
// microsecond for a change and makes a few dozen a second.
const maxKernelReads = 100

// reader copies from the arena for one connection. It has mappings of its own, so a channel that
// the kernel replaces (a bigger flock) stays readable until the reader has seen the new one.
type reader struct {
	kernel   *arena.Kernel
	channels map[int]*view
}

// view is a channel as the directory named it.
type view struct {
	entry   arena.Entry
	channel *arena.Channel
}

func newReader(k *arena.Kernel) *reader {
	return &reader{kernel: k, channels: map[int]*view{}}
}

func (r *reader) close() {
	for entry := range r.channels {
		r.drop(entry)
	}
}

func (r *reader) drop(entry int) {
	if v := r.channels[entry]; v != nil {
		_ = v.channel.Close() // a mapping of ours; nobody else depends on it
		delete(r.channels, entry)
	}
}

// read builds the answer in buf's memory, header first, and reports whether there is one yet.
func (r *reader) read(buf []byte, q Request) (message []byte, ready bool) {
	if q.Kind == KindKernel {
		return r.readKernel(buf)
	}
	entry, err := r.kernel.Entry(q.Entry)
	if err != nil {
		return buf, false // the directory is being written: look again at the next poll
	}
	v, err := r.open(q.Entry, entry)
	if err != nil {
		return withHeader(buf, Header{Kind: KindGone, Entry: q.Entry, Generation: entry.Generation}), true
	}
	return v.readFrame(buf, q)
}

// open returns the view of a directory entry, mapping the segment when it is new.
func (r *reader) open(index int, e arena.Entry) (*view, error) {
	if v := r.channels[index]; v != nil {
		if v.entry.Segment == e.Segment && v.entry.Generation == e.Generation {
			return v, nil
		}
		r.drop(index)
	}
	if !isChannel(e) {
		return nil, fault.New("frames", fault.NotFound, "", "the entry is free", "")
	}
	segment, err := borrow(e, true) // writable: holding a frame is a store
	if err != nil {
		return nil, err
	}
	channel, err := arena.OpenChannel(segment)
	if err != nil {
		_ = segment.Close()
		return nil, fault.Wrap("frames", fault.Protocol, e.Unit, err, "")
	}
	v := &view{entry: e, channel: channel}
	r.channels[index] = v
	return v, nil
}

func isChannel(e arena.Entry) bool {
	return e.Segment != 0 && e.FD >= 0 && e.Kind == arena.KindChannel
}

// borrow maps the segment of a directory entry a second time.
func borrow(e arena.Entry, writable bool) (*arena.Segment, error) {
	fd, err := duplicate(e.FD)
	if err != nil {
		return nil, fault.Wrap("frames", fault.NotFound, e.Unit, err, "")
	}
	segment, err := arena.Adopt(fd, arena.KindChannel, e.ByteLen, writable)
	if err != nil {
		return nil, fault.Wrap("frames", fault.NotFound, e.Unit, err, "")
	}
	if segment.ID() != e.Segment { // the number was closed and used again meanwhile
		_ = segment.Close()
		return nil, fault.New("frames", fault.NotFound, e.Unit, "the segment was replaced", "")
	}
	return segment, nil
}

// readFrame copies the newest frame if the page does not have it yet.
func (v *view) readFrame(buf []byte, q Request) ([]byte, bool) {
	sameChannel := q.Generation == v.entry.Generation
	if sameChannel && q.LastEpoch == v.channel.Epoch() {
		return buf, false
	}
	buf = grow(buf, arena.StreamHeaderBytes+v.channel.Capacity()*v.channel.Stride())
	f, ok := v.copyNewest(buf[arena.StreamHeaderBytes:cap(buf)])
	if !ok || (sameChannel && f.Epoch == q.LastEpoch) {
		return buf, false // nothing published yet, or the writer was faster: at the next poll
	}
	h := Header{
		Kind: KindFrame, Entry: q.Entry, Generation: v.entry.Generation, Epoch: f.Epoch,
		Count: uint32(f.Count), Stride: uint32(f.Stride), ByteLen: uint32(len(f.Data)),
		StampNs: f.StampNs, Tick: f.Tick,
	}
	return withHeader(buf, h), true
}

// copyNewest copies the newest frame. On the stream path nobody else reads the channel, so it is held
// meanwhile and no writer is too fast. Where somebody holds it already (a page on the shared path,
// another connection) it must be copied without holding: a channel has one reader.
func (v *view) copyNewest(dst []byte) (arena.Frame, bool) {
	held := word(v.channel.Segment().Bytes(), arena.ChannelHeaderHeldAt)
	published := word(v.channel.Segment().Bytes(), arena.ChannelHeaderPublishedAt)
	if !atomic.CompareAndSwapUint32(held, 0, atomic.LoadUint32(published)) {
		f, err := v.channel.Snapshot(dst)
		return f, err == nil
	}
	defer v.channel.Release()
	f, ok := v.channel.Acquire()
	if !ok || len(f.Data) > len(dst) {
		return arena.Frame{}, false
	}
	f.Data = dst[:copy(dst, f.Data)]
	// A page that begins to hold at this very moment takes the slot from under us; then it shows here.
	return f, atomic.LoadUint32(v.slotEpoch(f.Slot)) == f.Epoch
}

func (v *view) slotEpoch(slot int) *uint32 {
	at := arena.ChannelHeaderSlotsAt + slot*arena.SlotHeaderBytes + arena.SlotHeaderEpochAt
	return word(v.channel.Segment().Bytes(), at)
}

func (r *reader) readKernel(buf []byte) ([]byte, bool) {
	mem := r.kernel.Segment().Bytes()
	buf = grow(buf, arena.StreamHeaderBytes+len(mem))
	directory := word(mem, arena.KernelSegmentDirectoryEpochAt)
	metrics := word(mem, arena.KernelSegmentMetricsEpochAt)
	for range maxKernelReads {
		d, m := atomic.LoadUint32(directory), atomic.LoadUint32(metrics)
		if d&1 != 0 || m&1 != 0 {
			continue
		}
		copy(buf[arena.StreamHeaderBytes:cap(buf)], mem)
		if atomic.LoadUint32(directory) == d && atomic.LoadUint32(metrics) == m {
			return withHeader(buf, Header{Kind: KindKernel, Epoch: m, ByteLen: uint32(len(mem))}), true
		}
	}
	return buf, false
}

// word is the control word at byte offset at, which the layout keeps aligned.
func word(mem []byte, at int) *uint32 { return (*uint32)(unsafe.Pointer(&mem[at])) }

// grow returns buf with a capacity of at least n bytes; what it held may be lost.
func grow(buf []byte, n int) []byte {
	if cap(buf) >= n {
		return buf
	}
	return slices.Grow(buf[:0], n)
}

// withHeader puts h before its payload and cuts buf to both.
func withHeader(buf []byte, h Header) []byte {
	buf = grow(buf, arena.StreamHeaderBytes)[:arena.StreamHeaderBytes+int(h.ByteLen)]
	h.put(buf)
	return buf
}
