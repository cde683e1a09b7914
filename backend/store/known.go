package store

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/index"
	"inos/backend/store/pack"
)

// writeIndex spares the next one who opens the space the reading of all packs, and remembers which there
// are. What goes wrong loses nothing.
func (s *Space) writeIndex() {
	unlock, taken, err := s.fs.Lock(lockFile, true)
	if err != nil || !taken {
		return
	}
	defer unlock()
	_ = s.replaceIndex()
}

// replaceIndex writes what lies in the folder now; the lock is held.
func (s *Space) replaceIndex() error {
	table, err := s.refresh()
	if err != nil {
		return err
	}
	missing, err := s.missing()
	if err != nil {
		return err
	}
	return unavailableOrNil(s, table.Write(s.fs, s.keys, missing))
}

// forgetCondemned takes packs that a collection deleted out of the index, or the index away where there
// is no room for another one. The lock is held, so that nobody writes what was before.
func (s *Space) forgetCondemned() error {
	if s.replaceIndex() == nil {
		return nil
	}
	return s.removeIndex()
}

func (s *Space) removeIndex() error {
	if err := s.fs.Remove(index.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable("space "+s.ID, err)
	}
	return unavailableOrNil(s, s.fs.SyncFolder("."))
}

// missing are packs that the index names and that went without INOS. A collection deletes what was
// condemned, then takes it out of the index, and then forgets that it was condemned: so what the index
// still names at the end was not deleted by one that is not known here.
func (s *Space) missing() ([]pack.ID, error) {
	named, err := s.named()
	if len(named) == 0 || err != nil {
		return nil, err
	}
	there, err := s.packs()
	if err != nil {
		return nil, err
	}
	doc, err := s.epoch()
	if err != nil {
		return nil, err
	}
	condemned := doc.Value.condemned()
	gone := slices.DeleteFunc(named, func(id pack.ID) bool {
		_, ok := there[id]
		return ok || condemned[id] || s.apart(id)
	})
	if len(gone) == 0 {
		return nil, nil
	}
	still, err := s.named()
	return slices.DeleteFunc(gone, func(id pack.ID) bool { return !slices.Contains(still, id) }), err
}

// named are the packs that the index's file names; none when nobody can read it.
func (s *Space) named() ([]pack.ID, error) {
	ids, err := index.Packs(s.fs, s.keys)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, index.ErrDamaged) || errors.Is(err, disk.ErrForeign) {
		return nil, nil
	}
	return ids, unavailableOrNil(s, err)
}

// apart says that a repair set the pack apart.
func (s *Space) apart(id pack.ID) bool {
	f, err := s.fs.Open(path.Join(quarantineFolder, id.String()))
	if err != nil {
		return false
	}
	_ = f.Close() // it was not even read
	return true
}

// complete fails if packs are missing.
func (s *Space) complete() error {
	missing, err := s.missing()
	if err != nil || len(missing) == 0 {
		return err
	}
	return fault.New(opStore, fault.Damaged, "pack "+missing[0].String(), "it is not there any more",
		"put it back from a backup, or run inos store repair to go on without it")
}
