//go:build e2e && bench

package e2e

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inos/backend/bench"
	"inos/backend/hostile"
)

// A benchmark, which `make bench` runs and records: no program that is shipped has the attacks in it.

var report = flag.String("report", "", "file for the JSON document")

const (
	// An odd number of passes has a median that was measured.
	courtesyPasses = 7
	courtesyCalm   = 3 * time.Second
)

func TestPicturesBesideTheHostileSet(t *testing.T) {
	set, files := hostileSet(t)
	s := open(t)
	r, err := bench.Courtesy(t.Context(), bench.Scene{
		Pictures: func(work func()) ([]float64, error) { return s.frameTimes(t, work), nil },
		Calm:     func() { time.Sleep(courtesyCalm) },
		Attacks: []bench.Attack{{
			Prepare: func() { s.stage(t, files) },
			Run: func() {
				s.dropStaged(t, files)
				s.attack(t, set.Loaded())
				s.attack(t, set.Ungranted())
			},
		}, {
			Prepare: func() { s.grant(t, set) },
			Run:     func() { s.attack(t, set.Granted()) },
		}},
		Retreat: func() { s.retreat(t, files) },
	}, courtesyPasses)
	s.must(t, err)
	document, err := json.MarshalIndent(r, "", "  ")
	s.must(t, err)
	t.Logf("%s", document)
	if *report != "" {
		s.must(t, os.WriteFile(*report, document, 0o600))
	}
}

// stage makes the files where the window does not look: what a copy costs is the copying program's doing.
func (s *stage) stage(t *testing.T, files []hostile.File) {
	t.Helper()
	s.must(t, os.MkdirAll(s.staged(""), 0o700))
	for _, f := range files {
		s.must(t, f.Make(s.staged(f.Name)))
	}
}

// staged is a place beside the folder for plugins.
func (s *stage) staged(name string) string {
	return filepath.Join(filepath.Dir(s.dropIn()), "staged", name)
}

// dropStaged moves the files into the folder at once, and waits until all are judged.
func (s *stage) dropStaged(t *testing.T, files []hostile.File) {
	t.Helper()
	for _, f := range files {
		s.must(t, os.Rename(s.staged(f.Name), filepath.Join(s.dropIn(), f.Name)))
	}
	s.awaitJudged(t, files, true)
}

// retreat makes room for the next attack.
func (s *stage) retreat(t *testing.T, files []hostile.File) {
	t.Helper()
	s.inos(t, "plugin", "revoke", outsideID)
	for _, f := range files {
		s.must(t, os.RemoveAll(filepath.Join(s.dropIn(), f.Name)))
	}
	s.awaitJudged(t, files, false)
}
