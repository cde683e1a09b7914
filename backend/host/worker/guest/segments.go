package guest

import (
	"fmt"

	"inos/backend/wire"
)

// wholeInputBytes is the largest input that is mapped as a whole; of a larger one the guest sees
// one range at a time, so that there is room for its other windows.
const wholeInputBytes = 128 << 20

// Segments are the payloads that one instance knows, by id. They stay mapped until the kernel
// releases them: a pooled segment that is mapped already costs a call nothing.
type Segments struct {
	memory *Memory
	region *region
	byID   map[uint32]*segment
	files  []uint32 // ids of those that end with the call
}

// segment is a payload, or a file of the user's, with, at most, one window.
type segment struct {
	byteLen int64
	file    bool
	fd      int // -1 once all of it is mapped
	// The window, of length 0 where there is none.
	at, offset, length int64
}

// NewSegments returns an empty set for an instance's memory.
func NewSegments(memory *Memory) *Segments {
	return &Segments{
		memory: memory,
		region: newRegion(PayloadBase, MaxPayloadBytes),
		byID:   map[uint32]*segment{},
	}
}

// Admit makes a granted segment known. It takes the descriptor of a new one, also when it fails;
// fd is not looked at otherwise.
func (s *Segments) Admit(w wire.Window, fd int) error {
	if err := s.check(w); err != nil {
		if w.IsNew {
			closeFD(fd)
		}
		return err
	}
	if !w.IsNew {
		return nil
	}
	if err := s.Release(w.Segment); err != nil {
		closeFD(fd)
		return err
	}
	s.byID[w.Segment] = &segment{byteLen: int64(w.ByteLen), file: w.IsFile, fd: fd}
	if w.IsFile {
		s.files = append(s.files, w.Segment)
	}
	return nil
}

// ReleaseFiles unmaps the files of the call that has ended.
func (s *Segments) ReleaseFiles() {
	for _, id := range s.files {
		_ = s.Release(id) // addresses that cannot be unmapped are not given to anybody else
	}
	s.files = s.files[:0]
}

func (s *Segments) check(w wire.Window) error {
	known, ok := s.byID[w.Segment]
	switch {
	case w.ByteLen == 0 || w.ByteLen%pageBytes != 0 || w.Length > w.ByteLen || w.ByteLen > 1<<62:
		return fmt.Errorf("segment %d: %d of %d bytes", w.Segment, w.Length, w.ByteLen)
	case w.IsFile != (w.Segment >= wire.FileWindows) || w.IsFile && !w.IsNew:
		return fmt.Errorf("segment %d is a file: %t, new: %t", w.Segment, w.IsFile, w.IsNew)
	case w.IsNew:
		return nil
	case !ok:
		return fmt.Errorf("segment %d is not known", w.Segment)
	case known.byteLen != int64(w.ByteLen):
		return fmt.Errorf("segment %d has %d bytes, not %d", w.Segment, known.byteLen, w.ByteLen)
	}
	return nil
}

// Release unmaps a segment. One that is not known is no error: the kernel may ask to be sure.
func (s *Segments) Release(id uint32) error {
	known, ok := s.byID[id]
	if !ok {
		return nil
	}
	delete(s.byID, id)
	if known.fd >= 0 {
		closeFD(known.fd)
	}
	return s.unmap(known)
}

// output returns the guest address of a segment mapped as a whole for writing.
func (s *Segments) output(id uint32) (int64, error) {
	known := s.byID[id]
	err := s.mapWhole(known, Populated)
	return known.at, err
}

// input returns the guest address of a byte of a segment that is mapped for reading, with the
// length bytes from there. A range of a large segment stays until the next one of it is asked for.
func (s *Segments) input(id uint32, offset, length int64) (int64, error) {
	known := s.byID[id]
	if known.byteLen <= wholeInputBytes {
		if err := s.mapWhole(known, known.readOnly()); err == nil {
			return known.at + offset, nil
		}
	}
	if offset < known.offset || offset+length > known.offset+known.length {
		if err := s.mapRange(known, offset, length); err != nil {
			return 0, err
		}
	}
	return known.at + offset - known.offset, nil
}

func (s *Segments) mapWhole(known *segment, a Access) error {
	if known.length == known.byteLen {
		return s.memory.Protect(known.at, known.length, a.writes())
	}
	if err := s.mapPart(known, 0, known.byteLen, a); err != nil {
		return err
	}
	closeFD(known.fd)
	known.fd = -1
	return nil
}

func (s *Segments) mapRange(known *segment, offset, length int64) error {
	first := offset / pageBytes * pageBytes
	end := min(roundUp(offset+length, pageBytes), known.byteLen)
	return s.mapPart(known, first, end-first, known.readOnly())
}

// readOnly is how the guest sees it as an input.
func (known *segment) readOnly() Access {
	if known.file {
		return File
	}
	return ReadOnly
}

func (s *Segments) mapPart(known *segment, offset, length int64, a Access) error {
	if err := s.unmap(known); err != nil {
		return err
	}
	at, ok := s.region.take(length)
	if !ok {
		return fmt.Errorf("no room for a window of %d bytes", length)
	}
	if err := s.memory.Map(at, length, known.fd, offset, a); err != nil {
		s.region.give(at, length)
		return err
	}
	known.at, known.offset, known.length = at, offset, length
	return nil
}

func (s *Segments) unmap(known *segment) error {
	if known.length == 0 {
		return nil
	}
	if err := s.memory.Unmap(known.at, known.length); err != nil {
		return err
	}
	s.region.give(known.at, known.length)
	known.length = 0
	return nil
}
