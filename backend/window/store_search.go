package window

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"inos/backend/store"
	"inos/backend/store/tree"
)

const (
	searchTime = 3 * time.Second
	// maxSearch bounds the text, maxFound what is found, maxLooked the names that are looked at.
	maxSearch = 256
	maxFound  = 500
	maxLooked = 2_000_000
)

// StoreFound is a name, or a path, with the text in it.
type StoreFound struct {
	Version StoreVersion `json:"version"`
	// Place is where in the version; empty: the version itself.
	Place string     `json:"place"`
	Shown string     `json:"shown"` // the place in words
	Entry StoreEntry `json:"entry"`
}

// StoreSearch is what a search found.
type StoreSearch struct {
	Found  []StoreFound `json:"found"`
	Looked int          `json:"looked"` // names
	// Whole says that nothing was left out.
	Whole bool `json:"whole"`
}

// Search looks for a text in the paths of all versions and in the names in them, the newest first; of
// what lies at the same place in several versions, the newest is told. Another search, or an empty one, ends it.
func (s *Store) Search(space, text string) (StoreSearch, error) {
	out := StoreSearch{Found: []StoreFound{}}
	o, leave, err := s.enter()
	if err != nil {
		return out, err
	}
	defer leave()
	ctx, stop := context.WithTimeout(o.ctx, searchTime)
	defer stop()
	s.mu.Lock()
	if s.search != nil {
		s.search()
	}
	s.search = stop
	s.mu.Unlock()
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" || len(text) > maxSearch {
		return out, nil
	}
	sp, err := o.space(space)
	if err != nil {
		return out, err
	}
	versions, err := sp.Versions()
	if err != nil && len(versions) == 0 {
		return out, err
	}
	f := finder{space: sp, ctx: ctx, text: text, seen: map[tree.Name]bool{}, told: map[string]bool{}, out: &out}
	err = f.all(versions)
	out.Whole = err == nil
	if errors.Is(err, errEnough) || ctx.Err() != nil {
		err = nil // what was found is shown
	}
	return out, err
}

// errEnough ends what has enough.
var errEnough = errors.New("that is enough")

type finder struct {
	space *store.Space
	ctx   context.Context
	text  string
	seen  map[tree.Name]bool // folders
	told  map[string]bool    // paths with places: of what many versions have, the newest is told
	out   *StoreSearch
}

func (f *finder) all(versions []store.Version) error {
	for _, v := range versions {
		if f.has(legible(v.Root.Path)) {
			if err := f.add(StoreFound{Version: versionOf(v), Entry: entryOf(v.Root.Top)}); err != nil {
				return err
			}
		}
	}
	for _, v := range versions {
		if err := f.folder(v, v.Root.Top, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) folder(v store.Version, e tree.Entry, keys, names []string) error {
	if e.Kind != tree.Folder || f.seen[e.Content.Name] {
		return nil
	}
	f.seen[e.Content.Name] = true
	for child, err := range f.space.Entries(f.ctx, e) {
		if err != nil {
			return err
		}
		if f.out.Looked++; f.out.Looked > maxLooked || f.ctx.Err() != nil {
			return errEnough
		}
		name := legible(child.Name)
		key := append(keys[:len(keys):len(keys)], hex.EncodeToString(child.Name))
		path := append(names[:len(names):len(names)], name)
		if f.has(name) {
			if err := f.add(StoreFound{versionOf(v), strings.Join(key, "/"), strings.Join(path, "/"), entryOf(child)}); err != nil {
				return err
			}
		}
		if err := f.folder(v, child, key, path); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) has(name string) bool { return strings.Contains(strings.ToLower(name), f.text) }

func (f *finder) add(found StoreFound) error {
	at := found.Version.Path + "\x00" + found.Place
	if f.told[at] {
		return nil
	}
	f.told[at] = true
	if len(f.out.Found) == maxFound {
		return errEnough
	}
	f.out.Found = append(f.out.Found, found)
	return nil
}
