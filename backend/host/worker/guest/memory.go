package guest

import (
	"fmt"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
)

// Memory is the linear memory of one instance. Its base never moves. It consists of the guest's
// own pages from 0, of windows in the window region, and of the guest's own pages from 2 GiB;
// nothing is mapped between, so that a stray access there is a fault.
type Memory struct {
	base  unsafe.Pointer
	limit int64 // bytes of own pages
	own   func(delta int64)

	low  int64 // own bytes from 0
	high int64 // own bytes from HighBase
	size int64 // as WebAssembly sees it

	opening bool
	refused int64 // own bytes that the last refused growth would have made
	windows []span
}

// span is a mapped part of the window region.
type span struct {
	at, length int64
	writable   bool
}

// NewMemory makes the memory of instance i. own hears about every change of the guest's own bytes.
func (s *Space) NewMemory(i int, limit int64, own func(delta int64)) (*Memory, error) {
	if i < 0 || i >= s.slots {
		return nil, fmt.Errorf("instance %d of %d", i, s.slots)
	}
	return &Memory{base: s.slot(i), limit: limit, own: own}, nil
}

// Allocate lets wazero use the memory. A guest's first pages were checked before.
func (m *Memory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Free does nothing: a worker ends with its guest.
func (m *Memory) Free() {}

// Reallocate implements memory.grow. It returns nil when the guest's own pages would exceed its
// limit.
func (m *Memory) Reallocate(size uint64) []byte {
	if !m.resize(int64(size)) {
		return nil
	}
	m.size = int64(size)
	return unsafe.Slice((*byte)(m.base), int64(slotBytes))[:size:size]
}

// Grow gives a memory that no module has so many own bytes, a multiple of a page.
func (m *Memory) Grow(size int64) bool { return m.resize(size) }

// Clear gives all own pages back, so that the next module, or the next call, finds zeros.
func (m *Memory) Clear() error {
	if m.low == 0 {
		return nil
	}
	if err := unmap(m.pointer(0), m.low); err != nil {
		return err
	}
	m.own(-m.low)
	m.low, m.size = 0, 0
	return nil
}

func (m *Memory) resize(size int64) bool {
	switch {
	case m.opening:
		return size == HighBase
	case size <= WindowBase:
		return m.extend(&m.low, 0, size)
	case m.size >= HighBase && size <= slotBytes:
		return m.extend(&m.high, HighBase, size-HighBase)
	}
	m.refused = size
	return false
}

// extend commits own pages from base+*have up to base+want.
func (m *Memory) extend(have *int64, base, want int64) bool {
	delta := want - *have
	if m.Own()+delta > m.limit {
		m.refused = m.Own() + delta
		return false
	}
	if delta > 0 && commit(m.pointer(base+*have), delta) != nil {
		m.refused = m.Own() + delta
		return false
	}
	*have = want
	m.own(delta)
	return true
}

// grower is the part of api.Memory that Open needs.
type grower interface {
	Size() uint32
	Grow(deltaPages uint32) (uint32, bool)
}

// Open grows the memory to 2 GiB, so that the window region lies inside it. The region costs
// nothing: not a page of it is mapped.
func (m *Memory) Open(mem grower) error {
	m.opening = true
	defer func() { m.opening = false }()
	if _, ok := mem.Grow((HighBase - mem.Size()) / wasmPageBytes); !ok {
		return fmt.Errorf("the memory cannot grow to %d bytes", HighBase)
	}
	return nil
}

// Own is the number of the guest's own bytes.
func (m *Memory) Own() int64 { return m.low + m.high }

// Refused returns how many own bytes the last refused growth asked for, and forgets it; 0: none
// was refused since.
func (m *Memory) Refused() int64 {
	n := m.refused
	m.refused = 0
	return n
}

// Map puts length bytes of a file, from offset, at a guest address in the window region, both
// multiples of a page.
func (m *Memory) Map(at, length int64, fd int, offset int64, a Access) error {
	if err := checkWindow(at, length); err != nil {
		return err
	}
	if err := mapFile(m.pointer(at), length, fd, offset, a); err != nil {
		return err
	}
	m.forget(at, length)
	m.windows = append(m.windows, span{at, length, a.writes()})
	return nil
}

// Protect changes whether the guest may write to a window, all of which was mapped at once.
func (m *Memory) Protect(at, length int64, writable bool) error {
	for i, w := range m.windows {
		if w.at == at && w.length == length {
			if w.writable == writable {
				return nil
			}
			m.windows[i].writable = writable
			return protect(m.pointer(at), length, writable)
		}
	}
	return fmt.Errorf("no window of %d bytes at %#x", length, at)
}

// Unmap makes a part of the window region inaccessible; every window in it must lie in it wholly.
func (m *Memory) Unmap(at, length int64) error {
	if err := checkWindow(at, length); err != nil {
		return err
	}
	m.forget(at, length)
	return unmap(m.pointer(at), length)
}

func checkWindow(at, length int64) error {
	inside := at >= WindowBase && length > 0 && at <= HighBase-length
	if !inside || at%pageBytes != 0 || length%pageBytes != 0 {
		return fmt.Errorf("window of %d bytes at %#x", length, at)
	}
	return nil
}

func (m *Memory) forget(at, length int64) {
	kept := m.windows[:0]
	for _, w := range m.windows {
		if w.at+w.length <= at || w.at >= at+length {
			kept = append(kept, w)
		}
	}
	m.windows = kept
}

// Bytes returns guest memory that the host may touch: a host function must not fault, so the range
// has to lie in one mapped part, and in a writable one for writing.
func (m *Memory) Bytes(at, length uint32, writing bool) ([]byte, bool) {
	first, end := int64(at), int64(at)+int64(length)
	ok := end <= m.low || (first >= HighBase && end <= HighBase+m.high) ||
		m.inWindow(first, end, writing)
	if !ok {
		return nil, false
	}
	return unsafe.Slice((*byte)(m.pointer(first)), length), true
}

func (m *Memory) inWindow(first, end int64, writing bool) bool {
	for _, w := range m.windows {
		if first >= w.at && end <= w.at+w.length {
			return w.writable || !writing
		}
	}
	return false
}

func (m *Memory) pointer(at int64) unsafe.Pointer { return unsafe.Add(m.base, at) }
