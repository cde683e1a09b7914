package arena

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
)

func newTestChannel(t testing.TB, capacity, stride int) *Channel {
	t.Helper()
	a := New(256 << 20)
	t.Cleanup(func() { a.Close() })
	c, err := a.NewChannel("test", capacity, stride, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNothingIsAcquiredBeforeTheFirstPublish(t *testing.T) {
	c := newTestChannel(t, 10, 32)
	if _, ok := c.Acquire(); ok {
		t.Error("a frame from nowhere")
	}
	if _, err := c.Snapshot(make([]byte, 1000)); err == nil {
		t.Error("a snapshot of nothing")
	}
}

func TestTheNewestFrameIsRead(t *testing.T) {
	c := newTestChannel(t, 4, 8)
	for i := range uint64(7) {
		slot, buf := c.Begin()
		binary.LittleEndian.PutUint64(buf, i)
		if got := c.Publish(slot, int(i%5), i, 100+i); got != uint32(i+1) {
			t.Errorf("epoch %d", got)
		}
		f, ok := c.Acquire()
		if !ok || f.Tick != i || f.StampNs != 100+i || f.Count != int(i%5) || f.Epoch != uint32(i+1) {
			t.Fatalf("frame %+v", f)
		}
		if len(f.Data) != f.Count*8 {
			t.Errorf("%d bytes", len(f.Data))
		}
	}
}

func TestAHeldSlotIsNeverGivenToTheWriter(t *testing.T) {
	c := newTestChannel(t, 1, 4)
	slot, _ := c.Begin()
	c.Publish(slot, 1, 1, 1)
	held, _ := c.Acquire()
	for i := range 20 {
		slot, _ := c.Begin()
		if slot == held.Slot {
			t.Fatalf("the writer got the held slot in round %d", i)
		}
		c.Publish(slot, 1, 1, 1)
	}
	c.Release()
}

func TestACountAboveTheCapacityIsCut(t *testing.T) {
	c := newTestChannel(t, 3, 32)
	slot, _ := c.Begin()
	c.Publish(slot, 1000, 1, 1)
	if f, _ := c.Acquire(); f.Count != 3 || len(f.Data) != 96 {
		t.Errorf("count %d, %d bytes", f.Count, len(f.Data))
	}
}

func TestHostileHeaderWordsDoNotLeadOutOfBounds(t *testing.T) {
	c := newTestChannel(t, 3, 32)
	slot, _ := c.Begin()
	c.Publish(slot, 3, 1, 1)
	store32(c.mem, slotHeader(slot)+SlotHeaderCountAt, 1<<31)
	if f, ok := c.Acquire(); !ok || f.Count != 3 {
		t.Errorf("count %d", f.Count)
	}
	store32(c.mem, ChannelHeaderCapacityAt, 1<<31) // copied at open
	if c.Capacity() != 3 {
		t.Error("the capacity followed the memory")
	}
	store32(c.mem, ChannelHeaderPublishedAt, 77)
	if _, ok := c.Acquire(); ok {
		t.Error("slot 76 was read")
	}
	if _, err := OpenChannel(c.seg); err == nil {
		t.Error("a capacity beyond the slot was believed")
	}
}

func TestAReplacementGoesOnWithTheEpoch(t *testing.T) {
	a := New(0)
	defer a.Close()
	old, err := a.NewChannel("old", 10, 32, nil)
	if err != nil {
		t.Fatal(err)
	}
	slot, _ := old.Begin()
	old.Publish(slot, 1, 1, 1)
	c, err := a.NewChannel("new", 20, 32, old)
	if err != nil {
		t.Fatal(err)
	}
	if c.Epoch() != 1 {
		t.Errorf("epoch %d", c.Epoch())
	}
}

// spoilFrames is how many frames the torn-frame tests check.
const tornFrames = 10000

// writeFrames publishes frames whose words all equal the tick, until stop.
func writeFrames(c *Channel, stop *atomic.Bool, done chan<- struct{}) {
	defer close(done)
	for tick := uint64(1); !stop.Load(); tick++ {
		slot, buf := c.Begin()
		for at := 0; at < len(buf); at += 4 {
			binary.NativeEndian.PutUint32(buf[at:], uint32(tick))
		}
		c.Publish(slot, c.Capacity(), tick, Monotonic())
	}
}

func torn(data []byte) bool {
	first := binary.NativeEndian.Uint32(data)
	for at := 4; at < len(data); at += 4 {
		if binary.NativeEndian.Uint32(data[at:]) != first {
			return true
		}
	}
	return false
}

func TestNoFrameIsTornByAWriterAtFullSpeed(t *testing.T) {
	readers := map[string]func(c *Channel) (Frame, bool){
		"held":     func(c *Channel) (Frame, bool) { return c.Acquire() },
		"snapshot": snapshotReader(),
	}
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			c := newTestChannel(t, 64, 32)
			var stop atomic.Bool
			done := make(chan struct{})
			go writeFrames(c, &stop, done)
			var last uint64
			for checked := 0; checked < tornFrames; {
				f, ok := read(c)
				if !ok {
					continue
				}
				if torn(f.Data) {
					t.Fatalf("frame %d (tick %d) is torn", checked, f.Tick)
				}
				if f.Tick < last {
					t.Fatalf("tick %d after %d", f.Tick, last)
				}
				last = f.Tick
				checked++
			}
			stop.Store(true)
			<-done
		})
	}
}

func snapshotReader() func(c *Channel) (Frame, bool) {
	buf := make([]byte, 1<<16)
	return func(c *Channel) (Frame, bool) {
		f, err := c.Snapshot(buf)
		return f, err == nil
	}
}

func TestTheHotPathAllocatesNothing(t *testing.T) {
	c := newTestChannel(t, 64, 32)
	if n := testing.AllocsPerRun(100, func() {
		slot, _ := c.Begin()
		c.Publish(slot, 64, 1, Monotonic())
		c.Acquire()
		c.Release()
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkPublishAcquire(b *testing.B) {
	c := newTestChannel(b, 64, 32)
	for b.Loop() {
		slot, _ := c.Begin()
		c.Publish(slot, 64, 1, 1)
		c.Acquire()
		c.Release()
	}
}
