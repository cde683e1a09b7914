package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"path"
	"slices"

	"inos/backend/fault"
	"inos/backend/store/index"
	"inos/backend/store/pack"
)

// Repaired is what a repair did.
type Repaired struct {
	// Report is what is still damaged: what was lost for good until it is put again. Its Unknown are places
	// that this repair set apart.
	Report Report `json:"report"`
	// Fixed is what was damaged and is not any more.
	Fixed []Damage `json:"fixed"`
	// Quarantined are the files that were set apart, relative to the store's folder.
	Quarantined []string `json:"quarantined"`
}

// quarantineFolder is where damaged packs are kept as they were found, in case somebody can do more.
const quarantineFolder = "quarantine"

// Repair reads everything, writes again what is there twice, and sets apart exactly what is damaged:
// sound blocks of damaged packs are copied first. What is lost is named in the report; putting the same
// content again makes it whole.
func (s *Space) Repair(ctx context.Context, progress Progress) (Repaired, error) {
	out := Repaired{Fixed: []Damage{}, Quarantined: []string{}}
	unlock, taken, err := s.fs.Lock(collectFile, true)
	if err != nil {
		return out, unavailable("space "+s.ID, err)
	}
	if !taken {
		return out, fault.New(opStore, fault.Unavailable, "space "+s.Name(), "a collection, archive or repair is under way",
			"wait until it is done")
	}
	defer unlock()
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	c, err := s.check(ctx, CheckOptions{ReadData: true, Progress: progress}, true)
	if err != nil {
		return out, err
	}
	if err := c.again(); err != nil {
		return out, err
	}
	if err := s.Change(ctx, func(*Settings) {}); err != nil { // which writes both copies
		return out, err
	}
	s.keepReserve()
	if out.Quarantined, err = c.isolate(ctx, progress); err != nil {
		return out, err
	}
	set, err := c.banish()
	if out.Quarantined = append(out.Quarantined, set...); err != nil {
		return out, err
	}
	if err := s.reindex(ctx); err != nil {
		return out, err
	}
	after, err := s.check(ctx, CheckOptions{Progress: progress}, true)
	if err != nil {
		return out, err
	}
	out.Report = after.report
	out.Report.Unknown = max(c.report.Unknown, after.report.Unknown) // what was set apart is told of once
	for _, d := range c.report.Damages {
		if !slices.Contains(after.report.Damages, d) {
			out.Fixed = append(out.Fixed, d)
		}
	}
	return out, nil
}

// again looks at damaged packs once more: a disk may fail once and not twice.
func (c *check) again() error {
	first := c.report
	for id, hurt := range c.hurt {
		if !hurt {
			continue
		}
		if err := c.pack(id); err != nil {
			return err
		}
	}
	c.report = first
	c.report.Unknown = c.unknown()
	return nil
}

// isolate sets damaged packs apart. Writers that may count on what lies there have to be gone before, as
// for a collection; those that come meanwhile write it again.
func (c *check) isolate(ctx context.Context, progress Progress) ([]string, error) {
	s := c.space
	var hurt []string
	for id, is := range c.hurt {
		if is {
			hurt = append(hurt, id.String())
		}
	}
	g := &collection{space: s, ctx: ctx, patience: lockPatience, progress: progress}
	err := g.read()
	if err != nil && fault.KindOf(err) != fault.Damaged {
		return []string{}, err
	}
	if len(hurt) == 0 && err == nil && !c.old {
		return []string{}, nil
	}
	condemned := g.doc.Value.Condemned // by a collection that did not come to its end
	if err := g.advance(append(hurt, condemned...)); err != nil {
		return []string{}, err
	}
	out, err := c.quarantine(g.doc.Value)
	if err != nil {
		return out, err
	}
	return out, unavailableOrNil(s, s.epochFile().write(g.doc, epoch{g.doc.Value.Number, condemned}))
}

// banish sets apart what is among the packs and is none.
func (c *check) banish() (set []string, err error) {
	for _, name := range c.foreign {
		if err := c.space.fs.Mkdir(quarantineFolder); err != nil {
			return set, unavailable("space "+c.space.ID, err)
		}
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails
		to := path.Join(quarantineFolder, "foreign-"+hex.EncodeToString(random[:]))
		if err := c.space.fs.Rename(path.Join(pack.Folder, name), to); err != nil {
			return set, unavailable("space "+c.space.ID, err)
		}
		set = append(set, path.Join(spacesFolder, c.space.ID, to))
	}
	if len(set) == 0 {
		return nil, nil
	}
	return set, unavailableOrNil(c.space, c.space.fs.SyncFolder(pack.Folder))
}

func unavailableOrNil(s *Space, err error) error {
	if err == nil {
		return nil
	}
	return unavailable("space "+s.ID, err)
}

// quarantine copies the sound blocks of damaged packs, and sets those apart.
func (c *check) quarantine(e epoch) ([]string, error) {
	s := c.space
	out := []string{}
	table, err := s.refresh()
	if err != nil {
		return out, err
	}
	w := s.session(table, e, func() {})
	if err := c.salvage(w); err != nil {
		w.abort()
		return out, err
	}
	for id, hurt := range c.hurt {
		if !hurt {
			continue
		}
		if err := s.fs.Mkdir(quarantineFolder); err != nil {
			return out, unavailable("space "+s.ID, err)
		}
		to := path.Join(quarantineFolder, id.String())
		if err := s.fs.Rename(pack.Path(id), to); err != nil {
			return out, unavailable("pack "+id.String(), err)
		}
		out = append(out, path.Join(spacesFolder, s.ID, to))
	}
	if len(out) == 0 {
		return out, nil
	}
	if err := s.fs.SyncFolder(quarantineFolder); err != nil {
		return out, unavailable("space "+s.ID, err)
	}
	return out, unavailableOrNil(s, s.fs.SyncFolder(pack.Folder))
}

func (c *check) salvage(w *session) error {
	for id, hurt := range c.hurt {
		for _, e := range c.good[id] {
			if !hurt {
				break
			}
			if c.ctx.Err() != nil {
				return canceled(c.ctx)
			}
			block := make([]byte, e.Stored)
			place := index.Place{Offset: e.Offset, Stored: e.Stored, Raw: e.Raw, Kind: e.Kind, Codec: e.Codec}
			if err := c.space.verify(block, index.Block{Name: e.Name, Place: place, In: id}); err != nil {
				return err
			}
			if err := w.copy(pack.Entry{Name: e.Name, Kind: e.Kind, Codec: e.Codec, Raw: e.Raw}, block); err != nil {
				return err
			}
		}
	}
	return w.last()
}

// reindex makes the index from the packs alone.
func (s *Space) reindex(ctx context.Context) error {
	s.loading.Lock()
	s.table = index.New()
	s.loading.Unlock()
	s.readers.drop(func(pack.ID) bool { return true })
	s.mu.Lock()
	clear(s.roots)
	clear(s.removals)
	s.mu.Unlock()
	unlock, err := hold(ctx, s.fs, lockFile, true)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.removeIndex(); err != nil {
		return err
	}
	_ = s.replaceIndex() // it spares reading the packs, no more
	return nil
}
