package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/disk"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// Progress is how far something is: done of total, in bytes, total 0 while it is not known.
type Progress func(step string, done, total int64)

// Collected is what a collection did.
type Collected struct {
	// Freed are the bytes by which the space is smaller now.
	Freed int64
	// Packs are how many were deleted, Copied how many bytes of them were kept.
	Packs  int
	Copied int64
}

const (
	collectFile = "collect.lock"
	// A pack is rewritten when one part in wasteShare of it is of no use, or when it is small and there
	// are others to be joined with it.
	wasteShare = 8
	small      = pack.MaxBytes / 4
	// maxCondemned bounds how many packs are rewritten at once, and so the epoch's file.
	maxCondemned = 4096
)

// Collect deletes what nothing refers to. It may run beside writers and readers: for writers that began
// before it, it waits, as patience allows. When it is ended, however, the next one goes on.
func (s *Space) Collect(ctx context.Context, patience time.Duration, progress Progress) (Collected, error) {
	var sum Collected
	unlock, taken, err := s.fs.Lock(collectFile, true)
	if err != nil {
		return sum, unavailable("space "+s.ID, err)
	}
	if !taken {
		return sum, fault.New(opStore, fault.Unavailable, "space "+s.Name(), "another collection, archive or repair is under way",
			"wait until it is done")
	}
	defer unlock()
	c := &collection{space: s, ctx: ctx, patience: patience, progress: progress}
	for {
		more, err := c.round()
		sum.add(c.done)
		if err != nil || !more {
			return sum, err
		}
	}
}

func (c *Collected) add(d Collected) {
	c.Freed, c.Packs, c.Copied = c.Freed+d.Freed, c.Packs+d.Packs, c.Copied+d.Copied
}

// collection holds the lock of collectFile.
type collection struct {
	space    *Space
	ctx      context.Context
	patience time.Duration
	progress Progress
	doc      document[epoch]
	done     Collected
}

// round condemns packs and deletes them; more says that there may be others.
func (c *collection) round() (more bool, err error) {
	c.done = Collected{}
	if c.doc, _, err = c.space.epochFile().read(); err != nil {
		return false, unavailable("space "+c.space.ID, err)
	}
	halves, err := c.halves()
	if err != nil {
		return false, err
	}
	// From here on all packs of this epoch are finished, and halves are nobody's.
	settled := c.doc.Value.Number
	if err := c.advance(c.doc.Value.Condemned); err != nil {
		return false, err
	}
	if err := c.sweep(halves); err != nil {
		return false, err
	}
	resumed := len(c.doc.Value.Condemned) > 0
	if !resumed {
		condemned, err := c.choose(settled)
		if err != nil || len(condemned) == 0 {
			return false, err
		}
		// Writers that may count on these packs have to be gone before they are.
		if err := c.advance(condemned); err != nil {
			return false, err
		}
	}
	if err := c.execute(); err != nil {
		return false, err
	}
	return resumed || len(c.doc.Value.Condemned) == maxCondemned, c.clear()
}

// halves are files that were not finished.
func (c *collection) halves() ([]string, error) {
	var out []string
	for folder, mark := range map[string]string{pack.Folder: pack.Unfinished, ".": disk.Half} {
		entries, err := c.space.fs.List(folder)
		if err != nil {
			return nil, unavailable("space "+c.space.ID, err)
		}
		for _, e := range entries {
			if !e.Folder && strings.Contains(e.Name, mark) {
				out = append(out, path.Join(folder, e.Name))
			}
		}
	}
	return out, nil
}

// sweep removes those that are still there.
func (c *collection) sweep(halves []string) error {
	for _, name := range halves {
		if err := c.space.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unavailable("space "+c.space.ID, err)
		}
	}
	return nil
}

// advance lets the epoch rise, with what is condemned from then on, and waits until no writer of an
// earlier one is left.
func (c *collection) advance(condemned []string) error {
	number := c.doc.Value.Number
	done, err := c.drain(number + 1) // those of the last epoch but one share its lock
	if err != nil {
		return err
	}
	next := epoch{number + 1, condemned}
	err = c.space.epochFile().write(c.doc, next)
	done()
	if err != nil {
		return unavailable("space "+c.space.ID, err)
	}
	c.doc = document[epoch]{c.doc.Generation + 1, next}
	done, err = c.drain(number)
	if err != nil {
		return err
	}
	done()
	return nil
}

// drain waits until nobody holds the lock of an epoch's writers, and holds it.
func (c *collection) drain(number uint64) (done func(), err error) {
	for end := time.Now().Add(c.patience); ; {
		done, taken, err := c.space.fs.Lock(writersFile(number), true)
		if err != nil {
			return nil, unavailable("space "+c.space.ID, err)
		}
		if taken {
			return done, nil
		}
		if !time.Now().Before(end) {
			return nil, fault.New(opStore, fault.Unavailable, "space "+c.space.Name(),
				"it is in use: something is being put that began before this",
				"wait until that is done; the next inos store gc goes on from here")
		}
		c.progress("waiting for what is being put", 0, 0)
		select {
		case <-time.After(10 * lockPause):
		case <-c.ctx.Done():
			return nil, canceled(c.ctx)
		}
	}
}

