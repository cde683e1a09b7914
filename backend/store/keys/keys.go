package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk"
)

const (
	opKey   = "store.key"
	subject = "store"

	folder   = "keys"
	lockName = "keys/lock"
	// spaces is where the store keeps what this package's key opens.
	spaces = "spaces"
)

// ErrNoStore says that there is none in this folder.
var ErrNoStore = errors.New("there is no store here yet")

// ErrThere says that there is one, so none is made.
var ErrThere = errors.New("there is a store already")

// Keys are those of one store.
type Keys struct {
	fs    disk.FS
	chain Keychain
	// Cost is what the next passphrase that is set will take to guess.
	Cost Cost
	// patience is how long others that change keys are waited for.
	patience time.Duration
}

// Open gives the keys of the store in a folder. Nothing is read yet.
func Open(fsys disk.FS, chain Keychain) *Keys { return &Keys{fsys, chain, DefaultCost, lockPatience} }

// ID names the store. The error is ErrNoStore when there is none.
func (k *Keys) ID() (ID, error) {
	headers, _, err := k.headers()
	if err != nil {
		return ID{}, err
	}
	return headers[0].value.id, nil
}

// Protection is what a new store's key is kept by: a passphrase, the keychain, or both.
type Protection struct {
	Passphrase string
	Keychain   bool
}

// Create makes the key of a new store, and the store's two files last: until they are there, there
// is no store. What an attempt that failed has left is no harm to the next one.
func (k *Keys) Create(ctx context.Context, by Protection) (ID, Master, error) {
	var id ID
	var m Master
	_, _ = rand.Read(id[:]) // never fails
	_, _ = rand.Read(m[:])
	if by.Passphrase == "" && !by.Keychain {
		return ID{}, Master{}, fault.New(opKey, fault.Invalid, subject, "its key needs a protection",
			"give a passphrase, or take the keychain")
	}
	err := k.locked(ctx, func() error {
		if err := k.vacant(); err != nil {
			return err
		}
		if by.Keychain {
			if err := k.intoChain(ctx, id, m); err != nil {
				return err
			}
		}
		if err := k.first(m, id, by.Passphrase); err != nil {
			return err
		}
		// After an error there may be a store, so what protects it stays.
		return diskFault(k.storeTwin().Write(newHeader(id, m).encode()))
	})
	if err != nil {
		return ID{}, Master{}, err
	}
	return id, m, nil
}

// first sets the first passphrase, or none: what an earlier attempt has left is of no store.
func (k *Keys) first(m Master, id ID, passphrase string) error {
	if passphrase == "" {
		return diskFault(k.sealedTwin().Remove())
	}
	return k.write(m, id, passphrase)
}

// vacant refuses a folder where another key is in use, or was.
func (k *Keys) vacant() error {
	if _, _, err := k.headers(); err == nil {
		return fault.Wrap(opKey, fault.Invalid, subject, ErrThere, "")
	} else if !errors.Is(err, ErrNoStore) {
		return err
	}
	left, err := k.fs.List(spaces)
	if err == nil && len(left) > 0 {
		return fault.New(opKey, fault.Denied, subject,
			"its files store.a and store.b are gone, and what it holds is still there",
			"put one of them back from a backup")
	}
	return diskFault(err)
}

func (k *Keys) storeTwin() disk.Twin[header] {
	return disk.Twin[header]{FS: k.fs, Name: storeName, Decode: decodeHeader}
}

func (k *Keys) sealedTwin() disk.Twin[sealed] {
	return disk.Twin[sealed]{FS: k.fs, Name: sealedName, Decode: decodeSealed}
}

// good is a copy that can be read.
type good[T any] struct {
	disk.Copy
	value T
}

// both reads a twin: the copies that are good, the newest first, and how both were found.
func both[T any](twin disk.Twin[T]) ([]good[T], [2]disk.Copy, error) {
	var values []T
	decode := twin.Decode
	twin.Decode = func(data []byte) (T, uint64, error) {
		value, generation, err := decode(data)
		if err == nil {
			values = append(values, value)
		}
		return value, generation, err
	}
	_, copies, err := twin.Read()
	var out []good[T]
	for _, c := range copies {
		if c.Err == nil {
			out = append(out, good[T]{c, values[len(out)]})
		}
	}
	slices.SortStableFunc(out, func(a, b good[T]) int {
		switch {
		case a.Generation > b.Generation:
			return -1
		case a.Generation < b.Generation:
			return 1
		}
		return 0
	})
	return out, copies, err
}

// headers are the good copies of the store's file, at least one.
func (k *Keys) headers() ([]good[header], [2]disk.Copy, error) {
	found, copies, err := both(k.storeTwin())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, copies, fault.Wrap(opKey, fault.NotFound, subject, ErrNoStore, "")
	}
	return found, copies, unreadable(storeName, err)
}

// sealed are the good copies of the key under a passphrase; fs.ErrNotExist: none is set.
func (k *Keys) sealed() ([]good[sealed], [2]disk.Copy, error) {
	found, copies, err := both(k.sealedTwin())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, copies, err
	}
	return found, copies, unreadable(sealedName, err)
}

const recovery = "set it anew with the 24 words of the recovery sheet: inos store key import"

func unreadable(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNewer):
		return fault.Wrap(opKey, fault.Unavailable, subject, fmt.Errorf("%s: %w", name, errNewer),
			"use that version")
	case name == sealedName:
		return fault.New(opKey, fault.Denied, subject,
			"both copies of "+name+" are damaged, so no passphrase opens it", recovery)
	}
	return fault.Wrap(opKey, fault.Denied, subject, fmt.Errorf("%s.a and %s.b: %w", name, name, err),
		"put one of them back from a backup")
}

func diskFault(err error) error {
	return fault.Wrap(opKey, fault.Unavailable, subject, fault.Bare(err), fault.DiskRemedy(err))
}

// How long somebody waits for others that change keys: with the keychain that may take some seconds.
const (
	lockPatience = 15 * time.Second
	lockPause    = 5 * time.Millisecond
)

// locked makes this process the only one that changes keys. It sweeps up what others left half
// written; what cannot be swept, the next one tries again.
func (k *Keys) locked(ctx context.Context, change func() error) error {
	if err := k.fs.Mkdir(folder); err != nil {
		return diskFault(err)
	}
	unlock, err := k.hold(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	_ = disk.Sweep(k.fs, ".")
	_ = disk.Sweep(k.fs, folder)
	return change()
}

func (k *Keys) hold(ctx context.Context) (unlock func(), err error) {
	for end := time.Now().Add(k.patience); ; {
		unlock, taken, err := k.fs.Lock(lockName, true)
		switch {
		case err != nil:
			return nil, diskFault(err)
		case taken:
			return unlock, nil
		case time.Now().After(end):
			return nil, fault.New(opKey, fault.Unavailable, subject, "another INOS is changing its keys", "try again when it is done")
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return nil, fault.Wrap(opKey, fault.Canceled, subject, context.Cause(ctx), "")
		}
	}
}
