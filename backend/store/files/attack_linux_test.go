package files

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// failures runs a restoring that must not end early.
func failures(t *testing.T, m Source, target string, top tree.Entry, options Options) (Report, string) {
	t.Helper()
	report, err := Restore(context.Background(), target, m, top, options)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range report.Failures {
		text.WriteString(f.Error() + "\n")
	}
	return report, text.String()
}

// nothingIn fails if a folder has anything in it.
func nothingIn(t *testing.T, folder string) {
	t.Helper()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("%s: %v, %v", folder, entries, err)
	}
}

// noTemporaries fails if anything half written is left.
func noTemporaries(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), tempPrefix) {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNoLinkIsWalkedThroughThatIsThereAlready(t *testing.T) {
	m := newMemory()
	target, outside := t.TempDir(), t.TempDir()
	restored(t, m, target, m.folder(t, "top", linkTo("sub", outside)), Options{})
	second := m.folder(t, "top", m.folder(t, "sub", m.file(t, "planted", []byte("x"))), m.file(t, "zzz", []byte("y")))
	for _, options := range []Options{{}, {Overwrite: true}} {
		report, text := failures(t, m, target, second, options)
		if report.Failed != 1 || !strings.Contains(text, "top/sub: something else") {
			t.Errorf("%d failed: %s", report.Failed, text)
		}
	}
	nothingIn(t, outside)
	if _, err := os.Stat(filepath.Join(target, "top", "zzz")); err != nil {
		t.Error(err) // the rest is there
	}
	file := m.folder(t, "top", m.file(t, "sub", []byte("instead")))
	if report, text := failures(t, m, target, file, Options{}); report.Failed != 1 || !strings.Contains(text, "was kept") {
		t.Errorf("a file in place of a link: %s", text)
	}
	restored(t, m, target, file, Options{Overwrite: true})
	nothingIn(t, outside)
}

func TestNoLinkIsWalkedThroughThatIsPutThereMeanwhile(t *testing.T) {
	for swapAt := int64(1); swapAt < 12; swapAt++ {
		m := newMemory()
		target, outside := t.TempDir(), t.TempDir()
		big := noise(5 * chunkBytes)
		e := m.file(t, "linked", big)
		e.Group = 5
		again := e
		again.Name = []byte("linked again")
		top := m.folder(t, "top",
			m.folder(t, "a", e, m.file(t, "f", []byte("1"))), m.folder(t, "b", m.file(t, "f", []byte("2")), again))
		m.before = func(n int64, _ tree.Link) error {
			if n != swapAt {
				return nil
			}
			for _, path := range []string{"top/a", "top/b", "top"} {
				path = filepath.Join(target, path)
				if os.Rename(path, path+" was here") == nil {
					if err := os.Symlink(outside, path); err != nil {
						t.Error(err)
					}
				}
			}
			return nil
		}
		failures(t, m, target, top, Options{Overwrite: true})
		nothingIn(t, outside)
		m.before = nil
	}
}

// liar answers with the same bytes whatever it is asked for.
type liar struct{ data []byte }

func (l liar) Meta(context.Context, tree.Link) ([]byte, error)         { return l.data, nil }
func (l liar) Data(context.Context, tree.Link, []byte) ([]byte, error) { return l.data, nil }

func TestLoopsEnd(t *testing.T) {
	anyName := tree.Name{1}
	size := uint64(0)
	var page []byte
	for range 2 { // the second knows the size of its own page
		var err error
		page, err = tree.EncodePage([]tree.Entry{{
			Name: []byte("a"), Kind: tree.Folder, Mode: 0o700, Content: tree.Content{Link: tree.Link{Name: anyName, Size: max(size, 1)}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		size = uint64(len(page))
	}
	folder := tree.Entry{Name: []byte("top"), Kind: tree.Folder, Mode: 0o700, Content: tree.Content{Link: tree.Link{Name: anyName, Size: size}}}
	report, text := failures(t, liar{page}, t.TempDir(), folder, Options{})
	if report.Folders != tree.MaxDepth+1 || !strings.Contains(text, "more than 512 folders deep") {
		t.Errorf("%d folders: %.200s", report.Folders, text)
	}

	list, err := tree.EncodeList([]tree.Link{{Name: anyName, Size: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	file := tree.Entry{Name: []byte("top"), Kind: tree.File, Size: 1000,
		Content: tree.Content{Level: tree.MaxLevel, Link: tree.Link{Name: anyName, Size: 1000}}}
	target := t.TempDir()
	report, text = failures(t, liar{list}, target, file, Options{})
	if report.Files != 0 || !strings.Contains(text, "1000 were promised") {
		t.Errorf("%d files: %s", report.Files, text)
	}
	nothingIn(t, target)
}

func TestFewBlocksCannotNameCountlessFolders(t *testing.T) {
	m := newMemory()
	top := m.folder(t, "0")
	for range 8 {
		var many []tree.Entry
		for i := range 100 {
			e := top
			e.Name = []byte{byte(' ' + i)}
			if e.Name[0] >= '/' {
				e.Name[0]++
			}
			many = append(many, e)
		}
		top = m.folder(t, "top", many[15:]...)
	}
	_, err := Restore(context.Background(), t.TempDir(), m, top, Options{Entries: 200})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "more names than the 200") {
		t.Errorf("got %v", err)
	}
}

func TestATreeOfMoreBytesThanItClaimsIsCutShort(t *testing.T) {
	m := newMemory()
	top := m.folder(t, "top", m.file(t, "a", noise(100)), m.file(t, "b", noise(100_000)))
	top.Size = 1000
	target := t.TempDir()
	report, text := failures(t, m, target, top, Options{})
	if report.Files != 1 || report.Bytes != 100 || !strings.Contains(text, "top/b: with it the tree has more bytes") {
		t.Errorf("%+v: %s", report, text)
	}
}

func TestNamesThatClimbOutAreRefused(t *testing.T) {
	m := newMemory()
	parent := t.TempDir()
	target := filepath.Join(parent, "target")
	for _, name := range []string{"../x", "..", ".", "/x", "x/../../y", "", "a\x00"} {
		e := m.file(t, "x", []byte("x"))
		e.Name = []byte(name)
		if _, err := Restore(context.Background(), target, m, e, Options{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q as the top: %v", name, err)
		}
		if len(name) == 0 {
			continue
		}
		// In a page, where the encoder would refuse it, the bytes are changed afterwards.
		placeholder := strings.Repeat("\x01", len(name))
		page, err := tree.EncodePage([]tree.Entry{m.file(t, placeholder, []byte("x"))})
		if err != nil {
			t.Fatal(err)
		}
		link := m.put(bytes.Replace(page, []byte(placeholder), []byte(name), 1))
		top := tree.Entry{Name: []byte("top"), Kind: tree.Folder, Mode: 0o700, Size: 1, Content: tree.Content{Link: link}}
		if report, text := failures(t, m, target, top, Options{}); report.Files != 0 || !strings.Contains(text, "invalid tree") {
			t.Errorf("%q in a page: %d files, %s", name, report.Files, text)
		}
	}
	if entries, _ := os.ReadDir(parent); len(entries) != 1 {
		t.Errorf("beside the target: %v", entries)
	}
}

func TestHostileGroupsChangeNoContent(t *testing.T) {
	m := newMemory()
	var entries []tree.Entry
	for _, name := range []string{"a", "b", "c"} {
		e := m.file(t, name, []byte("content of "+name))
		e.Group = 7
		entries = append(entries, e)
	}
	missing := tree.Entry{Name: []byte("d"), Kind: tree.File, Size: 5, Group: 9,
		Content: tree.Content{Link: tree.Link{Name: tree.Name{9}, Size: 5}}}
	other := missing
	other.Name = []byte("e")
	target := t.TempDir()
	report, text := failures(t, m, target, m.folder(t, "top", append(entries, missing, other)...), Options{})
	if report.Failed != 2 || !strings.Contains(text, "top/d: at byte 0: no such block") || !strings.Contains(text, "top/e: another name") {
		t.Errorf("%d failed: %s", report.Failed, text)
	}
	for _, e := range entries {
		path := filepath.Join(target, "top", string(e.Name))
		if got, err := os.ReadFile(path); err != nil || string(got) != "content of "+string(e.Name) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// short answers with a byte too few or too many.
type short struct {
	*memory
	by int
}

func (s short) Data(ctx context.Context, link tree.Link, buf []byte) ([]byte, error) {
	data, err := s.memory.Data(ctx, link, buf)
	return append(data, make([]byte, 10)...)[:len(data)+s.by], err
}

func TestABlockOfAnotherLengthSpoilsItsFileOnly(t *testing.T) {
	for _, by := range []int{-1, 1} {
		m := newMemory()
		top := m.folder(t, "top", m.file(t, "a", noise(100_000)), m.file(t, "b", []byte("b")), m.file(t, "empty", nil))
		target := t.TempDir()
		report, text := failures(t, short{m, by}, target, top, Options{})
		if report.Failed != 2 || report.Files != 1 || !strings.Contains(text, "were promised") {
			t.Errorf("%+v: %s", report, text)
		}
		noTemporaries(t, target)
	}
}

func TestWhatIsThereIsKept(t *testing.T) {
	m := newMemory()
	top := m.folder(t, "top", m.file(t, "a", []byte("new")), m.file(t, "fifo", []byte("new")),
		m.file(t, "folder", []byte("new")), m.file(t, "same", []byte("same")), linkTo("link", "new"),
		m.file(t, "mine", nil))
	target := t.TempDir()
	mk := maker{t, filepath.Join(target)}.folder("top")
	mk.file("a", []byte("old"))
	mk.file("same", []byte("same"))
	mk.file("unrelated", []byte("unrelated"))
	mk.file(tempPrefix+"not ours", []byte("unrelated"))
	mk.folder("folder").file("in it", nil)
	mk.try(os.Symlink("old", mk.path("link")))
	mk.try(unix.Mkfifo(mk.path("fifo"), 0o600))

	report, text := failures(t, m, target, top, Options{})
	if report.Failed != 4 || strings.Count(text, "was kept; allow overwriting") != 3 || report.Files != 2 ||
		!strings.Contains(text, "top/folder: something else of that name is there; remove it, or restore into") {
		t.Errorf("%+v\n%s", report, text)
	}
	if got, _ := os.ReadFile(mk.path("a")); string(got) != "old" {
		t.Errorf("it was overwritten: %q", got)
	}
	report, text = failures(t, m, target, top, Options{Overwrite: true})
	if report.Failed != 1 || !strings.Contains(text, "top/folder: something else of that name is there; remove it") {
		t.Errorf("overwriting: %+v\n%s", report, text)
	}
	for name, want := range map[string]string{
		"a": "new", "fifo": "new", "same": "same", "unrelated": "unrelated", tempPrefix + "not ours": "unrelated",
	} {
		if got, err := os.ReadFile(mk.path(name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, _ := os.Readlink(mk.path("link")); got != "new" {
		t.Errorf("the link leads to %q", got)
	}
	if _, err := os.Stat(mk.path("folder/in it")); err != nil {
		t.Error(err)
	}
}

func TestAMissingBlockIsToldAndTheRestIsThere(t *testing.T) {
	m := newMemory()
	lost := m.file(t, "lost", noise(3))
	large := m.file(t, "large", noise(10*chunkBytes))
	page := m.folder(t, "sub", m.file(t, "x", nil))
	top := m.folder(t, "top", large, lost, m.file(t, "rest", []byte("r")), page)
	delete(m.blocks, lost.Content.Name)
	delete(m.blocks, page.Content.Name)
	delete(m.blocks, m.put(noise(10 * chunkBytes)[7*chunkBytes:8*chunkBytes]).Name)
	target := t.TempDir()
	report, text := failures(t, m, target, top, Options{})
	if report.Failed != 3 || report.Files != 1 {
		t.Errorf("%+v\n%s", report, text)
	}
	for _, path := range []string{"top/lost: ", "top/large: ", "top/sub: "} {
		if !strings.Contains(text, path) {
			t.Errorf("%s is not told of:\n%s", path, text)
		}
	}
	noTemporaries(t, target)
}

func TestFailuresAreCountedAndBounded(t *testing.T) {
	m := newMemory()
	var lost []tree.Entry
	for i := range 250 {
		e := tree.Entry{Name: []byte{'a', byte(i + 1)}, Kind: tree.File, Size: 1,
			Content: tree.Content{Link: tree.Link{Name: tree.Name{1}, Size: 1}}}
		if e.Name[1] != '/' {
			lost = append(lost, e)
		}
	}
	report, _ := failures(t, m, t.TempDir(), m.folder(t, "top", lost...), Options{})
	if report.Failed != 249 || len(report.Failures) != maxFailures {
		t.Errorf("%d failed, %d are told", report.Failed, len(report.Failures))
	}
}

func TestCancellingEndsItAndLeavesNothingHalfWritten(t *testing.T) {
	for _, at := range []int64{1, 2, 5, 9, 30} {
		m := newMemory()
		var many []tree.Entry
		for _, name := range "abcdefghijklmnop" {
			many = append(many, m.file(t, string(name), noise(int(name)*1000)))
		}
		ctx, cancel := context.WithCancel(context.Background())
		m.before = func(n int64, _ tree.Link) error {
			if n == at {
				cancel()
			}
			return nil
		}
		target := t.TempDir()
		_, err := Restore(ctx, target, m, m.folder(t, "top", many...), Options{})
		if fault.KindOf(err) != fault.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("after %d: %v", at, err)
		}
		noTemporaries(t, target)
	}
}

func TestATargetThatIsNoFolderIsToldOf(t *testing.T) {
	m := newMemory()
	mk := maker{t, t.TempDir()}
	file := mk.file("file", nil)
	for _, target := range []string{file, filepath.Join(file, "below")} {
		if _, err := Restore(context.Background(), target, m, m.file(t, "x", nil), Options{}); err == nil ||
			!strings.HasPrefix(err.Error(), target+": not a directory") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestBothHalvesOfALongComparisonCount(t *testing.T) {
	mk := maker{t, t.TempDir()}
	d, err := openDir(mk.root)
	mk.try(err)
	defer d.close()
	data := noise(200_000)
	mk.file("a", data)
	mk.file("same", data)
	mk.file("shorter", data[:199_999])
	for _, at := range []int{0, 65_535, 65_536, 199_999} {
		other := slices.Clone(data)
		other[at]++
		mk.file("other", other)
		if sameContent(d, "a", "other") {
			t.Errorf("byte %d differs and was not seen", at)
		}
	}
	if !sameContent(d, "a", "same") || sameContent(d, "a", "shorter") || sameContent(d, "a", "missing") {
		t.Error("same, shorter or missing is judged wrongly")
	}
}

func TestLinkedFilesAtTheEndOfManyDeepPathsKeepFewFoldersOpen(t *testing.T) {
	m := newMemory()
	var tops []tree.Entry
	for i := range 80 {
		a := m.file(t, "a", []byte("x"))
		a.Group = uint64(i + 1)
		b := a
		b.Name = []byte("b")
		e := m.folder(t, "end", a, b)
		for range 12 {
			e = m.folder(t, "d", e)
		}
		e.Name = []byte{'d', byte('0' + i/26), byte('a' + i%26)}
		tops = append(tops, e)
	}
	report := restored(t, m, t.TempDir(), m.folder(t, "top", tops...), Options{})
	if report.Files != 160 {
		t.Errorf("%d files", report.Files)
	}
}