// choose names the packs that are worth rewriting.
func (c *collection) choose(settled uint64) ([]string, error) {
	c.progress("looking for what is still referred to", 0, 0)
	live, err := c.space.live(c.ctx)
	if err != nil {
		return nil, err
	}
	table, err := c.space.refresh()
	if err != nil {
		return nil, err
	}
	useful := map[pack.ID]int64{}
	table.Each(func(b index.Block) bool {
		if b.First && isLive(live, b) {
			useful[b.In] += int64(b.Stored) + pack.RowBytes
		}
		return true
	})
	return condemn(table.Packs(), useful, settled), nil
}

// isLive: removals stay, so that no root can be brought back by an old copy of its pack.
func isLive(live map[tree.Name]seal.Kind, b index.Block) bool {
	_, ok := live[b.Name]
	return ok || b.Kind == seal.Removal
}

func condemn(packs []index.Pack, useful map[pack.ID]int64, settled uint64) []string {
	var out, tiny []string
	for _, p := range packs {
		switch waste := p.Bytes - useful[p.ID]; {
		case p.Epoch > settled || len(out) == maxCondemned:
		case useful[p.ID] == 0 || waste > pack.Align*4 && waste > p.Bytes/wasteShare:
			out = append(out, p.ID.String())
		case p.Bytes < small:
			tiny = append(tiny, p.ID.String())
		}
	}
	if len(tiny) > 1 && len(out)+len(tiny) <= maxCondemned {
		out = append(out, tiny...)
	}
	return out
}

// execute copies what is live out of the condemned packs, and deletes them.
func (c *collection) execute() error {
	s := c.space
	table, err := s.refresh()
	if err != nil {
		return err
	}
	live, err := s.live(c.ctx)
	if err != nil {
		return err
	}
	condemned := c.doc.Value.condemned()
	w := s.session(table, c.doc.Value, func() {})
	if err := c.copy(w, table, live, condemned); err != nil {
		w.abort()
		return err
	}
	c.done.Copied = w.tally.Stored
	return c.delete(table, condemned)
}

func (c *collection) copy(w *session, table *index.Table, live map[tree.Name]seal.Kind, condemned map[pack.ID]bool) error {
	moving, total := moving(table, live, condemned)
	var block, opened []byte
	for _, b := range moving {
		if err := c.ctx.Err(); err != nil {
			return canceled(c.ctx)
		}
		block = slices.Grow(block[:0], int(b.Stored))[:b.Stored]
		if err := c.space.readers.block(b.In, block, b.Offset); err != nil {
			return unavailable("pack "+b.In.String(), err)
		}
		opened = append(opened[:0], block...) // where it is opened it is overwritten
		if _, err := c.space.unseal(nil, opened, b.Name, b.Kind, b.Raw); err != nil {
			return err
		}
		if err := w.add(pack.Entry{Name: b.Name, Kind: b.Kind, Codec: b.Codec, Raw: b.Raw}, block); err != nil {
			return err
		}
		c.progress("keeping what is referred to", w.tally.Stored, total)
	}
	return w.last()
}

// moving are the live blocks that lie in condemned packs and nowhere else, in the order in which they
// lie there.
func moving(table *index.Table, live map[tree.Name]seal.Kind, condemned map[pack.ID]bool) (out []index.Block, total int64) {
	best := map[tree.Name]index.Block{}
	safe := map[tree.Name]bool{}
	var top codec.Codec // of the best copy
	table.Each(func(b index.Block) bool {
		if b.First {
			top = b.Codec
		}
		switch _, known := best[b.Name]; {
		case !isLive(live, b) || b.Codec < top:
		case !condemned[b.In]:
			safe[b.Name] = true
		case !known: // the best copy comes first
			best[b.Name] = b
		}
		return true
	})
	for name, b := range best {
		if !safe[name] {
			out, total = append(out, b), total+int64(b.Stored)
		}
	}
	slices.SortFunc(out, func(a, b index.Block) int {
		return cmp.Or(bytes.Compare(a.In[:], b.In[:]), cmp.Compare(a.Offset, b.Offset))
	})
	return out, total
}

func (c *collection) delete(table *index.Table, condemned map[pack.ID]bool) error {
	s := c.space
	there, err := s.packs()
	if err != nil {
		return err
	}
	c.done.Freed = -c.done.Copied
	for id := range condemned {
		size, ok := there[id]
		if !ok {
			continue // an earlier collection came this far
		}
		if err := s.fs.Remove(pack.Path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unavailable("pack "+id.String(), err)
		}
		c.done.Freed += size
		c.done.Packs++
	}
	if err := s.fs.SyncFolder(pack.Folder); err != nil {
		return unavailable("space "+s.ID, err)
	}
	gone := func(id pack.ID) bool { return condemned[id] }
	table.Drop(gone)
	s.readers.drop(gone)
	return nil
}

// clear ends a round.
func (c *collection) clear() error {
	next := epoch{Number: c.doc.Value.Number}
	if err := c.space.epochFile().write(c.doc, next); err != nil {
		return unavailable("space "+c.space.ID, err)
	}
	if table, err := c.space.opened(); err == nil {
		c.space.writeIndex(table)
	}
	return nil
}
