package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/disk"
)

// The key's file: three lines, of which the last is the BLAKE3 of the first two.
const keyHeader = "INOS local store 1"

var errKey = errors.New("this is no key of a local store, or it is damaged")

func encodeKey(key [32]byte) []byte {
	text := keyHeader + "\n" + hex.EncodeToString(key[:]) + "\n"
	digest := blake3.Sum256([]byte(text))
	return []byte(text + hex.EncodeToString(digest[:]) + "\n")
}

func decodeKey(data []byte) (key [32]byte, generation uint64, err error) {
	_, rest, _ := strings.Cut(string(data), "\n")
	text, _, _ := strings.Cut(rest, "\n")
	raw, err := hex.DecodeString(text)
	if err != nil || copy(key[:], raw) != len(key) || string(encodeKey(key)) != string(data) {
		return [32]byte{}, 0, errKey
	}
	return key, 1, nil
}

func (s *Store) keyTwin() disk.Twin[[32]byte] {
	return disk.Twin[[32]byte]{FS: s.fs, Name: Folder + "/key", Decode: decodeKey}
}

// open is the space as it is there; fs.ErrNotExist when there is none, and ErrLost when none can be
// read.
func (s *Store) open() (*store.Space, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened()
}

func (s *Store) opened() (*store.Space, error) {
	key, copies, err := s.keyTwin().Read()
	if err != nil {
		s.space = nil
		return nil, s.unreadable(err, copies)
	}
	if s.space != nil && s.key == key {
		return s.space, nil
	}
	sp, err := store.New(disk.Below(s.fs, Folder), key).Space(store.Main)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, fs.ErrNotExist
	case errors.Is(err, disk.ErrDamaged) && !ofSystem(err):
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	case err != nil:
		return nil, err
	}
	s.space, s.key = sp, key
	s.hurt = copies[0].Err != nil || copies[1].Err != nil
	return sp, nil
}

// ofSystem says that a file could not be read, which may pass.
func ofSystem(err error) bool {
	var refused *fs.PathError
	return errors.As(err, &refused)
}

// unreadable tells a key that is damaged, or gone from what it opened, from one that was never made.
func (s *Store) unreadable(err error, copies [2]disk.Copy) error {
	switch {
	case errors.Is(err, errKey) && !ofSystem(err):
		return fmt.Errorf("%w: %w", ErrLost, err)
	case !errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(opLocal, fault.Unavailable, copies[0].Name, fault.Bare(err), fault.DiskRemedy(err))
	}
	left, err := s.fs.List(Folder + "/spaces")
	if err != nil {
		return fault.Wrap(opLocal, fault.Unavailable, Folder, fault.Bare(err), "")
	}
	if len(left) > 0 {
		return fmt.Errorf("%w: its key is gone", ErrLost)
	}
	return fs.ErrNotExist
}

// make is open for who writes: what is not there is made, and what nobody can read is set aside.
func (s *Store) make(ctx context.Context) (*store.Space, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp, err := s.opened()
	if err == nil && !s.hurt || err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrLost) {
		return sp, err
	}
	unlock, err := s.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	sp, err = s.opened() // another process may have made it
	switch {
	case err == nil && s.hurt:
		return sp, s.writeKey(s.key)
	case errors.Is(err, ErrLost):
		err = s.setAside()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return sp, err
	}
	return s.create(ctx)
}

// writeKey writes both copies.
func (s *Store) writeKey(key [32]byte) error {
	err := s.fs.Mkdir(Folder)
	if err == nil {
		err = s.keyTwin().Write(encodeKey(key))
	}
	return fault.Wrap(opLocal, fault.Unavailable, Folder, fault.Bare(err), fault.DiskRemedy(err))
}

// setAside keeps what nobody can read, in case somebody can; fs.ErrNotExist when that is done.
func (s *Store) setAside() error {
	to := Folder + "-damaged-" + s.now().UTC().Format("20060102-150405.000000")
	if err := s.fs.Rename(Folder, to); err != nil {
		return fault.Wrap(opLocal, fault.Unavailable, Folder, fault.Bare(err), fault.DiskRemedy(err))
	}
	return fs.ErrNotExist
}

func (s *Store) create(ctx context.Context) (*store.Space, error) {
	key, _, err := s.keyTwin().Read()
	if err != nil { // else somebody who was killed came this far
		_, _ = rand.Read(key[:]) // never fails
		if err := s.writeKey(key); err != nil {
			return nil, err
		}
	}
	sp, err := store.New(disk.Below(s.fs, Folder), key).Create(ctx, store.Settings{Name: store.Main})
	if err == nil {
		s.space, s.key = sp, key
	}
	return sp, err
}

// Patience with who makes or sets aside the store at this moment.
const (
	patience = 10 * time.Second
	pause    = 5 * time.Millisecond
)

func (s *Store) alone(ctx context.Context) (unlock func(), err error) {
	if err := s.fs.Mkdir("."); err != nil {
		return nil, fault.Wrap(opLocal, fault.Unavailable, Folder, fault.Bare(err), fault.DiskRemedy(err))
	}
	for end := time.Now().Add(patience); ; {
		unlock, taken, err := s.fs.Lock(lockFile, true)
		if err != nil || taken {
			return unlock, fault.Wrap(opLocal, fault.Unavailable, lockFile, err, fault.DiskRemedy(err))
		}
		if time.Now().After(end) {
			return nil, fault.New(opLocal, fault.Unavailable, Folder, "another INOS is making it", "try again")
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, fault.Wrap(opLocal, fault.Canceled, Folder, context.Cause(ctx), "")
		}
	}
}
