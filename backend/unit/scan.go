package unit

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/blake3"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/manifest"
)

// Bounds of a plugin folder. Of more files the first by name are looked at, known ones before others.
const (
	maxPluginFiles  = 1000
	maxFolderNames  = 20_000 // read of a folder at all
	namesAtOnce     = 512
	pluginExtension = ".wasm"
)

// scanFolder looks at the files of one folder.
func (r *Registry) scanFolder(f Folder, known dropin.State, seen map[string]bool) []PluginInfo {
	names, more := pluginNames(f.Path)
	ours := r.isDropIn(f.Path)
	if ours {
		slices.SortStableFunc(names, func(a, b string) int {
			return cmp.Compare(rank(known, a), rank(known, b))
		})
	}
	var out []PluginInfo
	for i, name := range names {
		if i == maxPluginFiles {
			more = true
			break
		}
		path := filepath.Join(f.Path, name)
		seen[path] = true
		if info, ok := r.look(path, ours); ok {
			info.Bundled = f.Bundled
			out = append(out, info)
		}
	}
	if more {
		out = append(out, PluginInfo{Path: f.Path, Refused: fmt.Sprintf(
			"there are more than %d plugins in this folder; the others are not looked at", maxPluginFiles)})
	}
	return out
}

// rank puts files that are known before others.
func rank(s dropin.State, file string) int {
	if s.Owner(file) != "" {
		return 0
	}
	return 1
}

// pluginNames are the names of a folder that may be plugins, sorted; more: not all were read. What
// begins with a dot is somebody's half-written file.
func pluginNames(folder string) (names []string, more bool) {
	dir, err := os.Open(folder)
	if err != nil {
		return nil, false // no folder, no plugins
	}
	defer dir.Close()
	for n := 0; n < maxFolderNames; n += namesAtOnce {
		some, err := dir.Readdirnames(namesAtOnce)
		for _, name := range some {
			if filepath.Ext(name) == pluginExtension && !strings.HasPrefix(name, ".") {
				names = append(names, name)
			}
		}
		if err != nil { // io.EOF, or a folder that cannot be read on
			slices.Sort(names)
			return names, err != io.EOF
		}
	}
	slices.Sort(names)
	return names, true
}

// look finds out about one file, from the index where it has not changed. A file of the drop-in
// folder must lie there itself, under a name that can be shown. One that is being written is what it
// was before; false: nothing yet.
func (r *Registry) look(path string, dropIn bool) (PluginInfo, bool) {
	st, why := r.inspectable(path, dropIn)
	if why != "" {
		return PluginInfo{Path: path, Refused: why}, true
	}
	if info, ok := r.index.get(path, st); ok {
		return info, true
	}
	if !r.settling.still(path, st, quiet) {
		return r.before(path)
	}
	if r.settling.doubted(path) && !r.settling.still(path, st, patient) || r.scanned && !r.settling.may() {
		return r.before(path)
	}
	info := r.inspect(path)
	if info.Refused != "" && !r.settling.still(path, st, patient) {
		r.settling.doubt(path)
		return r.before(path)
	}
	info.Bytes = st.Size()
	r.index.put(st, info)
	return info, true
}

// before is what the file was when it was looked at last.
func (r *Registry) before(path string) (PluginInfo, bool) {
	for _, p := range r.plugins {
		if p.Path == path && p.Manifest != nil {
			p.held = true
			return p, true
		}
	}
	return PluginInfo{}, false
}

// inspectable says why a file must not even be opened.
func (r *Registry) inspectable(path string, dropIn bool) (st os.FileInfo, why string) {
	stat := os.Stat
	if dropIn {
		if err := dropin.CheckName(filepath.Base(path)); err != nil {
			return nil, err.Error()
		}
		stat = os.Lstat
	}
	st, err := stat(path)
	switch {
	case err != nil:
		return nil, fault.Bare(err).Error()
	case st.Mode()&os.ModeSymlink != 0:
		return nil, "this is a link; put the file itself there"
	case !st.Mode().IsRegular():
		return nil, "this is no regular file"
	case st.Size() > dropin.MaxBytes:
		return nil, fmt.Sprintf("it has more than %d MiB", dropin.MaxBytes>>20)
	}
	return st, ""
}

func (r *Registry) inspect(path string) PluginInfo {
	info := PluginInfo{Path: path}
	wasm, digest, err := r.readPlugin(path)
	if err != nil {
		info.Refused = bareMessage(err)
		return info
	}
	info.Digest = hex.EncodeToString(digest[:])
	if _, err := manifest.Strip(wasm); err != nil { // before a signature is made out of nothing
		info.Refused = err.Error()
		return info
	}
	signature, broken := signatureOf(wasm)
	info.Signature = &signature
	m, err := manifest.ParseFile(path, wasm)
	if err := cmp.Or(broken, err); err != nil {
		info.Refused = err.Error()
		return info
	}
	info.Manifest = m
	return info
}

func (r *Registry) readPlugin(path string) ([]byte, [32]byte, error) {
	read := input.ReadFile
	if r.isDropIn(filepath.Dir(path)) {
		read = input.ReadUnlinked
	}
	wasm, err := read(path, dropin.MaxBytes)
	if err != nil {
		return nil, [32]byte{}, err
	}
	return wasm, blake3.Sum256(wasm), nil
}

// bareMessage leaves out the path, which stands beside it.
func bareMessage(err error) string {
	if f := fault.As(err); f != nil {
		return f.Message()
	}
	return fault.Bare(err).Error()
}
