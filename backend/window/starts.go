package window

import (
	"encoding/json"
	"os"
	"path/filepath"

	"inos/backend/input"
)

const (
	startFile     = "starting.json" // there while a start is under way
	maxStartBytes = 1 << 10
	// tooManyBadStarts in a row, and the next start leaves out what did not come with the program.
	tooManyBadStarts = 2
	mostBadStarts    = 1000 // that are counted
)

// Start is one start of the window. It is a bad one when the program dies before Good is called: its
// mark is then found by the next one.
type Start struct {
	path string
	// Bad is how many starts before this one were bad, in a row.
	Bad int
}

type startMark struct {
	Bad int `json:"bad"` // starts before this one
}

// BeginStart marks a start in the data folder. Where that cannot be written no start is bad.
func BeginStart(dataDir string) *Start {
	s := &Start{path: filepath.Join(dataDir, startFile)}
	var before startMark
	if data, err := input.ReadUnlinked(s.path, maxStartBytes); err == nil {
		if json.Unmarshal(data, &before) != nil {
			before = startMark{} // a mark that is damaged is a mark
		}
		s.Bad = min(max(before.Bad, 0), mostBadStarts) + 1
	}
	if data, err := json.Marshal(startMark{s.Bad}); err == nil {
		_ = writeAtomic(s.path, data) // see above
	}
	return s
}

// NeedsSafety says whether this start had better leave out what did not come with the program.
func (s *Start) NeedsSafety() bool { return s.Bad >= tooManyBadStarts }

// Good takes the mark away: there was a picture, or an orderly end. It may be called twice.
func (s *Start) Good() { _ = os.Remove(s.path) }
