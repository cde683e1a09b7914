package unit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/zeebo/blake3"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/trust"
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
	// book, where there is one, decides about the files of its folder.
	book       *dropin.Book
	mayReplace MayReplace
	told       string // the last trouble with the book
	tell       func(text string)
	bookStat   os.FileInfo // of its state, when that was read

	mu   sync.Mutex
	safe bool // only bundled plugins are used
	// settling is there where a watcher is; news is for it.
	settling *settling
	news     []News
	index    *index
	scanned  bool
	plugins  []PluginInfo
	units    map[string]int // unit name -> index into plugins
}

// NewRegistry makes a registry. indexPath is its cache file; empty: none. refused is called for
// each file that is refused for the first time; may be nil.
func NewRegistry(folders []Folder, indexPath string, refused func(PluginInfo)) *Registry {
	if refused == nil {
		refused = func(PluginInfo) {}
	}
	return &Registry{folders: folders, refused: refused, index: &index{path: indexPath},
		tell: func(string) {}}
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
		if !p.offers() {
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
	return !ok || r.book != nil && !sameState(r.bookStat, stat(r.book.StatePath()))
}

// Load reads the plugin's file and makes sure that it is the one that was checked.
func (r *Registry) Load(p PluginInfo) (*host.Plugin, error) {
	wasm, digest, err := r.readPlugin(p.Path)
	if (err != nil || hex.EncodeToString(digest[:]) != p.Digest) && p.Dropped != nil {
		wasm, digest, err = r.kept(p.Digest)
	}
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

// kept is the copy of a plugin whose file is just being replaced.
func (r *Registry) kept(digest string) ([]byte, [32]byte, error) {
	wasm, err := r.book.Get(digest)
	return wasm, blake3.Sum256(wasm), err
}

// hint says what units there are, and that a file could not be used: it may be the one that was
// meant.
func (r *Registry) hint() string {
	names := slices.Sorted(maps.Keys(r.units))
	text := "the units are " + strings.Join(names, ", ")
	if len(names) == 0 {
		text = "there are no plugins; put a .wasm file into the plugin folder"
	}
	var refused, disabled []string
	for _, p := range r.plugins {
		switch {
		case p.Refused != "":
			refused = append(refused, filepath.Base(p.Path))
		case p.Disabled():
			disabled = append(disabled, p.Manifest.ID)
		}
	}
	if len(disabled) > 0 {
		text += "; disabled: " + short(strings.Join(disabled, ", "))
	}
	if len(refused) > 0 {
		text += fmt.Sprintf("; not used: %s (inos plugin list says why)", short(strings.Join(refused, ", ")))
	}
	return text
}

// used are the folders that plugins are taken from.
func (r *Registry) used() []Folder {
	if !r.safe {
		return r.folders
	}
	return slices.DeleteFunc(slices.Clone(r.folders), func(f Folder) bool { return !f.Bundled })
}

// SetSafe says whether only the plugins that came with the program are used.
func (r *Registry) SetSafe(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.safe = on
}

// scan brings the list up to date. The caller holds r.mu.
func (r *Registry) scan() {
	if !r.scanned {
		r.index = openIndex(r.index.path)
	}
	r.settling.begin()
	known := r.readBook()
	seen := map[string]bool{}
	var found []PluginInfo
	for _, f := range r.used() {
		found = append(found, r.scanFolder(f, known, seen)...)
	}
	r.index.keepOnly(seen)
	r.settling.keepOnly(seen)
	r.index.save()
	r.judgeSigners(found)
	notes := r.judge(found, known)
	r.accept(found)
	r.record(found, notes, known)
	r.scanned = true
}

// accept settles who may use which name: earlier folders win, then files that were there before,
// then earlier names.
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
				if p.offers() {
					units[u.Name] = i
				}
			}
			continue
		}
		p.Dropped = nil
		if before[p.Path] != p.Refused {
			r.refused(*p)
		}
	}
	r.compare(r.plugins, found)
	r.plugins, r.units = found, units
}

func clash(p *PluginInfo, ids map[string]string, units map[string]int, all []PluginInfo) string {
	if path, taken := ids[p.Manifest.ID]; taken {
		return fmt.Sprintf("plugin %s is there already, in %s", p.Manifest.ID, path)
	}
	for _, u := range p.Manifest.Units {
		if i, taken := units[u.Name]; taken && p.offers() {
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
