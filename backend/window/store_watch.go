package window

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// changeQuiet is how long changes are gathered before the store is looked at.
const changeQuiet = 200 * time.Millisecond

// rewatch begins to watch the store's folder, or ends it: nobody does for a panel that is hidden.
func (s *Store) rewatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsee != nil {
		s.unsee()
		s.unsee = nil
	}
	if !s.shown || s.open == nil {
		return
	}
	ctx, stop := context.WithCancel(s.open.ctx)
	s.unsee = stop
	o := s.open
	o.work.Add(1)
	go func() {
		defer o.work.Done()
		s.watchFolder(ctx, o)
	}()
}

// watchFolder tells the page when another process, or this one, has changed what is in the store. Where
// the system cannot watch, the page still looks when it gets the focus.
func (s *Store) watchFolder(ctx context.Context, o *opened) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return
	}
	defer w.Close()
	watchSpaces(w, s.Folder)
	before := o.fingerprint()
	var quiet <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-w.Events:
			if !ok {
				return
			}
			if quiet == nil {
				quiet = time.After(changeQuiet)
			}
		case _, ok := <-w.Errors: // an overflow: something has changed
			if !ok {
				return
			}
		case <-quiet:
			quiet = nil
			watchSpaces(w, s.Folder)
			if now := o.fingerprint(); now != before {
				before = now
				s.Emit(StoreChangedEvent, nil)
			}
		}
	}
}

// watchSpaces watches the folders where versions and settings appear. What is gone is no loss.
func watchSpaces(w *fsnotify.Watcher, folder string) {
	spaces := filepath.Join(folder, "spaces")
	_ = w.Add(spaces)
	entries, _ := os.ReadDir(spaces)
	for _, e := range entries {
		_ = w.Add(filepath.Join(spaces, e.Name()))
		_ = w.Add(filepath.Join(spaces, e.Name(), "packs"))
	}
}

// fingerprint is another one when the page would show something else.
func (o *opened) fingerprint() [sha256.Size]byte {
	h := sha256.New()
	spaces, _ := o.store.Spaces() // of what cannot be read nothing is to be seen
	for _, sp := range spaces {
		fmt.Fprintln(h, sp.ID, sp.Settings())
		versions, _ := sp.Versions()
		for _, v := range versions {
			fmt.Fprintln(h, v.ID, v.Root.Pinned)
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}
