package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"inos/backend/fault"
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
func (s *Space) Collect(ctx context.Context, patience time.Duration, progress Progress) (sum Collected, err error) {
	err = s.roomy(func() error { return s.collect(ctx, patience, progress, &sum) })
	if err == nil {
		s.keepReserve()
	}
	return sum, err
}

func (s *Space) collect(ctx context.Context, patience time.Duration, progress Progress, sum *Collected) error {
	unlock, taken, err := s.fs.Lock(collectFile, true)
	if err != nil {
		return unavailable("space "+s.ID, err)
	}
	if !taken {
		return fault.New(opStore, fault.Unavailable, "space "+s.Name(), "another collection, archive or repair is under way",
			"wait until it is done")
	}
	defer unlock()
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	c := &collection{space: s, ctx: ctx, patience: patience, progress: progress}
	for {
		more, err := c.round()
		sum.add(c.done)
		if err != nil || !more {
			return err
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
	if err := c.read(); err != nil {
		return false, err
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

// read takes over what the last collection left. An old copy of the epoch's file, put back, must not let
// it fall behind what packs say.
func (c *collection) read() error {
	table, err := c.space.refresh()
	if err != nil {
		return err
	}
	c.doc, err = c.space.epoch()
	for _, p := range table.Packs() {
		c.doc.Value.Number = max(c.doc.Value.Number, p.Epoch)
	}
	return err
}

// halves are packs that were not finished.
func (c *collection) halves() ([]string, error) {
	entries, err := c.space.fs.List(pack.Folder)
	if err != nil {
		return nil, unavailable("space "+c.space.ID, err)
	}
	var out []string
	for _, e := range entries {
		if !e.Folder && strings.HasSuffix(e.Name, pack.Unfinished) {
			out = append(out, path.Join(pack.Folder, e.Name))
		}
	}
	return out, nil
}

// sweep removes those that are still there, and what writers of small files left.
func (c *collection) sweep(halves []string) error {
	for _, name := range halves {
		if err := c.space.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unavailable("space "+c.space.ID, err)
		}
	}
	unlock, err := hold(c.ctx, c.space.fs, lockFile, true) // nobody is writing one meanwhile
	if err != nil {
		return err
	}
	defer unlock()
	return unavailableOrNil(c.space, disk.Sweep(c.space.fs, "."))
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
				"wait until that is done, and try again: it goes on from here")
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
func isLive(live map[tree.Name]found, b index.Block) bool {
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

// clear ends a round.
func (c *collection) clear() error {
	unlock, err := hold(c.ctx, c.space.fs, lockFile, true)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.space.forgetCondemned(); err != nil {
		return err
	}
	next := epoch{Number: c.doc.Value.Number}
	return unavailableOrNil(c.space, c.space.epochFile().write(c.doc, next))
}
