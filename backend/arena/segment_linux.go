package arena

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seals make a mapping safe for everybody: no holder can shrink the file (SIGBUS) or grow it.
const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

func newSegment(name string, byteLen int64) (*Segment, error) {
	fd, err := unix.MemfdCreate("inos:"+name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	s := &Segment{fd: fd, byteLen: byteLen}
	if err := s.prepare(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *Segment) prepare() error {
	if err := unix.Ftruncate(s.fd, s.byteLen); err != nil {
		return os.NewSyscallError("ftruncate", err)
	}
	if _, err := unix.FcntlInt(uintptr(s.fd), unix.F_ADD_SEALS, seals); err != nil {
		return os.NewSyscallError("seal", err)
	}
	return s.mapIn(unix.PROT_READ | unix.PROT_WRITE)
}

func (s *Segment) mapIn(prot int) (err error) {
	s.mem, err = unix.Mmap(s.fd, 0, int(s.byteLen), prot, unix.MAP_SHARED)
	return os.NewSyscallError("mmap", err)
}

// Adopt maps a segment that another process handed over. It takes the descriptor, also when it
// fails. The file must be sealed and exactly byteLen long (rule A-3).
func Adopt(fd int, kind SegmentKind, byteLen int64, writable bool) (*Segment, error) {
	s := &Segment{fd: fd, kind: kind, byteLen: byteLen, name: "adopted"}
	if err := s.adopt(writable); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if kind.hasHeader() {
		s.id = load32(s.mem, SegmentHeaderIdAt)
	}
	return s, nil
}

func (s *Segment) adopt(writable bool) error {
	var st unix.Stat_t
	if err := unix.Fstat(s.fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if s.byteLen <= 0 || s.byteLen%PageBytes != 0 || st.Size != s.byteLen {
		return fmt.Errorf("segment of %d bytes, %d expected", st.Size, s.byteLen)
	}
	have, err := unix.FcntlInt(uintptr(s.fd), unix.F_GET_SEALS, 0)
	if err != nil || have&seals != seals {
		return fmt.Errorf("segment is not sealed")
	}
	prot := unix.PROT_READ
	if writable {
		prot |= unix.PROT_WRITE
	}
	return s.mapIn(prot)
}

// ReadOnlyFD opens the segment anew for reading: unlike a read-only mapping of a writable
// descriptor, its holder can never map it writable. The caller closes it.
func (s *Segment) ReadOnlyFD() (int, error) {
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", s.fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return fd, os.NewSyscallError("open", err)
}

func closeSegment(s *Segment) error {
	err := unix.Munmap(s.mem)
	s.mem = nil
	if cerr := unix.Close(s.fd); err == nil {
		err = cerr
	}
	return err
}

// Monotonic is CLOCK_MONOTONIC in nanoseconds: the same clock in every process of the machine.
func Monotonic() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return uint64(ts.Nano())
}
