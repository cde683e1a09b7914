// Package settings keeps what the user tells each plugin once: values in a file of the data folder,
// secrets in the keychain of the system and nowhere else.
//
// Like a grant, a setting belongs to a plugin's id and to the hand that it came from, its holder: a
// plugin of the same id from another hand reads none of it.
package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/statefile"
)

const opGet, opSet = "settings.get", "settings.set"

// Owner is whose settings they are.
type Owner struct {
	Plugin string // id
	Holder string // unit.PluginInfo.Holder
}

// account names a secret in the keychain. A holder is long, and may be any text.
func (o Owner) account(name string) string {
	hash := sha256.Sum256([]byte(o.Holder))
	return o.Plugin + "/" + name + "/" + hex.EncodeToString(hash[:16])
}

// State is what can be told about a setting without the keychain.
type State struct {
	// Value counts now; nil: it is a secret.
	Value any `json:"value"`
	// Set: the user has set it; otherwise Value is the default.
	Set bool `json:"set"`
	// Misfit is what the user has set and this version of the plugin does not take.
	Misfit any `json:"misfit,omitempty"`
}

// Store keeps the settings of a data folder. Safe for concurrent use; what another process changes
// counts from the next question on.
type Store struct {
	file     *statefile.File[document]
	keychain Keychain
}

// Open is the store of a data folder, which need not exist.
func Open(dataDir string, k Keychain) *Store {
	path := filepath.Join(dataDir, "plugin-settings.json")
	return &Store{file: statefile.New(path, maxFileBytes, (*document).check), keychain: k}
}

// State never asks the keychain, which might ask the user.
func (s *Store) State(o Owner, p *manifest.Param) (State, error) {
	d, err := s.file.Read()
	if err != nil {
		return State{}, err
	}
	e := d.find(o)
	if p.Secret {
		return State{Set: slices.Contains(e.Secrets, p.Name)}, nil
	}
	kept, there := e.Values[p.Name]
	if v, err := p.Coerce(kept); there && err == nil {
		return State{Value: p.Plain(v), Set: true}, nil
	}
	return State{Value: p.Default, Misfit: kept}, nil
}

// Names are those that the user has set, sorted, secrets included.
func (s *Store) Names(o Owner) ([]string, error) {
	d, err := s.file.Read()
	if err != nil {
		return nil, err
	}
	e := d.find(o)
	names := append(slices.Collect(maps.Keys(e.Values)), e.Secrets...)
	slices.Sort(names)
	return names, nil
}

// Get is what counts for a plugin: what the user has set as far as it fits the plugin's version,
// else the default. A secret that is not set is an error of kind NotFound.
func (s *Store) Get(ctx context.Context, o Owner, p *manifest.Param) (manifest.Value, error) {
	state, err := s.State(o, p)
	if err != nil {
		return manifest.Value{}, err
	}
	if !p.Secret {
		return p.Coerce(state.Value)
	}
	secret, err := "", ErrNotFound
	if state.Set {
		secret, err = s.keychain.Get(ctx, o.account(p.Name))
	}
	if errors.Is(err, ErrNotFound) {
		return manifest.Value{}, fault.New(opGet, fault.NotFound, p.Name, "you have not set this secret",
			"set it with: inos plugin set "+o.Plugin+" "+p.Name)
	}
	if err != nil {
		return manifest.Value{}, err
	}
	return p.Coerce(secret)
}

// Set keeps a value, or a secret, which must fit. It may wait for the user to unlock the keychain,
// as long as ctx does.
func (s *Store) Set(ctx context.Context, o Owner, p *manifest.Param, given any) error {
	v, err := p.Coerce(given)
	switch {
	case err != nil:
		return err
	case !utf8.ValidString(v.Text):
		return fault.New(opSet, fault.Invalid, p.Name, "this is no UTF-8 text", "")
	case p.Secret && v.Text == "":
		return fault.New(opSet, fault.Invalid, p.Name, "an empty secret is none", "take it back with --unset")
	case p.Secret:
		err = s.keychain.Set(ctx, o.account(p.Name), v.Text)
	}
	if err != nil {
		return err
	}
	return s.file.Change(func(d *document) error {
		e, err := d.entry(o)
		if err == nil {
			e.keep(p, v)
		}
		return err
	})
}

// Clear takes a setting back, also one that this version of the plugin does not have. It reports
// whether there was one.
func (s *Store) Clear(ctx context.Context, o Owner, name string) (bool, error) {
	d, err := s.file.Read()
	if err != nil {
		return false, err
	}
	if slices.Contains(d.find(o).Secrets, name) { // first: what is still there must not be forgotten
		err := s.keychain.Delete(ctx, o.account(name))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
	}
	there := false
	err = s.file.Change(func(d *document) error {
		there = d.drop(o, name)
		return nil
	})
	return there, err
}
