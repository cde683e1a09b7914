package unit

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pollEvery is how often folders are looked at that the system does not tell about.
const pollEvery = time.Second

// Watcher looks through the plugin folders whenever something changes there, and tells what is new.
// While nothing changes it sleeps without a timer. It is a service.
type Watcher struct {
	registry *Registry
	tell     func(News)
	log      *slog.Logger
	hidden   atomic.Bool
	shown    chan struct{}
	// open is fsnotify's; a test has one that fails.
	open func() (*fsnotify.Watcher, error)
}

// NewWatcher makes a watcher, from which on the registry takes no half-written file. tell is called
// for each piece of news, one after the other.
func NewWatcher(r *Registry, tell func(News), log *slog.Logger) *Watcher {
	r.mu.Lock()
	r.settling = newSettling(time.Now)
	r.mu.Unlock()
	return &Watcher{registry: r, tell: tell, log: log, shown: make(chan struct{}, 1), open: fsnotify.NewWatcher}
}

// SetVisible says whether anybody would see what is new. Where it has to look by itself it rests
// until then.
func (w *Watcher) SetVisible(visible bool) {
	w.hidden.Store(!visible)
	if visible {
		w.Wake()
	}
}

// Wake makes it look now.
func (w *Watcher) Wake() {
	select {
	case w.shown <- struct{}{}:
	default: // it is about to look
	}
}

// String names the service in the supervisor's messages.
func (w *Watcher) String() string { return "plugin folders" }

// Serve watches until ctx ends.
func (w *Watcher) Serve(ctx context.Context) error {
	events, err := w.open()
	if err != nil {
		w.log.Warn("plugin folders are looked at once a second, for want of a watch", "error", err)
		return w.poll(ctx)
	}
	defer events.Close()
	if err := w.watch(events); err != nil {
		w.log.Warn("plugin folders are looked at once a second", "error", err)
		return w.poll(ctx)
	}
	for due := w.lookAgain(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-events.Events:
			if !ok {
				return errors.New("the watch ended")
			}
			if w.folderWent(e) {
				return errors.New(e.Name + " was moved or removed") // started again, it looks anew
			}
			if soon := time.Now().Add(quiet / 3); w.matters(e) && (due.IsZero() || soon.Before(due)) {
				due = soon // and no later, however often it is written
			}
			continue
		case err := <-events.Errors: // too many at once, say
			w.log.Debug("plugin folders", "error", err)
		case <-timerAt(due):
		case <-w.shown:
		}
		due = w.lookAgain()
	}
}

// timerAt is nil, which never comes, for no time.
func timerAt(due time.Time) <-chan time.Time {
	if due.IsZero() {
		return nil
	}
	return time.After(time.Until(due))
}

// lookAgain looks and says when to do so again; zero: when something changes.
func (w *Watcher) lookAgain() time.Time {
	if again := w.look(); again > 0 {
		return time.Now().Add(again)
	}
	return time.Time{}
}

func (w *Watcher) look() (again time.Duration) {
	news, again := w.registry.Look()
	for _, n := range news {
		w.tell(n)
	}
	return again
}

// poll looks once a second while somebody can see what is new.
func (w *Watcher) poll(ctx context.Context) error {
	for {
		again := w.look()
		timer := time.After(pollEvery)
		if again > 0 {
			timer = time.After(min(again, pollEvery))
		}
		if w.hidden.Load() {
			timer = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer:
		case <-w.shown:
		}
	}
}

func (w *Watcher) watch(events *fsnotify.Watcher) error {
	for _, folder := range w.registry.watched() {
		if err := events.Add(folder); err != nil {
			return err
		}
	}
	return nil
}

// watched are the folders that plugins come from, and the one with the book in it.
func (r *Registry) watched() []string {
	var out []string
	for _, f := range r.folders {
		out = append(out, f.Path)
	}
	if r.book != nil {
		out = append(out, filepath.Dir(r.book.StatePath()))
	}
	return out
}

func (w *Watcher) matters(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	book := w.registry.book
	return filepath.Ext(name) == pluginExtension && name[0] != '.' ||
		book != nil && name == filepath.Base(book.StatePath())
}

func (w *Watcher) folderWent(e fsnotify.Event) bool {
	if !e.Has(fsnotify.Remove) && !e.Has(fsnotify.Rename) {
		return false
	}
	for _, folder := range w.registry.watched() {
		if filepath.Clean(folder) == filepath.Clean(e.Name) {
			return true
		}
	}
	return false
}
