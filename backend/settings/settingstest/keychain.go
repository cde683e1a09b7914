// Package settingstest has a keychain for tests.
package settingstest

import (
	"context"
	"sync"

	"inos/backend/settings"
)

// Keychain keeps secrets in memory. Fault, where it is not nil, is what every call fails with.
type Keychain struct {
	mu      sync.Mutex
	secrets map[string]string
	Fault   error
}

// Get implements settings.Keychain.
func (k *Keychain) Get(_ context.Context, account string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Fault != nil {
		return "", k.Fault
	}
	secret, there := k.secrets[account]
	if !there {
		return "", settings.ErrNotFound
	}
	return secret, nil
}

// Set implements settings.Keychain.
func (k *Keychain) Set(_ context.Context, account, secret string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Fault != nil {
		return k.Fault
	}
	if k.secrets == nil {
		k.secrets = map[string]string{}
	}
	k.secrets[account] = secret
	return nil
}

// Delete implements settings.Keychain.
func (k *Keychain) Delete(ctx context.Context, account string) error {
	if _, err := k.Get(ctx, account); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.secrets, account)
	return nil
}

// Accounts are those that have a secret.
func (k *Keychain) Accounts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for account := range k.secrets {
		all = append(all, account)
	}
	return all
}
