package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/bench"
	"inos/backend/manifest"
)

// echoVersion writes the built-in plugin as another version and returns its path.
func echoVersion(t *testing.T, path, version string) string {
	t.Helper()
	wasm, err := bench.EchoPlugin()
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	m.Version = version
	if wasm, err = manifest.Pack(wasm, m); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, wasm)
	return path
}

// listed is the plugin's line of `inos plugin list --json`.
func (s *stand) listed(t *testing.T, id string) (version, refused string, state map[string]any) {
	t.Helper()
	var document struct {
		Plugins []struct {
			Manifest *struct{ ID, Version string }
			Refused  string
			Dropped  map[string]any
		}
	}
	oneDocument(t, s.inos(t.Context(), "plugin", "list", "--json").stdout, &document)
	for _, p := range document.Plugins {
		if p.Manifest != nil && p.Manifest.ID == id {
			return p.Manifest.Version, p.Refused, p.Dropped
		}
	}
	return "", "", nil
}

func TestAPluginsLifeOnTheCommandLine(t *testing.T) {
	s := newStand(t)
	first := echoVersion(t, filepath.Join(s.dir, "1", "echo.wasm"), "1.0.0")
	second := echoVersion(t, filepath.Join(s.dir, "2", "echo.wasm"), "1.1.0")
	for _, step := range []struct {
		args    string
		exit    int
		says    string // on standard output or, after a failure, standard error
		version string
	}{
		{"install " + first, ExitOK, "dev.inos.echo 1.0.0 was installed as ", "1.0.0"},
		{"install " + first, ExitOK, "is installed already", "1.0.0"},
		{"pin echo", ExitOK, "dev.inos.echo is pinned", "1.0.0"},
		{"pin echo", ExitOK, "is pinned already", "1.0.0"},
		{"install " + second, ExitFailed, "it is pinned at version 1.0.0; inos plugin unpin dev.inos.echo", "1.0.0"},
		{"unpin echo", ExitOK, "is not pinned any more", "1.0.0"},
		{"install " + second, ExitOK, "1.1.0 was installed as", "1.1.0"},
		{"install " + first, ExitFailed, "version 1.1.0 is there, which is newer than 1.0.0; give --replace", "1.1.0"},
		{"install --replace " + first, ExitOK, "in place of 1.1.0", "1.0.0"},
		{"rollback echo", ExitOK, "dev.inos.echo is back at version 1.1.0", "1.1.0"},
		{"disable dev.inos.echo", ExitOK, "is disabled", "1.1.0"},
		{"enable Echo", ExitOK, "is enabled", "1.1.0"},
		{"remove echo", ExitUsage, "give --yes", "1.1.0"},
		{"remove echo --yes", ExitOK, "dev.inos.echo 1.1.0 was removed (inos plugin rollback", ""},
		{"remove echo --yes", ExitFailed, "it was removed already", ""},
		{"list", ExitOK, "removed: inos plugin rollback dev.inos.echo brings it back", ""},
		{"list --json", ExitOK, "\"removed\": [\n    {\n      \"id\": \"dev.inos.echo\",", ""},
		{"rollback echo", ExitOK, "is back at version 1.1.0", "1.1.0"},
		{"enable nobody", ExitFailed, "nobody: no such plugin is in the drop-in folder; see inos plugin list", "1.1.0"},
		{"install " + s.dir, ExitFailed, "this is a folder, not a file", "1.1.0"},
	} {
		got := s.inos(t.Context(), append([]string{"plugin"}, strings.Fields(step.args)...)...)
		said := got.stdout
		if step.exit != ExitOK {
			said = got.stderr
		}
		if got.exit != step.exit || !strings.Contains(said, step.says) {
			t.Errorf("%s: exit %d, %q %q; want %d, %q", step.args, got.exit, got.stdout, got.stderr, step.exit, step.says)
		}
		if version, refused, _ := s.listed(t, "dev.inos.echo"); version != step.version || refused != "" {
			t.Errorf("%s: version %q %q is there, want %q", step.args, version, refused, step.version)
		}
	}
}

func TestTheListShowsWhatTheUserSaid(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	if _, _, state := s.listed(t, "dev.inos.echo"); state["source"] != "dropped" || state["disabled"] != nil {
		t.Errorf("%v", state)
	}
	for _, what := range []string{"pin", "disable"} {
		got := s.inos(t.Context(), "plugin", what, "echo", "--json")
		var document struct{ Changes []map[string]any }
		oneDocument(t, got.stdout, &document)
		if len(document.Changes) != 1 || document.Changes[0]["id"] != "dev.inos.echo" {
			t.Errorf("%s: %s", what, got.stdout)
		}
	}
	if _, _, state := s.listed(t, "dev.inos.echo"); state["disabled"] != true || state["pinned"] != true {
		t.Errorf("%v", state)
	}
	if people := s.inos(t.Context(), "plugin", "list").stdout; !strings.Contains(people, "disabled, pinned") {
		t.Error(people)
	}
	if units := s.inos(t.Context(), "units").stdout; strings.Contains(units, "echo") {
		t.Error(units)
	}
	if got := s.inos(t.Context(), "live", "echo", "--ticks", "1"); !strings.Contains(got.stderr, "disabled: dev.inos.echo") {
		t.Errorf("%q", got.stderr)
	}
}

func TestSeveralFilesAreInstalledUpToTheFirstThatFails(t *testing.T) {
	s := newStand(t)
	good := echoVersion(t, filepath.Join(s.dir, "echo.wasm"), "1.0.0")
	bad := filepath.Join(s.dir, "bad.wasm")
	writeFile(t, bad, []byte("MZ"))
	got := s.inos(t.Context(), "plugin", "install", good, bad, "--json")
	var document changesDocument
	var error struct{ Error map[string]any }
	oneDocument(t, strings.ReplaceAll(got.stdout, `"error"`, `"failed"`), &document)
	oneDocument(t, got.stdout, &error)
	if got.exit != ExitFailed || len(document.Changes) != 1 || error.Error["subject"] != bad {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
}

func TestSafeModeUsesNoPluginOfTheUsers(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	more := t.TempDir()
	echoVersion(t, filepath.Join(more, "echo.wasm"), "2.0.0")
	var document struct{ Units []any }
	oneDocument(t, s.inos(t.Context(), "units", "--safe", "--plugins", more, "--json").stdout, &document)
	if len(document.Units) != 0 {
		t.Errorf("%v", document.Units)
	}
	if got := s.inos(t.Context(), "plugin", "list", "--safe").stdout; !strings.Contains(got, "Safe mode") {
		t.Errorf("%q", got)
	}
	if got := s.inos(t.Context(), "units").stdout; !strings.Contains(got, "echo") {
		t.Errorf("%q", got)
	}
}

func TestADamagedListIsToldOnStandardError(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	s.inos(t.Context(), "units")
	writeFile(t, filepath.Join(s.data, "plugins.json"), []byte("{"))
	got := s.inos(t.Context(), "units")
	if !strings.Contains(got.stderr, "was damaged; it lies in ") || strings.Contains(got.stdout, "60 Hz") {
		t.Errorf("%q %q", got.stdout, got.stderr)
	}
	if aside, _ := filepath.Glob(filepath.Join(s.data, "plugins-damaged-*.json")); len(aside) != 1 {
		t.Errorf("%v", aside)
	} else if text, _ := os.ReadFile(aside[0]); string(text) != "{" {
		t.Errorf("%q", text)
	}
}
