package statefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"inos/backend/fault"
)

type tally struct {
	N     int      `json:"n"`
	Names []string `json:"names,omitempty"`
}

const limit = 1 << 10

func newTally(t *testing.T) *File[tally] {
	t.Helper()
	return New(filepath.Join(t.TempDir(), "data", "tally.json"), limit, func(v *tally) error {
		if v.N < 0 {
			return errors.New("it counts below zero")
		}
		return nil
	})
}

func TestNoFileIsTheZeroDocument(t *testing.T) {
	if v, err := newTally(t).Read(); err != nil || v.N != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAChangeIsSeenByOthersAtOnce(t *testing.T) {
	f := newTally(t)
	other := New[tally](f.path, limit, nil)
	for n := 1; n < 20; n++ {
		if err := f.Change(func(v *tally) error { v.N++; return nil }); err != nil {
			t.Fatal(err)
		}
		if v, err := other.Read(); err != nil || v.N != n {
			t.Fatalf("%+v, %v, want %d", v, err, n)
		}
	}
	if info, err := os.Stat(f.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestNoChangeGetsLost(t *testing.T) {
	f := newTally(t)
	const writers, changes = 4, 25
	var all sync.WaitGroup
	for range writers {
		own := New[tally](f.path, limit, nil)
		all.Go(func() {
			for range changes {
				if err := own.Change(func(v *tally) error { v.N++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if v, err := f.Read(); err != nil || v.N != writers*changes {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAFailedChangeLeavesEverything(t *testing.T) {
	f := newTally(t)
	if err := f.Change(func(v *tally) error { v.N = 7; return nil }); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	for what, change := range map[string]func(*tally) error{
		"refused": func(v *tally) error { v.N = 8; return no },
		"too big": func(v *tally) error { v.Names = []string{strings.Repeat("x", limit)}; return nil },
	} {
		if err := f.Change(change); err == nil {
			t.Errorf("%s: no error", what)
		}
		if v, err := f.Read(); err != nil || v.N != 7 || v.Names != nil {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".*new*")); err != nil || len(files) > 0 {
		t.Errorf("left over: %v, %v", files, err)
	}
}

func TestWhatNobodyMayHaveWrittenIsRefusedAndKept(t *testing.T) {
	for what, text := range map[string]string{
		"another kind": `{"grants": []}`, "null": `null`, "a list": `[]`, "two": `{"n": 1}{"n": 2}`, "damaged": `{"n": 1`, "checked": `{"n": -1}`, "too big": `{"names": ["` + strings.Repeat("x", limit) + `"]}`,
	} {
		f := newTally(t)
		if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(); fault.KindOf(err) != fault.Invalid || fault.As(err).Subject != f.path {
			t.Errorf("%s: read: %v", what, err)
		}
		if err := f.Change(func(*tally) error { return nil }); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: changed: %v", what, err)
		}
		if now, err := os.ReadFile(f.path); err != nil || string(now) != text {
			t.Errorf("%s: it was replaced by %q", what, now)
		}
	}
}
