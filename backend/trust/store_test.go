package trust

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/fault"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStore(t testing.TB) *Store {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "data", FileName))
}

func mustTrust(t testing.TB, s *Store, key Key, name string) Publisher {
	t.Helper()
	p, err := s.Trust(key, name, noon)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func names(t testing.TB, s *Store) (out []string) {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

func TestAPublisherIsTrustedUntilForgotten(t *testing.T) {
	s := newStore(t)
	ada, _, _, _ := newKey(t)
	bob, _, _, _ := newKey(t)
	if got := names(t, s); got != nil {
		t.Errorf("trusted from the start: %v", got)
	}
	mustTrust(t, s, bob, "Bob")
	mustTrust(t, s, ada, " Ada ")
	other := Open(s.path) // another process
	if got := names(t, other); !reflect.DeepEqual(got, []string{"Ada", "Bob"}) {
		t.Errorf("listed: %v", got)
	}
	p, err := other.Find(ada)
	if err != nil || p == nil || p.Name != "Ada" || !p.Since.Equal(noon) || p.KeyID != KeyID(ada) {
		t.Errorf("found %+v, %v", p, err)
	}
	if p, err := s.Find(lookalike(t, ada)); p != nil || err != nil {
		t.Errorf("a key with the same id was found as %+v, %v", p, err)
	}
	if gone, err := other.Forget("ada"); err != nil || gone.Name != "Ada" {
		t.Errorf("by name: %+v, %v", gone, err)
	}
	if gone, err := s.Forget(strings.ToLower(KeyID(bob))); err != nil || gone.Name != "Bob" {
		t.Errorf("by key id: %+v, %v", gone, err)
	}
	if p, err := s.Find(ada); p != nil || err != nil {
		t.Errorf("forgotten and found: %+v, %v", p, err)
	}
	if _, err := s.Forget("Ada"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("forgotten twice: %v", err)
	}
}

func TestANameMeansOneKey(t *testing.T) {
	s := newStore(t)
	ada, _, _, _ := newKey(t)
	bob, _, _, _ := newKey(t)
	mustTrust(t, s, ada, "Ada")
	for name, c := range map[string]struct {
		key  Key
		name string
	}{
		"a name in use": {bob, "Ada"}, "in other letters": {bob, "ADA"}, "no name": {bob, "  "},
		"an id in use": {lookalike(t, ada), "Bob"}, "a key id as name": {bob, KeyID(ada)},
		"a line break": {bob, "A\nB"}, "a hidden character": {bob, "Ada\u200b"},
		"turned letters": {bob, "\u202eadA"}, "bytes": {bob, "\xff"},
		"a long name": {bob, strings.Repeat("x", maxNameRunes+1)},
	} {
		if _, err := s.Trust(c.key, c.name, noon); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if mustTrust(t, s, ada, "Countess"); !reflect.DeepEqual(names(t, s), []string{"Countess"}) {
		t.Errorf("named anew: %v", names(t, s))
	}
}

func TestTheFileIsTheUsersAlone(t *testing.T) {
	s := newStore(t)
	key, _, _, _ := newKey(t)
	mustTrust(t, s, key, "Ada")
	st, err := os.Stat(s.path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil || len(entries) != 2 { // the file and its lock
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestWritersTakeTurns(t *testing.T) {
	s := newStore(t)
	const writers = 16
	var all sync.WaitGroup
	for i := range writers {
		key, _, _, _ := newKey(t)
		all.Go(func() {
			if _, err := Open(s.path).Trust(key, fmt.Sprint("writer ", i), noon); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := names(t, s); len(got) != writers {
		t.Errorf("%d of %d were kept: %v", len(got), writers, got)
	}
}

// hostileStores are files that Trust cannot have written.
func hostileStores(t testing.TB) map[string]string {
	ada, _, _, secret := newKey(t)
	p := Publisher{"Ada", KeyID(ada), ada.String(), noon}
	file := func(list ...Publisher) string {
		b, err := json.Marshal(storeFile{storeVersion, list})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	with := func(edit func(*Publisher)) string {
		q := p
		edit(&q)
		return file(q)
	}
	good := file(p)
	many := make([]Publisher, maxPublishers+1)
	for i := range many {
		many[i] = p
	}
	return map[string]string{
		"nothing": "", "half a file": good[:len(good)-5], "null": "null", "a list": "[]",
		"two documents": good + good, "another version": `{"version":2,"publishers":[]}`,
		"no version": `{"publishers":[]}`, "an unknown field": `{"version":1,"all":true}`,
		"a megabyte of blanks": strings.Repeat(" ", maxStoreBytes) + good,
		"deep nesting":         `{"publishers":` + strings.Repeat("[", 100_000),
		"the same twice":       file(p, p), "too many": file(many...),
		"another id":      with(func(p *Publisher) { p.KeyID = "0000000000000000" }),
		"no key":          with(func(p *Publisher) { p.Key = "" }),
		"a key of blanks": with(func(p *Publisher) { p.Key += "\n" }),
		"a secret key":    with(func(p *Publisher) { p.Key = strings.Split(secret, "\n")[1] }),
		"no name":         with(func(p *Publisher) { p.Name = "" }),
		"a name of lines": with(func(p *Publisher) { p.Name = "A\nB" }),
		"no time":         strings.Replace(good, "2026-03", "yesterday", 1),
	}
}

func TestADamagedStoreTrustsNobodyAndIsKept(t *testing.T) {
	key, _, _, _ := newKey(t)
	for name, content := range hostileStores(t) {
		s := newStore(t)
		if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := s.List()
		if e := fault.As(err); len(list) != 0 || e == nil || e.Subject != s.path || e.Next == "" ||
			len(e.Message()) > 300 {
			t.Errorf("%s: %d are trusted, %v", name, len(list), err)
		}
		if _, err := s.Trust(key, "Bob", noon); err == nil {
			t.Errorf("%s: written over", name)
		}
		if b, err := os.ReadFile(s.path); err != nil || string(b) != content {
			t.Errorf("%s: not what it was: %v", name, err)
		}
	}
}

func TestAFolderInItsPlaceIsNoStore(t *testing.T) {
	s := newStore(t)
	if err := os.MkdirAll(s.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(); err == nil || !strings.Contains(err.Error(), "folder, not a file") {
		t.Errorf("a folder was read: %v", err)
	}
}

// FuzzStore feeds the file. What is accepted can be written as it is, and says the same then.
func FuzzStore(f *testing.F) {
	for _, content := range hostileStores(f) {
		if len(content) < 1<<16 {
			f.Add([]byte(content))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := decodeStore(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(storeFile{storeVersion, list})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeStore(again); err != nil || len(back) != len(list) {
			t.Fatalf("written again: %.500v, %v", back, err)
		}
	})
}
