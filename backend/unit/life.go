package unit

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/manifest"
)

const opInstall = "plugin.install"

// Install puts a copy of a plugin file into the drop-in folder, in place of the version that is
// there, which is kept. Without replace nothing is taken back: see dropin.Book.Install.
func (r *Registry) Install(path string, replace bool) (dropin.Change, *manifest.Manifest, error) {
	p, wasm, err := r.Read(path)
	if err != nil {
		return dropin.Change{}, nil, err
	}
	c, err := r.InstallRead(p, wasm, replace)
	return c, p.Manifest, err
}

// Read reads a plugin file that is to be installed, and says what it is. Nothing of it runs.
func (r *Registry) Read(path string) (PluginInfo, []byte, error) {
	wasm, err := input.ReadFile(path, dropin.MaxBytes)
	if err != nil {
		return PluginInfo{}, nil, err
	}
	m, err := manifest.ParseFile(path, wasm)
	if err != nil {
		return PluginInfo{}, nil, fault.Wrap(opInstall, fault.Invalid, path, err, "see plugins/SPEC.md")
	}
	signature, err := signatureOf(wasm)
	if err != nil {
		return PluginInfo{}, nil, fault.Wrap(opInstall, fault.Denied, path, err, "")
	}
	found := []PluginInfo{{
		Path: path, Bytes: int64(len(wasm)), Digest: dropin.DigestOf(wasm), Manifest: m, Signature: &signature,
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judgeSigners(found)
	return found[0], wasm, nil
}

// InstallRead is Install for a file as Read has read it.
func (r *Registry) InstallRead(p PluginInfo, wasm []byte, replace bool) (dropin.Change, error) {
	if err := r.mayInstall(p.Manifest); err != nil {
		return dropin.Change{}, err
	}
	return r.book.Install(dropin.File{
		ID: p.Manifest.ID, Version: p.Manifest.Version, Digest: p.Digest, Key: p.Signature.Key,
		Name: filepath.Base(p.Path), Wasm: wasm,
	}, replace)
}

// Recorded is what is known of the plugins of the drop-in folder, removed ones included.
func (r *Registry) Recorded() (dropin.State, error) {
	if r.book == nil {
		return dropin.State{}, nil
	}
	return r.book.Read()
}

// Present is the manifest of the version that is recorded for id; nil: there is none.
func (r *Registry) Present(id string) *manifest.Manifest {
	s, err := r.Recorded()
	if err != nil || s.Plugins[id].Removed() {
		return nil
	}
	wasm, err := r.book.Get(s.Plugins[id].Digest)
	if err != nil {
		return nil
	}
	m, err := manifest.ParseFile(r.book.Path(s.Plugins[id].File), wasm)
	if err != nil {
		return nil
	}
	return m
}

// mayInstall finds what would keep the plugin from being used once it is there.
func (r *Registry) mayInstall(m *manifest.Manifest) error {
	if r.book == nil {
		return fault.New(opInstall, fault.Unavailable, m.ID, "this node has no drop-in folder", "")
	}
	for _, p := range r.Plugins() {
		if p.Refused != "" || r.isDropIn(filepath.Dir(p.Path)) && p.Manifest.ID == m.ID {
			continue
		}
		if p.Manifest.ID == m.ID {
			return fault.New(opInstall, fault.Denied, m.ID, "it is there already, in "+p.Path, "")
		}
		for _, u := range m.Units {
			if p.offers() && p.Manifest.FindUnit(u.Name) != nil {
				return fault.New(opInstall, fault.Denied, m.ID, fmt.Sprintf(
					"unit %s is there already, from %s", u.Name, p.Path), "remove or disable that plugin")
			}
		}
	}
	return nil
}

// Book is what changes the plugins of the drop-in folder, and the id of the one that name means: an
// id, its last part, the plugin's name or one of its units.
func (r *Registry) Book(name string) (*dropin.Book, string, error) {
	if r.book == nil {
		return nil, "", fault.New("plugin.find", fault.Unavailable, short(name), "this node has no drop-in folder", "")
	}
	plugins := r.Plugins()
	s, err := r.book.Read()
	if err != nil {
		return nil, "", err
	}
	if _, known := s.Plugins[name]; known {
		return r.book, name, nil
	}
	meant := map[string]bool{}
	for id := range s.Plugins {
		if lastPart(id) == name {
			meant[id] = true
		}
	}
	elsewhere := ""
	for i := range plugins {
		p := &plugins[i]
		switch {
		case p.Refused != "" || !p.isCalled(name):
		case p.Dropped != nil:
			meant[p.Manifest.ID] = true
		default:
			elsewhere = p.Path
		}
	}
	id, err := onlyOne(name, meant, elsewhere)
	return r.book, id, err
}

func lastPart(id string) string { return id[strings.LastIndexByte(id, '.')+1:] }

func (p *PluginInfo) isCalled(name string) bool {
	m := p.Manifest
	return m.ID == name || lastPart(m.ID) == name || strings.EqualFold(m.Name, name) || m.FindUnit(name) != nil
}

func onlyOne(name string, meant map[string]bool, elsewhere string) (string, error) {
	var ids []string
	for id := range meant {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	const op = "plugin.find"
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return "", fault.New(op, fault.Invalid, short(name), "this could be "+strings.Join(ids, " or "),
			"give the whole id")
	case elsewhere != "":
		return "", fault.New(op, fault.Denied, short(name),
			"it does not lie in the drop-in folder but in "+elsewhere, "only plugins of the drop-in folder can be changed")
	}
	return "", fault.New(op, fault.NotFound, short(name), "no such plugin is in the drop-in folder",
		"see inos plugin list")
}
