package unit

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"lukechampine.com/blake3"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// Bounds of the plugin folders.
const (
	maxPluginBytes = 64 << 20
	maxPluginFiles = 1000 // in one folder
)

// Folder is a place where plugins lie.
type Folder struct {
	Path    string
	Bundled bool // comes with the program: its plugins win over others of the same name
}

// Registry knows the plugins of the folders. It looks anew whenever it is asked for a list, and
// reads only files that have changed. Safe for concurrent use.
type Registry struct {
	folders []Folder
	// refused hears of each newly refused file; may be nil.
	refused func(PluginInfo)
	// publishers lists whom the user trusts; nil: nobody.
	publishers func() []trust.Publisher

	mu      sync.Mutex
	index   *index
	scanned bool
	plugins []PluginInfo
	units   map[string]int // unit name -> index into plugins
}

// NewRegistry makes a registry. indexPath is its cache file; empty: none. refused is called for
// each file that is refused for the first time; may be nil.
func NewRegistry(folders []Folder, indexPath string, refused func(PluginInfo)) *Registry {
	if refused == nil {
		refused = func(PluginInfo) {}
	}
	return &Registry{folders: folders, refused: refused, index: &index{path: indexPath}}
}

// Plugins looks through the folders and lists every wasm file there, refused ones included.
func (r *Registry) Plugins() []PluginInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scan()
	return append([]PluginInfo(nil), r.plugins...)
}

// Units looks through the folders and lists the units of the accepted plugins, by name.
func (r *Registry) Units() []Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scan()
	var out []Info
	for i := range r.plugins {
		p := &r.plugins[i]
		if p.Refused != "" {
			continue
		}
		for _, u := range p.Manifest.Units {
			out = append(out, Info{
				Name: u.Name, Doc: u.Doc, Plugin: p.Manifest.ID, Version: p.Manifest.Version,
				Ops: u.Ops, Live: u.Live,
			})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Find is the plugin that offers the unit, and the unit. Unknown names make it look for new files
// once more.
func (r *Registry) Find(name string) (PluginInfo, *manifest.Unit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.units[name]; !known || r.stale(name) {
		r.scan()
	}
	i, known := r.units[name]
	if !known {
		return PluginInfo{}, nil, fault.New("unit.find", fault.NotFound, short(name),
			"there is no such unit", r.hint())
	}
	p := r.plugins[i]
	return p, p.Manifest.FindUnit(name), nil
}

// stale reports whether the file behind a unit is not what it was.
func (r *Registry) stale(name string) bool {
	p := &r.plugins[r.units[name]]
	st, err := os.Stat(p.Path)
	if err != nil {
		return true
	}
	_, ok := r.index.get(p.Path, st)
	return !ok
}

// Load reads the plugin's file and makes sure that it is the one that was checked.
func (r *Registry) Load(p PluginInfo) (*host.Plugin, error) {
	wasm, digest, err := readPlugin(p.Path)
	if err == nil && hex.EncodeToString(digest[:]) != p.Digest {
		r.mu.Lock()
		r.index.drop(p.Path) // its size and time may be those of before
		r.scan()
		r.mu.Unlock()
		err = errors.New("the file changed while it was looked at; try again")
	}
	if err != nil {
		return nil, fault.Wrap("unit.load", fault.Unavailable, p.Manifest.ID, err, "")
	}
	return &host.Plugin{
		Manifest: p.Manifest, Digest: digest, Holder: p.Holder(), Path: p.Path, Wasm: wasm,
	}, nil
}

// hint says what units there are, and that a file could not be used: it may be the one that was
// meant.
func (r *Registry) hint() string {
	names := slices.Sorted(maps.Keys(r.units))
	text := "the units are " + strings.Join(names, ", ")
	if len(names) == 0 {
		text = "there are no plugins; put a .wasm file into the plugin folder"
	}
	var refused []string
	for _, p := range r.plugins {
		if p.Refused != "" {
			refused = append(refused, filepath.Base(p.Path))
		}
	}
	if len(refused) > 0 {
		text += fmt.Sprintf("; not used: %s (inos plugin list says why)", short(strings.Join(refused, ", ")))
	}
	return text
}

// scan brings the list up to date. The caller holds r.mu.
func (r *Registry) scan() {
	if !r.scanned {
		r.index = openIndex(r.index.path)
	}
	seen := map[string]bool{}
	var found []PluginInfo
	for _, f := range r.folders {
		found = append(found, r.scanFolder(f, seen)...)
	}
	r.index.keepOnly(seen)
	r.index.save()
	r.judge(found)
	r.accept(found)
	r.scanned = true
}

func (r *Registry) scanFolder(f Folder, seen map[string]bool) []PluginInfo {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return nil // no folder, no plugins
	}
	var out []PluginInfo
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".wasm" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(out) == maxPluginFiles {
			break
		}
		info := r.look(filepath.Join(f.Path, e.Name()))
		info.Bundled = f.Bundled
		seen[info.Path] = true
		out = append(out, info)
	}
	return out
}

