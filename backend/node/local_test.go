package node

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/dropin"
	"inos/backend/dropin/dropintest"
	"inos/backend/fault"
	"inos/backend/store/tree"
)

func versionsOf(dataDir string) dropin.Versions { return newVersions(dataDir, LocalStore(dataDir)) }

func TestVersionsAreKeptInTheLocalStore(t *testing.T) {
	dropintest.Conform(t, func(t *testing.T) (dropin.Versions, func() dropin.Versions) {
		data := t.TempDir()
		return versionsOf(data), func() dropin.Versions { return versionsOf(data) }
	})
}

// anEarlierINOS is a data folder with a plugin of three versions, each a file.
func anEarlierINOS(t *testing.T) (data string, contents []string) {
	t.Helper()
	data = t.TempDir()
	for i, version := range []string{"1.0.0", "2.0.0", "3.0.0"} {
		noise := make([]byte, 250_000) // which no compressor makes smaller than a flip finds
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(noise)
		content := strings.Repeat(version, 50_000) + string(noise)
		contents = append(contents, content)
		_, err := dropin.Open(data).Install(dropin.File{
			ID: "dev.inos.thing", Version: version, Digest: dropin.DigestOf([]byte(content)), Name: "thing.wasm",
			Wasm: []byte(content),
		}, false)
		if err != nil {
			t.Fatal(i, err)
		}
	}
	return data, contents
}

