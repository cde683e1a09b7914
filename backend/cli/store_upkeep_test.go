package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/node"
	"inos/backend/store"
	"inos/backend/store/upkeep"
)

func TestUpkeepIsTurnedOffAndOnAgain(t *testing.T) {
	s := newStand(t)
	for _, step := range []struct {
		args []string
		on   bool
	}{{nil, true}, {[]string{"off"}, false}, {nil, false}, {[]string{"on"}, true}} {
		var d upkeepDocument
		got := s.inos(t.Context(), append([]string{"store", "upkeep", "--json"}, step.args...)...)
		oneDocument(t, got.stdout, &d)
		if got.exit != ExitOK || d.On != step.on {
			t.Errorf("%v: %+v", step.args, got)
		}
	}
	if got := s.inos(t.Context(), "store", "upkeep", "perhaps"); got.exit != ExitUsage {
		t.Errorf("%+v", got)
	}
}

func TestWhatIdleTimeFoundIsSaidUntilAllWasReadAndIsWhole(t *testing.T) {
	s := newStand(t)
	s.environment[passphraseVariable] = "correct horse battery staple"
	path := filepath.Join(s.dir, "file")
	writeFile(t, path, []byte("content"))
	if got := s.inos(t.Context(), "store", "put", path); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	spaces, err := os.ReadDir(filepath.Join(node.StoreFolder(s.data), "spaces"))
	if err != nil || len(spaces) != 1 {
		t.Fatal(spaces, err)
	}
	report := store.Report{Damages: []store.Damage{{What: "a bit"}}, HitCount: 1}
	if _, err := upkeep.Note(node.StoreUpkeep(s.data), spaces[0].Name(), report, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args  string
		found bool
	}{
		{"store upkeep", true}, {"store check", true}, {"store check --sample 0.5", true},
		{"store check --read-data", false}, {"store check", false}, {"store upkeep", false},
	} {
		got := s.inos(t.Context(), strings.Fields(step.args)...)
		if got.exit != ExitOK || strings.Contains(got.stdout, "damage was found on") != step.found {
			t.Errorf("%s: %+v", step.args, got)
		}
	}
}
