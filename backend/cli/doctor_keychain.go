package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"inos/backend/fault"
	"inos/backend/settings"
)

const (
	forSecrets = "secret settings"
	// keychainWait is what an unlocked keychain may take.
	keychainWait = 2 * time.Second
)

// checkKeychain asks the keychain for a secret that nobody has stored.
func (a *app) checkKeychain(ctx context.Context) check {
	c := check{Name: "keychain", Needed: forSecrets, Status: fine, Detail: "it answers"}
	keychain := a.Keychain
	if keychain == nil {
		keychain = settings.SystemKeychain()
	}
	ctx, cancel := context.WithTimeout(ctx, keychainWait)
	defer cancel()
	_, err := keychain.Get(ctx, "doctor")
	if err == nil || errors.Is(err, settings.ErrNotFound) {
		return c
	}
	f := cmp.Or(fault.As(err), &fault.Error{Err: err})
	c.Status, c.Detail, c.Fix = warning, f.Message(), f.Next
	return c
}
