package store

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/tree"
)

// packsAtOnce bounds by how much a space grows while packs are rewritten: 1 GiB.
const packsAtOnce = 16

// execute copies what is live out of the condemned packs, and deletes them: first those that nothing is
// copied from, which makes room on a full disk.
func (c *collection) execute() error {
	table, err := c.space.refresh()
	if err != nil {
		return err
	}
	live, err := c.space.live(c.ctx)
	if err != nil {
		return err
	}
	m := &moving{c, table, live, c.doc.Value.condemned()}
	needed := map[pack.ID]bool{}
	var total int64
	copied, _ := m.plan(m.condemned)
	for _, b := range copied {
		needed[b.In] = true
		total += int64(b.Stored)
	}
	useless := maps.Clone(m.condemned)
	maps.DeleteFunc(useless, func(id pack.ID, _ bool) bool { return needed[id] })
	if err := m.batch(useless, total); err != nil {
		return err
	}
	order := slices.SortedFunc(maps.Keys(needed), func(a, b pack.ID) int { return bytes.Compare(a[:], b[:]) })
	atOnce := packsAtOnce
	for len(order) > 0 {
		batch := map[pack.ID]bool{}
		for _, id := range order[:min(atOnce, len(order))] {
			batch[id] = true
		}
		err := m.batch(batch, total)
		if noRoom(err) && atOnce > 1 {
			atOnce = 1 // each is deleted as soon as it can be
			continue
		}
		if err != nil {
			return err
		}
		order = order[len(batch):]
	}
	return nil
}

// moving is what is live on its way out of condemned packs.
type moving struct {
	*collection
	table     *index.Table
	live      map[tree.Name]found
	condemned map[pack.ID]bool
}

// batch deletes some of the packs. Of each live block in them one copy stays, and that was read.
func (m *moving) batch(packs map[pack.ID]bool, total int64) error {
	if len(packs) == 0 {
		return nil
	}
	w := m.space.session(m.table, m.doc.Value, func() {})
	copied, staying := m.plan(packs)
	err := m.copy(w, copied, total)
	for _, b := range staying {
		if err == nil {
			_, err = m.read(nil, b)
		}
	}
	if err == nil {
		err = w.last()
	}
	if err != nil {
		w.abort()
		return m.space.uncollectable(err)
	}
	m.done.Copied += w.tally.Stored
	m.done.Freed -= w.tally.Stored
	return m.delete(packs)
}

func (m *moving) copy(w *session, blocks []index.Block, total int64) error {
	var buf []byte
	for _, b := range blocks {
		block, err := m.read(buf, b)
		if err != nil {
			return err
		}
		if err := w.copy(pack.Entry{Name: b.Name, Kind: b.Kind, Codec: b.Codec, Raw: b.Raw}, block); err != nil {
			return err
		}
		m.progress("keeping what is referred to", m.done.Copied+w.tally.Stored, total)
		buf = block
	}
	return nil
}

// read is a block as it lies there, of which every byte was checked.
func (m *moving) read(buf []byte, b index.Block) ([]byte, error) {
	if m.ctx.Err() != nil {
		return nil, canceled(m.ctx)
	}
	buf = slices.Grow(buf[:0], int(b.Stored))[:b.Stored]
	return buf, m.space.verify(buf, b)
}

// verify reads one copy of a block, and opens it.
func (s *Space) verify(buf []byte, b index.Block) error {
	if err := s.readers.block(b.In, buf, b.Offset); err != nil {
		return unreadable(b.In, b.Name, err)
	}
	_, err := s.unseal(nil, bytes.Clone(buf), b.Name, b.Kind, b.Raw) // where it is opened it is overwritten
	return err
}

// plan says which blocks of the packs have to be copied, in the order in which they lie there, and
// which are elsewhere as well.
func (m *moving) plan(packs map[pack.ID]bool) (copied, staying []index.Block) {
	var best index.Block
	var wanted, here bool
	end := func() {
		switch {
		case wanted && here && packs[best.In]:
			copied = append(copied, best)
		case wanted && here:
			staying = append(staying, best)
		}
	}
	m.table.Each(func(b index.Block) bool {
		if b.First {
			end()
			best, here, wanted = b, false, isLive(m.live, b)
		} else if b.Codec.Compare(best.Codec) == 0 && m.condemned[best.In] && !m.condemned[b.In] {
			best = b
		}
		here = here || packs[b.In]
		return true
	})
	end()
	slices.SortFunc(copied, func(a, b index.Block) int {
		return cmp.Or(bytes.Compare(a.In[:], b.In[:]), cmp.Compare(a.Offset, b.Offset))
	})
	return copied, staying
}

func (m *moving) delete(packs map[pack.ID]bool) error {
	s := m.space
	there, err := s.list()
	if err != nil {
		return err
	}
	for id := range packs {
		size, ok := there[id]
		if !ok {
			continue // an earlier collection came this far
		}
		if err := s.fs.Remove(pack.Path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unavailable("pack "+id.String(), err)
		}
		m.done.Freed += size
		m.done.Packs++
	}
	if err := s.fs.SyncFolder(pack.Folder); err != nil {
		return unavailable("space "+s.ID, err)
	}
	gone := func(id pack.ID) bool { return packs[id] }
	m.table.Drop(gone)
	s.readers.drop(gone)
	return nil
}
