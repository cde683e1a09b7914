package keys

import (
	"context"
	"errors"
	"fmt"

	"inos/backend/fault"
)

// change does something to the keys of the store that m is the key of.
func (k *Keys) change(ctx context.Context, m Master, do func(headers []good[header], id ID) error) error {
	if err := k.Prove(m); err != nil { // before anything is written
		return err
	}
	return k.locked(ctx, func() error {
		headers, _, err := k.headers()
		if err != nil {
			return err
		}
		for _, h := range headers {
			if h.value.of(m) {
				return do(headers, h.value.id)
			}
		}
		return errNotTheKey()
	})
}

// SetPassphrase makes this the passphrase, in place of one that was set. Whatever happens, the old
// one or the new one opens the store; when it returns nil, only the new one.
func (k *Keys) SetPassphrase(m Master, passphrase string) error {
	ctx := context.Background() // others are waited for, but not for long
	return k.change(ctx, m, func(_ []good[header], id ID) error { return k.write(m, id, passphrase) })
}

func (k *Keys) write(m Master, id ID, passphrase string) error {
	if err := CheckPassphrase(passphrase); err != nil {
		return fault.Wrap(opKey, fault.Invalid, "passphrase", err, "")
	}
	files, _, err := k.sealed()
	if fault.KindOf(err) == fault.Unavailable { // of a newer INOS: nothing here may replace it
		return err
	}
	generation := uint64(1)
	if len(files) > 0 {
		generation = files[0].Generation + 1
	}
	s, err := seal(m, id, passphrase, k.Cost, generation)
	if err != nil {
		return fault.Wrap(opKey, fault.Internal, subject, err, "")
	}
	return diskFault(k.sealedTwin().Write(s.encode()))
}

// CheckPassphrase says why a passphrase can be none.
func CheckPassphrase(passphrase string) error {
	switch {
	case passphrase == "":
		return errors.New("an empty passphrase protects nothing")
	case len(passphrase) > MaxPassphraseBytes:
		return fmt.Errorf("the passphrase is too long: at most %d bytes are read", MaxPassphraseBytes)
	}
	return nil
}

// SetKeychain puts the key into the keychain, and looks whether it is there.
func (k *Keys) SetKeychain(ctx context.Context, m Master) error {
	return k.change(ctx, m, func(_ []good[header], id ID) error { return k.intoChain(ctx, id, m) })
}

func (k *Keys) intoChain(ctx context.Context, id ID, m Master) error {
	if err := k.chain.Set(ctx, account(id), entry(id, m)); err != nil {
		return chainFault(err)
	}
	text, err := k.chain.Get(ctx, account(id))
	if err != nil && !notThere(err) {
		return chainFault(err)
	}
	if read, err := fromEntry(id, text); err != nil || read != m {
		return fault.New(opKey, fault.Unavailable, "keychain", "it does not give back what it was given",
			"protect the store by a passphrase")
	}
	return nil
}

// chainFault keeps what the keychain itself says to do.
func chainFault(err error) error {
	if fault.As(err) != nil {
		return err
	}
	return fault.Wrap(opKey, fault.Unavailable, "keychain", err, "")
}

// RemovePassphrase takes the passphrase away, where the keychain has the key.
func (k *Keys) RemovePassphrase(ctx context.Context, m Master) error {
	return k.change(ctx, m, func(headers []good[header], _ ID) error {
		if read, err := k.fromChain(ctx, headers); err != nil || read != m {
			return fault.New(opKey, fault.Denied, subject,
				"the passphrase stays: the keychain does not have the key, so nothing else would open it",
				"put it there first: inos store key change --keychain")
		}
		return diskFault(k.sealedTwin().Remove())
	})
}

// RemoveKeychain takes the key out of the keychain, where this passphrase opens the store.
func (k *Keys) RemoveKeychain(ctx context.Context, m Master, passphrase string) error {
	return k.change(ctx, m, func(_ []good[header], id ID) error {
		if err := k.mustOpen(m, passphrase); err != nil {
			return err
		}
		err := k.chain.Delete(ctx, account(id))
		if err == nil || notThere(err) {
			return nil
		}
		return chainFault(err)
	})
}

func (k *Keys) mustOpen(m Master, passphrase string) error {
	if files, _, err := k.sealed(); err == nil {
		if read, opens, err := files[0].value.open(passphrase); err == nil && opens && read == m {
			return nil
		}
	}
	return fault.New(opKey, fault.Denied, subject,
		"the key stays in the keychain: this passphrase does not open the store, so nothing else would",
		"set one first: inos store key change --passphrase")
}
