package unit

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/thejerf/suture/v4"

	"inos/backend/host/hosttest"
)

// watched is a drop-in folder under a watcher.
type watched struct {
	*dropFolder
	watcher *Watcher
	mu      sync.Mutex
	news    []News
}

func watch(t *testing.T, change func(*watched)) *watched {
	t.Helper()
	w := &watched{dropFolder: newDropFolder(t, nil)}
	w.watcher = NewWatcher(w.Registry, func(n News) {
		w.mu.Lock()
		w.news = append(w.news, n)
		w.mu.Unlock()
	}, slog.New(slog.DiscardHandler))
	if change != nil {
		change(w)
	}
	root := suture.NewSimple("test")
	root.Add(w.watcher)
	ctx, cancel := context.WithCancel(context.Background())
	done := root.ServeBackground(ctx)
	t.Cleanup(func() { cancel(); <-done })
	until(t, "the first look", func() bool {
		w.Registry.mu.Lock()
		defer w.Registry.mu.Unlock()
		return w.scanned
	})
	return w
}

func (w *watched) take() []News {
	w.mu.Lock()
	defer w.mu.Unlock()
	news := w.news
	w.news = nil
	return news
}

// awaits waits for the next piece of news and returns when it came.
func (w *watched) awaits(t *testing.T, kind NewsKind, version string) time.Time {
	t.Helper()
	var news []News
	until(t, "news", func() bool { news = w.take(); return len(news) > 0 })
	if len(news) != 1 || news[0].Kind != kind || news[0].Plugin.Manifest.Version != version {
		t.Fatalf("%+v, want %d of %s", news, kind, version)
	}
	return time.Now()
}

// copySlowly writes a file in pieces, as a slow disk or network does.
func copySlowly(t *testing.T, path string, wasm []byte, pieces int, pause time.Duration, look func()) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range pieces {
		from, to := i*len(wasm)/pieces, (i+1)*len(wasm)/pieces
		if _, err := f.Write(wasm[from:to]); err != nil {
			t.Fatal(err)
		}
		look()
		if i < pieces-1 {
			time.Sleep(pause) // the pause is what is tested
		}
	}
}

func TestASlowlyCopiedPluginIsListedOnceItIsWholeAndSoon(t *testing.T) {
	for name, pause := range map[string]time.Duration{"in a stream": 30 * time.Millisecond, "with breaks": 400 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, nil)
			wasm := hosttest.Edition(t, hosttest.Adder, version("1.0.0"))
			copySlowly(t, filepath.Join(w.book.Folder(), "adder.wasm"), wasm, 8, pause, func() {
				if units, news := w.Units(), w.take(); len(units) > 0 || len(news) > 0 {
					t.Errorf("half of it is listed: %v, %v", units, news)
				}
				for _, p := range w.Plugins() {
					t.Errorf("half of it is judged: %s", p.Refused)
				}
			})
			whole := time.Now()
			took := w.awaits(t, Added, "1.0.0").Sub(whole)
			if took > time.Second {
				t.Errorf("it took %s", took)
			}
			t.Logf("listed %s after the copy's end", took)
			if len(w.Units()) != 1 {
				t.Error("it is not listed")
			}
		})
	}
}

func TestAFileThatStaysNoPluginIsRefusedInTheEnd(t *testing.T) {
	w := watch(t, nil)
	wasm := hosttest.Edition(t, hosttest.Adder, version("1.0.0"))
	path := w.put(t, "half.wasm", wasm[:len(wasm)/2])
	put := time.Now()
	until(t, "the refusal", func() bool { return len(w.Plugins()) == 1 })
	if p := w.Plugins()[0]; p.Refused == "" || time.Since(put) < patient-50*time.Millisecond {
		t.Errorf("%q after %s", p.Refused, time.Since(put))
	}
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Added, "1.0.0")
}

// Whoever looks at a picture does not see that a hundred files came.
func TestManyFilesAtOnceAreLookedIntoAFewAtATime(t *testing.T) {
	w := watch(t, nil)
	staged, old := t.TempDir(), time.Now().Add(-time.Hour)
	var names []string
	for i := range 3*inspections + 1 {
		name := strconv.Itoa(i) + ".wasm"
		path := write(t, staged, name, []byte("no plugin"))
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	began := time.Now()
	for _, name := range names {
		if err := os.Rename(filepath.Join(staged, name), w.book.Path(name)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all are judged", func() bool {
		n := len(w.Plugins())
		if most := inspections * (int(time.Since(began)/breather) + 2); n > most {
			t.Errorf("%d were judged in %s", n, time.Since(began))
		}
		return n == len(names)
	})
	if took := time.Since(began); took < 2*breather {
		t.Errorf("it took %s", took)
	}
}

func TestTheWatcherTellsOfEveryChange(t *testing.T) {
	w := watch(t, nil)
	path := w.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	w.awaits(t, Added, "1.0.0")
	next := write(t, t.TempDir(), "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.1.0")))
	if _, _, err := w.Install(next, false); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Changed, "1.1.0")
	for _, off := range []bool{true, false} {
		if _, err := w.book.SetDisabled("dev.inos.adder", off); err != nil {
			t.Fatal(err)
		}
		w.awaits(t, map[bool]NewsKind{true: Disabled, false: Added}[off], "1.1.0")
	}
	if _, err := w.book.Rollback("dev.inos.adder"); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Changed, "1.0.0")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Removed, "1.0.0")
}

func TestWithoutAWatchItLooksOnceASecondWhileItIsSeen(t *testing.T) {
	w := watch(t, func(w *watched) {
		w.watcher.open = func() (*fsnotify.Watcher, error) { return nil, errors.New("too many open files") }
	})
	w.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	w.awaits(t, Added, "1.0.0")
	w.watcher.SetVisible(false)
	until(t, "the second look", func() bool { return len(w.watcher.shown) == 0 })
	if err := os.Remove(filepath.Join(w.book.Folder(), "adder.wasm")); err != nil {
		t.Fatal(err)
	}
	w.watcher.SetVisible(true)
	w.awaits(t, Removed, "1.0.0")
}

func TestAFolderThatGoesAndComesBackIsWatchedOn(t *testing.T) {
	w := watch(t, nil)
	wasm := hosttest.Edition(t, hosttest.Adder, version("1.0.0"))
	w.put(t, "adder.wasm", wasm)
	w.awaits(t, Added, "1.0.0")
	away := w.book.Folder() + "-away"
	if err := os.Rename(w.book.Folder(), away); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Removed, "1.0.0")
	if err := os.Rename(away, w.book.Folder()); err != nil {
		t.Fatal(err)
	}
	w.awaits(t, Added, "1.0.0")
}
