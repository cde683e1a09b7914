// Package index knows where each block of a space lies. All of it comes from the packs' directories;
// its file only spares reading them.
package index

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"inos/backend/store/codec"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// Place is where a block lies.
type Place struct {
	Pack                uint32 // for Table.Pack
	Offset, Stored, Raw uint32
	Kind                seal.Kind
	Codec               codec.Codec
}

// better says that p is the copy to read, where q is another one: it is compressed at a higher level.
func (p Place) better(q Place) bool { return p.Codec.Compare(q.Codec) > 0 }

// Pack is what is known of a pack as a whole.
type Pack struct {
	ID    pack.ID
	Epoch uint64
	Bytes int64
	// Lost says that a part of it is damaged so that nobody knows what lay there.
	Lost bool
}

type row struct {
	name tree.Name
	Place
}

// Table finds blocks by name: some 56 bytes of memory each. A block that lies in several packs is found
// the one where it is smallest. Safe for concurrent use.
type Table struct {
	mu     sync.RWMutex
	packs  []Pack // one that is gone has no bytes
	known  map[pack.ID]uint32
	rows   []row // by name
	recent map[tree.Name]Place
	again  []row // what recent has already
	stale  int   // blocks that the index's file lacks, or that are gone
}

// New is a table of nothing.
func New() *Table {
	return &Table{known: map[pack.ID]uint32{}, recent: map[tree.Name]Place{}}
}

// Find says where a block lies.
func (t *Table) Find(name tree.Name) (Place, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.find(name)
}

func (t *Table) find(name tree.Name) (Place, bool) {
	p, fresh := t.recent[name]
	i, ok := slices.BinarySearchFunc(t.rows, name, func(r row, n tree.Name) int { return bytes.Compare(r.name[:], n[:]) })
	if ok && !(fresh && p.better(t.rows[i].Place)) {
		return t.rows[i].Place, true
	}
	return p, fresh
}

// Pack is the pack of a place.
func (t *Table) Pack(p Place) pack.ID {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.packs[p.Pack].ID
}

// Knows says whether a pack's blocks are in the table.
func (t *Table) Knows(id pack.ID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.known[id]
	return ok
}

// Packs are those that are known.
func (t *Table) Packs() []Pack {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]Pack, 0, len(t.known))
	for _, p := range t.packs {
		if p.Bytes > 0 {
			out = append(out, p)
		}
	}
	return out
}

// Add puts a pack's blocks in.
func (t *Table) Add(p Pack, entries []pack.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.known[p.ID]; ok {
		return
	}
	at := uint32(len(t.packs))
	t.packs, t.known[p.ID] = append(t.packs, p), at
	for _, e := range entries {
		place := Place{at, e.Offset, e.Stored, e.Raw, e.Kind, e.Codec}
		if old, ok := t.recent[e.Name]; ok {
			if place.better(old) {
				old, place = place, old
				t.recent[e.Name] = old
			}
			t.again = append(t.again, row{e.Name, place})
		} else {
			t.recent[e.Name] = place
		}
	}
	t.stale += len(entries) + 1
	if len(t.recent) > 4096+len(t.rows)/8 {
		t.merge()
	}
}

// merge sorts what is recent in.
func (t *Table) merge() {
	if len(t.recent) == 0 {
		return
	}
	t.rows = slices.Grow(t.rows, len(t.recent)+len(t.again))
	for name, p := range t.recent {
		t.rows = append(t.rows, row{name, p})
	}
	t.rows = append(t.rows, t.again...)
	slices.SortFunc(t.rows, func(a, b row) int {
		return cmp.Or(bytes.Compare(a.name[:], b.name[:]), b.Codec.Compare(a.Codec), cmp.Compare(a.Pack, b.Pack))
	})
	t.recent, t.again = map[tree.Name]Place{}, nil
}

// Drop takes the blocks of packs out.
func (t *Table) Drop(gone func(pack.ID) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[uint32]bool{}
	for id, at := range t.known {
		if gone(id) {
			out[at] = true
			t.packs[at].Bytes = 0
			delete(t.known, id)
		}
	}
	if len(out) == 0 {
		return
	}
	t.merge()
	before := len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(r row) bool { return out[r.Pack] })
	t.stale += before - len(t.rows) + len(out)
}

// Stale says that writing the table's file anew pays.
func (t *Table) Stale() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.stale > 256+len(t.rows)/8
}

// Block is one copy of a block.
type Block struct {
	Name tree.Name
	Place
	In pack.ID
	// First says that it is the copy to read.
	First bool
}

// Each calls see for every copy of every block, by name, until it returns false. See must not use the
// table.
func (t *Table) Each(see func(Block) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.merge()
	for i, r := range t.rows {
		first := i == 0 || t.rows[i-1].name != r.name
		if !see(Block{r.name, r.Place, t.packs[r.Pack].ID, first}) {
			return
		}
	}
}

// Len is how many blocks there are.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.recent) + len(t.again) + len(t.rows)
}