// look finds out about one file, from the index where it has not changed.
func (r *Registry) look(path string) PluginInfo {
	st, err := os.Stat(path)
	if err != nil {
		return PluginInfo{Path: path, Refused: fault.Bare(err).Error()}
	}
	if !st.Mode().IsRegular() {
		return PluginInfo{Path: path, Refused: "this is no regular file"}
	}
	if info, ok := r.index.get(path, st); ok {
		return info
	}
	info := inspect(path)
	info.Bytes = st.Size()
	r.index.put(st, info)
	return info
}

func inspect(path string) PluginInfo {
	info := PluginInfo{Path: path}
	wasm, digest, err := readPlugin(path)
	if err != nil {
		info.Refused = fault.Bare(err).Error()
		return info
	}
	info.Digest = hex.EncodeToString(digest[:])
	if _, err := manifest.Strip(wasm); err != nil { // before a signature is made out of nothing
		info.Refused = err.Error()
		return info
	}
	signature, broken := signatureOf(wasm)
	info.Signature = &signature
	m, err := manifest.Parse(wasm)
	if err := cmp.Or(broken, err); err != nil {
		info.Refused = err.Error()
		return info
	}
	info.Manifest = m
	return info
}

func readPlugin(path string) ([]byte, [32]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, [32]byte{}, err
	}
	defer f.Close()
	wasm, err := io.ReadAll(io.LimitReader(f, maxPluginBytes+1))
	if err != nil {
		return nil, [32]byte{}, err
	}
	if len(wasm) > maxPluginBytes {
		return nil, [32]byte{}, fmt.Errorf("the file has more than %d MiB", maxPluginBytes>>20)
	}
	return wasm, blake3.Sum256(wasm), nil
}

// accept settles who may use which name: earlier folders win, then earlier files.
func (r *Registry) accept(found []PluginInfo) {
	before := map[string]string{}
	for _, p := range r.plugins {
		before[p.Path] = p.Refused
	}
	ids, units := map[string]string{}, map[string]int{}
	for i := range found {
		p := &found[i]
		if p.Refused == "" {
			p.Refused = clash(p, ids, units, found)
		}
		if p.Refused == "" {
			ids[p.Manifest.ID] = p.Path
			for _, u := range p.Manifest.Units {
				units[u.Name] = i
			}
			continue
		}
		if before[p.Path] != p.Refused {
			r.refused(*p)
		}
	}
	r.plugins, r.units = found, units
}

func clash(p *PluginInfo, ids map[string]string, units map[string]int, all []PluginInfo) string {
	if path, taken := ids[p.Manifest.ID]; taken {
		return fmt.Sprintf("plugin %s is there already, in %s", p.Manifest.ID, path)
	}
	for _, u := range p.Manifest.Units {
		if i, taken := units[u.Name]; taken {
			return fmt.Sprintf("unit %s is there already, from %s", u.Name, all[i].Path)
		}
	}
	return ""
}

// short cuts a name that somebody typed, for messages.
func short(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
