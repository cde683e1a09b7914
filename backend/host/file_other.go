//go:build !linux

package host

import "os"

type file struct {
	fd   int
	name string
	size int64
}

func sealedFile(fd int, size int64) *file { return &file{fd: fd, size: size} }

// MapInput is for systems with workers.
func (w *Worker) MapInput(*os.File) (*Payload, bool) { return nil, false }

func (f *file) changed() bool { return false }
func (f *file) shrunk() bool  { return false }
func (f *file) close()        {}

func isMissedPage(uint32) bool { return false }
