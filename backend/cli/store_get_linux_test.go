package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failuresOf runs a get of which a part fails, as text and as JSON: both have to say the same.
func (s *stand) failuresOf(t *testing.T, args ...string) []string {
	t.Helper()
	args = append([]string{"store", "get"}, args...)
	text := s.inos(t.Context(), args...)
	got := s.inos(t.Context(), append(args, "--json")...)
	var d struct{ Failures []string }
	oneDocument(t, got.stdout, &d)
	if text.exit != ExitFailed || got.exit != ExitFailed || len(d.Failures) == 0 {
		t.Fatalf("%+v, %+v", text, got)
	}
	for _, f := range d.Failures {
		if !strings.Contains(text.stderr, f+"\n") {
			t.Errorf("%q is not in %q", f, text.stderr)
		}
	}
	return d.Failures
}

func TestGetNamesWhatIsInTheWay(t *testing.T) {
	s := newStoreStand(t)
	folder := filepath.Join(s.dir, "L")
	writeFile(t, filepath.Join(folder, "dir", "a"), []byte("a"))
	writeFile(t, filepath.Join(folder, "file"), []byte("new"))
	err := os.Symlink("file", filepath.Join(folder, "link"))
	s.must(t, "store", "put", folder)
	out := t.TempDir()
	writeFile(t, filepath.Join(out, "L", "file"), []byte("old"))
	writeFile(t, filepath.Join(out, "L", "link", "b"), nil)
	if err = errors.Join(err, os.Symlink("/", filepath.Join(out, "L", "dir"))); err != nil {
		t.Fatal(err)
	}
	other := "something else of that name is there; remove it, or restore into another folder"
	for _, c := range []struct{ args, want []string }{
		{nil, []string{"L/dir: " + other, "L/link: " + other, "L/file: something else of that name is there and was " +
			"kept; allow overwriting (--overwrite), or restore into another folder"}},
		{[]string{"--overwrite"}, []string{"L/dir: " + other, "L/link: " + other}},
	} {
		got := strings.Join(s.failuresOf(t, append([]string{folder, "-o", out}, c.args...)...), "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %q is not in %q", c.args, want, got)
			}
		}
	}
}

func TestGetNamesWhatIsDamaged(t *testing.T) {
	s := newStoreStand(t)
	folder := filepath.Join(s.dir, "P")
	writeFile(t, filepath.Join(folder, "a.bin"), noiseOf(1, 100_000))
	s.must(t, "store", "put", folder)
	packs, err := filepath.Glob(filepath.Join(s.data, "store", "spaces", "*", "packs", "*"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		if data := readFile(t, pack); len(data) > 100_000 {
			data[50_000] ^= 1
			writeFile(t, pack, data)
		}
	}
	got := s.failuresOf(t, folder, "-o", t.TempDir())
	if len(got) != 1 || !strings.HasPrefix(got[0], "P/a.bin: ") || !strings.Contains(got[0], "seal is broken; inos store check") {
		t.Errorf("%q", got)
	}
}
