package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"

	"inos/plugins"
)

//go:embed all:template
var templates embed.FS

// language is one in which a plugin can be begun.
type language struct {
	name     string
	folders  []string // of the templates
	untested bool
	kit      func(put func(path string, data []byte)) error // what of the SDK goes along
}

// languages, the first one being what the book begins with.
var languages = []language{
	{name: "rust", folders: []string{"unit", "rust"}, kit: rustKit},
	{name: "c", folders: []string{"unit", "script", "c"}, kit: header},
	{name: "assemblyscript", folders: []string{"unit", "script", "assemblyscript"}},
	{name: "go", folders: []string{"go"}}, // needs WASI, so it is a foreign plugin
	{name: "zig", folders: []string{"unit", "script", "zig"}, untested: true},
}

// Languages names those that New knows.
func Languages() []string { return names(func(language) bool { return true }) }

// Tested names those whose projects the tests build.
func Tested() []string { return names(func(l language) bool { return !l.untested }) }

func names(which func(language) bool) []string {
	var names []string
	for _, l := range languages {
		if which(l) {
			names = append(names, l.name)
		}
	}
	return names
}

func (l language) files(name string) ([]file, error) {
	var files []file
	for _, folder := range l.folders {
		sub, err := fs.Sub(templates, "template/"+folder)
		if err != nil {
			return nil, err
		}
		put := func(path string, data []byte) { files = append(files, filled(path, data, name)) }
		if err := below(sub, put); err != nil {
			return nil, err
		}
	}
	if l.kit == nil {
		return files, nil
	}
	return files, l.kit(func(path string, data []byte) { files = append(files, file{path, data}) })
}

func header(put func(path string, data []byte)) error {
	data, err := plugins.Kit.ReadFile("inos.h")
	put("inos.h", data)
	return err
}

// rustKit is the SDK's three crates as a workspace of their own.
func rustKit(put func(path string, data []byte)) error {
	var broken error
	err := below(plugins.Kit, func(path string, data []byte) {
		switch path {
		case "inos.h":
			return
		case "Cargo.toml":
			data, broken = kitWorkspace(data)
		}
		put("inos/"+path, data)
	})
	return errors.Join(err, broken)
}

// kitWorkspace is the workspace of our plugins with the SDK's crates alone.
func kitWorkspace(workspace []byte) ([]byte, error) {
	before, rest, found := bytes.Cut(workspace, []byte("members = ["))
	_, after, closed := bytes.Cut(rest, []byte("]"))
	if !found || !closed {
		return nil, errors.New("the workspace of the plugins has no members")
	}
	const members = `members = ["abi", "sdk", "testkit"]`
	return bytes.Join([][]byte{before, []byte(members), after}, nil), nil
}
