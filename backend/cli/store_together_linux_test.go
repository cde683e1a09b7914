package cli

import (
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestProcessesShareAStore has several processes at once on one store for a while: some put and remove,
// some restore and list, two collect. None of them fails but with words about who is to wait.
func TestProcessesShareAStore(t *testing.T) {
	w := newStoreWorld(t)
	sources := t.TempDir()
	source := func(i int) (string, map[string][]byte) {
		n := uint64(i)
		files := map[string][]byte{"new": noiseOf(n, 60_000), "same": noiseOf(7777, 400_000), "text": proseOf(n%3, 20_000)}
		return filepath.Join(sources, strconv.Itoa(i)), files
	}
	path, files := source(0)
	writeFiles(t, path, files)
	first := w.put(t, path)
	var done, waited atomic.Int64
	// do runs a command; it may be told to wait, where collections are concerned.
	do := func(args ...string) bool {
		got := w.run(t, append([]string{"store", "--json"}, args...)...)
		done.Add(1)
		switch {
		case got.exit == ExitOK:
			return true
		case got.exit == ExitFailed && strings.Contains(got.stdout, `"unavailable"`) &&
			(strings.Contains(got.stdout, "in use") || strings.Contains(got.stdout, "under way")):
			waited.Add(1)
		default:
			t.Errorf("%v: exit %d, %s%s", args, got.exit, got.stdout, got.stderr)
		}
		return false
	}
	end := time.Now().Add(2 * time.Second)
	var all sync.WaitGroup
	loop := func(round func(i int)) {
		all.Go(func() {
			for i := 1; time.Now().Before(end) && !t.Failed(); i++ {
				round(i)
			}
		})
	}
	loop(func(i int) {
		path, files := source(i)
		writeFiles(t, path, files)
		do("put", path)
		if i > 2 {
			old, _ := source(i - 2)
			do("rm", old)
		}
	})
	loop(func(int) {
		out := t.TempDir()
		do("get", first.ID, "-o", out)
		sameTree(t, treeOf(t, path), treeOf(t, filepath.Join(out, "0")))
	})
	loop(func(int) { do("ls", first.ID) })
	for range 2 {
		loop(func(int) { do("gc") })
	}
	all.Wait()
	t.Logf("%d commands, of which %d were told to wait", done.Load(), waited.Load())
	if done.Load() < 20 {
		t.Error("too few for anything to meet")
	}
	w.store(t, nil, "gc")
	w.store(t, nil, "check", "--read-data")
}
