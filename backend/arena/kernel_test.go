package arena

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func newTestKernel(t *testing.T) *Kernel {
	t.Helper()
	a := New(0)
	t.Cleanup(func() { a.Close() })
	k, err := a.NewKernel()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDirectoryLinesReadBackAndRaiseTheirGeneration(t *testing.T) {
	k := newTestKernel(t)
	want := Entry{Segment: 7, FD: 12, Kind: KindChannel, Look: 1, ByteLen: 1 << 20, Unit: "boids"}
	for generation := uint32(1); generation < 4; generation++ {
		k.SetEntry(5, want)
		want.Generation = generation
		if got, err := k.Entry(5); err != nil || got != want {
			t.Fatalf("got %+v (%v), want %+v", got, err, want)
		}
	}
	k.ClearEntry(5)
	if got, _ := k.Entry(5); got.Segment != 0 || got.FD != -1 || got.Unit != "" {
		t.Errorf("a cleared line shows %+v", got)
	}
}

func TestAFreshDirectoryOffersNothing(t *testing.T) {
	k := newTestKernel(t)
	for i := range MaxEntries {
		if e, err := k.Entry(i); err != nil || e.FD != -1 || e.Segment != 0 {
			t.Fatalf("line %d: %+v, %v", i, e, err)
		}
	}
}

func TestMetricsAreReadWhole(t *testing.T) {
	k := newTestKernel(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := uint64(1); ; i++ {
			select {
			case <-stop:
				return
			default:
				k.UpdateUnit(3, UnitMetrics{Ticks: i, Published: i, WorkerRSS: int64(i), BytesPublished: i})
				runtime.Gosched() // a writer that never pauses would starve any reader
			}
		}
	})
	defer func() { close(stop); wg.Wait() }() // before the memory goes
	read := 0
	for range 10000 {
		m, err := k.Unit(3)
		if err != nil { // the system may take the processor from a writer for longer than a reader waits
			continue
		}
		read++
		if m.Ticks != m.Published || m.Ticks != m.BytesPublished || m.Ticks != uint64(m.WorkerRSS) {
			t.Fatalf("mixed figures: %+v", m)
		}
	}
	if read < 9000 {
		t.Errorf("%d of 10000 reads came to an end", read)
	}
}

func TestSystemMetricsReadBack(t *testing.T) {
	k := newTestKernel(t)
	want := SystemMetrics{ArenaUsed: 5 << 20, ArenaLimit: 16 << 20, KernelCPUPct: 1.5, WorkerCPUPct: 150, KernelRSS: 9 << 20, Workers: 2, Cores: 8}
	k.UpdateSystem(want)
	if got, err := k.System(); err != nil || got != want {
		t.Errorf("got %+v (%v)", got, err)
	}
}

func TestADeadWriterDoesNotHangTheReader(t *testing.T) {
	k := newTestKernel(t)
	store32(k.mem, KernelSegmentMetricsEpochAt, 1)
	if _, err := k.System(); err == nil {
		t.Error("half-written figures were believed")
	}
}

func TestEventsComeBackInOrderAndOldOnesAreOverwritten(t *testing.T) {
	k := newTestKernel(t)
	base := time.UnixMilli(1_700_000_000_000)
	for i := range 300 {
		k.Emit(Event{Kind: EventKindUnitStarted, Unit: "boids", Text: strings.Repeat("x", i), Time: base.Add(time.Duration(i) * time.Second)})
	}
	got, head := k.Events(0)
	if head != 300 || len(got) != KernelSegmentEventsCount {
		t.Fatalf("head %d, %d events", head, len(got))
	}
	for i, e := range got {
		if e.Sequence != uint32(45+i) {
			t.Fatalf("event %d has number %d", i, e.Sequence)
		}
		if want := min(int(e.Sequence)-1, EventTextCount); len(e.Text) != want {
			t.Errorf("event %d: %d bytes of text, %d expected", e.Sequence, len(e.Text), want)
		}
	}
	if got, _ := k.Events(300); len(got) != 0 {
		t.Errorf("%d events after the newest", len(got))
	}
}

func TestADamagedEventIsNotBelieved(t *testing.T) {
	k := newTestKernel(t)
	k.Emit(Event{Text: "one"})
	k.Emit(Event{Text: "two"})
	k.record(0)[EventTextAt]++
	if got, _ := k.Events(0); len(got) != 1 || got[0].Text != "two" {
		t.Errorf("got %+v", got)
	}
}

func TestAFloodOfEventsIsCounted(t *testing.T) {
	k := newTestKernel(t)
	now := time.UnixMilli(1_700_000_000_000)
	for range eventsPerSecond + 9 {
		k.Emit(Event{Text: "x", Time: now})
	}
	if got, head := k.Events(0); len(got) != eventsPerSecond || head != eventsPerSecond {
		t.Errorf("%d events", len(got))
	}
	if n := load32(k.mem, KernelSegmentEventsDroppedAt); n != 9 {
		t.Errorf("%d dropped", n)
	}
}

func TestTextIsCutAtARuneAndCleaned(t *testing.T) {
	k := newTestKernel(t)
	k.Emit(Event{Text: "a\x1b[31m\nb" + strings.Repeat("é", 200)})
	got, _ := k.Events(0)
	if strings.ContainsAny(got[0].Text, "\x1b\n") {
		t.Errorf("control characters in %q", got[0].Text)
	}
	if len(got[0].Text) > EventTextCount || strings.ContainsRune(got[0].Text, '\uFFFD') {
		t.Errorf("cut inside a rune: %q", got[0].Text)
	}
}
