package host

import (
	"os"

	"golang.org/x/sys/unix"
)

// file is an input that lies in a file of the user's, which others may change: it goes to the worker as
// a descriptor for reading, and no byte of it comes into this process.
type file struct {
	fd   int
	name string
	size int64
	was  unix.Stat_t
	// sealed: it is a segment that nobody can cut short and no guest can write to.
	sealed bool
}

func sealedFile(fd int, size int64) *file {
	return &file{fd: fd, name: "an earlier result", size: size, sealed: true}
}

// MapInput is an input that the worker maps where it lies, in f, whole or in ranges; none of it counts
// against the arena. False: it must be copied, since this file, or its file system, cannot be mapped.
func (w *Worker) MapInput(f *os.File) (*Payload, bool) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	in := &file{fd: fd, name: f.Name()}
	if !in.mappable() {
		in.close()
		return nil, false
	}
	return &Payload{pool: w.pool, length: in.size, file: in}, true
}

func (f *file) mappable() bool {
	if unix.Fstat(f.fd, &f.was) != nil || f.was.Mode&unix.S_IFMT != unix.S_IFREG || f.was.Size <= 0 {
		return false
	}
	flags, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDONLY { // the worker could write to it
		return false
	}
	f.size = f.was.Size
	page, err := unix.Mmap(f.fd, 0, pageBytes, unix.PROT_READ, unix.MAP_PRIVATE)
	return err == nil && unix.Munmap(page) == nil
}

func (f *file) changed() bool {
	var now unix.Stat_t
	if f.sealed {
		return false
	}
	return unix.Fstat(f.fd, &now) != nil || now.Size != f.was.Size || now.Mtim != f.was.Mtim
}

func (f *file) shrunk() bool {
	var now unix.Stat_t
	return unix.Fstat(f.fd, &now) == nil && now.Size < f.size
}

func (f *file) close() { closeFD(f.fd) }

func isMissedPage(signal uint32) bool { return unix.Signal(signal) == unix.SIGBUS }
