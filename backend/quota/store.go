package quota

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"inos/backend/fault"
	"inos/backend/statefile"
)

const opSet = "quota.set"

// Bounds of the document.
const (
	maxFileBytes = 4 << 20
	maxPlugins   = 4096
	maxID        = 128
)

// document is the file.
type document struct {
	Plugins map[string]Limits `json:"plugins"`
}

func (d *document) check() error {
	if len(d.Plugins) > maxPlugins {
		return fmt.Errorf("%d plugins, at most %d are kept", len(d.Plugins), maxPlugins)
	}
	for id, l := range d.Plugins {
		if id == "" || len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' }) {
			return errors.New("the id of a plugin is none")
		}
		for i := range Kinds {
			k := &Kinds[i]
			if v := k.Of(l); v != 0 && (v < k.Min || v > k.Max) {
				return fmt.Errorf("%s: %s=%d is below %d or above %d", id, k.Key, v, k.Min, k.Max)
			}
		}
	}
	return nil
}

// Store keeps the limits of a data folder. Safe for concurrent use; what another process changes
// counts from the next question on.
type Store struct {
	file *statefile.File[document]

	mu   sync.Mutex
	last map[string]Limits
}

// Open is the store of a data folder, which need not exist.
func Open(dataDir string) *Store {
	path := filepath.Join(dataDir, "limits.json")
	return &Store{file: statefile.New(path, maxFileBytes, (*document).check)}
}

// Of is what the user has set for a plugin. With an error it is what was set when the file could
// be read last: a damaged file frees nobody.
func (s *Store) Of(plugin string) (Limits, error) {
	d, err := s.file.Read()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.last = d.Plugins
	}
	return s.last[plugin], err
}

// Set keeps a limit, which must fit its kind.
func (s *Store) Set(plugin string, k *Kind, value uint64) error {
	return s.file.Change(func(d *document) error {
		l, known := d.Plugins[plugin]
		if !known && len(d.Plugins) >= maxPlugins {
			return fault.Newf(opSet, fault.Budget, plugin, "the limits of %d plugins are kept already",
				maxPlugins)
		}
		*k.field(&l) = value
		return d.put(plugin, l)
	})
}

// Reset takes a limit back, all of the plugin's when k is nil.
func (s *Store) Reset(plugin string, k *Kind) error {
	return s.file.Change(func(d *document) error {
		l := d.Plugins[plugin]
		if k == nil {
			l = Limits{}
		} else {
			*k.field(&l) = 0
		}
		return d.put(plugin, l)
	})
}

// put replaces the map: who has read the old one goes on reading it.
func (d *document) put(plugin string, l Limits) error {
	next := map[string]Limits{plugin: l}
	for id, other := range d.Plugins {
		if id != plugin {
			next[id] = other
		}
	}
	if l == (Limits{}) {
		delete(next, plugin)
	}
	d.Plugins = next
	return d.check()
}
