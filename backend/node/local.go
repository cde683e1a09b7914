package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"inos/backend/dropin"
	"inos/backend/durable"
	"inos/backend/store/disk"
	"inos/backend/store/local"
	"inos/backend/store/tree"
)

// LocalStore is the store of a data folder that needs no passphrase. Nothing is read or made yet, and
// no node need run.
func LocalStore(dataDir string) *local.Store {
	return local.Open(disk.Dir(StoreFolder(dataDir)), time.Now)
}

// versions keeps plugin files in the local store. Those that an earlier INOS kept as files are taken
// over.
type versions struct {
	store *local.Store
	old   dropin.Folder
}

func newVersions(dataDir string, s *local.Store) versions {
	return versions{s, dropin.Folder(filepath.Join(dataDir, dropin.VersionsFolder))}
}

func pluginFile(digest string) local.Item { return local.Item{Sort: tree.Plugin, Name: digest} }

// Keep implements dropin.Versions.
func (v versions) Keep(digest string, wasm []byte) error {
	return v.store.Keep(context.Background(), pluginFile(digest), wasm)
}

// Get implements dropin.Versions.
func (v versions) Get(digest string) ([]byte, error) {
	if !dropin.IsDigest(digest) {
		return nil, dropin.NotKept
	}
	wasm, err := v.store.Load(context.Background(), pluginFile(digest), dropin.MaxBytes)
	if err == nil && dropin.DigestOf(wasm) == digest {
		return wasm, nil
	}
	if old, err := v.old.Get(digest); err == nil {
		return old, nil
	}
	switch {
	case err == nil || errors.Is(err, local.ErrLost):
		return nil, dropin.Hurt
	case errors.Is(err, fs.ErrNotExist):
		return nil, dropin.NotKept
	}
	return nil, err
}

// Retain implements dropin.Versions.
func (v versions) Retain(digests map[string]bool) error {
	if err := v.takeOver(digests); err != nil {
		return err
	}
	keep := func(digest string) bool { return digests[digest] }
	return v.store.Forget(context.Background(), tree.Plugin, keep)
}

// takeOver moves the files of an earlier INOS into the store. Each is deleted when the store has it.
func (v versions) takeOver(digests map[string]bool) error {
	there, err := v.old.Digests()
	if err != nil {
		return err
	}
	for _, digest := range there {
		wasm, err := v.old.Get(digest)
		if err == nil && digests[digest] {
			err = v.Keep(digest, wasm)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // damaged ones go
			return err
		}
		if err := v.old.Drop(digest); err != nil {
			return err
		}
	}
	durable.Sweep(string(v.old), ".wasm")
	_ = os.Remove(string(v.old)) // unless somebody else put something there
	return nil
}
