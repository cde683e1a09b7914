package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"inos/backend/fault"
	"inos/backend/store/index"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

var (
	errQuota   = errors.New("its quota is used up")
	errGivenUp = errors.New("it was given up")
)

// Version is one state of something that was put.
type Version struct {
	// ID is what the version is called, the same as long as it exists.
	ID   tree.Name
	Root tree.Root
	name tree.Name // of the block
}

// Time is when it was put.
func (v Version) Time() time.Time { return time.UnixMilli(v.Root.TimeMs) }

// record is a root as it was read.
type record struct {
	id   tree.Name
	root tree.Root
}

// maxReplaced is how many earlier records of itself a root names, so that none can be brought back.
const maxReplaced = 64

// original is a root as it was first written: its ID is the name of that.
func (s *Space) original(r tree.Root) (tree.Name, error) {
	r.Pinned, r.Replaces = false, nil
	plain, err := tree.EncodeRoot(r)
	return s.keys.Name(seal.Root, plain), err
}

// Versions are all that is there, the newest first. A root that is damaged is in the error; the
// others are returned.
func (s *Space) Versions() ([]Version, error) {
	table, err := s.refresh()
	if err != nil {
		return nil, err
	}
	return s.versions(table)
}

// census is all that was put and not removed.
type census struct {
	versions []Version // the newest first
	removed  map[tree.Name]bool
}

func (s *Space) versions(table *index.Table) ([]Version, error) {
	c, err := s.census(table)
	return c.versions, err
}

// census counts what can be read, and says in the error what cannot.
func (s *Space) census(table *index.Table) (census, error) {
	var roots, removals []tree.Name
	table.Each(func(b index.Block) bool {
		switch {
		case b.First && b.Kind == seal.Root:
			roots = append(roots, b.Name)
		case b.First && b.Kind == seal.Removal:
			removals = append(removals, b.Name)
		}
		return true
	})
	removed, err := s.removed(removals)
	errs := problems{s.whole(table), err}
	var all []Version
	replaced := map[tree.Name]bool{}
	for _, name := range roots {
		r, err := s.root(name)
		if err != nil {
			errs.add(err)
			continue
		}
		all = append(all, Version{r.id, r.root, name})
		for _, old := range r.root.Replaces {
			replaced[old] = true
		}
	}
	latest := map[tree.Name]Version{}
	for _, v := range all {
		other, there := latest[v.ID]
		if !replaced[v.name] && !removed[v.ID] && !(there && other.later(v.Root)) {
			latest[v.ID] = v
		}
	}
	out := census{slices.Collect(maps.Values(latest)), removed}
	slices.SortFunc(out.versions, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.Root.TimeMs, a.Root.TimeMs), bytes.Compare(a.name[:], b.name[:]))
	})
	return out, errs.join()
}

// later says that of two records of one version, v is the one that was written after the other.
func (v Version) later(than tree.Root) bool {
	if n, m := len(v.Root.Replaces), len(than.Replaces); n != m {
		return n > m
	}
	return v.Root.Pinned
}

// problems keeps the first few errors, however many there are.
type problems []error

func (p *problems) add(err error) {
	if len(*p) < maxProblems {
		*p = append(*p, err)
	}
}

func (p problems) join() error { return errors.Join(p...) }

// removed are the IDs of versions that the user took away.
func (s *Space) removed(removals []tree.Name) (map[tree.Name]bool, error) {
	dead := map[tree.Name]bool{}
	var errs problems
	for _, name := range removals {
		ids, err := s.removal(name)
		if err != nil {
			errs.add(err)
		}
		for _, id := range ids {
			dead[id] = true
		}
	}
	return dead, errs.join()
}

