// Package local is the store of what needs no secret and must be there without a passphrase: plugin
// files, and later what jobs made. Its key lies beside it. SPEC.md of the store, rules LOC-1 to LOC-6.
package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/disk"
	"inos/backend/store/tree"
)

const opLocal = "store.local"

// Folder is where it lies in the folder that it is opened with.
const Folder = "local"

const lockFile = "local.lock"

// Item is what something is kept under. The newest content of an item counts.
type Item struct {
	Sort tree.Sort
	// Name is one of its Sort, 1 to 4,096 bytes without NUL.
	Name string
	// Label says more about it, to people: UTF-8 on one line, up to 256 bytes.
	Label string
}

// Store keeps content by name, each piece of it once, compressed and verified. What Keep has returned
// for is on the disk, and whole, whatever happens. Safe for concurrent use, by several processes too.
type Store struct {
	fs  disk.FS
	now func() time.Time

	mu    sync.Mutex
	key   [32]byte
	space *store.Space // nil: not opened yet, or not there
	hurt  bool         // one of the key's two copies is
}

// Open is the local store in a folder. Nothing is read or made yet.
func Open(fsys disk.FS, now func() time.Time) *Store { return &Store{fs: fsys, now: now} }

// ErrLost is for what was kept and cannot be read any more.
var ErrLost = errors.New("what was kept of it is damaged")

// Keep keeps content under an item, in place of what was kept there. Content that is there, and whole,
// is not written again; what is damaged is set aside first.
func (s *Store) Keep(ctx context.Context, item Item, content []byte) error {
	sp, err := s.make(ctx)
	if err != nil {
		return err
	}
	old, err := s.Load(ctx, item, int64(len(content)))
	switch {
	case err == nil && bytes.Equal(old, content):
		return nil
	case errors.Is(err, ErrLost): // else the put would count on damaged blocks
		if _, err := sp.Repair(ctx, nothing); err != nil {
			return err
		}
	}
	_, err = sp.PutStream(ctx, item.Name, bytes.NewReader(content), store.PutOptions{Sort: item.Sort, Label: item.Label})
	return err
}

// Load is what is kept under an item, of most bytes at the most. The error is fs.ErrNotExist when
// nothing is, and ErrLost when it is damaged.
func (s *Store) Load(ctx context.Context, item Item, most int64) ([]byte, error) {
	sp, err := s.open()
	if err != nil {
		return nil, err
	}
	versions, err := sp.Versions()
	for _, v := range versions { // the newest first
		if v.Root.Sort == item.Sort && string(v.Root.Path) == item.Name {
			return read(ctx, sp, v, most)
		}
	}
	if fault.KindOf(err) == fault.Damaged { // one of the roots that cannot be read may be its
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	if err == nil {
		err = fs.ErrNotExist
	}
	return nil, err
}

func read(ctx context.Context, sp *store.Space, v store.Version, most int64) ([]byte, error) {
	size := v.Root.Top.Size
	if size > uint64(most) {
		return nil, fault.Newf(opLocal, fault.Budget, string(v.Root.Path), "it has %d bytes, %d are the most", size, most)
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	err := sp.Write(ctx, v, out)
	if fault.KindOf(err) == fault.Damaged {
		err = fmt.Errorf("%w: %w", ErrLost, err)
	}
	return out.Bytes(), err
}

// Names are those of a sort.
func (s *Store) Names(sort tree.Sort) (map[string]bool, error) {
	out := map[string]bool{}
	sp, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	versions, err := sp.Versions()
	for _, v := range versions {
		if v.Root.Sort == sort {
			out[string(v.Root.Path)] = true
		}
	}
	return out, err
}

// Forget drops all items of a sort whose names keep refuses, and gives their room back, once that is
// worth the writing: see few and Worth.
func (s *Store) Forget(ctx context.Context, sort tree.Sort, keep func(name string) bool) error {
	sp, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	versions, damaged := sp.Versions()
	gone := refused(versions, sort, keep)
	if few(gone) {
		return damaged
	}
	if err := sp.Remove(ctx, gone...); err != nil {
		return err
	}
	return errors.Join(damaged, collect(ctx, sp))
}

// refused are the versions that keep refuses, and those with newer ones of the same item.
func refused(versions []store.Version, sort tree.Sort, keep func(string) bool) (gone []store.Version) {
	seen := map[string]bool{}
	for _, v := range versions { // the newest first
		if v.Root.Sort != sort {
			continue
		}
		name := string(v.Root.Path)
		if seen[name] || !keep(name) {
			gone = append(gone, v)
		}
		seen[name] = true
	}
	return gone
}

// few says that dropping these can wait.
func few(gone []store.Version) bool {
	sum := uint64(0)
	for _, v := range gone {
		sum += v.Root.Top.Size
	}
	return sum < little && len(gone) < many
}

func nothing(string, int64, int64) {}

func collect(ctx context.Context, sp *store.Space) error {
	stat, err := sp.Stat(ctx)
	if err != nil || !Worth(stat.Stored, stat.Unused) {
		return err
	}
	_, err = sp.Collect(ctx, 0, nothing)
	return err
}

// Worth says whether a collection pays while somebody waits: much is of no use, and rewriting the rest
// is a matter of milliseconds, or is less than what is won.
func Worth(stored, unused int64) bool {
	return unused > little && (unused > stored/2 || unused > stored/4 && stored <= quick)
}

const (
	little = 1 << 20
	many   = 64
	quick  = 16 << 20 // is rewritten in some 100 ms
)

// Space is what it keeps all in; fs.ErrNotExist when nothing was ever kept.
func (s *Store) Space() (*store.Space, error) { return s.open() }

// Close lets all files go. The store may be used again.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.space != nil {
		s.space.Close()
	}
}
