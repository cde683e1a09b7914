package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// putAgain puts and reads the document.
func (s *stand) putAgain(t *testing.T, path string) (d putDocument) {
	t.Helper()
	oneDocument(t, s.must(t, "store", "put", path, "--json").stdout, &d)
	return d
}

// The default data folder lies below the user's home.
func TestAPutOfWhatHasTheStoreLeavesTheStoreOut(t *testing.T) {
	s := newStoreStand(t)
	s.data = filepath.Join(s.dir, "home", ".local", "share", "inos")
	home := filepath.Join(s.dir, "home")
	writeFile(t, filepath.Join(home, "file"), []byte("content"))
	writeFile(t, filepath.Join(home, "store", "file"), []byte("another store"))
	if err := os.Symlink(home, filepath.Join(s.dir, "way")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{home, filepath.Join(s.dir, "way")} {
		first := s.putAgain(t, path)
		again := s.putAgain(t, path)
		want := filepath.Join(s.data, "store") + ": this is the store itself"
		if first.Files != 2 || again.Files != 2 || again.Bytes != first.Bytes || again.NewChunks != 0 ||
			again.Skipped != 1 || again.Failed != 0 || len(again.Problems) != 1 ||
			again.Problems[0] != want {
			t.Errorf("%s: %+v, %+v", path, first, again)
		}
	}
	for _, path := range []string{"store", "store/spaces", "store/store.a"} {
		got := s.inos(t.Context(), "store", "put", filepath.Join(s.data, path))
		if got.exit != ExitFailed || !strings.Contains(got.stderr, "this is the store itself") {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestAFileThatSaysItIsEmptyIsStoredAsItIsRead(t *testing.T) {
	const path = "/proc/self/limits"
	want, err := os.ReadFile(path)
	if info, err2 := os.Stat(path); err != nil || err2 != nil || info.Size() != 0 {
		t.Skip("there is no such file: ", err, err2)
	}
	s := newStoreStand(t)
	d := s.putAgain(t, path)
	got := s.must(t, "store", "get", d.ID, "-o", "-")
	if d.Bytes != uint64(len(want)) || !bytes.Equal([]byte(got.stdout), want) {
		t.Errorf("%+v: %q", d, got.stdout)
	}
	empty := filepath.Join(s.dir, "empty")
	writeFile(t, empty, nil)
	if d := s.putAgain(t, empty); d.Bytes != 0 || d.Chunks != 0 {
		t.Errorf("%+v", d)
	}
}

func TestAnUnchangedPutCountsWhatTheFirstCounted(t *testing.T) {
	s := newStoreStand(t)
	folder := filepath.Join(s.dir, "folder")
	for name, data := range map[string][]byte{"a": []byte("a"), "b": []byte("a"), "empty": nil, "large": noiseOf(1, 5<<20)} {
		writeFile(t, filepath.Join(folder, name), data)
	}
	sparse := filepath.Join(folder, "sparse")
	writeFile(t, sparse, []byte("front"))
	if err := os.Truncate(sparse, 10<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(folder, "a"), filepath.Join(folder, "another name")); err != nil {
		t.Fatal(err)
	}
	first := s.putAgain(t, folder)
	for range 4 { // files that were just made are read again
		again := s.putAgain(t, folder)
		if again.Chunks != first.Chunks || again.NewChunks != 0 {
			t.Errorf("%+v, then %+v", first, again)
		}
	}
}

func TestTheFirstUseBySeveralAtOnceGoesWellForAll(t *testing.T) {
	s := newStoreStand(t)
	var all sync.WaitGroup
	results := make([]outcome, 6)
	for i := range results {
		path := filepath.Join(s.dir, fmt.Sprint("file", i))
		writeFile(t, path, fmt.Append(nil, "content ", i))
		all.Go(func() { results[i] = s.inos(t.Context(), "store", "put", path) })
	}
	all.Wait()
	made := 0
	for i, got := range results {
		if got.exit != ExitOK {
			t.Errorf("%d: %+v", i, got)
		}
		made += strings.Count(got.stderr, "A store was made")
	}
	var d listDocument
	oneDocument(t, s.must(t, "store", "ls", "--json").stdout, &d)
	if made != 1 || len(d.Versions) != len(results) {
		t.Errorf("made %d times, %d versions", made, len(d.Versions))
	}
}
