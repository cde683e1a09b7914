package store

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"inos/backend/fault"
	"inos/backend/store/index"
	"inos/backend/store/pack"
)

// Repaired is what a repair did.
type Repaired struct {
	// Report is what is still damaged: what was lost for good until it is put again.
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
	c, err := s.check(ctx, CheckOptions{ReadData: true, Progress: progress})
	if err != nil {
		return out, err
	}
	out.Fixed = c.report.Damages
	if err := s.rewriteStates(ctx); err != nil {
		return out, err
	}
	if out.Quarantined, err = c.quarantine(); err != nil {
		return out, err
	}
	if err := s.reindex(); err != nil {
		return out, err
	}
	after, err := s.check(ctx, CheckOptions{Progress: progress})
	if err != nil {
		return out, err
	}
	out.Report = after.report
	return out, nil
}

// rewriteStates writes both copies of small files again.
func (s *Space) rewriteStates(ctx context.Context) error {
	if err := s.Change(ctx, func(*Settings) {}); err != nil {
		return err
	}
	file := s.epochFile()
	doc, copies, err := file.read()
	if err == nil && doc.Generation == 0 {
		return nil
	}
	if err != nil { // both are damaged: rise above every number that a writer may have seen
		for _, p := range s.table.Packs() {
			doc.Value.Number = max(doc.Value.Number, p.Epoch+2)
		}
	}
	_ = copies
	return unavailableOrNil(s, file.write(doc, doc.Value))
}

func unavailableOrNil(s *Space, err error) error {
	if err == nil {
		return nil
	}
	return unavailable("space "+s.ID, err)
}

// quarantine copies the sound blocks of damaged packs, and sets those apart.
func (c *check) quarantine() ([]string, error) {
	s := c.space
	out := []string{}
	table, err := s.refresh()
	if err != nil {
		return out, err
	}
	doc, _, err := s.epochFile().read()
	if err != nil {
		return out, unavailable("space "+s.ID, err)
	}
	w := s.session(table, doc.Value, func() {})
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
			block := make([]byte, e.Stored)
			if err := c.space.readers.block(id, block, e.Offset); err != nil {
				return unavailable("pack "+id.String(), err)
			}
			if err := w.add(pack.Entry{Name: e.Name, Kind: e.Kind, Codec: e.Codec, Raw: e.Raw}, block); err != nil {
				return err
			}
		}
	}
	return w.last()
}

// reindex makes the index from the packs alone.
func (s *Space) reindex() error {
	s.loading.Lock()
	s.table = index.New()
	s.loading.Unlock()
	s.readers.drop(func(pack.ID) bool { return true })
	s.mu.Lock()
	clear(s.roots)
	clear(s.removals)
	s.mu.Unlock()
	if err := s.fs.Remove(index.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable("space "+s.ID, err)
	}
	table, err := s.refresh()
	if err != nil {
		return err
	}
	s.writeIndex(table)
	return nil
}
