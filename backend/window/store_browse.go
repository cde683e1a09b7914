package window

import (
	"context"
	"encoding/hex"
	"strings"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/tree"
)

const (
	// maxVersions and maxEntries bound what the page gets at once.
	maxVersions = 20_000
	maxEntries  = 20_000
	// maxPlaceBytes is more than the deepest place has.
	maxPlaceBytes = 2 * (tree.MaxDepth + 1) * (tree.MaxNameBytes + 1)
)

// StoreVersion is one version of what was put.
type StoreVersion struct {
	ID      string `json:"id"`
	Path    string `json:"path"`
	TimeMs  int64  `json:"timeMs"`
	Kind    string `json:"kind"` // file, folder, link
	Name    string `json:"name"` // of its top
	Bytes   uint64 `json:"bytes"`
	Files   uint64 `json:"files"`
	Folders uint64 `json:"folders"`
	Label   string `json:"label"`
	Pinned  bool   `json:"pinned"`
}

// StoreVersions are the versions in a space, the newest first.
type StoreVersions struct {
	Versions []StoreVersion `json:"versions"`
	// More says that there are older ones.
	More bool `json:"more"`
	// Damage is what cannot be read.
	Damage *fault.Error `json:"damage"`
}

// Versions are what was put into a space.
func (s *Store) Versions(space string) (StoreVersions, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StoreVersions{}, err
	}
	defer leave()
	sp, err := o.space(space)
	if err != nil {
		return StoreVersions{}, err
	}
	all, err := sp.Versions()
	if err != nil && len(all) == 0 {
		return StoreVersions{}, err
	}
	out := StoreVersions{Versions: []StoreVersion{}, More: len(all) > maxVersions, Damage: asFault(err)}
	for _, v := range all[:min(len(all), maxVersions)] {
		out.Versions = append(out.Versions, versionOf(v))
	}
	return out, nil
}

func versionOf(v store.Version) StoreVersion {
	r := v.Root
	return StoreVersion{
		ID: v.ID.String(), Path: legible(r.Path), TimeMs: inDates(r.TimeMs), Kind: kindOf(r.Top), Name: legible(r.Top.Name),
		Bytes: r.Top.Size, Files: r.Files, Folders: r.Folders, Label: legible([]byte(r.Label)), Pinned: r.Pinned,
	}
}

// StoreEntry is one name in a folder.
type StoreEntry struct {
	// Key is the name's bytes in hexadecimal: a name need not be text.
	Key    string `json:"key"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Bytes  uint64 `json:"bytes"`
	TimeMs int64  `json:"timeMs"`
	Target string `json:"target"` // of a link
}

// StoreFolder is what lies in a folder.
type StoreFolder struct {
	Entries []StoreEntry `json:"entries"`
	More    bool         `json:"more"`
}

// Entries are what lies at a place in a version: keys with slashes between them, empty for its top.
func (s *Store) Entries(space, id, place string) (StoreFolder, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StoreFolder{}, err
	}
	defer leave()
	sp, v, err := o.version(space, id)
	if err != nil {
		return StoreFolder{}, err
	}
	folder, err := entryAt(o.ctx, sp, v, place)
	if err != nil {
		return StoreFolder{}, err
	}
	out := StoreFolder{Entries: []StoreEntry{}}
	for e, err := range sp.Entries(o.ctx, folder) {
		if err != nil {
			return StoreFolder{}, err
		}
		if out.More = len(out.Entries) == maxEntries; out.More {
			break
		}
		out.Entries = append(out.Entries, entryOf(e))
	}
	return out, nil
}

func entryOf(e tree.Entry) StoreEntry {
	ms := int64(0)
	if e.Sec > -maxDateMs/1000 && e.Sec < maxDateMs/1000 {
		ms = e.Sec*1000 + int64(e.Nsec)/1_000_000
	}
	return StoreEntry{
		Key: hex.EncodeToString(e.Name), Name: legible(e.Name), Kind: kindOf(e), Bytes: e.Size,
		TimeMs: ms, Target: legible(e.Target),
	}
}

// maxDateMs is the last time that a page can show.
const maxDateMs = 8_640_000_000_000_000

func inDates(ms int64) int64 { return max(-maxDateMs, min(ms, maxDateMs)) }

func kindOf(e tree.Entry) string {
	switch e.Kind {
	case tree.Folder:
		return "folder"
	case tree.Symlink:
		return "link"
	}
	return "file"
}

// entryAt finds a place in a version.
func entryAt(ctx context.Context, sp *store.Space, v store.Version, place string) (tree.Entry, error) {
	e := v.Root.Top
	if place == "" {
		return e, nil
	}
	none := fault.New(opStore, fault.NotFound, legible(v.Root.Path), "there is nothing at that place in it", "")
	if len(place) > maxPlaceBytes {
		return e, none
	}
next:
	for key := range strings.SplitSeq(place, "/") {
		for child, err := range sp.Entries(ctx, e) {
			if err != nil {
				return e, err
			}
			if hex.EncodeToString(child.Name) == key {
				e = child
				continue next
			}
		}
		return e, none
	}
	return e, nil
}

// legible is text of any origin as the page may show it: one line of UTF-8, without marks that turn
// the direction of the writing.
func legible(raw []byte) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 {
			return '\ufffd'
		}
		return r
	}, oneLine(strings.ToValidUTF8(string(raw), "\ufffd")))
}

// Pin makes a version stay, or lets it go again.
func (s *Store) Pin(space, id string, pinned bool) error {
	o, leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	sp, v, err := o.version(space, id)
	if err != nil {
		return err
	}
	return sp.Pin(o.ctx, v, pinned)
}

// Remove takes a version away. A pinned one stays.
func (s *Store) Remove(space, id string) error {
	o, leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	sp, v, err := o.version(space, id)
	if err != nil {
		return err
	}
	if v.Root.Pinned {
		return fault.New(opStore, fault.Denied, legible(v.Root.Path), "it is pinned", "unpin it first")
	}
	return sp.Remove(o.ctx, v)
}
