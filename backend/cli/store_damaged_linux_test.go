package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// One damaged space keeps nobody from the others, and is told.
func TestADamagedSpaceKeepsNobodyFromTheOthers(t *testing.T) {
	w := newStoreWorld(t)
	path := filepath.Join(t.TempDir(), "a")
	writeFile(t, path, []byte("kept"))
	w.put(t, path)
	w.run(t, "store", "space", "add", "bad")
	var spaces spacesDocument
	w.store(t, &spaces, "space", "list")
	for _, sp := range spaces.Spaces {
		for _, copied := range []string{"space.a", "space.b"} {
			if sp.Name == "bad" {
				writeFile(t, filepath.Join(w.data, "store", "spaces", sp.ID, copied), []byte("x"))
			}
		}
	}
	for _, command := range [][]string{{"ls"}, {"stat"}, {"gc"}, {"space", "list"}} {
		r := w.run(t, append([]string{"store"}, command...)...)
		if r.exit != ExitFailed || !strings.Contains(r.stdout, "main") || !strings.Contains(r.stderr, "space.a") {
			t.Errorf("%v: %+v", command, r)
		}
	}
	// It may be the damaged one.
	if r := w.run(t, "store", "check", "--space", "none"); r.exit != ExitFailed || !strings.Contains(r.stderr, "space.a") {
		t.Errorf("%+v", r)
	}
}
