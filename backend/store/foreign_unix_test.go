//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"inos/backend/store/disk"
)

// foreignThings put something that is no regular file in the place of a name.
var foreignThings = map[string]func(path string) error{
	"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
	"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
	"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
	"a link":   func(path string) error { return os.Symlink("elsewhere", path) },
}

func TestNothingButRegularFilesIsOpened(t *testing.T) {
	dir := t.TempDir()
	for what, lay := range foreignThings {
		if err := lay(filepath.Join(dir, what)); err != nil {
			t.Fatal(err)
		}
		if _, err := disk.Dir(dir).Open(what); !errors.Is(err, disk.ErrForeign) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsNoFileIsToldOfAndSetApart(t *testing.T) {
	for what, lay := range foreignThings {
		for _, where := range []string{"packs/README", "packs/0123456789abcdef0123456789abcdef", "packs/*", "index", "space.a", "epoch.b", "reserve"} {
			if what == "a folder" && !strings.HasPrefix(where, "packs/") {
				continue // a file cannot take its place: that is an error, and no loss
			}
			dir := t.TempDir()
			s := newSpaceOn(t, disk.Dir(dir))
			put(t, s, "one", random(1, 3000))
			if _, err := s.Collect(t.Context(), 0, nil); err != nil {
				t.Fatal(err)
			}
			s.writeIndex()
			s.Close()
			names, err := filepath.Glob(filepath.Join(dir, "spaces", s.ID, where))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "spaces", s.ID, where)
			if len(names) > 0 {
				path = names[0]
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if err := lay(path); err != nil {
				t.Fatal(err)
			}
			s = again(t, disk.Dir(dir))
			pack := where != "packs/README" && strings.HasPrefix(where, "packs/")
			r, err := s.Check(t.Context(), CheckOptions{})
			if err != nil || len(r.Damages) != 1 || severe(r) != pack || r.Unknown > 0 != pack {
				t.Errorf("%s at %s: %+v, %v", what, where, r, err)
			}
			if fixed, err := s.Repair(t.Context(), nil); err != nil || fixed.Report.Unknown > 0 != pack || len(fixed.Report.Damages) > 0 {
				t.Errorf("%s at %s: %+v, %v", what, where, fixed, err)
			}
			sound(t, s)
			put(t, s, "one", random(1, 3000))
			sound(t, s)
		}
	}
}
