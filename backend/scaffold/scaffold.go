// Package scaffold writes the project of a new plugin: source, manifest, tests, Makefile.
package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"inos/backend/fault"
)

const op = "plugin.new"

// nameForm is that of a unit (ABI-82), which no hyphen may end: it is part of the plugin's id too.
var nameForm = regexp.MustCompile(`^[a-z]([a-z0-9_]{0,21}[a-z0-9])?$`)

// Project is what was written.
type Project struct {
	Dir   string   `json:"path"`
	Name  string   `json:"name"`
	Lang  string   `json:"lang"`
	Files []string `json:"files"`
	// Untested: no test builds this template.
	Untested bool `json:"untested,omitempty"`
}

// New writes the project of the plugin name in a new folder dir. It never writes into a folder that
// is there already, and leaves nothing behind when it fails.
func New(dir, name, lang string) (*Project, error) {
	l, err := find(lang)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return nil, err
	}
	files, err := l.files(name)
	if err != nil {
		return nil, fault.Wrap(op, fault.Internal, lang, err, "")
	}
	if err := write(dir, files); err != nil {
		return nil, err
	}
	p := &Project{Dir: dir, Name: name, Lang: lang, Untested: l.untested}
	for _, f := range files {
		p.Files = append(p.Files, f.path)
	}
	return p, nil
}

func checkName(name string) error {
	if nameForm.MatchString(name) {
		return nil
	}
	return fault.New(op, fault.Invalid, name,
		"a plugin's name has 1 to 23 of a-z, 0-9 and _, a letter first and no _ last",
		"choose another, like word_count; -o says where its folder is to be")
}

func write(dir string, files []file) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return dirFault(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err == nil {
		err = errors.Join(writeAll(root, files), root.Close())
	}
	if err != nil {
		_ = os.RemoveAll(dir) // it is ours: it was not there before
		return fault.Wrap(op, fault.Unavailable, dir, fault.Bare(err), fault.DiskRemedy(err))
	}
	return nil
}

func dirFault(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return fault.New(op, fault.Invalid, dir, "it is there already, and nothing is overwritten",
			"choose another folder with -o")
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(op, fault.NotFound, filepath.Dir(dir), "there is no such folder",
			"make it first, or choose another with -o")
	}
	next := cmp.Or(fault.DiskRemedy(err), "choose another folder with -o")
	return fault.Wrap(op, fault.Unavailable, dir, fault.Bare(err), next)
}

func writeAll(root *os.Root, files []file) error {
	for _, f := range files {
		path := filepath.FromSlash(f.path)
		if err := root.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := root.WriteFile(path, f.data, f.mode()); err != nil {
			return err
		}
	}
	return nil
}

// file is one of a project: its path in it, with slashes, and what it holds.
type file struct {
	path string
	data []byte
}

// mode: scripts say themselves that they are programs, since an embedded file has no mode.
func (f file) mode() fs.FileMode {
	if strings.HasPrefix(string(f.data), "#!") {
		return 0o777
	}
	return 0o666
}

// filled puts the plugin's name in the place of the template's. A go.mod would end the embedding, so
// it is one by its name only here.
func filled(path string, data []byte, name string) file {
	path = strings.TrimSuffix(path, ".template")
	names := strings.NewReplacer("plugin_name", name, "plugin-name", strings.ReplaceAll(name, "_", "-"))
	return file{names.Replace(path), []byte(names.Replace(string(data)))}
}

// below collects the files of a folder, with their paths in it.
func below(folder fs.FS, put func(path string, data []byte)) error {
	return fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, path)
		if err == nil {
			put(path, data)
		}
		return err
	})
}

func find(lang string) (language, error) {
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == lang })
	if i < 0 {
		return language{}, fault.New(op, fault.Invalid, lang, "there is no template for this language",
			fmt.Sprintf("take one of %s", strings.Join(Languages(), ", ")))
	}
	return languages[i], nil
}
