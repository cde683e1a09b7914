package disktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"inos/backend/store/disk"
)

// Conform checks that what open gives, an empty folder each time, is a disk.FS.
func Conform(t *testing.T, open func(t *testing.T) disk.FS) {
	for name, check := range map[string]func(*testing.T, disk.FS){
		"what is written is read":                     written,
		"a file is created once":                      createdOnce,
		"a rename takes the place of what was there":  renamed,
		"what was removed is gone":                    removed,
		"an open file outlives its name":              outlived,
		"a folder lists what lies in it":              listed,
		"a folder is made with those above it":        made,
		"what is not there is fs.ErrNotExist":         missing,
		"a lock is one holder's or shared":            locked,
		"a closed file does nothing":                  closed,
		"a twin is replaced, read and removed":        twin,
		"several may read, and write their own files": together,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, fsys disk.FS, name, data string) {
	t.Helper()
	out, err := fsys.Create(name)
	must(t, err)
	if n, err := io.WriteString(out, data); n != len(data) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	must(t, errors.Join(out.Sync(), out.Close()))
}

func holds(t *testing.T, fsys disk.FS, name, want string) {
	t.Helper()
	if data, err := disk.ReadAll(fsys, name, 1<<20); string(data) != want || err != nil {
		t.Errorf("%s holds %q, want %q; %v", name, data, want, err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func written(t *testing.T, fsys disk.FS) {
	write(t, fsys, "a", "hello world")
	f, err := fsys.Open("a")
	must(t, err)
	defer f.Close()
	if size, err := f.Size(); size != 11 || err != nil {
		t.Errorf("%d, %v", size, err)
	}
	for _, c := range []struct {
		offset int64
		length int
		want   string
		err    error
	}{
		{0, 5, "hello", nil}, {6, 5, "world", nil}, {6, 6, "world", io.EOF}, {11, 1, "", io.EOF},
		{99, 1, "", io.EOF}, {3, 0, "", nil}, {11, 0, "", nil},
	} {
		p := make([]byte, c.length)
		n, err := f.ReadAt(p, c.offset)
		if string(p[:n]) != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%d at %d: %q, %v", c.length, c.offset, p[:n], err)
		}
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("before the start: %v", err)
	}
}

func createdOnce(t *testing.T, fsys disk.FS) {
	write(t, fsys, "a", "first")
	_, err := fsys.Create("a")
	is(t, err, fs.ErrExist)
	holds(t, fsys, "a", "first")
	must(t, fsys.Mkdir("b"))
	_, err = fsys.Create("b")
	is(t, err, fs.ErrExist)
	_, err = fsys.Create("no/folder")
	is(t, err, fs.ErrNotExist)
}

func renamed(t *testing.T, fsys disk.FS) {
	must(t, fsys.Mkdir("b"))
	write(t, fsys, "a", "new")
	write(t, fsys, "b/c", "old")
	must(t, fsys.Rename("a", "b/c"))
	holds(t, fsys, "b/c", "new")
	_, err := fsys.Open("a")
	is(t, err, fs.ErrNotExist)
	is(t, fsys.Rename("a", "d"), fs.ErrNotExist)
	is(t, fsys.Rename("b/c", "no/folder"), fs.ErrNotExist)
	if err := fsys.Rename("b/c", "b"); err == nil {
		t.Error("a file took the place of a folder")
	}
	must(t, errors.Join(fsys.SyncFolder("."), fsys.SyncFolder("b")))
	holds(t, fsys, "b/c", "new")
}

func removed(t *testing.T, fsys disk.FS) {
	write(t, fsys, "a", "x")
	must(t, fsys.Remove("a"))
	_, err := fsys.Open("a")
	is(t, err, fs.ErrNotExist)
	write(t, fsys, "a", "another")
	holds(t, fsys, "a", "another")
	must(t, fsys.Mkdir("b"))
	write(t, fsys, "b/c", "x")
	if fsys.Remove("b") == nil {
		t.Error("a folder went with what lies in it")
	}
	holds(t, fsys, "b/c", "x")
	must(t, errors.Join(fsys.Remove("b/c"), fsys.Remove("b")))
	if got, err := fsys.List("."); len(got) != 1 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func outlived(t *testing.T, fsys disk.FS) {
	write(t, fsys, "a", "old")
	f, err := fsys.Open("a")
	must(t, err)
	defer f.Close()
	must(t, fsys.Remove("a"))
	write(t, fsys, "a", "new")
	p := make([]byte, 3)
	if _, err := f.ReadAt(p, 0); string(p) != "old" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
	out, err := fsys.Create("half")
	must(t, err)
	must(t, fsys.Rename("half", "whole"))
	_, err = io.WriteString(out, "late")
	must(t, errors.Join(err, out.Sync(), out.Close()))
	holds(t, fsys, "whole", "late")
}

func listed(t *testing.T, fsys disk.FS) {
	must(t, fsys.Mkdir("f/sub"))
	write(t, fsys, "f/b", "12")
	write(t, fsys, "f/a", "")
	write(t, fsys, "f/sub/deep", "x")
	got, err := fsys.List("f")
	want := []disk.Info{{Name: "a"}, {Name: "b", Size: 2}, {Name: "sub", Folder: true}}
	for i := range got {
		if got[i].Folder {
			got[i].Size = 0 // which means nothing
		}
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := fsys.List("none"); len(got) > 0 || err != nil {
		t.Errorf("a folder that is not there: %v, %v", got, err)
	}
	for _, root := range []string{"", "."} {
		if got, err := fsys.List(root); len(got) != 1 || err != nil {
			t.Errorf("%q: %v, %v", root, got, err)
		}
	}
}

func made(t *testing.T, fsys disk.FS) {
	must(t, fsys.Mkdir("."))
	must(t, fsys.Mkdir("a/b/c"))
	must(t, fsys.Mkdir("a/b"))
	write(t, fsys, "a/b/c/d", "x")
	holds(t, fsys, "a/b/c/d", "x")
	for _, name := range []string{"a/b/c/d", "a/b/c/d/e"} {
		if fsys.Mkdir(name) == nil {
			t.Errorf("%s: a folder took the place of a file, or lies in one", name)
		}
	}
	holds(t, fsys, "a/b/c/d", "x")
}

func missing(t *testing.T, fsys disk.FS) {
	_, err := fsys.Open("a")
	is(t, err, fs.ErrNotExist)
	is(t, fsys.Remove("a"), fs.ErrNotExist)
	is(t, fsys.SyncFolder("a"), fs.ErrNotExist)
}

func locked(t *testing.T, fsys disk.FS) {
	take := func(alone, want bool) func() {
		t.Helper()
		unlock, taken, err := fsys.Lock("l/lock", alone)
		if taken != want || err != nil {
			t.Fatalf("taken %v, want %v; %v", taken, want, err)
		}
		return unlock
	}
	one := take(true, true)
	take(true, false)
	take(false, false)
	one()
	first, second := take(false, true), take(false, true)
	take(true, false)
	first()
	take(true, false)
	second()
	take(true, true)()
	if got, err := fsys.List("l"); len(got) != 1 || got[0].Name != "lock" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func closed(t *testing.T, fsys disk.FS) {
	out, err := fsys.Create("a")
	must(t, err)
	must(t, out.Close())
	_, err = out.Write([]byte("x"))
	is(t, err, fs.ErrClosed)
	is(t, out.Sync(), fs.ErrClosed)
	is(t, out.Close(), fs.ErrClosed)
	f, err := fsys.Open("a")
	must(t, err)
	must(t, f.Close())
	_, err = f.ReadAt(make([]byte, 1), 0)
	is(t, err, fs.ErrClosed)
	_, err = f.Size()
	is(t, err, fs.ErrClosed)
	is(t, f.Close(), fs.ErrClosed)
	holds(t, fsys, "a", "")
}

func twin(t *testing.T, fsys disk.FS) {
	pair := disk.Twin[string]{FS: fsys, Name: "pair", Decode: func(data []byte) (string, uint64, error) {
		return string(data), uint64(len(data)), nil
	}}
	for _, data := range []string{"a", "bb"} {
		must(t, pair.Write([]byte(data)))
		if got, _, err := pair.Read(); got != data || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	must(t, pair.Remove())
	_, _, err := pair.Read()
	is(t, err, fs.ErrNotExist)
	must(t, pair.Remove())
}

func together(t *testing.T, fsys disk.FS) {
	want := bytes.Repeat([]byte("0123456789"), 1000)
	write(t, fsys, "shared", string(want))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprint("own-", i)
			if err := disk.Replace(fsys, name, want[i:]); err != nil {
				t.Error(err)
			}
			for _, of := range []string{name, "shared"} {
				if data, err := disk.ReadAll(fsys, of, 1<<20); err != nil || !bytes.HasSuffix(want, data) {
					t.Errorf("%s: %d bytes, %v", of, len(data), err)
				}
			}
		})
	}
	all.Wait()
}
