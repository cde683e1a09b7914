//go:build linux

package guest

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const memoryLimit = 1 << 20

// fakeGrower stands for wazero's memory: it grows by Reallocate.
type fakeGrower struct {
	m      *Memory
	buffer []byte
}

func (f *fakeGrower) Size() uint32 { return uint32(len(f.buffer)) }

func (f *fakeGrower) Grow(pages uint32) (uint32, bool) {
	before := len(f.buffer)
	b := f.m.Reallocate(uint64(before) + uint64(pages)*wasmPageBytes)
	if b == nil {
		return 0, false
	}
	f.buffer = b
	return uint32(before / wasmPageBytes), true
}

// newMemory returns an open memory with one page of its own, and the count of own bytes. Its
// addresses stay reserved, as in a worker.
func newMemory(t *testing.T) (*Memory, *fakeGrower, *int64) {
	t.Helper()
	space, err := NewSpace(1)
	if err != nil {
		t.Fatal(err)
	}
	own := new(int64)
	m, err := space.NewMemory(0, memoryLimit, func(delta int64) { *own += delta })
	if err != nil {
		t.Fatal(err)
	}
	g := &fakeGrower{m: m}
	if _, ok := g.Grow(1); !ok {
		t.Fatal("no first page")
	}
	if err := m.Open(g); err != nil {
		t.Fatal(err)
	}
	return m, g, own
}

// file returns a file of the given length whose bytes are all b.
func file(t testing.TB, length int, b byte) int {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, length)
	for i := range content {
		content[i] = b
	}
	if _, err := unix.Write(fd, content); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestOnlyTheGuestsOwnPagesCount(t *testing.T) {
	m, g, own := newMemory(t)
	if len(g.buffer) != HighBase || m.Own() != wasmPageBytes || *own != m.Own() {
		t.Fatalf("size %d, own %d, counted %d", len(g.buffer), m.Own(), *own)
	}
	base := unsafe.SliceData(g.buffer)
	first, ok := g.Grow(3)
	if !ok || int64(first)*wasmPageBytes != HighBase {
		t.Fatalf("grown at page %d (%t)", first, ok)
	}
	if m.Own() != 4*wasmPageBytes || *own != m.Own() || unsafe.SliceData(g.buffer) != base {
		t.Errorf("own %d, counted %d", m.Own(), *own)
	}
	g.buffer[HighBase+3*wasmPageBytes-1] = 1 // committed, else a fault
	if _, ok := g.Grow(memoryLimit/wasmPageBytes - 3); ok {
		t.Error("grown beyond the limit")
	}
	if n := m.Refused(); n != memoryLimit+wasmPageBytes || m.Refused() != 0 {
		t.Errorf("refused %d", n)
	}
	if _, ok := g.Grow(memoryLimit/wasmPageBytes - 4); !ok {
		t.Error("not grown up to the limit")
	}
}

