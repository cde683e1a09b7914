package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/chunk"
	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
	"inos/backend/store/files"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// twoSpaces have the same content.
func twoSpaces(t *testing.T, m disk.FS, do func(*Space)) (a, b *Space) {
	t.Helper()
	a = newSpaceOn(t, m)
	b, err := New(m, master).Create(t.Context(), Settings{Name: "confidential-b"})
	if err != nil {
		t.Fatal(err)
	}
	do(a)
	do(b)
	return a, b
}

// windows are all n bytes in a row of a file.
func windows(data []byte, n int, see func([]byte)) {
	for i := 0; i+n <= len(data); i++ {
		see(data[i : i+n])
	}
}

func TestWithoutTheKeyNothingIsToBeSeen(t *testing.T) {
	m := disktest.New()
	dir := filepath.Join(t.TempDir(), "confidential-folder")
	noise := random(8, 5000)
	for name, data := range map[string][]byte{"secret-name": noise, "readable": bytes.Repeat([]byte("confidential text "), 300)} {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	a, b := twoSpaces(t, m, func(s *Space) {
		if _, err := s.PutPath(t.Context(), dir, PutOptions{Label: "confidential-label"}); err != nil {
			t.Fatal(err)
		}
		put(t, s, "confidential-stream", noise)
		s.writeIndex()
	})
	plain := [][]byte{[]byte("secret-name"), []byte("confidential"), []byte("readable"), []byte(Main)}
	windows(noise, 8, func(w []byte) { plain = append(plain, w) })
	for _, s := range []*Space{a, b} {
		s.table.Each(func(b index.Block) bool {
			plain = append(plain, b.Name[:8])
			for _, n := range []uint32{b.Raw, b.Stored} {
				if n > 1<<8 { // smaller ones are everywhere
					plain = append(plain, binary.LittleEndian.AppendUint32(nil, n), binary.BigEndian.AppendUint32(nil, n))
				}
			}
			return true
		})
	}
	seen := map[string]string{}
	for _, file := range m.Files() {
		data := m.Bytes(file)
		if strings.Contains(file, "/packs/") && len(data)%pack.Align != 0 {
			t.Errorf("%s has %d bytes", file, len(data))
		}
		for _, p := range plain[:4] {
			if bytes.Contains(data, p) || strings.Contains(file, string(p)) {
				t.Errorf("%q is to be seen in %s", p, file)
			}
		}
		here := map[string]bool{}
		windows(data, 8, func(w []byte) { here[string(w)] = true })
		if path.Base(file) == reserveFile {
			continue // so much noise has any 4 bytes
		}
		windows(data, 4, func(w []byte) { here[string(w)] = true })
		for _, p := range plain[4:] {
			if here[string(p)] {
				t.Errorf("%x is to be seen in %s", p, file)
			}
		}
		windows(data, 16, func(w []byte) {
			twin := strings.TrimSuffix(strings.TrimSuffix(file, ".a"), ".b") // the two are the same
			if other := seen[string(w)]; other != "" && other != twin {
				t.Fatalf("%s and %s have equal bytes", other, twin)
			}
			seen[string(w)] = twin
		})
	}
}

func TestSpacesCutElsewhere(t *testing.T) {
	data := random(1, 12<<20)
	ends := map[int]int{}
	twoSpaces(t, disktest.New(), func(s *Space) {
		at := 0
		for leaf, err := range put(t, s, "x", data).Version.Root.Top.Content.Leaves(func(l tree.Link) ([]byte, error) {
			return source{s}.Meta(t.Context(), l)
		}) {
			if err != nil {
				t.Fatal(err)
			}
			at += int(leaf.Size)
			ends[at]++
		}
	})
	delete(ends, len(data))
	for at, n := range ends {
		if n > 1 {
			t.Errorf("both cut at %d", at)
		}
	}
}

// A thief who has no key moves whole things about.
func TestWhatIsMovedAboutIsRefused(t *testing.T) {
	m := disktest.New()
	want := map[string][]byte{"one": random(1, 3000), "two": random(2, 3000), "three": text(3, 3000)}
	a, b := twoSpaces(t, m, func(s *Space) {
		for name, data := range want {
			put(t, s, name, data)
		}
	})
	packs := func(s *Space) (out []string) {
		for _, name := range m.Files() {
			if strings.HasPrefix(name, "spaces/"+s.ID+"/packs/") {
				out = append(out, name)
			}
		}
		return out
	}
	ours, theirs := packs(a), packs(b)
	other := path.Join(path.Dir(ours[0]), strings.Repeat("ab", 16))
	for name, attack := range map[string]func(*disktest.Memory){
		"packs swapped": func(m *disktest.Memory) {
			x, y := m.Bytes(ours[0]), m.Bytes(ours[1])
			m.Put(ours[0], y)
			m.Put(ours[1], x)
		},
		"renamed":            func(m *disktest.Memory) { _ = m.Rename(ours[0], other) },
		"of another space":   func(m *disktest.Memory) { m.Put(ours[0], m.Bytes(theirs[0])) },
		"one more":           func(m *disktest.Memory) { m.Put(other, m.Bytes(theirs[0])) },
		"copied":             func(m *disktest.Memory) { m.Put(other, m.Bytes(ours[0])) },
		"cut short":          func(m *disktest.Memory) { m.Put(ours[0], m.Bytes(ours[0])[:pack.Align/2]) },
		"emptied":            func(m *disktest.Memory) { m.Put(ours[0], nil) },
		"made longer":        func(m *disktest.Memory) { m.Put(ours[0], append(m.Bytes(ours[0]), m.Bytes(ours[1])...)) },
		"blocks swapped":     func(m *disktest.Memory) { swapBlocks(t, m, ours[0]) },
		"space of the other": func(m *disktest.Memory) { m.Put("spaces/"+a.ID+"/space.a", m.Bytes("spaces/"+b.ID+"/space.a")) },
	} {
		thief := m.Restart()
		attack(thief)
		s := again(t, thief)
		if r, err := s.Check(t.Context(), CheckOptions{ReadData: true}); err != nil || r.OK() {
			t.Errorf("%s: nothing was found: %+v, %v", name, r, err)
		}
		for what, data := range want {
			v, err := s.Find(what)
			if err == nil {
				var got []byte
				if got, err = content(s, v); err == nil && !bytes.Equal(got, data) {
					t.Errorf("%s: %s came back wrong", name, what)
				}
			}
			if err != nil && fault.KindOf(err) != fault.Damaged {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		if _, err := s.Repair(t.Context(), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for what, data := range want {
			put(t, s, what, data)
			has(t, s, must(s.Find(what)), data)
		}
		sound(t, s)
	}
}

// swapBlocks lets 500 bytes of a pack change places with 500 others.
func swapBlocks(t *testing.T, m *disktest.Memory, name string) {
	t.Helper()
	data := m.Bytes(name)
	x, y := bytes.Clone(data[300:800]), bytes.Clone(data[1300:1800])
	copy(data[300:], y)
	copy(data[1300:], x)
	m.Put(name, data)
}

// Old files of the store that are put back bring nothing back that was removed, and lose nothing.
func TestWhatIsReplayedStaysRemoved(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	kept := put(t, s, "kept", random(1, 3000)).Version
	gone := put(t, s, "gone", random(2, 3000)).Version
	for i := range 3 {
		if err := s.Pin(t.Context(), gone, i%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	old := m.Restart()
	if err := s.Remove(t.Context(), gone); err != nil { // whose record is not the last one
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Collect(t.Context(), 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"/packs/", "/epoch.", "/space.", "/index", "/"} {
		thief := m.Restart()
		for _, name := range old.Files() {
			if strings.Contains(name, part) {
				thief.Put(name, old.Bytes(name))
			}
		}
		s := again(t, thief)
		for range 2 {
			if _, err := s.Find("gone"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: what was removed is there: %v", part, err)
			}
			has(t, s, kept, random(1, 3000))
			if _, err := s.Collect(t.Context(), 0, nil); err != nil {
				t.Errorf("%s: %v", part, err)
			}
		}
		has(t, s, put(t, s, "gone", random(2, 3000)).Version, random(2, 3000))
		onlyLive(t, s)
	}
}

// forge puts a root over a top that no INOS would write.
func forge(t *testing.T, s *Space, make func(put func(seal.Kind, []byte, error) tree.Link) tree.Entry) Version {
	t.Helper()
	w, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	top := make(func(kind seal.Kind, plain []byte, err error) tree.Link {
		if err != nil {
			t.Fatal(err)
		}
		name, err := w.put(kind, plain)
		if err != nil {
			t.Fatal(err)
		}
		return tree.Link{Name: name, Size: uint64(len(plain))}
	})
	plain, err := tree.EncodeRoot(tree.Root{Path: []byte("/forged"), TimeMs: 1, Top: top, Bytes: top.Size})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.commit(seal.Root, plain); err != nil {
		t.Fatal(err)
	}
	return must(s.Find("/forged"))
}

func folderOf(name string, pages tree.Link) tree.Entry {
	return tree.Entry{Name: []byte(name), Kind: tree.Folder, Mode: 0o700, Content: tree.Content{Link: pages}}
}

func fileOf(name string, link tree.Link, level uint8) tree.Entry {
	return tree.Entry{Name: []byte(name), Kind: tree.File, Mode: 0o600, Size: link.Size, Content: tree.Content{Level: level, Link: link}}
}

func page(entries ...tree.Entry) (seal.Kind, []byte, error) {
	plain, err := tree.EncodePage(entries)
	return seal.Meta, plain, err
}

func list(links ...tree.Link) (seal.Kind, []byte, error) {
	plain, err := tree.EncodeList(links)
	return seal.Meta, plain, err
}

// climbing is a page whose names were exchanged after it was checked.
func climbing(name string) (seal.Kind, []byte, error) {
	_, plain, err := page(tree.Entry{Name: bytes.Repeat([]byte("q"), len(name)), Kind: tree.Symlink, Target: []byte("/etc/passwd")})
	return seal.Meta, bytes.Replace(plain, bytes.Repeat([]byte("q"), len(name)), []byte(name), 1), err
}

// Who has the key and writes trees that lie harms nobody.
func TestTreesThatLieDoNoHarm(t *testing.T) {
	type putter = func(seal.Kind, []byte, error) tree.Link
	for name, c := range map[string]struct {
		hits bool // which a check has to tell
		make func(put putter) tree.Entry
	}{
		"folders too deep": {true, func(put putter) tree.Entry {
			e := fileOf("f", put(seal.Data, []byte("x"), nil), 0)
			for range tree.MaxDepth + 5 {
				e = folderOf("d", put(page(e)))
			}
			return e
		}},
		"more names than atoms": {false, func(put putter) tree.Entry {
			e := fileOf("f", put(seal.Data, []byte("x"), nil), 0)
			for range 60 {
				var all []tree.Entry
				for i := range 50 {
					e.Name = fmt.Appendf(nil, "%02d", i)
					all = append(all, e)
				}
				e = folderOf("d", put(page(all...)))
			}
			return e
		}},
		"a list of itself, as it were": {false, func(put putter) tree.Entry {
			l := put(seal.Data, []byte("0123456789"), nil)
			for range tree.MaxLevel {
				var all []tree.Link
				for range 100 {
					all = append(all, l)
				}
				size := 100 * l.Size
				l = put(list(all...))
				l.Size = size
			}
			return fileOf("f", l, tree.MaxLevel)
		}},
		"a block that is shorter than its link": {true, func(put putter) tree.Entry {
			l := put(seal.Data, []byte("short"), nil)
			l.Size = 4000
			return fileOf("f", l, 0)
		}},
		"a list that is shorter than its link": {true, func(put putter) tree.Entry {
			l := put(list(put(seal.Data, []byte("short"), nil), put(seal.Data, []byte("other"), nil)))
			l.Size = 1 << 50
			return fileOf("f", l, 1)
		}},
		"a page that is no page": {true, func(put putter) tree.Entry {
			return folderOf("d", put(seal.Meta, []byte("what is this"), nil))
		}},
		"a file that is a page": {true, func(put putter) tree.Entry {
			return fileOf("f", put(page(tree.Entry{Name: []byte("n"), Kind: tree.Symlink, Target: []byte("t")})), 0)
		}},
		"a block that is nowhere": {true, func(put putter) tree.Entry {
			return fileOf("f", tree.Link{Name: tree.Name{1}, Size: 10}, 0)
		}},
		"a name that climbs": {true, func(put putter) tree.Entry { return folderOf("d", put(climbing("../../climbed"))) }},
		"a name that is ..":  {true, func(put putter) tree.Entry { return folderOf("d", put(climbing(".."))) }},
		"an absolute name":   {true, func(put putter) tree.Entry { return folderOf("d", put(climbing("/tmp/inos-climbed"))) }},
		"a huge hole":        {false, func(putter) tree.Entry { return fileOf("f", tree.Link{Size: 1 << 62}, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpaceOn(t, disktest.New())
			kept := put(t, s, "kept", random(1, 3000)).Version
			v := forge(t, s, c.make)
			r, err := s.Check(t.Context(), CheckOptions{ReadData: true})
			if err != nil || r.HitCount > 0 != c.hits {
				t.Errorf("%+v, %v", r, err)
			}
			within := t.TempDir()
			target := filepath.Join(within, "a", "b")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opt := files.Options{Entries: 200, Progress: func(_, bytes uint64) {
				if bytes > 5000 { // some are large, as files may be: the disk and the user are their bounds
					cancel()
				}
			}}
			if _, err := s.Restore(ctx, v, target, opt); err != nil && fault.As(err) == nil {
				t.Error(err)
			}
			outside(t, within)
			if err := s.Write(t.Context(), v, &atMost{left: 1 << 20}); err == nil && c.hits {
				t.Error("it was read without an error")
			}
			if _, err := s.Collect(t.Context(), 0, nil); err != nil && !strings.Contains(err.Error(), "run inos store repair") {
				t.Error(err)
			}
			has(t, s, kept, random(1, 3000))
			if err := s.Remove(t.Context(), v); err != nil {
				t.Error(err)
			}
			onlyLive(t, s)
		})
	}
}

var errEnough = errors.New("enough")

// atMost takes so much.
type atMost struct{ left int }

func (a *atMost) Write(p []byte) (int, error) {
	if a.left -= len(p); a.left < 0 {
		return 0, errEnough
	}
	return len(p), nil
}

// outside says whether anything but a/b is there.
func outside(t *testing.T, within string) {
	t.Helper()
	for dir, only := range map[string]string{within: "a", filepath.Join(within, "a"): "b"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			if e.Name() != only {
				t.Errorf("%s is in %s", e.Name(), dir)
			}
		}
	}
	if _, err := os.Lstat("/tmp/inos-climbed"); err == nil {
		t.Error("it climbed out")
	}
}

// 19 bytes at the front of 256 MiB store less than 2 % anew; by the race detector the stream is 32 MiB,
// and the bound two of the largest pieces.
func TestAnInsertionAtTheFrontStoresLittle(t *testing.T) {
	n, bound := int64(256<<20), int64(256<<20)/50
	if racing {
		n, bound = 32<<20, 2*chunk.Max
	}
	s := newSpaceOn(t, disk.Dir(t.TempDir()))
	stream := func(before string) Tally {
		p, err := s.PutStream(context.Background(), "x", io.MultiReader(strings.NewReader(before), io.LimitReader(mixed(), n)), PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Tally
	}
	first, second := stream(""), stream("nineteen more bytes")
	if second.Stored > bound || second.NewChunks == 0 {
		t.Errorf("%+v, and then %+v", first, second)
	}
	t.Logf("%.2f %% of %d MiB", 100*float64(second.Stored)/float64(n), n>>20)
}

// A collection that cannot know what is referred to deletes nothing, and says what to do.
func TestNothingIsCollectedWhileAPartIsDamaged(t *testing.T) {
	m := disktest.New()
	dir := newTree(t)
	s := newSpaceOn(t, m)
	if _, err := s.PutPath(t.Context(), dir, PutOptions{}); err != nil {
		t.Fatal(err)
	}
	gone := put(t, s, "gone", random(1, 3000)).Version
	if err := s.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	var meta, root index.Block
	s.table.Each(func(b index.Block) bool {
		switch b.Kind {
		case seal.Meta:
			meta = b
		case seal.Root:
			if b.Name != gone.name {
				root = b
			}
		}
		return true
	})
	for what, spoil := range map[string]func([]byte) []byte{
		"a page":           func(data []byte) []byte { data[meta.Offset+20] ^= 1; return data },
		"a root":           func(data []byte) []byte { data[root.Offset+20] ^= 1; return data },
		"both directories": func(data []byte) []byte { data[60] ^= 1; data[len(data)-60] ^= 1; return data },
		"the end":          func(data []byte) []byte { return data[:pack.Align] },
	} {
		broken := m.Restart()
		file := path.Join("spaces", s.ID, pack.Path(meta.In))
		broken.Put(file, spoil(broken.Bytes(file)))
		before := broken.Files()
		s := again(t, broken)
		_, err := s.Collect(t.Context(), 0, nil)
		if fault.KindOf(err) != fault.Damaged || !strings.Contains(err.Error(), "run inos store repair") {
			t.Errorf("%s: %v", what, err)
		}
		for _, name := range before {
			if !slices.Contains(broken.Files(), name) {
				t.Errorf("%s: %s is gone", what, name)
			}
		}
		fixed, err := s.Repair(t.Context(), nil)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := s.PutPath(t.Context(), dir, PutOptions{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for _, hit := range fixed.Report.Hits { // its page had other stamps
			if err := s.Remove(t.Context(), must(s.Find(hit.ID))); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.Collect(t.Context(), 0, nil); err != nil {
			t.Errorf("%s, repaired and put again: %v", what, err)
		}
		sound(t, s)
	}
}

// A root that fills its pack is acknowledged when that lasts, and not before.
func TestARootThatFillsAPackIsWaitedFor(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	w, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.most = 1
	m.Break(func(op disktest.Op) error {
		if op.Kind == disktest.Sync && strings.Contains(op.Name, "/packs/") {
			return errEnough
		}
		return nil
	})
	if _, err := w.commit(seal.Removal, []byte("anything")); !errors.Is(err, errEnough) {
		t.Errorf("%v", err)
	}
}
