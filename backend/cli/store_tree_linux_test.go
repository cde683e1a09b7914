package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// oddNames are names in several encodings, and what no encoding has.
var oddNames = []string{
	"plain", " ", "-rf", "a\nb", "a\\b", "*?", "~", "...", "\x01\x7f", "CON", ".hidden", strings.Repeat("n", 255),
	"\u00e9 composed", "e\u0301 decomposed", "\u202egnp.exe", "\u65e5\u672c\u8a9e", "\U0001f985", // UTF-8
	"caf\xe9", "\x93\xfa\x96\x7b\x8c\xea", "\xc8\xd5\xb1\xbe\xd3\xef", "\xd0\xd2\xd7", // Latin-1, Shift-JIS, GB 18030, KOI8-R
	"\xff\xfe", "\xed\xa0\x80", "\xc0\xaf", strings.Repeat("\xff", 255), // none
}

// treeMaker makes a tree, and fails the test where it cannot.
type treeMaker struct {
	*testing.T
	root string
}

func (m treeMaker) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m treeMaker) file(name string, data []byte) string {
	m.Helper()
	path := filepath.Join(m.root, name)
	m.must(os.MkdirAll(filepath.Dir(path), 0o755))
	m.must(os.WriteFile(path, data, 0o644))
	return path
}

// make makes one of everything, and so many files.
func (m treeMaker) make(files int) {
	for _, name := range oddNames {
		m.file("names/"+name, []byte(name))
		m.file("folders/"+name+"/x", nil)
	}
	for i := range files {
		m.file(fmt.Sprintf("many/%d/%d/%d", i%7, i%100, i), proseOf(uint64(i), i*i%3000))
	}
	for _, n := range []int{0, 1, 4096, 256<<10 - 1, 256 << 10, 256<<10 + 1, 5 << 20} {
		m.file(fmt.Sprintf("sizes/%d", n), noiseOf(uint64(n), n))
	}
	m.sparse("sparse/nothing")
	m.sparse("sparse/some", 0, 1<<30+4096, 4<<30-4096)
	m.links()
	m.modes()
	m.times()
}

// sparse makes a file of 4 GiB with data at some places.
func (m treeMaker) sparse(name string, places ...int64) {
	path := m.file(name, nil)
	m.must(os.Truncate(path, 4<<30))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	m.must(err)
	for _, at := range places {
		_, err := f.WriteAt(noiseOf(uint64(at), 4096), at)
		m.must(err)
	}
	m.must(f.Close())
}

func (m treeMaker) links() {
	first := m.file("links/first", noiseOf(1, 600<<10))
	m.must(os.Link(first, filepath.Join(m.root, "links/second")))
	m.must(os.Link(first, filepath.Join(m.root, "third")))
	for name, target := range map[string]string{
		"dangling": "nowhere", "absolute": "/etc/passwd", "loop": "loop", "up": "../../..", "odd": "\xff\n",
	} {
		m.must(os.Symlink(target, filepath.Join(m.root, "links", name)))
	}
}

func (m treeMaker) modes() {
	for _, mode := range []uint32{0o400, 0o644, 0o777, 0o1644, 0o2755, 0o4755, 0o6711} {
		m.must(unix.Chmod(m.file(fmt.Sprintf("modes/%04o", mode), nil), mode))
		m.must(unix.Chmod(filepath.Dir(m.file(fmt.Sprintf("modes/in %04o/x", mode|0o700), nil)), mode|0o700))
	}
}

func (m treeMaker) times() {
	for _, sec := range []int64{0, -1, -86_400 * 365 * 50, -1 << 31, 1 << 31, 1<<33 + 5} {
		at := []unix.Timespec{{Sec: sec, Nsec: 123_456_789}, {Sec: sec, Nsec: 999_999_999}}
		path := m.file(fmt.Sprintf("times/%d/x", sec), nil)
		for _, path := range []string{path, filepath.Dir(path)} {
			m.must(unix.UtimesNanoAt(unix.AT_FDCWD, path, at, unix.AT_SYMLINK_NOFOLLOW))
		}
	}
}

