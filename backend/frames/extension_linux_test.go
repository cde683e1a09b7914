package frames

import (
	"os"
	"path/filepath"
	"testing"

	"inos/backend/fault"
)

var testLibrary = []byte("\x7fELF and the rest of it")

func install(t *testing.T, cache string) *extensionDir {
	t.Helper()
	d, err := installExtension(testLibrary, cache, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheExtensionIsInstalledOnceForThisUserAlone(t *testing.T) {
	cache := t.TempDir()
	first := install(t, cache)
	if second := install(t, cache); first.path != second.path || second.temporary {
		t.Errorf("%+v, then %+v", first, second)
	}
	for path, mode := range map[string]os.FileMode{first.path: 0o700, filepath.Join(first.path, extensionFile): 0o500} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := first.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.path); err != nil {
		t.Error("the lasting folder was removed")
	}
}

func TestAFolderThatWasTouchedIsNotUsed(t *testing.T) {
	for name, touch := range map[string]func(dir string) error{
		"changed library": func(dir string) error {
			path := filepath.Join(dir, extensionFile)
			return os.Rename(writeTemp(path+".new", "evil"), path)
		},
		"one more library": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "more.so"), testLibrary, 0o500)
		},
		"open to all": func(dir string) error { return os.Chmod(dir, 0o755) },
		"a link": func(dir string) error {
			if err := os.Rename(dir, dir+".real"); err != nil {
				return err
			}
			return os.Symlink(dir+".real", dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			first := install(t, cache)
			if err := touch(first.path); err != nil {
				t.Fatal(err)
			}
			second := install(t, cache)
			if !second.temporary || second.path == first.path {
				t.Fatalf("used %+v", second)
			}
			if err := second.remove(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(second.path); err == nil {
				t.Error("the temporary folder stayed")
			}
		})
	}
}

func writeTemp(path, content string) string {
	if err := os.WriteFile(path, []byte(content), 0o500); err != nil {
		panic(err)
	}
	return path
}

func TestNoFolderAtAllIsAClearError(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "file")
	writeTemp(filepath.Dir(missing), "not a folder")
	_, err := installExtension(testLibrary, missing, missing)
	if fault.KindOf(err) != fault.Unavailable || fault.As(err).Next == "" {
		t.Errorf("got %v", err)
	}
}
