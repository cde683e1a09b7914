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
		Attack: func() {
			s.drop(t, files)
			s.attack(t, set.Loaded())
			s.attackAsVictim(t, set)
		},
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

// retreat makes room for the next attack.
func (s *stage) retreat(t *testing.T, files []hostile.File) {
	t.Helper()
	s.inos(t, "plugin", "revoke", outsideID)
	for _, f := range files {
		s.must(t, os.RemoveAll(filepath.Join(s.dropIn(), f.Name)))
	}
	s.awaitPlugins(t, "all are gone", func(n int) bool { return n < len(files) })
}