// removal reads one, once.
func (s *Space) removal(name tree.Name) ([]tree.Name, error) {
	s.mu.Lock()
	ids, known := s.removals[name]
	s.mu.Unlock()
	if known {
		return ids, nil
	}
	plain, err := s.load(nil, name, seal.Removal, -1)
	if err != nil {
		return nil, err
	}
	r, err := tree.DecodeRemoval(plain)
	if err != nil {
		return nil, broken(name, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removals[name] = r.Roots
	return r.Roots, nil
}

// root reads one, once.
func (s *Space) root(name tree.Name) (*record, error) {
	s.mu.Lock()
	r := s.roots[name]
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	plain, err := s.load(nil, name, seal.Root, -1)
	if err != nil {
		return nil, err
	}
	r = &record{}
	if r.root, err = tree.DecodeRoot(plain); err != nil {
		return nil, broken(name, err.Error())
	}
	if r.id, err = s.original(r.root); err != nil {
		return nil, broken(name, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roots[name] = r
	return r, nil
}

// minPrefix is how many letters of an ID are enough, when no other one begins like that.
const minPrefix = 4

// Find is the version that an ID, the beginning of one, or a path names; of a path the newest.
func (s *Space) Find(what string) (Version, error) {
	all, err := s.Versions()
	if len(all) == 0 && err != nil {
		return Version{}, err
	}
	var found []Version
	if len(what) >= minPrefix {
		for _, v := range all {
			if strings.HasPrefix(v.ID.String(), strings.ToLower(what)) {
				found = append(found, v)
			}
		}
	}
	if len(found) == 1 && len(what) == 2*len(found[0].ID) {
		return found[0], nil
	}
	for _, v := range all { // before the beginning of an ID, which a name may look like by chance
		if string(v.Root.Path) == what {
			return v, nil
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Version{}, fault.Newf(opStore, fault.Invalid, what, "%d IDs begin like that: give more of it", len(found))
	}
	if err != nil { // it may be what cannot be read
		return Version{}, err
	}
	return Version{}, fault.New(opStore, fault.NotFound, what,
		"nothing in space "+s.Name()+" has that ID or path", "inos store ls shows what is there")
}

// ParseName reads a whole ID.
func ParseName(text string) (n tree.Name, err error) {
	if len(text) != 2*len(n) {
		return n, errors.New("an ID has 64 letters")
	}
	_, err = hex.Decode(n[:], []byte(text))
	return n, err
}

// maxRemovals is how many roots one removal names.
const maxRemovals = 1024

// Remove takes versions away, pinned or not. Their content goes with the next collection, unless
// something else has it.
func (s *Space) Remove(ctx context.Context, versions ...Version) error {
	unlock, err := hold(ctx, s.fs, lockFile, true)
	if err != nil {
		return err
	}
	defer unlock()
	for part := range slices.Chunk(versions, maxRemovals) {
		r := tree.Removal{TimeMs: time.Now().UnixMilli()}
		for _, v := range part {
			r.Roots = append(r.Roots, v.ID)
		}
		plain, err := tree.EncodeRemoval(r)
		if err != nil {
			return fault.Wrap(opStore, fault.Invalid, "space "+s.Name(), err, "")
		}
		if err := s.roomy(func() error { return s.append(ctx, seal.Removal, plain) }); err != nil {
			return err
		}
	}
	return nil
}

// Pin makes a version stay, or lets it go again. It keeps its ID. Nobody removes it meanwhile, or a
// collection could take what the new record refers to.
func (s *Space) Pin(ctx context.Context, v Version, pinned bool) error {
	unlock, err := hold(ctx, s.fs, lockFile, true)
	if err != nil {
		return err
	}
	defer unlock()
	if v, err = s.current(v); err != nil || v.Root.Pinned == pinned {
		return err
	}
	next := v.Root
	next.Pinned = pinned
	next.Replaces = append([]tree.Name{v.name}, v.Root.Replaces...)
	next.Replaces = next.Replaces[:min(len(next.Replaces), maxReplaced)]
	plain, err := tree.EncodeRoot(next)
	if err != nil {
		return fault.Wrap(opStore, fault.Invalid, string(next.Path), err, "")
	}
	return s.append(ctx, seal.Root, plain)
}

// current is a version as it is now.
func (s *Space) current(v Version) (Version, error) {
	all, err := s.Versions()
	for _, now := range all {
		if now.ID == v.ID {
			return now, nil
		}
	}
	if err == nil {
		err = fault.New(opStore, fault.NotFound, string(v.Root.Path), "it was removed meanwhile", "")
	}
	return v, err
}

// append stores one block that stands for itself. A quota does not keep anybody from removing.
func (s *Space) append(ctx context.Context, kind seal.Kind, plain []byte) error {
	w, err := s.begin(ctx)
	if err != nil {
		return err
	}
	w.room = -1
	_, err = w.commit(kind, plain)
	return err
}
