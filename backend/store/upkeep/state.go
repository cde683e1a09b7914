package upkeep

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"inos/backend/statefile"
	"inos/backend/store"
)

// State is what upkeep remembers: nothing of what is in the store.
type State struct {
	// Off is the user's word that there be none.
	Off bool `json:"off,omitempty"`
	// Spaces are by id.
	Spaces map[string]Health `json:"spaces,omitempty"`
}

// Health is what was found in a space. Damage stays until everything was read and found whole.
type Health struct {
	VerifiedMs int64 `json:"verifiedMs,omitempty"` // since 1970; when a part was read last
	FoundMs    int64 `json:"foundMs,omitempty"`    // when damage was found; 0: none is known
	Damages    int   `json:"damages,omitempty"`
	Lost       int   `json:"lost,omitempty"` // files that cannot be read whole
}

// Hurt says that damage is known.
func (h Health) Hurt() bool { return h.FoundMs > 0 }

// Text says what is known, in one line.
func (h Health) Text() string {
	switch at := time.UnixMilli(h.VerifiedMs).Format("2006-01-02 15:04"); {
	case h.Hurt():
		return fmt.Sprintf("damage was found on %s (%d places, %d files hit): run inos store check --read-data",
			time.UnixMilli(h.FoundMs).Format("2006-01-02 15:04"), h.Damages, h.Lost)
	case h.VerifiedMs > 0:
		return "a part was verified on " + at + " and is whole"
	}
	return "nothing was verified yet"
}

const (
	stateFile     = "store-upkeep.json"
	maxStateBytes = 256 << 10
)

// File is the state of a data folder.
type File = statefile.File[State]

// Open is the state of a data folder. Nothing is read yet.
func Open(dataDir string) *File {
	return statefile.New(filepath.Join(dataDir, stateFile), maxStateBytes, func(s *State) error {
		for _, h := range s.Spaces {
			if h.VerifiedMs < 0 || h.FoundMs < 0 || h.Damages < 0 || h.Lost < 0 {
				return errors.New("nothing is found before 1970, and no less than nothing")
			}
		}
		return nil
	})
}

// Note remembers what a check of a space found; whole says that it read every byte. It says whether
// damage is news.
func Note(f *File, space string, report store.Report, whole bool, now time.Time) (news bool, err error) {
	err = f.Change(func(s *State) error {
		h := s.Spaces[space]
		h.VerifiedMs = now.UnixMilli()
		switch {
		case !report.OK():
			news = !h.Hurt()
			h.FoundMs, h.Damages, h.Lost = now.UnixMilli(), len(report.Damages), report.HitCount
		case whole:
			h.FoundMs, h.Damages, h.Lost = 0, 0, 0
		}
		if s.Spaces == nil {
			s.Spaces = map[string]Health{}
		}
		s.Spaces[space] = h
		return nil
	})
	return news, err
}
