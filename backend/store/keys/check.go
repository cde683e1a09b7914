package keys

import (
	"context"
	"errors"
	"io/fs"

	"inos/backend/fault"
	"inos/backend/store/disk"
)

// What Check finds beside damage.
var (
	ErrStale   = errors.New("it is older than the other copy: a change was not finished")
	ErrForeign = errors.New("it is that of another store")
	ErrDiffers = errors.New("it differs from the other copy")
)

// State is how the key is kept.
type State struct {
	ID ID
	// Passphrase says that one is set. PassphraseErr: one is, and its file cannot be read.
	Passphrase    bool
	PassphraseErr error
	// Keychain says that the key is in the keychain. KeychainErr: it is not known, or is of no use.
	Keychain    bool
	KeychainErr error
}

// State tells how the key is kept, without needing it. It asks the keychain.
func (k *Keys) State(ctx context.Context) (State, error) {
	headers, _, err := k.headers()
	if err != nil {
		return State{}, err
	}
	s := State{ID: headers[0].value.id}
	if _, _, err := k.sealed(); err == nil {
		s.Passphrase = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		s.PassphraseErr = err
	}
	if _, err := k.fromChain(ctx, headers); err == nil {
		s.Keychain = true
	} else if !notThere(err) {
		s.KeychainErr = err
	}
	return s, nil
}

// Check says how each copy of each file was found; a nil Err: it is as it should be. A key, where it
// is known, tells more than nil.
func (k *Keys) Check(m *Master) []disk.Copy {
	headers, stores, err := k.headers()
	if errors.Is(err, ErrNoStore) {
		return nil
	}
	out := judged(stores, headers, func(h header) error {
		switch {
		case m != nil && !h.of(*m):
			return ErrForeign
		case m == nil && h != headers[0].value:
			return ErrDiffers
		}
		return nil
	})
	files, copies, err := k.sealed()
	if errors.Is(err, fs.ErrNotExist) {
		return out
	}
	ours := func(s sealed) bool { return len(headers) == 0 || known(headers, m, s.id) }
	newest := newestOf(files, ours)
	return append(out, judged(copies, files, func(s sealed) error {
		switch {
		case !ours(s):
			return ErrForeign
		case s.generation < newest.generation:
			return ErrStale
		case s != *newest:
			return ErrDiffers
		}
		return nil
	})...)
}

// known says whether a store id is that of this store.
func known(headers []good[header], m *Master, id ID) bool {
	for _, h := range headers {
		if h.value.id == id && (m == nil || h.value.of(*m)) {
			return true
		}
	}
	return false
}

// judged adds to how copies were read what is wrong with those that could be.
func judged[T any](copies [2]disk.Copy, found []good[T], wrong func(T) error) []disk.Copy {
	for i, c := range copies {
		for _, g := range found {
			if g.Name == c.Name {
				copies[i].Err = wrong(g.value)
			}
		}
	}
	return copies[:]
}

// Repair writes each copy that Check finds wrong again from the one that is right, and names what it
// wrote. A change of passphrase that was not finished is.
func (k *Keys) Repair(m Master) (wrote []string, err error) {
	err = k.change(context.Background(), m, func(_ []good[header], id ID) error {
		files, _, filesErr := k.sealed()
		newest := newestOf(files, func(s sealed) bool { return s.id == id })
		for _, c := range k.Check(&m) {
			data := newHeader(id, m).encode()
			if c.Name != storeName+".a" && c.Name != storeName+".b" {
				if newest == nil {
					return noneOwn(filesErr)
				}
				data = newest.encode()
			}
			if c.Err == nil || errors.Is(c.Err, errNewer) {
				continue
			}
			if err := disk.Replace(k.fs, c.Name, data); err != nil {
				return diskFault(err)
			}
			wrote = append(wrote, c.Name)
		}
		return nil
	})
	return wrote, err
}

// newestOf is the newest copy of this store; nil: there is none.
func newestOf(files []good[sealed], ours func(sealed) bool) *sealed {
	for _, f := range files {
		if ours(f.value) {
			return &f.value
		}
	}
	return nil
}

func noneOwn(err error) error {
	if err != nil {
		return err
	}
	return fault.New(opKey, fault.Denied, subject, sealedName+" is that of another store",
		"set a passphrase: inos store key change")
}
