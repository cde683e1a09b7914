package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/store/tree"
)

// maker makes a tree and keeps the first error out of each line.
type maker struct {
	t    testing.TB
	root string
}

func (m maker) try(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m maker) path(name string) string { return filepath.Join(m.root, name) }

func (m maker) folder(name string) maker {
	m.try(os.MkdirAll(m.path(name), 0o755))
	return maker{m.t, m.path(name)}
}

func (m maker) file(name string, content []byte) string {
	m.try(os.WriteFile(m.path(name), content, 0o644))
	return m.path(name)
}

// manyThings is a folder with one of everything.
func manyThings(t testing.TB) string {
	m := maker{t, filepath.Join(t.TempDir(), "many things")}
	m.try(os.Mkdir(m.root, 0o755))
	sizes := m.folder("sizes")
	for _, n := range []int{0, 1, 4095, 4096, 4097, chunkBytes - 1, chunkBytes, chunkBytes + 1, 20 * chunkBytes} {
		sizes.file(fmt.Sprint(n), noise(n))
	}
	m.oddNames()
	m.sparse()
	m.links()
	m.modes()
	m.times()
	m.deep()
	m.folder("empty")
	return m.root
}

var oddNames = []string{
	" ", "-rf", "a\nb", "\xff\xfe", "é", "e\u0301", "\u202egnp.exe", "*?", "a\\b", "...", "~", "\x01", ".hidden",
	"CON", strings.Repeat("n", 255), strings.Repeat("\xff", 255),
}

func (m maker) oddNames() {
	odd := m.folder("odd names")
	for _, name := range oddNames {
		odd.file(name, []byte(name))
		odd.folder("folders").folder(name)
	}
}

func (m maker) sparse() {
	sparse := m.folder("sparse")
	for name, parts := range map[string][]int64{
		"4 GiB of nothing": nil, "start": {0}, "middle": {1 << 30}, "end": {4<<30 - 4096}, "some": {1 << 20, 2 << 20, 3 << 30},
	} {
		f, err := os.Create(sparse.path(name))
		m.try(err)
		m.try(f.Truncate(4 << 30))
		for _, at := range parts {
			_, err := f.WriteAt(noise(4096), at)
			m.try(err)
		}
		m.try(f.Close())
	}
}

func (m maker) links() {
	links := m.folder("links")
	for name, target := range map[string]string{
		"dangling": "nowhere", "absolute": "/etc/passwd", "loop": "loop", "up": "../../..", "odd": "\xff\n",
		"long": strings.Repeat("a/", 2047) + "b",
	} {
		m.try(os.Symlink(target, links.path(name)))
	}
	first := links.file("first", noise(5*chunkBytes))
	m.try(os.Link(first, links.path("second")))
	m.try(os.Link(first, m.folder("other").path("third")))
	m.try(os.Link(links.file("small", []byte("x")), links.path("small too")))
	m.try(os.Link(links.file("nothing", nil), links.path("nothing too")))
}

func (m maker) modes() {
	modes := m.folder("modes")
	readable := uint32(0) // only an administrator reads what its owner may not
	if os.Getuid() != 0 {
		readable = 0o500
	}
	for mode := range uint32(0o10000) {
		if mode%37 != 0 && mode&0o777 != 0 {
			continue
		}
		path := modes.file(fmt.Sprintf("%04o", mode), nil)
		m.try(unix.Chmod(path, mode|readable))
	}
	for _, mode := range []uint32{0, 0o500, 0o700, 0o1777, 0o2755, 0o4711} {
		folder := modes.folder(fmt.Sprintf("folder %04o", mode))
		folder.file("in it", []byte("x"))
		m.try(unix.Chmod(folder.root, mode|readable))
		letIn(m.t, folder.root)
	}
}

