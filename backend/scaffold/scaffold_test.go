package scaffold

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/manifest"
)

// newProject writes a project into a folder of the test and returns that.
func newProject(t *testing.T, name, lang string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if _, err := New(dir, name, lang); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAProjectHasItsOwnNameEverywhere(t *testing.T) {
	for _, lang := range Languages() {
		dir := filepath.Join(t.TempDir(), "somewhere")
		p, err := New(dir, "word_count", lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Files {
			data, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil || len(data) == 0 {
				t.Errorf("%s: %s has %d bytes, %v", lang, path, len(data), err)
			}
			if bytes.Contains(data, []byte("plugin_name")) || bytes.Contains(data, []byte("plugin-name")) {
				t.Errorf("%s: %s speaks of plugin_name", lang, path)
			}
		}
	}
}

func TestTheManifestOfAProjectIsValid(t *testing.T) {
	for _, name := range []string{"a", "word_count", "a__b", "abcdefghijklmnopqrstuv9"} {
		text, err := os.ReadFile(filepath.Join(newProject(t, name, "c"), "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.ParseJSON(text)
		if err != nil || m.Units[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstRustPluginHas30Lines(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(newProject(t, "hello", "rust"), "src", "lib.rs"))
	if n := bytes.Count(source, []byte("\n")); err != nil || n > 30 {
		t.Errorf("it has %d, %v", n, err)
	}
}

func TestNamesThatNoUnitMayHaveAreRefused(t *testing.T) {
	for _, name := range []string{
		"", "-", "_", "a_", "_a", "A", "Hello", "a-b", "a.b", "a/b", "../a", "..", ".", "/etc", `a\b`, "a b",
		"1a", "ä", "a\n", "a\x00", "a$(id)", "a'b", "--lang", "abcdefghijklmnopqrstuvwx", strings.Repeat("a", 4000),
	} {
		dir := filepath.Join(t.TempDir(), "new")
		_, err := New(dir, name, "c")
		f := fault.As(err)
		if f == nil || f.Kind != fault.Invalid || !strings.Contains(f.Message(), "a-z, 0-9 and _") || f.Next == "" {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%q: something was written", name)
		}
	}
}

func TestALanguageWithoutATemplateIsRefused(t *testing.T) {
	for _, lang := range []string{"", "cobol", "Rust", "../rust", "unit"} {
		_, err := New(filepath.Join(t.TempDir(), "new"), "hello", lang)
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || !strings.Contains(f.Next, "rust, c, assemblyscript, go, zig") {
			t.Errorf("%q: %v", lang, err)
		}
	}
}

// What is there already stays as it is, whatever it is.
func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	for what, make := range map[string]func(path string) error{
		"a file":            func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) },
		"an empty folder":   func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":            func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a link to nowhere": func(path string) error { return os.Symlink(filepath.Join(dir, "none"), path) },
	} {
		path := filepath.Join(dir, what)
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(path, "hello", "c")
		if f := fault.As(err); f == nil || !strings.Contains(f.Message(), "there already") || f.Subject != path {
			t.Errorf("%s: %v", what, err)
		}
		after, err := os.Lstat(path)
		if err != nil || !after.ModTime().Equal(before.ModTime()) || after.Mode() != before.Mode() {
			t.Errorf("%s was changed: %v", what, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Error("a link led to a folder that was made")
	}
}

func TestAFolderThatCannotBeMadeIsNamed(t *testing.T) {
	_, err := New(filepath.Join(t.TempDir(), "none", "hello"), "hello", "c")
	if f := fault.As(err); f == nil || f.Kind != fault.NotFound || filepath.Base(f.Subject) != "none" || f.Next == "" {
		t.Errorf("%v", err)
	}
}
