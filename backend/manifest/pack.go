package manifest

import (
	"errors"
	"fmt"
	"slices"

	"inos/backend/fault"
)

// Parse reads the manifest out of a wasm file, checks it, and checks the module against it.
func Parse(wasm []byte) (*Manifest, error) {
	m, err := Peek(wasm)
	if err != nil {
		return nil, err
	}
	if err := Check(wasm, m); err != nil {
		return nil, err
	}
	return m, nil
}

// ParseFile is Parse for a file that may also hold a foreign module: then its manifest is made up,
// with names from the file's.
func ParseFile(name string, wasm []byte) (*Manifest, error) {
	m, err := Parse(wasm)
	if errors.Is(err, errNoManifest) {
		return adopt(name, wasm)
	}
	return m, err
}

// Peek reads and checks the manifest alone.
func Peek(wasm []byte) (*Manifest, error) {
	body, err := findSection(wasm)
	if err != nil {
		return nil, moduleError(err)
	}
	m, err := decode(body)
	if err != nil {
		return nil, fault.Wrap("manifest.parse", fault.Invalid, SectionName, err,
			"pack the plugin again with inos plugin pack")
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

var errNoManifest = errors.New("it has no manifest, so it is no INOS plugin")

func findSection(wasm []byte) ([]byte, error) {
	sections, err := walk(wasm)
	if err != nil {
		return nil, err
	}
	var body []byte
	for _, s := range sections {
		if s.id != 0 || s.name != SectionName {
			continue
		}
		if body != nil {
			return nil, fmt.Errorf("it has two sections %s", SectionName)
		}
		body = append([]byte{}, s.body...)
	}
	if body == nil {
		return nil, errNoManifest
	}
	return body, nil
}

// Pack writes the manifest into the module's custom section, in place of an older one, after both
// have been checked. A signature is left out: it was over other bytes. The input is not changed.
func Pack(wasm []byte, m *Manifest) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if m.Foreign != nil {
		return nil, fault.New("manifest.pack", fault.Invalid, m.ID,
			"a foreign module is used as it is, without a manifest", "")
	}
	if err := Check(wasm, m); err != nil {
		return nil, err
	}
	body, err := encode(m)
	if err != nil {
		return nil, fault.Wrap("manifest.pack", fault.Invalid, m.ID, err, "")
	}
	sections, err := walk(wasm)
	if err != nil {
		return nil, moduleError(err)
	}
	return appendCustom(without(wasm, sections, SectionName, SignatureName), SectionName, body), nil
}

// without is a copy of the file that lacks its custom sections of these names.
func without(wasm []byte, sections []section, names ...string) []byte {
	out := append([]byte(nil), wasmHeader...)
	for _, s := range sections {
		if s.id != 0 || !slices.Contains(names, s.name) {
			out = append(out, wasm[s.start:s.end]...)
		}
	}
	return out
}
