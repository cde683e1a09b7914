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
	// together is how far apart refusals may be that one look finds.
	together = 250 * time.Millisecond
	// Of many files that come at once, a look looks into so many, and into no more for so long: nobody
	// who looks at a picture shall see that they came.
	inspections = 8
	breather    = 50 * time.Millisecond
)

// settling tells files that are being written from those that are whole. Without it (nil) a registry
// takes every file as it is: a command looks once.
type settling struct {
	now  func() time.Time
	seen map[string]sight
	// inspected are the files that were looked into since the time.
	inspected int
	since     time.Time
	// again is when the next look is due; zero: when something changes.
	again time.Time
}

// sight is a young file as it was seen first.
type sight struct {
	modified time.Time
	bytes    int64
	at       time.Time
	doubted  bool // it was no plugin when it was looked into
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
	due := s.now().Add(long - age)
	if long == patient {
		due = due.Truncate(together).Add(together)
	}
	s.due(due)
	return false
}

// due remembers to look again then.
func (s *settling) due(at time.Time) {
	if s.again.IsZero() || at.Before(s.again) {
		s.again = at
	}
}

// may says whether one more file may be looked into now, and remembers to look again if not.
func (s *settling) may() bool {
	if s == nil {
		return true
	}
	if now := s.now(); now.Sub(s.since) >= breather {
		s.inspected, s.since = 0, now
	}
	if s.inspected == inspections {
		s.due(s.since.Add(breather))
		return false
	}
	s.inspected++
	return true
}

// doubt notes that a file is no plugin, as it is.
func (s *settling) doubt(path string) {
	is := s.seen[path]
	is.doubted = true
	s.seen[path] = is
}

// doubted says that a file was no plugin, and nobody has written it since.
func (s *settling) doubted(path string) bool { return s != nil && s.seen[path].doubted }

// age is how long the file has been as it is. Its own time counts unless it lies in the future, as
// it may on another machine's disk.
func (s *settling) age(path string, st os.FileInfo) time.Duration {
	now := s.now()
	is := sight{modified: st.ModTime(), bytes: st.Size(), at: now}
	if was, known := s.seen[path]; known && was.bytes == is.bytes && was.modified.Equal(is.modified) {
		is.at, is.doubted = was.at, was.doubted
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
