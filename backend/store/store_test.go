package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
	"inos/backend/store/files"
)

var master = [32]byte{1, 2, 3}

func newSpaceOn(t testing.TB, fsys disk.FS) *Space {
	t.Helper()
	s, err := New(fsys, master).Create(t.Context(), Settings{Name: Main})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// again opens what lies there as another process would.
func again(t testing.TB, fsys disk.FS) *Space {
	t.Helper()
	s, err := New(fsys, master).Space(Main)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Space, name string, data []byte) Put {
	t.Helper()
	p, err := s.PutStream(t.Context(), name, bytes.NewReader(data), PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// content reads a version of one file.
func content(s *Space, v Version) ([]byte, error) {
	var out bytes.Buffer
	err := s.Write(context.Background(), v, &out)
	return out.Bytes(), err
}

func has(t testing.TB, s *Space, v Version, want []byte) {
	t.Helper()
	if got, err := content(s, v); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, want %d; %v", v.Root.Path, len(got), len(want), err)
	}
}

func random(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func text(seed byte, n int) []byte {
	var b bytes.Buffer
	for r := rand.New(rand.NewChaCha8([32]byte{seed})); b.Len() < n; {
		fmt.Fprintf(&b, "line %d of %x\n", r.IntN(1000), r.IntN(50))
	}
	return b.Bytes()[:n]
}

func quiet(string, int64, int64) {}

func sound(t testing.TB, s *Space) {
	t.Helper()
	r, err := s.Check(t.Context(), CheckOptions{ReadData: true})
	if err != nil || !r.OK() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatIsPutComesBack(t *testing.T) {
	for _, data := range [][]byte{nil, {0}, text(1, 5000), random(2, 300<<10), text(3, 5<<20), random(4, 9<<20), make([]byte, 5<<20)} {
		disk := disktest.New()
		p := put(t, newSpaceOn(t, disk), "data", data)
		s := again(t, disk)
		has(t, s, p.Version, data)
		sound(t, s)
	}
}

func newTree(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	for name, data := range map[string][]byte{
		"a/empty": nil, "a/small": text(5, 100), "a/b/text": text(6, 400<<10), "a/b/random": random(7, 3<<20), "same": random(7, 3<<20),
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a/small", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAFolderComesBackAndIsNotStoredTwice(t *testing.T) {
	disk, dir := disktest.New(), newTree(t)
	s := newSpaceOn(t, disk)
	first, err := s.PutPath(t.Context(), dir, PutOptions{})
	if err != nil || first.Failed != 0 || first.Version.Root.Files != 6 || first.Version.Root.Folders != 3 {
		t.Fatalf("%+v, %v", first, err)
	}
	out := t.TempDir()
	if r, err := s.Restore(t.Context(), first.Version, out, files.Options{}); err != nil || r.Failed != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, name := range []string{"a/empty", "a/small", "a/b/text", "a/b/random", "same"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		got, err2 := os.ReadFile(filepath.Join(out, "tree", name))
		if err != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, err, err2)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a/small"), []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := again(t, disk).PutPath(t.Context(), dir, PutOptions{})
	if err != nil || second.Tally.NewChunks != 1 || second.Tally.Chunks != first.Tally.Chunks || second.Unchanged {
		t.Errorf("%+v, %v", second, err)
	}
	third, err := again(t, disk).PutPath(t.Context(), dir, PutOptions{})
	if err != nil || third.Tally.NewChunks != 0 || !third.Unchanged && third.Tally.Stored > 8<<10 {
		t.Errorf("%+v, %v", third, err)
	}
}

func TestRemovedContentGoesAndOtherContentStays(t *testing.T) {
	disk := disktest.New()
	s := newSpaceOn(t, disk)
	gone, kept := put(t, s, "gone", random(1, 4<<20)), put(t, s, "kept", random(2, 2<<20))
	put(t, s, "shared", random(2, 2<<20))
	before := used(s.table)
	if err := s.Remove(t.Context(), gone.Version); err != nil {
		t.Fatal(err)
	}
	done, err := s.Collect(t.Context(), 0, quiet)
	if err != nil || done.Freed < 4<<20 {
		t.Fatalf("%+v, %v", done, err)
	}
	s = again(t, disk)
	has(t, s, kept.Version, random(2, 2<<20))
	if _, err := s.Find("gone"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := s.refresh(); err != nil || used(s.table) > before-4<<20+64<<10 {
		t.Errorf("%d of %d bytes are left, %v", used(s.table), before, err)
	}
	sound(t, s)
	if again, err := s.Collect(t.Context(), 0, quiet); err != nil || again.Packs != 0 {
		t.Errorf("a second collection did %+v, %v", again, err)
	}
}

func TestAVersionKeepsItsIDWhenItIsPinned(t *testing.T) {
	disk := disktest.New()
	s := newSpaceOn(t, disk)
	v := put(t, s, "data", text(1, 1000)).Version
	for _, pinned := range []bool{true, false, true} {
		if err := s.Pin(t.Context(), v, pinned); err != nil {
			t.Fatal(err)
		}
		all, err := again(t, disk).Versions()
		if err != nil || len(all) != 1 || all[0].ID != v.ID || all[0].Root.Pinned != pinned {
			t.Fatalf("%+v, %v", all, err)
		}
		v = all[0]
	}
	if err := s.Remove(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if all, err := again(t, disk).Versions(); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestArchivedContentIsSmallerAndTheSame(t *testing.T) {
	disk := disktest.New()
	s := newSpaceOn(t, disk)
	data := text(1, 60<<10)
	p := put(t, s, "data", data)
	done, err := s.Archive(t.Context(), ArchiveOptions{})
	if err != nil || done.Saved <= 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := s.Collect(t.Context(), 0, quiet); err != nil {
		t.Fatal(err)
	}
	s = again(t, disk)
	has(t, s, p.Version, data)
	st, err := s.Stat(t.Context())
	if err != nil || st.Dense != uint64(len(data)) || st.Compression < 2 {
		t.Errorf("%+v, %v", st, err)
	}
	sound(t, s)
}

func TestAQuotaRefusesAndSaysSo(t *testing.T) {
	s := newSpaceOn(t, disktest.New())
	kept := put(t, s, "kept", random(1, 1<<20))
	if err := s.Change(t.Context(), func(set *Settings) { set.Quota = 2 << 20 }); err != nil {
		t.Fatal(err)
	}
	_, err := s.PutStream(t.Context(), "more", bytes.NewReader(random(2, 4<<20)), PutOptions{})
	if fault.KindOf(err) != fault.Budget || !strings.Contains(err.Error(), "quota") {
		t.Errorf("%v", err)
	}
	has(t, s, kept.Version, random(1, 1<<20))
	if err := s.Remove(t.Context(), kept.Version); err != nil {
		t.Error(err)
	}
}

func TestAnotherKeyOpensNothing(t *testing.T) {
	disk := disktest.New()
	put(t, newSpaceOn(t, disk), "data", text(1, 1000))
	if _, err := New(disk, [32]byte{9}).Space(Main); fault.KindOf(err) != fault.Damaged {
		t.Errorf("%v", err)
	}
	has(t, again(t, disk), func() Version { v, _ := again(t, disk).Find("data"); return v }(), text(1, 1000))
}

// Every flipped bit is found, harms at most what it is in, and repair brings the rest back.
func TestEveryFlippedBitIsFoundAndIsolated(t *testing.T) {
	whole := disktest.New()
	s := newSpaceOn(t, whole)
	want := map[string][]byte{"text": text(1, 40<<10), "random": random(2, 3000), "small": text(3, 10)}
	for name, data := range want {
		put(t, s, name, data)
	}
	if err := s.Pin(t.Context(), must(s.Find("small")), true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context(), 0, quiet); err != nil {
		t.Fatal(err)
	}
	s.writeIndex()
	r := rand.New(rand.NewPCG(1, 2))
	for _, file := range whole.Files() {
		good := whole.Bytes(file)
		flips := 60
		if racing {
			flips = 10
		}
		for range min(len(good), flips) {
			bad := bytes.Clone(good)
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
			broken := whole.Restart()
			broken.Put(file, bad)
			flipped(t, broken, file, want)
		}
	}
}

func must(v Version, _ error) Version { return v }

func flipped(t *testing.T, broken *disktest.Memory, file string, want map[string][]byte) {
	t.Helper()
	s := again(t, broken)
	report, err := s.Check(t.Context(), CheckOptions{ReadData: true})
	if err != nil || report.OK() {
		t.Fatalf("%s: nothing was found: %v", file, err)
	}
	lost := 0
	for name, data := range want {
		v, err := s.Find(name)
		if err == nil {
			var got []byte
			if got, err = content(s, v); err == nil && !bytes.Equal(got, data) {
				t.Fatalf("%s: %s came back wrong", file, name)
			}
		}
		if err != nil {
			lost++
		}
	}
	if lost > 1 {
		t.Errorf("%s: one bit hit %d", file, lost)
	}
	fixed, err := s.Repair(t.Context(), quiet)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(fixed.Report.Damages) != 0 || fixed.Report.HitCount > 1 {
		t.Fatalf("%s: after repair: %+v", file, fixed.Report)
	}
	s = again(t, broken)
	for name, data := range want { // putting it again makes it whole
		put(t, s, name, data)
		has(t, s, must(s.Find(name)), data)
	}
	sound(t, s)
}

// The index holds nothing that the packs do not have.
func TestTheIndexIsMadeFromThePacksAlone(t *testing.T) {
	disk := disktest.New()
	s := newSpaceOn(t, disk)
	p := put(t, s, "data", random(1, 5<<20))
	s.writeIndex()
	before := disk.Bytes("spaces/" + s.ID + "/index")
	if before == nil {
		t.Fatal("there is no index")
	}
	if err := disk.Remove("spaces/" + s.ID + "/index"); err != nil {
		t.Fatal(err)
	}
	s = again(t, disk)
	has(t, s, p.Version, random(1, 5<<20))
}

// Everything that was acknowledged survives a crash at every point of a small workload, whatever of
// what was not synced is kept, lost or torn; the store opens, and goes on.
func TestNothingAcknowledgedIsLostToACrash(t *testing.T) {
	disk := disktest.New()
	s := newSpaceOn(t, disk)
	old := text(1, 3000)
	put(t, s, "old", old)
	disk.Begin()
	steps := []struct {
		note string
		do   func() error
	}{
		{"a", func() error {
			return errOf(s.PutStream(t.Context(), "a", bytes.NewReader(random(2, 9000)), PutOptions{}))
		}},
		{"b", func() error {
			return errOf(s.PutStream(t.Context(), "b", bytes.NewReader(text(3, 20000)), PutOptions{}))
		}},
		{"pinned", func() error { return s.Pin(t.Context(), must(s.Find("b")), true) }},
		{"a pinned", func() error { return s.Pin(t.Context(), must(s.Find("a")), true) }},
		{"removed", func() error { return s.Remove(t.Context(), must(s.Find("a"))) }},
		{"collected", func() error { return errOf(s.Collect(t.Context(), 0, quiet)) }},
		{"archived", func() error { return errOf(s.Archive(t.Context(), ArchiveOptions{})) }},
		{"collected again", func() error { return errOf(s.Collect(t.Context(), 0, quiet)) }},
		{"indexed", func() error { s.writeIndex(); return nil }},
		{"renamed", func() error { return s.Change(t.Context(), func(set *Settings) { set.Quota = 1 << 30 }) }},
		{"c", func() error {
			return errOf(s.PutStream(t.Context(), "c", bytes.NewReader(random(4, 5000)), PutOptions{}))
		}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		disk.Note(step.note)
	}
	n := 0
	for crash := range disk.Crashes(16, 1) {
		if n++; !racing || n%8 == 0 {
			survived(t, crash, old)
		}
	}
	t.Logf("%d crashes", n)
}

func errOf[T any](_ T, err error) error { return err }

func survived(t *testing.T, c disktest.Crash, old []byte) {
	t.Helper()
	s, err := New(c.FS, master).Space(Main)
	if err != nil {
		t.Fatalf("%v: it does not open: %v", c, err)
	}
	want := map[string][]byte{"old": old}
	if c.Noted("a") && !c.Noted("pinned") {
		want["a"] = random(2, 9000)
	}
	if c.Noted("b") {
		want["b"] = text(3, 20000)
	}
	if c.Noted("c") {
		want["c"] = random(4, 5000)
	}
	for name, data := range want {
		v, err := s.Find(name)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		if got, err := content(s, v); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%v: %s: %v", c, name, err)
		}
		if name == "b" && c.Noted("pinned") && !v.Root.Pinned {
			t.Fatalf("%v: it is not pinned", c)
		}
	}
	if _, err := s.Find("a"); c.Noted("removed") && fault.KindOf(err) != fault.NotFound {
		t.Fatalf("%v: what was removed is there: %v", c, err)
	}
	for _, data := range [][]byte{random(2, 9000), text(3, 20000), random(5, 100)} { // it may count on nothing that is torn
		p, err := s.PutStream(t.Context(), "after", bytes.NewReader(data), PutOptions{})
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		if got, err := content(s, p.Version); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%v: %v", c, err)
		}
	}
	if _, err := s.Collect(t.Context(), 0, quiet); err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	if r, err := s.Check(t.Context(), CheckOptions{ReadData: true}); err != nil || r.HitCount != 0 || severe(r) || r.Unfinished != 0 {
		t.Fatalf("%v: %+v, %v", c, r, err)
	}
}

// severe: one of two copies may be old after a crash.
func severe(r Report) bool {
	for _, d := range r.Damages {
		if !d.Harmless {
			return true
		}
	}
	return false
}
