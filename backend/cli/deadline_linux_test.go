package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/host/hosttest"
	"inos/backend/manifest"
)

// withSlow adds the hostile plugin with a minute for a call, in place of half a second.
func (w world) withSlow(t *testing.T) world {
	t.Helper()
	wasm := hosttest.Edition(t, hosttest.Hostile, func(m *manifest.Manifest) { m.Limits.CallMs = 60_000 })
	writeFile(t, filepath.Join(w.data, "plugins", "hostile.wasm"), wasm)
	return w
}

func TestADeadlineEndsARun(t *testing.T) {
	w := newWorld(t).withSlow(t)
	for _, op := range []string{"hostile.slow_cancel", "hostile.hang"} { // one stops when it is asked
		begin := time.Now()
		got := w.run(t, "run", op, "--deadline", "500ms", "--json")
		var document errorDocumentRead
		oneDocument(t, got.stdout, &document)
		if e := document.Error; got.exit != ExitFailed || e.Kind != "deadline" || e.Subject != op ||
			!strings.Contains(e.Message, "its deadline has passed") {
			t.Errorf("%s: exit %d, %+v", op, got.exit, e)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: it took %s", op, took)
		}
	}
	if got := w.run(t, "run", "hostile.hang", "--deadline", "-1s"); got.exit != ExitUsage {
		t.Errorf("a negative one: exit %d, %s", got.exit, got.stderr)
	}
}

func TestADeadlineEndsABatchAndKeepsWhatIsDone(t *testing.T) {
	w := newWorld(t).withSlow(t)
	folder := t.TempDir()
	for i := range 6 {
		writeFile(t, filepath.Join(folder, fmt.Sprint(i)), make([]byte, 4))
	}
	var document struct {
		Items  []struct{ Error string }
		Failed int
	}
	got := w.run(t, "run", "hostile.reread", "--each", "-i", folder, "--deadline", "1s", "--json")
	oneDocument(t, got.stdout, &document)
	if got.exit != ExitFailed || document.Failed != 6 {
		t.Fatalf("exit %d, %s", got.exit, got.stdout)
	}
	for i, item := range document.Items {
		if !strings.Contains(item.Error, "its deadline has passed") {
			t.Errorf("item %d: %s", i, item.Error)
		}
	}
}