// letIn opens folders at the test's end, so that they can be cleared away.
func letIn(t testing.TB, pattern string) {
	t.Cleanup(func() {
		paths, err := filepath.Glob(pattern)
		for _, path := range paths {
			err = errors.Join(err, os.Chmod(path, 0o700))
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func (m maker) times() {
	times := m.folder("times")
	for _, sec := range []int64{0, -1, -1 << 31, 1 << 31, 1<<33 + 5, time.Now().Unix()} {
		for _, nsec := range []int64{0, 1, 999_999_999} {
			name := fmt.Sprintf("%d.%d", sec, nsec)
			m.setTime(times.file(name, nil), sec, nsec)
			m.setTime(times.folder("folder "+name).root, sec, nsec)
			link := times.path("link " + name)
			m.try(os.Symlink("a", link))
			m.setTime(link, sec, nsec)
		}
	}
	m.setTime(times.root, 1_000_000_000, 7)
}

func (m maker) setTime(path string, sec, nsec int64) {
	t := unix.Timespec{Sec: sec, Nsec: nsec}
	m.try(unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW))
}

// deep makes folders whose path is far longer than any that can be given to the system.
func (m maker) deep() {
	d, err := openDir(m.root)
	m.try(err)
	for range 40 {
		name := strings.Repeat("d", 250)
		m.try(d.mkdir(name))
		below, err := d.enter(name)
		m.try(err)
		m.try(d.close())
		d = below
	}
	f, err := d.create("at the end")
	m.try(err)
	_, err = f.Write([]byte("here"))
	m.try(err)
	m.try(f.Close())
	m.try(d.close())
}

// restored is a restoring that must go without a failure.
func restored(t testing.TB, m *memory, target string, top tree.Entry, options Options) Report {
	t.Helper()
	report, err := Restore(context.Background(), target, m, top, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Failures {
		t.Errorf("%v", f)
	}
	return report
}

// sameTrees fails for each path that differs.
func sameTrees(t testing.TB, want, got map[string]string) {
	t.Helper()
	for path, w := range want {
		if got[path] != w {
			t.Errorf("%.200q:\n got %.300s\nwant %.300s", path, got[path], w)
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%.200q was not there", path)
		}
	}
}

func TestATreeIsRestoredAsItWas(t *testing.T) {
	m := newMemory()
	source := manyThings(t)
	top, errs := m.scan(t, source)
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	target := filepath.Join(t.TempDir(), "new", "target")
	letIn(t, filepath.Join(target, "many things", "modes", "folder *"))
	report := restored(t, m, target, top, Options{SetID: true})
	again, errs := m.scan(t, filepath.Join(target, "many things"))
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	want := m.flat(t, top)
	sameTrees(t, want, m.flat(t, again))
	if all := report.Files + report.Folders + report.Symlinks; all != uint64(len(want)) || report.Failed != 0 {
		t.Errorf("%d of %d names are counted, %d failed", all, len(want), report.Failed)
	}
	t.Run("a second time over itself", func(t *testing.T) {
		restored(t, m, target, top, Options{SetID: true})
		again, _ := m.scan(t, filepath.Join(target, "many things"))
		sameTrees(t, want, m.flat(t, again))
	})
	t.Run("with its holes", func(t *testing.T) { holesAreLeft(t, filepath.Join(target, "many things", "sparse")) })
}

func holesAreLeft(t *testing.T, folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 5 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		var s unix.Stat_t
		if err := unix.Stat(filepath.Join(folder, e.Name()), &s); err != nil || s.Size != 4<<30 || s.Blocks*512 > 1<<20 {
			t.Errorf("%s has %d bytes on %d blocks: %v", e.Name(), s.Size, s.Blocks, err)
		}
	}
}

func TestWithoutTheOptionNobodyGetsAnothersRights(t *testing.T) {
	m := newMemory()
	e := m.file(t, "program", []byte("x"))
	e.Mode = 0o7755
	sub := m.folder(t, "sub", e)
	sub.Mode = 0o7755
	target := t.TempDir()
	restored(t, m, target, sub, Options{})
	for _, path := range []string{"sub", "sub/program"} {
		var s unix.Stat_t
		if err := unix.Stat(filepath.Join(target, path), &s); err != nil || s.Mode&0o7777 != 0o1755 {
			t.Errorf("%s has the mode %o: %v", path, s.Mode, err)
		}
	}
}

func TestOneFileOrOneLinkIsRestoredToo(t *testing.T) {
	m := newMemory()
	target := t.TempDir()
	restored(t, m, target, m.file(t, "one", noise(100_000)), Options{})
	restored(t, m, target, linkTo("two", "/nowhere"), Options{})
	if got, err := os.ReadFile(filepath.Join(target, "one")); err != nil || !bytes.Equal(got, noise(100_000)) {
		t.Errorf("the file: %d bytes, %v", len(got), err)
	}
	if got, err := os.Readlink(filepath.Join(target, "two")); err != nil || got != "/nowhere" {
		t.Errorf("the link: %q, %v", got, err)
	}
}

func TestProgressEndsWithAllThereWas(t *testing.T) {
	m := newMemory()
	top := m.folder(t, "top", m.file(t, "a", noise(100_000)), m.file(t, "b", noise(5)))
	type step struct{ files, bytes uint64 }
	seen := make(chan step, 1000)
	report := restored(t, m, t.TempDir(), top, Options{Progress: func(files, bytes uint64) { seen <- step{files, bytes} }})
	close(seen)
	steps := map[step]bool{}
	for s := range seen {
		steps[s] = true
	}
	if last := (step{2, 100_005}); !steps[last] || len(steps) < 5 || report.Bytes != last.bytes {
		t.Errorf("progress was %v, the report has %d bytes", maps.Keys(steps), report.Bytes)
	}
}
