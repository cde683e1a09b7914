package index

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"testing"

	"inos/backend/store/codec"
	"inos/backend/store/disk/disktest"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

var keys = seal.Derive(seal.Secret{1})

// filled is a table of so many packs of blocks; each block of an even number lies in two packs.
func filled(packs, blocks int) *Table {
	t := New()
	r := rand.New(rand.NewPCG(1, 2))
	var last []pack.Entry
	for i := range packs {
		var entries []pack.Entry
		for j := range blocks {
			e := pack.Entry{Kind: seal.Data, Offset: uint32(j * 100), Stored: 100, Raw: 200}
			for k := range e.Name {
				e.Name[k] = byte(r.Uint32())
			}
			if j%2 == 0 && last != nil {
				e.Name, e.Codec = last[j].Name, codec.Dense
			}
			entries = append(entries, e)
		}
		t.Add(Pack{ID: pack.ID{byte(i), byte(i >> 8)}, Epoch: uint64(i), Bytes: 1000, Lost: i == 1}, entries)
		last = entries
	}
	return t
}

func all(t *Table) (out []Block) {
	t.Each(func(b Block) bool {
		b.Pack = 0 // the number may be another one
		out = append(out, b)
		return true
	})
	return out
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, n := range []int{0, 1, 3, 700} {
		disk, table := disktest.New(), filled(n, 50)
		table.Drop(func(id pack.ID) bool { return id == pack.ID{2} })
		if err := table.Write(disk, keys, nil); err != nil {
			t.Fatal(err)
		}
		got, err := Read(disk, keys)
		if err != nil {
			t.Fatal(err)
		}
		a, b := all(table), all(got)
		if len(a) != len(b) || len(got.Packs()) != len(table.Packs()) || got.Stale() {
			t.Errorf("%d packs: %d and %d blocks", n, len(a), len(b))
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%d packs: block %d differs: %v, %v", n, i, a[i], b[i])
			}
		}
	}
}

func TestTheDenserCopyIsFound(t *testing.T) {
	copyBy := func(way codec.Codec) pack.Entry { return pack.Entry{Name: tree.Name{1}, Codec: way} }
	for _, less := range []codec.Codec{codec.Raw, codec.Brotli, codec.Zstd} {
		dense, quick := copyBy(codec.Dense), copyBy(less)
		for _, order := range [][]pack.Entry{{dense, quick}, {quick, dense}} {
			for _, merged := range []bool{false, true} {
				table := New()
				for i, e := range order {
					table.Add(Pack{ID: pack.ID{byte(i)}, Bytes: 1}, []pack.Entry{e})
					if merged {
						table.Each(func(Block) bool { return true })
					}
				}
				if p, ok := table.Find(tree.Name{1}); !ok || p.Codec != codec.Dense || table.Len() != 2 {
					t.Errorf("beside way %d: %+v, %v", less, p, ok)
				}
			}
		}
	}
}

func TestWhatIsDroppedIsNotFound(t *testing.T) {
	table := New()
	e := pack.Entry{Name: tree.Name{1}, Stored: 10}
	table.Add(Pack{ID: pack.ID{1}, Bytes: 1}, []pack.Entry{e})
	table.Add(Pack{ID: pack.ID{2}, Bytes: 1}, []pack.Entry{e})
	for _, left := range []bool{true, false} {
		id := pack.ID{1}
		if !left {
			id = pack.ID{2}
		}
		table.Drop(func(p pack.ID) bool { return p == id })
		if p, ok := table.Find(e.Name); ok != left || ok && table.Pack(p) != (pack.ID{2}) || table.Knows(id) {
			t.Errorf("%v, %v", p, ok)
		}
	}
}

func TestADamagedIndexIsRefused(t *testing.T) {
	disk := disktest.New()
	if _, err := Read(disk, keys); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := filled(2, 5).Write(disk, keys, nil); err != nil {
		t.Fatal(err)
	}
	good := disk.Bytes(File)
	for i := range len(good) {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		disk.Put(File, bad)
		if _, err := Read(disk, keys); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d: %v", i, err)
		}
		disk.Put(File, good[:i])
		if _, err := Read(disk, keys); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	disk.Put(File, good)
	if _, err := Read(disk, seal.Derive(seal.Secret{2})); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// FuzzRows: whoever has the key may write any rows.
func FuzzRows(f *testing.F) {
	for _, n := range []int{0, 2} {
		var b bytes.Buffer
		t := filled(n, 3)
		t.merge()
		_ = t.encode(&b, make([]pack.ID, n))
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table := New()
		if table.decode(bufio.NewReader(bytes.NewReader(data))) != nil {
			return
		}
		var absent []pack.ID
		_ = decodePacks(bufio.NewReader(bytes.NewReader(data)), func(p Pack, state byte) { // decode took it
			if state == missing {
				absent = append(absent, p.ID)
			}
		})
		var b bytes.Buffer
		if err := table.encode(&b, absent); err != nil || len(b.Bytes()) != len(data) {
			t.Errorf("%d bytes became %d, %v", len(data), b.Len(), err)
		}
		for _, b := range all(table) {
			if _, ok := table.Find(b.Name); !ok {
				t.Error("a block is not found")
			}
		}
	})
}
