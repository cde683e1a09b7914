//go:build unix

package world

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"inos/backend/wire"
)

// folders makes a folder to read and one to write, with a secret beside them.
func folders(t *testing.T) (o *outside, photos, notes string) {
	t.Helper()
	dir := t.TempDir()
	photos, notes = filepath.Join(dir, "photos"), filepath.Join(dir, "notes")
	for path, text := range map[string]string{
		filepath.Join(dir, "secret"):         "secret",
		filepath.Join(photos, "a.jpg"):       "picture a",
		filepath.Join(photos, "old/b.jpg"):   "picture b",
		filepath.Join(notes, "today.txt"):    "buy bread",
		filepath.Join(notes, "sub/keep.txt"): "keep",
	} {
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return open(t, map[string]Grant{"read:photos": {Folder: photos}, "write:notes": {Folder: notes}}), photos, notes
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAGrantedFolderIsRead(t *testing.T) {
	o, _, _ := folders(t)
	if r := o.given(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/old/b.jpg", Offset: 8, Length: 9}); string(r.Data) != "b" || r.Value != 1 {
		t.Errorf("%+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/a.jpg", Offset: 900, Length: 9}); r.Value != 0 {
		t.Errorf("behind the end: %+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceFileSize, Text: "photos/a.jpg"}); r.Value != 9 {
		t.Errorf("%+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceFileList, Text: "photos", Length: 100}); string(r.Data) != "a.jpg\nold/\n" || r.Value != 11 {
		t.Errorf("%+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceFileRead, Text: "notes/today.txt", Length: 9}); string(r.Data) != "buy bread" {
		t.Errorf("who may write may read: %+v", r)
	}
}

func TestAGrantedFolderIsWritten(t *testing.T) {
	o, _, notes := folders(t)
	o.given(wire.Ask{Service: wire.ServiceFileWrite, Text: "notes/new.txt", Data: []byte("hello")})
	o.given(wire.Ask{Service: wire.ServiceFileWrite, Text: "notes/new.txt", Offset: 4, Data: []byte("p!")})
	o.given(wire.Ask{Service: wire.ServiceFileResize, Text: "notes/today.txt", Offset: 3})
	o.given(wire.Ask{Service: wire.ServiceFileRemove, Text: "notes/sub/keep.txt"})
	for path, want := range map[string]string{"new.txt": "hellp!", "today.txt": "buy"} {
		if got, err := os.ReadFile(filepath.Join(notes, path)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(notes, "sub/keep.txt")); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestAFolderToReadIsNotWritten(t *testing.T) {
	o, photos, _ := folders(t)
	for _, a := range []wire.Ask{
		{Service: wire.ServiceFileWrite, Text: "photos/a.jpg", Data: []byte("x")},
		{Service: wire.ServiceFileResize, Text: "photos/a.jpg"},
		{Service: wire.ServiceFileRemove, Text: "photos/a.jpg"},
		{Service: wire.ServiceFileWrite, Text: "photos/new.jpg", Data: []byte("x")},
	} {
		o.refused(a, "does not ask to write")
	}
	if got, err := os.ReadFile(filepath.Join(photos, "a.jpg")); err != nil || string(got) != "picture a" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoPathLeadsOutOfAFolder(t *testing.T) {
	o, photos, notes := folders(t)
	must(t, os.Symlink(filepath.Dir(photos), filepath.Join(photos, "up")))
	must(t, os.Symlink("../secret", filepath.Join(photos, "link.jpg")))
	must(t, os.Symlink("/", filepath.Join(notes, "root")))
	must(t, os.Symlink(filepath.Join(filepath.Dir(photos), "made"), filepath.Join(notes, "dangling")))
	for _, path := range []string{
		"photos/../secret", "photos/..", "photos//secret", "photos/./../secret", "../secret", "/etc/passwd",
		"photos/up/secret", "photos/link.jpg", "photos/old/../../secret", "photos/\x00", "photos/a.jpg/",
		"secret", "", ".", "..", "notes/root/etc/passwd", "photos\\..\\secret", "photos/old/../a.jpg",
		strings.Repeat("a/", 2000),
	} {
		o.refused(wire.Ask{Service: wire.ServiceFileRead, Text: path, Length: 100}, "")
		o.refused(wire.Ask{Service: wire.ServiceFileSize, Text: path}, "")
		o.refused(wire.Ask{Service: wire.ServiceFileWrite, Text: path, Data: []byte("x")}, "")
	}
	for _, path := range []string{"notes/root/tmp/x", "notes/dangling", "notes/../photos/x", "notes/sub"} {
		o.refused(wire.Ask{Service: wire.ServiceFileWrite, Text: path, Data: []byte("x")}, "")
		o.refused(wire.Ask{Service: wire.ServiceFileResize, Text: path}, "")
		o.refused(wire.Ask{Service: wire.ServiceFileRemove, Text: path}, "")
	}
	for _, path := range []string{"photos/up", "notes/root", "photos/..", "..", "/"} {
		o.refused(wire.Ask{Service: wire.ServiceFileList, Text: path, Length: 100}, "")
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(photos), "made")); !os.IsNotExist(err) {
		t.Errorf("a link led a write outside: %v", err)
	}
}

func TestNoErrorTellsTheUsersPath(t *testing.T) {
	o, photos, _ := folders(t)
	for _, path := range []string{"photos/none", "photos/a.jpg/x", "photos/old"} {
		if r := o.ask(wire.Ask{Service: wire.ServiceFileRead, Text: path, Length: 1}); !r.Refused || strings.Contains(r.Why, filepath.Dir(photos)) {
			t.Errorf("%s: %+v", path, r)
		}
	}
	must(t, os.RemoveAll(photos))
	if r := o.ask(wire.Ask{Service: wire.ServiceFileList, Text: "photos", Length: 1}); !r.Refused || strings.Contains(r.Why, photos) {
		t.Errorf("%+v", r)
	}
}

// A pipe without a writer would block its reader for ever.
func TestOnlyFilesAreFiles(t *testing.T) {
	o, photos, notes := folders(t)
	must(t, syscall.Mkfifo(filepath.Join(photos, "pipe"), 0o600))
	must(t, syscall.Mkfifo(filepath.Join(notes, "pipe"), 0o600))
	o.refused(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/pipe", Length: 1}, "no file")
	o.refused(wire.Ask{Service: wire.ServiceFileWrite, Text: "notes/pipe", Data: []byte("x")}, "no file")
	o.refused(wire.Ask{Service: wire.ServiceFileRemove, Text: "notes/pipe"}, "no file")
	if r := o.given(wire.Ask{Service: wire.ServiceFileList, Text: "notes", Length: 100}); string(r.Data) != "sub/\ntoday.txt\n" {
		t.Errorf("%q", r.Data)
	}
}

func TestNumbersThatCannotBeAreRefused(t *testing.T) {
	o, _, _ := folders(t)
	for _, n := range []int64{-1, -1 << 63, maxFileBytes + 1, 1<<63 - 1} {
		o.refused(wire.Ask{Service: wire.ServiceFileWrite, Text: "notes/a", Offset: n, Data: []byte("x")}, "4 GiB")
		o.refused(wire.Ask{Service: wire.ServiceFileResize, Text: "notes/a", Offset: n}, "4 GiB")
		o.refused(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/a.jpg", Length: n}, "bytes")
	}
	o.refused(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/a.jpg", Offset: -1, Length: 1}, "bytes")
	for _, a := range []wire.Ask{{Offset: -1, Length: 5}, {Offset: 99, Length: 5}, {Length: -5}, {Offset: 1<<63 - 1, Length: 1<<63 - 1}} {
		a.Service, a.Text = wire.ServiceFileList, "photos"
		if r := o.given(a); len(r.Data) > 0 || r.Value != 11 {
			t.Errorf("%+v: %+v", a, r)
		}
	}
}

// Somebody swaps a folder of the granted one for a link again and again while a plugin reads.
func TestASwappedLinkNeverLeadsOutside(t *testing.T) {
	o, photos, _ := folders(t)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(photos), "b.jpg"), []byte("secret"), 0o600))
	old, aside, link := filepath.Join(photos, "old"), filepath.Join(photos, "aside"), filepath.Join(photos, "link")
	const rounds = 300
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range rounds {
			_ = os.Symlink("..", link) // whichever step fails, the next round goes on
			_ = os.Rename(old, aside)
			_ = os.Rename(link, old)
			_ = os.Remove(old)
			_ = os.Rename(aside, old)
		}
	}()
	for swapping := true; swapping; {
		select {
		case <-done:
			swapping = false
		default:
		}
		if r := o.ask(wire.Ask{Service: wire.ServiceFileRead, Text: "photos/old/b.jpg", Length: 100}); strings.Contains(string(r.Data), "secret") {
			t.Fatal("it read the file outside")
		}
	}
}
