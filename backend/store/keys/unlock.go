package keys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"inos/backend/fault"
)

// Passphrase says where one comes from.
type Passphrase struct {
	// Given was told beforehand; empty: it was not.
	Given string
	// Ask is asked when nothing else opens the store; nil: there is nobody to ask.
	Ask func(ctx context.Context) (string, error)
}

// Unlock finds the master key: by the passphrase that was given, else in the keychain, else by the
// passphrase that is asked for. A given one counts for nothing where none is set. Nothing is written.
// The error is of kind Denied where the key is wrong or missing.
func (k *Keys) Unlock(ctx context.Context, from Passphrase) (Master, error) {
	headers, _, err := k.headers()
	if err != nil {
		return Master{}, err
	}
	files, _, filesErr := k.sealed()
	unset := errors.Is(filesErr, fs.ErrNotExist)
	if from.Given != "" && !unset {
		return unseal(headers, files, filesErr, from.Given)
	}
	m, err := k.fromChain(ctx, headers)
	switch {
	case err == nil:
		return m, nil
	case ctx.Err() != nil:
		return Master{}, fault.Wrap(opKey, fault.Canceled, subject, context.Cause(ctx), "")
	case unset:
		return Master{}, notInChain(err)
	case filesErr != nil:
		return Master{}, filesErr
	case from.Ask == nil:
		return Master{}, fault.New(opKey, fault.Denied, subject, "it is locked by a passphrase",
			"give it with --passphrase-fd N or in INOS_PASSPHRASE")
	}
	given, err := from.Ask(ctx)
	if err != nil {
		return Master{}, err
	}
	return unseal(headers, files, nil, given)
}

// unseal tries each copy, the newest first: while a change is not finished, the old passphrase and
// the new one both open the store.
func unseal(
	headers []good[header], files []good[sealed], filesErr error, passphrase string,
) (Master, error) {
	if filesErr != nil {
		return Master{}, filesErr
	}
	foreign := false
	for i, f := range files {
		if i > 0 && f.value == files[0].value {
			continue
		}
		m, opens, err := f.value.open(passphrase)
		switch {
		case err != nil:
			return Master{}, fault.Wrap(opKey, fault.Internal, subject, err, "")
		case opens && proved(headers, m):
			return m, nil
		}
		foreign = foreign || opens
	}
	if foreign {
		return Master{}, fault.New(opKey, fault.Denied, subject,
			"the passphrase fits, but "+sealedName+" is that of another store", recovery)
	}
	return Master{}, fault.New(opKey, fault.Denied, subject, "the passphrase is wrong",
		"try again; if it is lost, "+recovery)
}

// proved says whether one of the copies of the store's file is of this key.
func proved(headers []good[header], m Master) bool {
	return slices.ContainsFunc(headers, func(h good[header]) bool { return h.value.of(m) })
}

// Prove says whether this is the store's key: an error of kind Denied says that it is not.
func (k *Keys) Prove(m Master) error {
	headers, _, err := k.headers()
	if err == nil && !proved(headers, m) {
		err = errNotTheKey()
	}
	return err
}

func errNotTheKey() error {
	return fault.New(opKey, fault.Denied, subject, "this is the key of another store",
		"see inos store key status, and take the recovery sheet with that store id")
}

var errForeignEntry = errors.New("the entry of this store in the keychain holds another key")

// fromChain is the key that the keychain has for this store; kind NotFound: it has none.
func (k *Keys) fromChain(ctx context.Context, headers []good[header]) (Master, error) {
	var first error
	for i, h := range headers {
		if i > 0 && h.value.id == headers[0].value.id {
			continue
		}
		text, err := k.chain.Get(ctx, account(h.value.id))
		var m Master
		if err == nil {
			m, err = fromEntry(h.value.id, text)
		}
		if err == nil && !proved(headers, m) {
			err = errForeignEntry
		}
		if err == nil {
			return m, nil
		}
		if first == nil {
			first = err
		}
	}
	return Master{}, first
}

const setAnew = "set a new passphrase with the 24 words of the recovery sheet: inos store key import"

// notInChain is the error where the keychain alone has the key, and does not give it.
func notInChain(err error) error {
	switch {
	case notThere(err):
		return fault.New(opKey, fault.Denied, subject,
			"its key is not in the keychain, and no passphrase is set", setAnew)
	case errors.Is(err, errEntry), errors.Is(err, errForeignEntry):
		return fault.Wrap(opKey, fault.Denied, subject, err, recovery)
	}
	next := setAnew
	if f := fault.As(err); f != nil {
		err = errors.New(f.Message())
		if f.Next != "" {
			next = f.Next + ", or " + setAnew
		}
	}
	return fault.Wrap(opKey, fault.Unavailable, subject,
		fmt.Errorf("no passphrase is set, and the keychain does not give its key: %w", err), next)
}
