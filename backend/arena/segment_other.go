//go:build !linux

package arena

import (
	"errors"
	"time"
)

// errUnsupported is what every segment answers where INOS has no shared memory yet.
var errUnsupported = errors.New("shared memory segments exist on Linux only so far")

func newSegment(string, int64) (*Segment, error) { return nil, errUnsupported }

// Adopt maps a segment that another process handed over.
func Adopt(int, SegmentKind, int64, bool) (*Segment, error) { return nil, errUnsupported }

// ReadOnlyFD opens the segment anew for reading.
func (s *Segment) ReadOnlyFD() (int, error) { return -1, errUnsupported }

func closeSegment(*Segment) error { return nil }

var started = time.Now()

// Monotonic is a monotonic clock in nanoseconds.
func Monotonic() uint64 { return uint64(time.Since(started)) }