// treeOf says all about each name below a folder: what lstat says and the digest of the content.
func treeOf(t *testing.T, root string) map[string]string {
	t.Helper()
	out, groups := map[string]string{}, map[uint64]string{}
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		var s unix.Stat_t
		if err = errors.Join(err, unix.Lstat(path, &s)); err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		about := fmt.Sprintf("mode %o, changed %d.%09d", s.Mode, s.Mtim.Sec, s.Mtim.Nsec)
		switch s.Mode & unix.S_IFMT {
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			out[name] = about + fmt.Sprintf(", to %q", target)
			return err
		case unix.S_IFREG:
			if groups[s.Ino] == "" {
				groups[s.Ino] = name
			}
			sum, err := sumOfData(path, s.Size)
			out[name] = fmt.Sprintf("%s, %d bytes, SHA-256 %s, %d names, of which the first is %q, dense %v",
				about, s.Size, sum, s.Nlink, groups[s.Ino], s.Blocks*512 >= s.Size)
			return err
		}
		out[name] = about
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sumOfData passes over holes, and counts in where the data lies.
func sumOfData(path string, size int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	for at := int64(0); at < size; {
		start, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break
		}
		if err != nil {
			return "", err
		}
		end, err := unix.Seek(int(f.Fd()), start, unix.SEEK_HOLE)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, start, end)
		if _, err := io.Copy(sum, io.NewSectionReader(f, start, end-start)); err != nil {
			return "", err
		}
		at = end
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func sameTree(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%.100q:\n got %s\nwant %s", name, got[name], w)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%.100q was not there", name)
		}
	}
}

// TestATreeOfEverythingComesBackAndIsNotStoredTwice has 20,000 files where more rounds are asked for.
func TestATreeOfEverythingComesBackAndIsNotStoredTwice(t *testing.T) {
	w := newStoreWorld(t)
	files := 2000
	if rounds(t, 0) > 0 {
		files = 20_000
	}
	source := filepath.Join(t.TempDir(), "one \xff of everything")
	treeMaker{t, source}.make(files)
	want := treeOf(t, source)
	first := w.put(t, source)
	if first.Failed+first.Skipped > 0 || first.Files < uint64(files) || first.NewChunks == 0 {
		t.Fatalf("%+v", first)
	}
	out := t.TempDir()
	var got getDocument
	w.store(t, &got, "get", first.ID, "-o", out)
	if all := got.Files + got.Folders + got.Symlinks; all != uint64(len(want)) || got.Failed > 0 {
		t.Errorf("%d of %d names were restored, %d failed", all, len(want), got.Failed)
	}
	sameTree(t, want, treeOf(t, filepath.Join(out, filepath.Base(source))))

	again := w.put(t, source)
	if !again.Unchanged || again.ID != first.ID || again.NewChunks != 0 || again.Stored != 0 {
		t.Errorf("put again as it was: %+v", again)
	}
	writeFile(t, filepath.Join(source, "new"), []byte("new"))
	again = w.put(t, source)
	// On 2,000 files the time is mostly that of two processes that start; inos bench store measures it.
	slow := files > 2000 && again.Seconds > first.Seconds/5
	if again.Unchanged || again.Stored <= 0 || again.Stored*1000 > first.Stored || slow {
		t.Errorf("put again with one more file: %d bytes in %.3f s, at first %d in %.3f s",
			again.Stored, again.Seconds, first.Stored, first.Seconds)
	}
}

// TestAnInsertionStoresWhatIsAroundIt has a file of 1 GiB where more rounds are asked for. One piece of it
// is stored again, which has 4 MiB at most.
func TestAnInsertionStoresWhatIsAroundIt(t *testing.T) {
	w := newStoreWorld(t)
	path, mib := filepath.Join(t.TempDir(), "large"), 64
	if rounds(t, 0) > 0 {
		mib = 1024
	}
	write := func(front string) {
		data, shuffled := proseOf(1, 1<<20), rand.New(rand.NewPCG(1, 2)) // the same pages, never in the same order
		f, err := os.Create(path)
		treeMaker{T: t}.must(err)
		defer f.Close()
		_, err = f.WriteString(front)
		for i := 0; i < mib && err == nil; i++ {
			shuffled.Shuffle(len(data)>>12, func(i, j int) {
				for k := range 4 << 10 {
					a, b := i<<12+k, j<<12+k
					data[a], data[b] = data[b], data[a]
				}
			})
			_, err = f.Write(data)
		}
		treeMaker{T: t}.must(err)
	}
	write("")
	first := w.put(t, path)
	write("nineteen bytes here")
	again := w.put(t, path)
	if again.Bytes != first.Bytes+19 || again.NewChunks == 0 || again.NewChunks > 3 || again.Stored*50 >= int64(again.Bytes) {
		t.Errorf("%+v, then %+v", first, again)
	}
	t.Logf("%d bytes, then %d in %d of %d pieces", first.Stored, again.Stored, again.NewChunks, again.Chunks)
	out := t.TempDir()
	w.store(t, nil, "get", again.ID, "-o", out)
	sameTree(t, map[string]string{"large": treeOf(t, filepath.Dir(path))["large"]},
		map[string]string{"large": treeOf(t, out)["large"]})
}
