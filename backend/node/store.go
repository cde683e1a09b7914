package node

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"inos/backend/settings"
	"inos/backend/store"
	"inos/backend/store/disk"
	"inos/backend/store/keys"
)

// StoreFolder is where the store of a data folder lies.
func StoreFolder(dataDir string) string { return filepath.Join(dataDir, "store") }

// StoreKeys are the keys of that store. Nothing is read, and no node need run. A nil keychain is the
// system's.
func StoreKeys(dataDir string, chain settings.Keychain) *keys.Keys {
	if chain == nil {
		chain = settings.SystemKeychain()
	}
	return keys.Open(disk.Dir(StoreFolder(dataDir)), chain)
}

// OpenStore is the store of a folder, whose key is known.
func OpenStore(folder string, key keys.Master) *store.Store { return store.New(disk.Dir(folder), key) }

// KeychainUsable says whether the keychain answers. A nil keychain is the system's.
func KeychainUsable(ctx context.Context, chain settings.Keychain) bool {
	if chain == nil {
		chain = settings.SystemKeychain()
	}
	ctx, cancel := context.WithTimeout(ctx, keychainPatience)
	defer cancel()
	_, err := chain.Get(ctx, "store")
	return err == nil || errors.Is(err, settings.ErrNotFound)
}

// keychainPatience is how long the keychain may take to say that it is there.
const keychainPatience = 5 * time.Second
