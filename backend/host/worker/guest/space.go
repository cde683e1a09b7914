package guest

import (
	"fmt"
	"unsafe"
)

// Guest addresses. They are part of ABI v1 (plugins/SPEC.md): the same in every instance.
const (
	// WindowBase is where the window region begins. A guest's first memory must end below it.
	WindowBase = 1 << 30
	// SharedBase is where the working memory lies that the instances share.
	SharedBase = WindowBase
	// MaxSharedBytes bounds it.
	MaxSharedBytes = 512 << 20
	// ChannelBase is where the slots of channels lie.
	ChannelBase = 0x6000_0000
	// MaxChannelBytes bounds all of them together.
	MaxChannelBytes = 128 << 20
	// PayloadBase is where inputs and outputs lie.
	PayloadBase = 0x6800_0000
	// MaxPayloadBytes bounds all of them together.
	MaxPayloadBytes = 384 << 20
	// HighBase is where the window region ends and memory.grow goes on.
	HighBase = 2 << 30
	// Granule is the alignment of windows, so that huge pages help where the system has them.
	Granule = 2 << 20
)

const (
	pageBytes     = 4096
	wasmPageBytes = 64 << 10
	// slotBytes is all that a guest can address.
	slotBytes = 4 << 30
)

// Access says what a guest may do with a window, and how its pages come.
type Access uint8

const (
	// ReadOnly ends the worker at a write. The pages come as they are touched: the system brings
	// their neighbours along, which is faster than to fetch all of them.
	ReadOnly Access = iota
	// ReadWrite pages come as they are touched, one by one: for windows of which much may never be.
	ReadWrite
	// Populated is ReadWrite with all pages at once: 4.5 times faster where all will be written.
	Populated
	// File is ReadOnly for a file that is no segment: not every file system shares its pages.
	File
)

func (a Access) writes() bool { return a == ReadWrite || a == Populated }

// Space is one reservation of addresses, 4 GiB for each instance: a fault's distance from its base
// is the guest address + instance number * 2^32. Nothing in it is accessible at first.
type Space struct {
	base  unsafe.Pointer
	slots int
}

// NewSpace reserves room for the given number of instances.
func NewSpace(instances int) (*Space, error) {
	base, err := reserve(uintptr(instances) * slotBytes)
	if err != nil {
		return nil, fmt.Errorf("reserve addresses for %d instances: %w", instances, err)
	}
	return &Space{base: base, slots: instances}, nil
}

// Bounds returns the first address and the one after the last.
func (s *Space) Bounds() (low, high uintptr) {
	return uintptr(s.base), uintptr(s.base) + uintptr(s.slots)*slotBytes
}

func (s *Space) slot(i int) unsafe.Pointer { return unsafe.Add(s.base, uintptr(i)*slotBytes) }

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
