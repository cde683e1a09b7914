package files

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// look lists a folder that must be there: what was found and, by name, what was wrong.
func look(t *testing.T, path string) (*Folder, map[string]Found, map[string]error) {
	t.Helper()
	parent, found, err := Find(path)
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	folder, err := parent.Enter(found)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	all, wrong := map[string]Found{}, map[string]error{}
	last := ""
	for f, err := range folder.Entries() {
		name := string(f.Entry.Name)
		if name <= last {
			t.Errorf("%q comes after %q", name, last)
		}
		last = name
		if err != nil {
			wrong[name] = err
			continue
		}
		all[name] = f
	}
	return folder, all, wrong
}

func TestEveryNameIsFoundByItsBytes(t *testing.T) {
	m := maker{t, t.TempDir()}
	m.oddNames()
	_, all, wrong := look(t, m.path("odd names"))
	if len(wrong) != 0 || len(all) != len(oddNames)+1 {
		t.Errorf("%d of %d names; %v", len(all), len(oddNames)+1, wrong)
	}
	for _, name := range oddNames {
		if f := all[name]; f.Entry.Kind != tree.File || f.Entry.Size != uint64(len(name)) {
			t.Errorf("%.20q: %+v", name, f.Entry)
		}
	}
}

func TestWhatHoldsNothingIsSkippedWithItsReason(t *testing.T) {
	m := maker{t, t.TempDir()}
	m.try(unix.Mkfifo(m.path("fifo"), 0o600))
	listener, err := net.Listen("unix", m.path("socket"))
	m.try(err)
	defer listener.Close()
	want := map[string]string{"fifo": "a fifo", "socket": "a socket"}
	if unix.Mknod(m.path("device"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))) == nil {
		want["device"] = "a device"
	}
	m.file("file", nil)
	_, all, wrong := look(t, m.root)
	if len(all) != 1 || len(wrong) != len(want) {
		t.Errorf("found %v, wrong %v", all, wrong)
	}
	for name, reason := range want {
		line := m.path(name) + ": " + reason + ": it holds nothing to store"
		if err := wrong[name]; !errors.Is(err, ErrSkipped) || err.Error() != line {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatWentOrChangedIsToldOf(t *testing.T) {
	m := maker{t, t.TempDir()}
	for _, name := range []string{"gone", "fifo", "link", "other", "grows", "still"} {
		m.file(name, []byte("x"))
	}
	m.folder("folder")
	m.folder("swapped")
	folder, all, _ := look(t, m.root)
	m.try(os.Remove(m.path("gone")))
	for _, name := range []string{"fifo", "link", "other", "folder", "swapped"} {
		m.try(os.Rename(m.path(name), m.path(name+" before")))
	}
	m.try(unix.Mkfifo(m.path("fifo"), 0o600))
	m.try(os.Symlink("still", m.path("link")))
	m.file("other", []byte("x"))
	m.try(os.Symlink("/", m.path("folder")))
	m.folder("swapped")

	for name, want := range map[string]error{
		"gone": os.ErrNotExist, "fifo": ErrChanged, "link": unix.ELOOP, "other": ErrChanged,
	} {
		f := all[name]
		if _, err := folder.Open(&f); !errors.Is(err, want) || !strings.HasPrefix(err.Error(), m.path(name)+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]error{"folder": unix.ENOTDIR, "swapped": ErrChanged} {
		if _, err := folder.Enter(all[name]); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	grows := all["grows"]
	m.file("grows", []byte("longer")) // before it is opened, which is fine
	file, err := folder.Open(&grows)
	m.try(err)
	defer file.Close()
	if grows.Entry.Size != 6 || grows.Unchanged(file) != nil {
		t.Errorf("it has %d bytes: %v", grows.Entry.Size, grows.Unchanged(file))
	}
	m.file("grows", []byte("longer still"))
	if err := grows.Unchanged(file); !errors.Is(err, ErrChanged) || !strings.HasPrefix(err.Error(), m.path("grows")) {
		t.Errorf("after a change: %v", err)
	}
}

func TestWhatMayNotBeReadIsToldOf(t *testing.T) {
	err := problem("/a", &os.PathError{Op: "open", Path: "a", Err: unix.EACCES})
	if fault.KindOf(err) != fault.Denied || err.Error() != "/a: permission denied; you may not read it: change its permissions" {
		t.Errorf("got %v", err)
	}
	if _, _, err := Find(filepath.Join(t.TempDir(), "no", "such")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if problem("/a", nil) != nil {
		t.Error("no error became one")
	}
}

func TestStampsRecogniseWhatDidNotChange(t *testing.T) {
	m := maker{t, t.TempDir()}
	path := m.file("file", []byte("x"))
	stamp := func(after time.Duration) uint64 {
		parent, _, err := Find(path)
		m.try(err)
		defer parent.Close()
		parent.now = func() time.Time { return time.Now().Add(after) }
		found, err := parent.look("file")
		m.try(err)
		return found.Entry.Stamp
	}
	if s := stamp(-time.Hour); s != 0 {
		t.Errorf("a file of this moment has the stamp %d", s)
	}
	first := stamp(time.Hour)
	if first == 0 || stamp(2*time.Hour) != first {
		t.Error("a file that rested has no stamp, or two")
	}
	m.try(os.Chmod(path, 0o600))
	m.try(os.Chtimes(path, time.Unix(5, 0), time.Unix(5, 0)))
	m.file("file", []byte("y"))
	if stamp(time.Hour) == first {
		t.Error("a change was not seen")
	}
}

func TestNamesOfOneFileShareAGroup(t *testing.T) {
	m := maker{t, t.TempDir()}
	m.try(os.Link(m.file("a", nil), m.path("b")))
	m.try(os.Link(m.file("c", nil), m.path("d")))
	m.file("e", nil)
	_, all, _ := look(t, m.root)
	a, c := all["a"].Entry.Group, all["c"].Entry.Group
	if a == 0 || c == 0 || a == c || all["b"].Entry.Group != a || all["d"].Entry.Group != c || all["e"].Entry.Group != 0 {
		t.Errorf("%+v", all)
	}
}

func TestExtentsAreTheDataBetweenTheHoles(t *testing.T) {
	m := maker{t, t.TempDir()}
	m.sparse()
	m.folder("sparse").file("dense", noise(100_000))
	m.folder("sparse").file("empty", nil)
	folder, all, _ := look(t, m.path("sparse"))
	for name, want := range map[string][]Extent{
		"4 GiB of nothing": nil, "start": {{0, 4096}}, "middle": {{1 << 30, 4096}}, "end": {{4<<30 - 4096, 4096}},
		"some": {{1 << 20, 4096}, {2 << 20, 4096}, {3 << 30, 4096}}, "dense": {{0, 100_000}}, "empty": nil,
	} {
		f := all[name]
		file, err := folder.Open(&f)
		m.try(err)
		var got []Extent
		for x, err := range f.Extents(file) {
			m.try(err)
			got = append(got, x)
		}
		m.try(file.Close())
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTheTopOfAFileSystemHasAName(t *testing.T) {
	parent, found, err := Find("/")
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	if string(found.Entry.Name) != "root" || found.Entry.Kind != tree.Folder {
		t.Errorf("%+v", found.Entry)
	}
	folder, err := parent.Enter(found)
	if err != nil || folder.Path() != "/" {
		t.Fatalf("%v", err)
	}
	_ = folder.Close() // only read
}

func TestALinkThatTheUserNamesIsStoredAsALink(t *testing.T) {
	m := maker{t, t.TempDir()}
	m.folder("real").file("file", []byte("x"))
	m.try(os.Symlink("real", m.path("link")))
	top, _ := newMemory().scan(t, m.path("link"))
	if top.Kind != tree.Symlink || string(top.Target) != "real" {
		t.Errorf("%+v", top)
	}
	top, _ = newMemory().scan(t, m.path("link/file")) // on the way there it is followed
	if top.Kind != tree.File || top.Size != 1 {
		t.Errorf("%+v", top)
	}
}

func TestFoldersThatLieTooDeepAreRefused(t *testing.T) {
	parent, found, err := Find(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	parent.depth = tree.MaxDepth
	if _, err := parent.Enter(found); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}
