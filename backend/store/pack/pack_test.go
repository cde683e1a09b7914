package pack

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"inos/backend/store/disk"
	"inos/backend/store/seal"
)

var keys = seal.Derive(seal.Secret{1})

type made struct {
	dir     string
	id      ID
	entries []Entry
	blocks  [][]byte
}

// make writes a pack of groups of n blocks each, the last of which may be empty.
func write(t testing.TB, groups ...int) made {
	t.Helper()
	m := made{dir: t.TempDir()}
	fs := disk.Dir(m.dir)
	if err := fs.Mkdir(Folder); err != nil {
		t.Fatal(err)
	}
	w, err := Create(fs, keys, 7)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{2})
	for i, n := range groups {
		for range n {
			plain := make([]byte, random.Uint64()%3000)
			_, _ = random.Read(plain)
			name := keys.Name(seal.Data, plain)
			block := keys.Seal(nil, name, seal.Data, append([]byte{0}, plain...))
			room, _, err := w.Add(Entry{Name: name, Kind: seal.Data, Raw: uint32(len(plain))}, len(block))
			if err != nil {
				t.Fatal(err)
			}
			copy(room.Bytes, block)
			room.Filled()
			m.blocks = append(m.blocks, block)
		}
		end := w.Flush
		if i == len(groups)-1 {
			end = w.Finish
		}
		placed, err := end()
		if err != nil {
			t.Fatal(err)
		}
		m.entries = append(m.entries, placed...)
	}
	m.id = w.ID
	return m
}

func (m made) file() string { return filepath.Join(m.dir, Path(m.id)) }

func (m made) scan(t testing.TB, thorough bool) Scan {
	t.Helper()
	r, err := Open(disk.Dir(m.dir), keys, m.id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.Scan(thorough)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// spoiled says which blocks of a scan are not what was written.
func (m made) spoiled(t testing.TB, entries []Entry) (n int) {
	t.Helper()
	r, err := Open(disk.Dir(m.dir), keys, m.id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, e := range entries {
		buf := make([]byte, e.Stored)
		if err := r.Block(buf, e.Offset); err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(m.entries, func(o Entry) bool { return o.Name == e.Name }); i < 0 || !bytes.Equal(buf, m.blocks[i]) {
			n++
		}
	}
	return n
}

func TestWhatWasWrittenIsFound(t *testing.T) {
	for _, groups := range [][]int{{0}, {1}, {3, 0}, {5, 40, 2}} {
		m := write(t, groups...)
		for _, thorough := range []bool{false, true} {
			s := m.scan(t, thorough)
			if !slices.Equal(s.Entries, m.entries) || s.Epoch != 7 || s.Lost != nil || s.Healed != nil {
				t.Errorf("%v: %+v", groups, s)
			}
			if n := m.spoiled(t, s.Entries); n != 0 {
				t.Errorf("%v: %d blocks differ", groups, n)
			}
		}
	}
}

func TestAPackThatIsNotFinishedHasNoName(t *testing.T) {
	dir := disk.Dir(t.TempDir())
	if err := dir.Mkdir(Folder); err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, keys, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, keys, w.ID); !os.IsNotExist(err) {
		t.Error(err)
	}
	w.Discard()
	if left, err := dir.List(Folder); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// Each flipped bit costs at most the one block it is in, and is found.
func TestAFlippedBitCostsOneBlockAtMost(t *testing.T) {
	m := write(t, 3, 4, 2)
	good, err := os.ReadFile(m.file())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(good); i += 5 { // heads, directories and blocks are all longer
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if err := os.WriteFile(m.file(), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s := m.scan(t, true)
		spoiled := m.spoiled(t, s.Entries)
		if !slices.Equal(s.Entries, m.entries) || s.Lost != nil {
			t.Fatalf("byte %d: blocks were lost: %+v", i, s.Lost)
		}
		if spoiled+len(s.Healed) != 1 {
			t.Fatalf("byte %d: %d blocks differ, %d groups were healed", i, spoiled, len(s.Healed))
		}
	}
}

func TestACutAnAdditionAndAForeignNameAreFound(t *testing.T) {
	m := write(t, 3, 4, 2)
	good, err := os.ReadFile(m.file())
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(good); n += 1000 {
		if err := os.WriteFile(m.file(), good[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if s := m.scan(t, false); n > 0 && len(s.Lost)+len(s.Healed) == 0 || m.spoiled(t, s.Entries) != 0 {
			t.Errorf("cut to %d: %+v", n, s)
		}
	}
	for n := int(m.entries[7].Offset); n < len(good); n += 100 { // within the last group's blocks
		if err := os.WriteFile(m.file(), good[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		var whole []Entry
		for _, e := range m.entries {
			if int(e.Offset+e.Stored) <= n {
				whole = append(whole, e)
			}
		}
		for _, thorough := range []bool{false, true} {
			s := m.scan(t, thorough)
			if !slices.Equal(s.Entries, whole) || len(s.Entries)+len(s.Cut) != len(m.entries) || s.Lost != nil || len(s.Healed) != 1 {
				t.Errorf("cut to %d: %+v", n, s)
			}
		}
	}
	for _, more := range []int{1, Align, len(good)} {
		if err := os.WriteFile(m.file(), append(bytes.Clone(good), good[:more]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := m.scan(t, false); s.Lost == nil || !slices.Equal(s.Entries, m.entries) {
			t.Errorf("%d more: %+v", more, s)
		}
	}
	other := m
	other.id[0] ^= 1
	if err := os.WriteFile(other.file(), good, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := other.scan(t, false); s.Lost == nil || s.Entries != nil {
		t.Errorf("another name: %+v", s)
	}
}

func TestNothingIsToBeSeen(t *testing.T) {
	m := write(t, 30)
	raw, err := os.ReadFile(m.file())
	if err != nil {
		t.Fatal(err)
	}
	if len(raw)%Align != 0 {
		t.Errorf("%d bytes tell how much is in it", len(raw))
	}
	for _, e := range m.entries {
		if bytes.Contains(raw, e.Name[:8]) {
			t.Error("a name is to be seen")
		}
	}
}

func FuzzDirectory(f *testing.F) {
	m := write(f, 3)
	f.Add(encodeRows(nil, m.entries), uint32(3000))
	f.Fuzz(func(t *testing.T, rows []byte, body uint32) {
		entries, err := decodeRows(nil, rows, headBytes, int64(body))
		if err == nil && !bytes.Equal(encodeRows(nil, entries), rows) {
			t.Error("it reads as something else than it is")
		}
		if h, err := decodeHead(rows[:min(len(rows), headPlain)]); err == nil && !bytes.Equal(h.encode(nil), rows[:headPlain]) {
			t.Error("the head reads as something else than it is")
		}
	})
}
