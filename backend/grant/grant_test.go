package grant

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"inos/backend/fault"
)

const (
	plugin = "org.example.notes"
	holder = "key 1234"
)

var today = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func open(dir string) *Store { return Open(dir, "test", func() time.Time { return today }) }

func answer(key string, d Decision) Grant {
	return Grant{Plugin: plugin, Key: key, Decision: d, Holder: holder}
}

func decide(t *testing.T, s *Store, g Grant) {
	t.Helper()
	if err := s.Decide(g); err != nil {
		t.Fatal(err)
	}
}

func decision(t *testing.T, s *Store, key, from string) Decision {
	t.Helper()
	g, _, err := s.Find(plugin, key, from)
	if err != nil {
		t.Fatal(err)
	}
	return g.Decision
}

func TestNothingIsGrantedUntilSomebodySaysSo(t *testing.T) {
	if d := decision(t, open(t.TempDir()), "now", holder); d != "" {
		t.Errorf("it is %q", d)
	}
}

func TestAnAnswerLastsAsLongAsItShould(t *testing.T) {
	dir := t.TempDir()
	s := open(dir)
	decide(t, s, answer("now", Once))
	decide(t, s, answer("random", Always))
	decide(t, s, answer("notify", Never))
	for key, want := range map[string]Decision{"now": Once, "random": Always, "notify": Never} {
		if got := decision(t, s, key, holder); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	later := open(dir)
	for key, want := range map[string]Decision{"now": "", "random": Always, "notify": Never} {
		if got := decision(t, later, key, holder); got != want {
			t.Errorf("later, %s: %q, want %q", key, got, want)
		}
	}
}

func TestAnAnswerReplacesTheOneBefore(t *testing.T) {
	s := open(t.TempDir())
	for _, d := range []Decision{Always, Once, Never, Once, Always} {
		decide(t, s, answer("now", d))
		if got := decision(t, s, "now", holder); got != d {
			t.Errorf("%q, want %q", got, d)
		}
	}
	all, err := s.List()
	if err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestAPluginFromAnotherHandHasNone(t *testing.T) {
	s := open(t.TempDir())
	decide(t, s, answer("now", Always))
	if got := decision(t, s, "now", "key 5678"); got != "" {
		t.Errorf("it is %q", got)
	}
}

func TestWhatIsRevokedIsGoneAtOnceForEveryProcess(t *testing.T) {
	dir := t.TempDir()
	window, line := open(dir), open(dir)
	decide(t, window, answer("now", Always))
	decide(t, window, answer("random", Once))
	decide(t, window, answer("notify", Always))
	if n, err := line.Revoke(plugin, "now"); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := decision(t, window, "now", holder); got != "" {
		t.Errorf("it is %q", got)
	}
	if n, err := window.Revoke(plugin, ""); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	before, err := window.Audit(100)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := line.Revoke(plugin, ""); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if after, err := window.Audit(100); err != nil || len(after) != len(before) {
		t.Errorf("what was not there was revoked: %+v, %v", after, err)
	}
}

func TestTheLogTellsWhoWhatAndWhenAndOutlivesACrash(t *testing.T) {
	dir := t.TempDir()
	s := open(dir)
	g := answer("read:photos", Always)
	g.Folder = "/home/ada/photos"
	decide(t, s, g)
	path := filepath.Join(dir, "audit.jsonl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"when":"2026-11-27T1`); err != nil { // a crash in the middle
		t.Fatal(err)
	}
	f.Close()
	if _, err := open(dir).Revoke(plugin, "read:photos"); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Audit(10)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	if e := entries[0]; e.Who != "test" || e.Folder != g.Folder || !e.When.Equal(today) || e.Decision != "always" {
		t.Errorf("%+v", e)
	}
	if e := entries[1]; e.Decision != "revoked" || e.Key != "read:photos" {
		t.Errorf("%+v", e)
	}
	if last, err := s.Audit(1); err != nil || len(last) != 1 || last[0].Decision != "revoked" {
		t.Errorf("the last: %+v, %v", last, err)
	}
}

func TestAnAnswerThatCannotBeIsRefused(t *testing.T) {
	s := open(t.TempDir())
	for what, g := range map[string]Grant{
		"no plugin":       {Key: "now", Decision: Always, Holder: holder},
		"no holder":       {Plugin: plugin, Key: "now", Decision: Always},
		"another word":    {Plugin: plugin, Key: "now", Decision: "perhaps", Holder: holder},
		"a relative path": {Plugin: plugin, Key: "read:a", Decision: Always, Holder: holder, Folder: "photos"},
		"a line break":    {Plugin: plugin, Key: "read:a", Decision: Always, Holder: holder, Folder: "/a\nb"},
	} {
		if err := s.Decide(g); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if entries, err := s.Audit(10); err != nil || len(entries) != 0 {
		t.Errorf("logged: %+v, %v", entries, err)
	}
}

func TestADamagedFileGrantsNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(dir)
	decide(t, s, answer("now", Always))
	if err := os.WriteFile(filepath.Join(dir, "grants.json"), []byte(`{"grants": [{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.Find(plugin, "now", holder); found || err == nil {
		t.Errorf("%t, %v", found, err)
	}
}
