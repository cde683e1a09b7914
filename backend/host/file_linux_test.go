package host

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyAFileThatCanBeMappedForReadingIsMapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		flag int
		want bool
	}{
		{path, os.O_RDONLY, true},
		{path, os.O_RDWR, false}, // the worker could write
		{empty, os.O_RDONLY, false},
		{t.TempDir(), os.O_RDONLY, false},
		{"/dev/zero", os.O_RDONLY, false},
		{"/proc/self/stat", os.O_RDONLY, false},
		{"/sys/kernel/mm/transparent_hugepage/enabled", os.O_RDONLY, false}, // says that it has a page
	} {
		f, err := os.OpenFile(c.path, c.flag, 0)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		p, ok := (&Worker{}).MapInput(f)
		_ = f.Close()
		if ok != c.want {
			t.Errorf("%s with flags %d: mapped is %t", c.path, c.flag, ok)
		}
		if ok {
			p.Release()
		}
	}
}
