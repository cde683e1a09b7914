package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/bench"
)

func TestInspectExplainsToPeople(t *testing.T) {
	s := newStand(t)
	got := s.inos(t.Context(), "plugin", "inspect", s.install(t, "echo.wasm"))
	for _, want := range []string{"Echo 1.0.0", "dev.inos.echo", "no permissions"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q lacks %q", got.stdout, want)
		}
	}
}

func TestPackLeavesNothingBehindWhenItFails(t *testing.T) {
	wasm, err := bench.EchoPlugin()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ module, manifest, want string }{
		"no module":        {"", "", "module.wasm"},
		"text as module":   {"hello", "", "module.wasm"},
		"half a module":    {string(wasm[:len(wasm)/2]), "", "module.wasm"},
		"no JSON":          {string(wasm), "{", "manifest.json"},
		"an empty object":  {string(wasm), "{}", ""},
		"a deep manifest":  {string(wasm), strings.Repeat("[", 100_000), "manifest.json"},
		"a huge manifest":  {string(wasm), strings.Repeat(" ", maxManifestBytes+1), "more than 1 MiB"},
		"a binary for one": {string(wasm), string(wasm), "manifest.json"},
	} {
		s := newStand(t)
		module, manifest := filepath.Join(s.dir, "module.wasm"), filepath.Join(s.dir, "manifest.json")
		writeFile(t, module, []byte(c.module))
		if c.manifest == "" {
			plugin := s.install(t, "echo.wasm")
			c.manifest = s.inos(t.Context(), "plugin", "inspect", plugin, "--json").stdout
		}
		writeFile(t, manifest, []byte(c.manifest))
		out := filepath.Join(s.dir, "out")
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		got := s.inos(t.Context(), "plugin", "pack", module, "--manifest", manifest, "-o",
			filepath.Join(out, "plugin.wasm"))
		if got.exit != ExitFailed || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit %d, %q; want 1 and %q", name, got.exit, got.stderr, c.want)
		}
		if left, err := os.ReadDir(out); err != nil || len(left) != 0 {
			t.Errorf("%s: it left %v behind, %v", name, left, err)
		}
	}
}

func TestListNamesRefusedFilesAndWhy(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	writeFile(t, filepath.Join(s.data, "plugins", "broken.wasm"), []byte("hello"))
	extra := t.TempDir()
	got := s.inos(t.Context(), "plugin", "list", "--json", "--plugins", extra)
	var document struct {
		Folder  string           `json:"folder"`
		Plugins []map[string]any `json:"plugins"`
	}
	oneDocument(t, got.stdout, &document)
	if document.Folder != filepath.Join(s.data, "plugins") || len(document.Plugins) != 2 {
		t.Fatalf("%s", got.stdout)
	}
	for _, plugin := range document.Plugins {
		broken := strings.HasSuffix(plugin["path"].(string), "broken.wasm")
		reason, _ := plugin["refused"].(string)
		if broken != (reason != "") {
			t.Errorf("%v: refused %q", plugin["path"], reason)
		}
	}
	people := s.inos(t.Context(), "plugin", "list", "--plugins", extra).stdout
	for _, want := range []string{"dev.inos.echo", "ready", "refused: ", document.Folder} {
		if !strings.Contains(people, want) {
			t.Errorf("%q lacks %q", people, want)
		}
	}
}

func TestABadFileIsToldWhereItMatters(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	writeFile(t, filepath.Join(s.data, "plugins", "broken.wasm"), []byte("hello"))
	const told = "broken.wasm cannot be used: "
	for range 2 { // the second time the reason comes from the index
		if got := s.inos(t.Context(), "units"); strings.Count(got.stderr, told) != 1 {
			t.Errorf("units: %q", got.stderr)
		}
		got := s.inos(t.Context(), "live", "nobody", "--ticks", "1")
		if !strings.Contains(got.stderr, "not used: broken.wasm (inos plugin list says why)") ||
			strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("a unit that was not found: %q", got.stderr)
		}
		got = s.inos(t.Context(), "live", "echo", "--ticks", "0")
		if strings.Contains(got.stderr, "broken.wasm") {
			t.Errorf("another unit: %q", got.stderr)
		}
		if got := s.inos(t.Context(), "plugin", "list"); got.stderr != "" {
			t.Errorf("the list tells it twice: %q", got.stderr)
		}
	}
}

func TestUnitsListsWhatPluginsOffer(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	extra := t.TempDir()
	var document struct {
		Units []map[string]any `json:"units"`
	}
	oneDocument(t, s.inos(t.Context(), "units", "--json", "--plugins", extra).stdout, &document)
	if len(document.Units) != 1 {
		t.Fatalf("%d units, want 1", len(document.Units))
	}
	requireFields(t, document.Units[0], map[string]any{
		"name": "", "doc": "", "plugin": "", "version": "", "ops": []any{}, "live": map[string]any{},
	})
	people := s.inos(t.Context(), "units", "--plugins", extra).stdout
	for _, want := range []string{"echo", "60 Hz", "nop"} {
		if !strings.Contains(people, want) {
			t.Errorf("%q lacks %q", people, want)
		}
	}
}

func TestWithoutPluginsTheListIsEmptyAndSaysWhatToDo(t *testing.T) {
	s := newStand(t)
	extra := t.TempDir()
	var document struct{ Units []any }
	oneDocument(t, s.inos(t.Context(), "units", "--json", "--plugins", extra).stdout, &document)
	if document.Units == nil || len(document.Units) != 0 {
		t.Errorf("units are %v, want an empty list", document.Units)
	}
	people := s.inos(t.Context(), "units", "--plugins", extra).stdout
	if !strings.Contains(people, "--plugins") {
		t.Errorf("%q", people)
	}
}