func TestAMemoryCannotGrowIntoTheWindows(t *testing.T) {
	space, err := NewSpace(1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := space.NewMemory(0, 4<<30, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if m.Reallocate(WindowBase+wasmPageBytes) != nil {
		t.Error("grown into the window region")
	}
	if m.Reallocate(HighBase) != nil {
		t.Error("grown to the end of the window region without being opened")
	}
}

func TestTheHostTouchesOnlyWhatIsMapped(t *testing.T) {
	m, g, _ := newMemory(t)
	g.Grow(1)
	const window, readOnly = PayloadBase, PayloadBase + Granule
	for at, access := range map[int64]Access{window: Populated, readOnly: ReadOnly} {
		fd := file(t, 2*pageBytes, 9)
		if err := m.Map(at, 2*pageBytes, fd, 0, access); err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
	}
	for _, c := range []struct {
		name          string
		at, length    uint32
		read, written bool
	}{
		{"the first page", 0, wasmPageBytes, true, true},
		{"across its end", wasmPageBytes - 1, 2, false, false},
		{"the hole", 0x2000_0000, 1, false, false},
		{"nothing in the hole", 0x2000_0000, 0, false, false},
		{"a window", window, 2 * pageBytes, true, true},
		{"across a window's end", window + 2*pageBytes - 1, 2, false, false},
		{"before a window", window - 1, 2, false, false},
		{"a read-only window", readOnly + 5, 100, true, false},
		{"grown memory", HighBase, wasmPageBytes, true, true},
		{"across its end", HighBase + wasmPageBytes - 1, 2, false, false},
		{"the last address", 1<<32 - 1, 1, false, false},
		{"around the end of all", 1<<32 - 1, 1<<32 - 1, false, false},
	} {
		for writing, want := range map[bool]bool{false: c.read, true: c.written} {
			b, ok := m.Bytes(c.at, c.length, writing)
			if ok != want || (ok && len(b) != int(c.length)) {
				t.Errorf("%s, writing %t: %t with %d bytes", c.name, writing, ok, len(b))
			}
		}
	}
	if b, _ := m.Bytes(readOnly, 1, false); b[0] != 9 {
		t.Errorf("byte %d", b[0])
	}
}

func TestWindowsComeAndGo(t *testing.T) {
	m, _, _ := newMemory(t)
	fd := file(t, pageBytes, 7)
	defer unix.Close(fd)
	if err := m.Map(PayloadBase, pageBytes, fd, 0, ReadWrite); err != nil {
		t.Fatal(err)
	}
	b, ok := m.Bytes(PayloadBase, 1, true)
	if !ok {
		t.Fatal("a writable window is not writable")
	}
	b[0] = 8
	if err := m.Protect(PayloadBase, pageBytes, false); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Bytes(PayloadBase, 1, true); ok {
		t.Error("writable after Protect")
	}
	var seen [1]byte
	if _, err := unix.Pread(fd, seen[:], 0); err != nil || seen[0] != 8 {
		t.Errorf("the file has %d (%v)", seen[0], err)
	}
	if err := m.Unmap(PayloadBase, pageBytes); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Bytes(PayloadBase, 1, false); ok {
		t.Error("readable after Unmap")
	}
	if m.Protect(PayloadBase, pageBytes, true) == nil {
		t.Error("protected what is not there")
	}
}

func TestWindowsOutsideTheirRegionAreRefused(t *testing.T) {
	m, _, _ := newMemory(t)
	fd := file(t, 2*pageBytes, 1)
	defer unix.Close(fd)
	for name, c := range map[string][2]int64{
		"below":      {WindowBase - pageBytes, pageBytes},
		"above":      {HighBase, pageBytes},
		"across":     {HighBase - pageBytes, 2 * pageBytes},
		"negative":   {-pageBytes, pageBytes},
		"empty":      {PayloadBase, 0},
		"shifted":    {PayloadBase + 8, pageBytes},
		"not a page": {PayloadBase, 100},
		"huge":       {PayloadBase, 1<<63 - pageBytes},
	} {
		if m.Map(c[0], c[1], fd, 0, ReadWrite) == nil {
			t.Errorf("%s: mapped", name)
		}
		if m.Unmap(c[0], c[1]) == nil {
			t.Errorf("%s: unmapped", name)
		}
	}
}

func TestARegionHandsOutDisjointParts(t *testing.T) {
	r := newRegion(PayloadBase, 10*Granule)
	type part struct{ at, length int64 }
	var taken []part
	for _, length := range []int64{1, Granule, Granule + 1, 3 * Granule, 5} {
		at, ok := r.take(length)
		if !ok {
			t.Fatalf("no room for %d", length)
		}
		if at%Granule != 0 || at < PayloadBase || at+length > PayloadBase+10*Granule {
			t.Errorf("%d bytes at %#x", length, at)
		}
		for _, p := range taken {
			if at < p.at+p.length && p.at < at+length {
				t.Errorf("%d bytes at %#x overlap %d at %#x", length, at, p.length, p.at)
			}
		}
		taken = append(taken, part{at, length})
	}
	if _, ok := r.take(3 * Granule); ok {
		t.Error("room for more than there is")
	}
	for _, p := range taken {
		r.give(p.at, p.length)
	}
	if at, ok := r.take(10 * Granule); !ok || at != PayloadBase {
		t.Error("what was given back is not there")
	}
	if _, ok := r.take(1); ok {
		t.Error("room in a full region")
	}
}
