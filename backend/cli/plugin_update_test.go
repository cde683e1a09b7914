package cli

import (
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"

	"inos/backend/bench"
	"inos/backend/manifest"
)

// edition writes the built-in plugin under another id, changed and perhaps signed.
func edition(t *testing.T, path string, key *minisign.PrivateKey, change func(*manifest.Manifest)) {
	t.Helper()
	wasm, err := bench.EchoPlugin()
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	if wasm, err = manifest.Pack(wasm, m); err == nil && key != nil {
		wasm, err = manifest.Sign(wasm, *key, "for tests")
	}
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, wasm)
}

func newKey(t *testing.T) *minisign.PrivateKey {
	t.Helper()
	_, key, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key
}

// source is a folder with newer versions of four installed plugins, and what is none.
func source(t *testing.T, s *stand) string {
	t.Helper()
	ada, bob := newKey(t), newKey(t)
	old, news := filepath.Join(s.dir, "old"), filepath.Join(s.dir, "news")
	for _, p := range []struct {
		name       string
		key, next  *minisign.PrivateKey
		version    string
		permission bool
	}{
		{"plain", ada, ada, "1.1.0", false}, {"greedy", ada, ada, "1.1.0", true},
		{"stolen", ada, bob, "1.1.0", false}, {"bare", nil, nil, "1.1.0", false},
		{"pinned", ada, ada, "1.1.0", false}, {"older", ada, ada, "0.9.0", false},
	} {
		named := func(version string, more bool) func(*manifest.Manifest) {
			return func(m *manifest.Manifest) {
				m.ID, m.Version, m.Changes = "org.example."+p.name, version, "It is "+version+"."
				m.Units[0].Name = p.name
				if more {
					m.Permissions = []manifest.Permission{{Name: "now", Reason: "It greets by the hour."}}
				}
			}
		}
		edition(t, filepath.Join(old, p.name+".wasm"), p.key, named("1.0.0", false))
		edition(t, filepath.Join(news, p.name+".wasm"), p.next, named(p.version, p.permission))
		if got := s.inos(t.Context(), "plugin", "install", filepath.Join(old, p.name+".wasm")); got.exit != ExitOK {
			t.Fatalf("%+v", got)
		}
	}
	edition(t, filepath.Join(news, "stranger.wasm"), ada, func(m *manifest.Manifest) { m.ID = "org.example.stranger" })
	writeFile(t, filepath.Join(news, "notes.wasm"), []byte("this is no plugin"))
	if got := s.inos(t.Context(), "plugin", "pin", "org.example.pinned"); got.exit != ExitOK {
		t.Fatalf("%+v", got)
	}
	return news
}

type updateRead struct {
	ID, From, To, Held, News string
	Installed                bool
	Asks                     []struct{ Name string }
}

func (s *stand) updates(t *testing.T, args ...string) map[string]updateRead {
	t.Helper()
	var document struct{ Updates []updateRead }
	got := s.inos(t.Context(), append([]string{"plugin", "update", "--json", "--from"}, args...)...)
	if got.exit != ExitOK {
		t.Fatalf("%+v", got)
	}
	oneDocument(t, got.stdout, &document)
	byName := map[string]updateRead{}
	for _, u := range document.Updates {
		byName[strings.TrimPrefix(u.ID, "org.example.")] = u
	}
	return byName
}

func TestAFolderIsASourceOfUpdates(t *testing.T) {
	s := newStand(t)
	news := source(t, s)
	held := map[string]string{
		"plain": "", "greedy": "it asks for more", "stolen": "not signed by the key", "bare": "nobody signed it",
		"pinned": "it is pinned",
	}
	for _, args := range [][]string{{news}, {news, "--yes"}} {
		found := s.updates(t, args...)
		if len(found) != len(held) {
			t.Errorf("%q: %+v", args, found)
		}
		for name, why := range held {
			u := found[name]
			if !strings.Contains(u.Held, why) || (u.Held == "") != (why == "") || u.From != "1.0.0" ||
				u.To != "1.1.0" || u.News != "It is 1.1.0." || (len(u.Asks) == 1) != (name == "greedy") ||
				u.Installed != (name == "plain" && len(args) > 1) {
				t.Errorf("%q: %s: %+v", args, name, u)
			}
		}
	}
	for name := range held {
		want := "1.0.0"
		if name == "plain" {
			want = "1.1.0"
		}
		if version, refused, _ := s.listed(t, "org.example."+name); version != want || refused != "" {
			t.Errorf("%s is %s, %s", name, version, refused)
		}
	}
	if found := s.updates(t, news); len(found) != len(held)-1 {
		t.Errorf("afterwards: %+v", found)
	}
}

func TestANamedUpdateThatAsksForMoreIsInstalledAndAllowsNothing(t *testing.T) {
	s := newStand(t)
	news := source(t, s)
	got := s.inos(t.Context(), "plugin", "update", "--from", news, "--yes", "greedy")
	for _, want := range []string{
		"org.example.greedy 1.0.0 -> 1.1.0", "new: It is 1.1.0.", "know the date and the time (now): It greets by the hour.",
		"installed (inos plugin rollback org.example.greedy",
	} {
		if got.exit != ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("exit %d, %s, want %q", got.exit, got.stdout, want)
		}
	}
	if got := s.inos(t.Context(), "plugin", "grant", "org.example.greedy"); !strings.Contains(got.stdout, "not allowed") {
		t.Errorf("%+v", got)
	}
	if got := s.inos(t.Context(), "plugin", "update", "--from", news, "--yes", "stolen"); got.exit != ExitFailed {
		t.Errorf("signed by another key: %+v", got)
	}
}

func TestASourceThatIsNoneIsSaid(t *testing.T) {
	s := newStand(t)
	for args, exit := range map[string]int{
		"--from /nonexistent": ExitFailed, "": ExitUsage, "--from . boids": ExitUsage,
		"--from . --yes nobody": ExitFailed,
	} {
		got := s.inos(t.Context(), append([]string{"plugin", "update"}, strings.Fields(args)...)...)
		if got.exit != exit || got.stderr == "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := s.inos(t.Context(), "plugin", "update", "--from", t.TempDir()); got.exit != ExitOK || !strings.Contains(got.stdout, "nothing newer") {
		t.Errorf("%+v", got)
	}
}
