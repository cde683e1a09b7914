package unit

import (
	"os"
	"time"
)

// How long a file must have been as it is.
const (
	// quiet is before it is looked into at all: a copy writes more often than that.
	quiet = 150 * time.Millisecond
	// patient is before one that is no plugin is refused: it may be half of one, from a slow disk.
	patient = 2 * time.Second
)

// settling tells files that are being written from those that are whole. Without it (nil) a registry
// takes every file as it is: a command looks once.
type settling struct {
	now  func() time.Time
	seen map[string]sight
	// again is when the next look is due; zero: when something changes.
	again time.Time
}

// sight is a young file as it was seen first.
type sight struct {
	modified time.Time
	bytes    int64
	at       time.Time
}

func newSettling(now func() time.Time) *settling {
	return &settling{now: now, seen: map[string]sight{}}
}

// still says whether the file has been as it is for that long, and remembers to look again if not.
func (s *settling) still(path string, st os.FileInfo, long time.Duration) bool {
	if s == nil {
		return true
	}
	age := s.age(path, st)
	if age >= long {
		return true
	}
	if due := s.now().Add(long - age); s.again.IsZero() || due.Before(s.again) {
		s.again = due
	}
	return false
}

// age is how long the file has been as it is. Its own time counts unless it lies in the future, as
// it may on another machine's disk.
func (s *settling) age(path string, st os.FileInfo) time.Duration {
	now := s.now()
	is := sight{modified: st.ModTime(), bytes: st.Size(), at: now}
	if was, known := s.seen[path]; known && was.bytes == is.bytes && was.modified.Equal(is.modified) {
		is.at = was.at
	}
	s.seen[path] = is
	return max(now.Sub(is.at), now.Sub(is.modified))
}

// begin begins a look through all folders.
func (s *settling) begin() {
	if s != nil {
		s.again = time.Time{}
	}
}

// keepOnly forgets files that are gone.
func (s *settling) keepOnly(there map[string]bool) {
	if s == nil {
		return
	}
	for path := range s.seen {
		if !there[path] {
			delete(s.seen, path)
		}
	}
}
