// Package store keeps files, folders and streams: cut where their content says, compressed, sealed, each
// piece once. Nothing that it acknowledged is ever lost to a crash, a kill or a full disk, and without
// the key nothing of it can be read, or changed unseen. SPEC.md has the format and its rules.
package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
)

// opStore is the Op of the package's faults.
const opStore = "store"

// Main is the space that is used when none is named. It is made when something is first put.
const Main = "main"

const (
	spacesFolder = "spaces"
	lockFile     = "lock"
	// maxSpaces bounds how many there are.
	maxSpaces = 256
)

// Store is a folder of spaces. Safe for concurrent use; several processes may use one folder at once.
type Store struct {
	fs     disk.FS
	master *seal.Keys

	mu     sync.Mutex
	spaces map[string]*Space // by id
}

// New is the store of a folder, whose master key opens its spaces. Nothing is read yet.
func New(fsys disk.FS, master [32]byte) *Store {
	return &Store{fs: fsys, master: seal.Derive(seal.Secret(master)), spaces: map[string]*Space{}}
}

// Spaces are all spaces by name. One that cannot be opened is in the error, the others are returned.
func (s *Store) Spaces() ([]*Space, error) {
	entries, err := s.fs.List(spacesFolder)
	if err != nil {
		return nil, unavailable("the store", err)
	}
	var out []*Space
	var errs []error
	for _, e := range entries {
		if id, ok := pack.ParseID(e.Name); ok && e.Folder {
			space, err := s.space(id.String())
			if err != nil {
				errs = append(errs, err)
			} else if space != nil {
				out = append(out, space)
			}
		}
	}
	return out, several(errs)
}

// Space is the space of that name; fault.NotFound when there is none.
func (s *Store) Space(name string) (*Space, error) {
	spaces, err := s.Spaces()
	for _, sp := range spaces {
		if sp.Name() == name {
			return sp, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fault.New(opStore, fault.NotFound, name, "there is no such space", "inos store space list shows those that there are")
}

// Create makes a space.
func (s *Store) Create(ctx context.Context, set Settings) (*Space, error) {
	if err := set.check(); err != nil {
		return nil, err
	}
	unlock, err := hold(ctx, s.fs, lockFile, true)
	if err != nil {
		return nil, err
	}
	defer unlock()
	n, err := s.vacant(set.Name)
	if err != nil {
		return nil, err
	}
	if n >= maxSpaces {
		return nil, fault.Newf(opStore, fault.Budget, set.Name, "there are %d spaces, which is the most", maxSpaces)
	}
	return s.make(set)
}

// vacant refuses a name that a space has, and counts them; the store's lock is held.
func (s *Store) vacant(name string) (spaces int, err error) {
	all, err := s.Spaces()
	if err != nil {
		return 0, err
	}
	for _, sp := range all {
		if sp.Name() == name {
			return 0, fault.New(opStore, fault.Invalid, name, "there is such a space", "choose another name")
		}
	}
	return len(all), nil
}

func (s *Store) make(set Settings) (made *Space, err error) {
	var raw pack.ID
	var secret seal.Secret
	_, _ = rand.Read(raw[:]) // never fails
	_, _ = rand.Read(secret[:])
	id := raw.String()
	root := path.Join(spacesFolder, id)
	defer func() {
		if err != nil {
			s.unmake(id)
		}
	}()
	for _, folder := range []string{".", spacesFolder, root, path.Join(root, pack.Folder)} {
		if err := s.fs.Mkdir(folder); err != nil {
			return nil, unavailable(set.Name, err)
		}
	}
	set.Created = time.Now().UnixMilli()
	file := s.spaceFile(id)
	if err := file.write(document[identity]{}, identity{Secret: hex.EncodeToString(secret[:]), Settings: set}); err != nil {
		return nil, unavailable(set.Name, err)
	}
	sp, err := s.space(id)
	if err == nil {
		sp.keepReserve()
	}
	return sp, err
}

// unmake takes away what is there of a space that could not be made. What it cannot take does no harm.
func (s *Store) unmake(id string) {
	root := path.Join(spacesFolder, id)
	_ = s.spaceFile(id).twin().Remove()
	_ = s.fs.Remove(path.Join(root, pack.Folder))
	_ = s.fs.Remove(root)
	_ = s.fs.SyncFolder(spacesFolder)
}

// space opens one; nil when its creation never came to an end.
func (s *Store) space(id string) (*Space, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sp := s.spaces[id]; sp != nil {
		return sp, sp.reload()
	}
	file := s.spaceFile(id)
	doc, copies, err := file.read()
	if err != nil {
		return nil, unopened(id, err)
	}
	if doc.Generation == 0 {
		return nil, nil
	}
	raw, err := hex.DecodeString(doc.Value.Secret)
	if err != nil || len(raw) != seal.SecretBytes {
		return nil, fault.New(opStore, fault.Damaged, "space "+id, "its secret is none", "")
	}
	sp := newSpace(disk.Below(s.fs, path.Join(spacesFolder, id)), id, file, doc, seal.Derive(seal.Secret(raw)))
	sp.copies, sp.store = copies, s
	s.spaces[id] = sp
	return sp, nil
}

func (s *Store) spaceFile(id string) state[identity] {
	return state[identity]{s.fs, path.Join(spacesFolder, id, "space"), s.master.AEAD("space", []byte(id))}
}

// How long somebody waits for a lock that is held for moments only.
const (
	lockPatience = 10 * time.Second
	lockPause    = 5 * time.Millisecond
)

// hold takes a lock that others hold for moments only.
func hold(ctx context.Context, fsys disk.FS, name string, alone bool) (unlock func(), err error) {
	for end := time.Now().Add(lockPatience); ; {
		unlock, taken, err := fsys.Lock(name, alone)
		if err != nil {
			return nil, unavailable("the store", err)
		}
		if taken {
			return unlock, nil
		}
		if time.Now().After(end) {
			return nil, inUse()
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return nil, canceled(ctx)
		}
	}
}

func inUse() error {
	return fault.New(opStore, fault.Unavailable, "the store", "it is in use by another INOS", "wait until that is done, and try again")
}

func canceled(ctx context.Context) error {
	return fault.Wrap(opStore, fault.Canceled, "", fmt.Errorf("it was stopped: %w", context.Cause(ctx)), "")
}

func unavailable(subject string, err error) error {
	if fault.As(err) != nil {
		return err
	}
	return fault.Wrap(opStore, fault.Unavailable, subject, err, fault.DiskRemedy(err))
}