func oldFiles(t *testing.T, data string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, dropin.VersionsFolder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestVersionsOfAnEarlierINOSAreTakenOver(t *testing.T) {
	data, contents := anEarlierINOS(t)
	book := dropin.OpenWith(data, versionsOf(data))
	for _, content := range contents {
		if got, err := book.Get(dropin.DigestOf([]byte(content))); err != nil || string(got) != content {
			t.Fatalf("before: %d bytes, %v", len(got), err)
		}
	}
	if _, err := book.Rollback("dev.inos.thing"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(book.Path("thing.wasm")); err != nil || string(got) != contents[1] {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := os.Stat(filepath.Join(data, dropin.VersionsFolder)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old folder: %v", err)
	}
	for _, content := range contents {
		if got, err := versionsOf(data).Get(dropin.DigestOf([]byte(content))); err != nil || string(got) != content {
			t.Errorf("after: %d bytes, %v", len(got), err)
		}
	}
}

// A kill between two steps leaves files in either place, or in both.
func TestATakeOverThatWasKilledGoesOn(t *testing.T) {
	data, contents := anEarlierINOS(t)
	digests := map[string]bool{}
	for _, content := range contents {
		digests[dropin.DigestOf([]byte(content))] = true
	}
	v := versionsOf(data)
	if err := v.Keep(dropin.DigestOf([]byte(contents[0])), []byte(contents[0])); err != nil { // in both
		t.Fatal(err)
	}
	if err := v.Keep(dropin.DigestOf([]byte(contents[1])), []byte(contents[1])); err != nil {
		t.Fatal(err)
	}
	folder := dropin.Folder(filepath.Join(data, dropin.VersionsFolder))
	if err := folder.Drop(dropin.DigestOf([]byte(contents[1]))); err != nil { // in the store alone
		t.Fatal(err)
	}
	half := filepath.Join(string(folder), ".x.wasm.new-1")
	if err := os.WriteFile(half, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v = versionsOf(data)
	if err := v.Retain(digests); err != nil {
		t.Fatal(err)
	}
	for _, content := range contents {
		if got, err := v.Get(dropin.DigestOf([]byte(content))); err != nil || string(got) != content {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if left := oldFiles(t, data); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAFileOfSomebodyElseInTheOldFolderStays(t *testing.T) {
	data, _ := anEarlierINOS(t)
	mine := filepath.Join(data, dropin.VersionsFolder, "notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dropin.OpenWith(data, versionsOf(data)).SetPinned("dev.inos.thing", true); err != nil {
		t.Fatal(err)
	}
	if left := oldFiles(t, data); len(left) != 1 || left[0] != mine {
		t.Errorf("left: %v", left)
	}
}

func TestALostStoreSaysWhatIsGoneAndTakesNewVersions(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, folder string)
		why    string
	}{
		"deleted": {func(t *testing.T, folder string) {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}, "no copy of it is kept"},
		"without its key": {func(t *testing.T, folder string) {
			for _, twin := range []string{"key.a", "key.b"} {
				if err := os.Remove(filepath.Join(folder, twin)); err != nil {
					t.Fatal(err)
				}
			}
		}, "damaged"},
		"with damaged keys":  {func(t *testing.T, folder string) { flip(t, folder, "key.*", 30) }, "damaged"},
		"with damaged space": {func(t *testing.T, folder string) { flip(t, folder, "spaces/*/space.*", 30) }, "damaged"},
		"with damaged packs": {func(t *testing.T, folder string) { flip(t, folder, "spaces/*/packs/*", 6000) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			data, contents := anEarlierINOS(t)
			if _, err := dropin.OpenWith(data, versionsOf(data)).SetPinned("dev.inos.thing", false); err != nil {
				t.Fatal(err)
			}
			c.damage(t, filepath.Join(StoreFolder(data), "local"))
			book := dropin.OpenWith(data, versionsOf(data))
			_, err := book.Rollback("dev.inos.thing")
			if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "version 2.0.0 cannot come back") ||
				!strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), "install it from its file") {
				t.Errorf("a roll back: %v", err)
			}
			if got, err := os.ReadFile(book.Path("thing.wasm")); err != nil || string(got) != contents[2] {
				t.Errorf("the plugin's file changed: %d bytes, %v", len(got), err)
			}
			next := []byte(strings.Repeat("4.0.0", 9999))
			if _, err := book.Install(dropin.File{
				ID: "dev.inos.thing", Version: "4.0.0", Digest: dropin.DigestOf(next), Name: "thing.wasm", Wasm: next,
			}, false); err != nil {
				t.Fatal(err)
			}
			if _, err := dropin.OpenWith(data, versionsOf(data)).Rollback("dev.inos.thing"); err != nil {
				t.Errorf("the version before that is kept again: %v", err)
			}
			if got, err := os.ReadFile(book.Path("thing.wasm")); err != nil || string(got) != contents[2] {
				t.Errorf("rolled back: %d bytes, %v", len(got), err)
			}
		})
	}
}

// flip changes a byte in the middle part of files.
func flip(t *testing.T, folder, pattern string, at int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := min(at, len(data)/2); i < len(data); i += 4096 {
			data[i] ^= 1
		}
		for i := 500; i < len(data); i += 512 {
			data[i] ^= 1
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPluginFilesAreKeptOnceAndOnlyForTheirOwner(t *testing.T) {
	data := t.TempDir()
	v := versionsOf(data)
	one := bytes.Repeat([]byte("the same code in two versions "), 40_000)
	two := append([]byte("2"), one...)
	for _, wasm := range [][]byte{one, two} {
		if err := v.Keep(dropin.DigestOf(wasm), wasm); err != nil {
			t.Fatal(err)
		}
	}
	sp, err := LocalStore(data).Space()
	if err != nil {
		t.Fatal(err)
	}
	if st, err := sp.Stat(t.Context()); err != nil || st.Stored > int64(len(one))/10 {
		t.Errorf("%d bytes take %d, %v", len(one)+len(two), st.Stored, err)
	}
	names, err := LocalStore(data).Names(tree.Plugin)
	if err != nil || len(names) != 2 || !names[dropin.DigestOf(one)] {
		t.Errorf("%v, %v", names, err)
	}
	for _, key := range []string{"key.a", "key.b"} {
		st, err := os.Stat(filepath.Join(StoreFolder(data), "local", key))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", key, st, err)
		}
	}
}
