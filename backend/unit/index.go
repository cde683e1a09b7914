package unit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"inos/backend/input"
)

// maxIndexBytes bounds the index file: some 30 KiB a plugin at most.
const maxIndexBytes = 32 << 20

// index remembers what was found out about each file, so that an unchanged one is not read again.
// It is a cache: whatever is wrong with it, it is made anew.
type index struct {
	path    string
	Program string                `json:"program"` // whose checks these are
	Files   map[string]indexEntry `json:"files"`   // by path
	changed bool
}

type indexEntry struct {
	ModTime time.Time  `json:"modTime"`
	Info    PluginInfo `json:"info"`
}

// openIndex reads the index. One that another build wrote is dropped: its checks may differ.
func openIndex(path string) *index {
	fresh := &index{path: path, Program: programStamp(), Files: map[string]indexEntry{}}
	b, err := input.ReadFile(path, maxIndexBytes)
	if err != nil {
		return fresh
	}
	old := &index{path: path}
	if json.Unmarshal(b, old) != nil || old.Program != fresh.Program || old.Files == nil {
		return fresh
	}
	old.dropInvalid()
	return old
}

// dropInvalid forgets what nobody may have written: the file is only as safe as its folder.
func (x *index) dropInvalid() {
	for path, e := range x.Files {
		accepted := e.Info.Manifest != nil && e.Info.Manifest.Validate() == nil
		if e.Info.Path != path || !accepted && e.Info.Refused == "" {
			delete(x.Files, path)
		}
	}
}

// programStamp changes with every build of this program.
func programStamp() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	st, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return path + " " + st.ModTime().UTC().Format(time.RFC3339Nano)
}

// get is what is known about an unchanged file.
func (x *index) get(path string, st os.FileInfo) (PluginInfo, bool) {
	e, ok := x.Files[path]
	if !ok || !e.ModTime.Equal(st.ModTime()) || e.Info.Bytes != st.Size() {
		return PluginInfo{}, false
	}
	e.Info.Dropped = nil // that is the book's to say
	return e.Info, true
}

// drop makes the file be looked at anew.
func (x *index) drop(path string) {
	delete(x.Files, path)
	x.changed = true
}

func (x *index) put(st os.FileInfo, info PluginInfo) {
	x.Files[info.Path] = indexEntry{st.ModTime(), info}
	x.changed = true
}

// keepOnly forgets files that are gone.
func (x *index) keepOnly(seen map[string]bool) {
	for path := range x.Files {
		if !seen[path] {
			delete(x.Files, path)
			x.changed = true
		}
	}
}

// save writes the index if it changed, all or nothing. A read-only data folder only costs time.
func (x *index) save() {
	if !x.changed || x.path == "" {
		return
	}
	b, err := json.Marshal(x)
	if err != nil {
		return
	}
	tmp, err := os.CreateTemp(filepath.Dir(x.path), ".plugins-*")
	if err != nil {
		return
	}
	_, err = tmp.Write(b)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil || os.Rename(tmp.Name(), x.path) != nil {
		_ = os.Remove(tmp.Name())
		return
	}
	x.changed = false
}
