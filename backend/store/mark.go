package store

import (
	"context"
	"errors"
	"fmt"

	"inos/backend/fault"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// reach goes through everything that versions refer to, each block once. What was found sound is not
// looked at again for another version.
type reach struct {
	space *Space
	ctx   context.Context
	seen  map[tree.Name]found
	// lost is told of each block that is not there, cannot be read or lies, where path leads to it.
	lost func(path string, name tree.Name, err error)
	// leaf, if set, says whether a piece of a file is sound.
	leaf func(path string, link tree.Link) bool
}

// found is what was said of a block's size, and whether it and all below it are sound: 8 bytes, since
// there may be millions.
type found uint64

func look(size uint64, sound bool) found {
	if sound {
		return found(size<<1 | 1)
	}
	return found(size << 1)
}

func (f found) sound() bool  { return f&1 == 1 }
func (f found) size() uint64 { return uint64(f >> 1) }

// all of the versions are live, and what they refer to.
func (r *reach) all(versions []Version) error {
	for _, v := range versions {
		r.seen[v.name] = look(0, true)
		if _, err := r.entry(string(v.Root.Path), v.Root.Top, 0); err != nil {
			return err
		}
	}
	return nil
}

// forget lets what is not sound be found again: for the next version.
func (r *reach) forget() {
	for name, f := range r.seen {
		if !f.sound() {
			delete(r.seen, name)
		}
	}
}

func (r *reach) entry(path string, e tree.Entry, depth int) (sound bool, err error) {
	if err := r.ctx.Err(); err != nil {
		return false, canceled(r.ctx)
	}
	if e.Content.Size == 0 || e.Kind == tree.Symlink {
		return true, nil
	}
	if depth > tree.MaxDepth {
		r.lost(path, e.Content.Name, broken(e.Content.Name, "folders lie too deep in folders"))
		return false, nil
	}
	kind := seal.Data
	if e.Kind == tree.Folder {
		kind = seal.Meta
	}
	return r.content(path, e.Content, kind, depth)
}

// content goes through the blocks of a file or of the pages of a folder.
func (r *reach) content(path string, c tree.Content, leaf seal.Kind, depth int) (sound bool, err error) {
	if c.Name.Hole() {
		return true, nil
	}
	if f, ok := r.seen[c.Name]; ok {
		if f.sound() && f.size() != c.Size {
			r.lost(path, c.Name, errLie(c.Name))
			return false, nil
		}
		return f.sound(), nil
	}
	sound, err = r.block(path, c, leaf, depth)
	r.seen[c.Name] = look(c.Size, sound)
	return sound, err
}

func errLie(name tree.Name) error {
	return broken(name, "it has another length than what refers to it says")
}

func (r *reach) block(path string, c tree.Content, leaf seal.Kind, depth int) (sound bool, err error) {
	if c.Level == 0 && leaf == seal.Data {
		return r.leaf == nil || r.leaf(path, c.Link), nil
	}
	size := int64(-1)
	if c.Level == 0 {
		size = int64(c.Size)
	}
	plain, err := r.space.load(nil, c.Name, seal.Meta, size)
	switch {
	case err != nil:
		r.lost(path, c.Name, err)
		return false, nil
	case c.Level > 0:
		return r.list(path, c, plain, leaf, depth)
	}
	return r.page(path, c.Name, plain, depth)
}

func (r *reach) list(path string, c tree.Content, plain []byte, leaf seal.Kind, depth int) (sound bool, err error) {
	links, err := tree.DecodeList(plain)
	if err != nil {
		r.lost(path, c.Name, broken(c.Name, err.Error()))
		return false, nil
	}
	sound = true
	var sum uint64
	for _, l := range links {
		sum += l.Size // DecodeList saw to it that it fits
		ok, err := r.content(path, tree.Content{Level: c.Level - 1, Link: l}, leaf, depth)
		if err != nil {
			return false, err
		}
		sound = sound && ok
	}
	if sum != c.Size {
		r.lost(path, c.Name, errLie(c.Name))
		return false, nil
	}
	return sound, nil
}

func (r *reach) page(path string, name tree.Name, plain []byte, depth int) (sound bool, err error) {
	entries, err := tree.DecodePage(plain)
	if err != nil {
		r.lost(path, name, broken(name, err.Error()))
		return false, nil
	}
	sound = true
	for _, e := range entries {
		ok, err := r.entry(path+"/"+string(e.Name), e, depth+1)
		if err != nil {
			return false, err
		}
		sound = sound && ok
	}
	return sound, nil
}

// live are the names of all blocks that something refers to. Where part of that cannot be known, since
// a block is damaged, nothing may be collected: it is an error.
func (s *Space) live(ctx context.Context) (map[tree.Name]found, error) {
	versions, err := s.Versions()
	if err == nil {
		err = s.complete()
	}
	if err != nil {
		return nil, s.uncollectable(err)
	}
	var first error
	r := &reach{space: s, ctx: ctx, seen: map[tree.Name]found{}, lost: func(path string, _ tree.Name, err error) {
		if first == nil {
			first = err
		}
	}}
	if err := r.all(versions); err != nil {
		return nil, err
	}
	return r.seen, s.uncollectable(first)
}

// uncollectable says that damage keeps a collection from knowing what may go.
func (s *Space) uncollectable(err error) error {
	var why *fault.Error
	if !errors.As(err, &why) || why.Kind != fault.Damaged {
		return err
	}
	return fault.Wrap(opStore, fault.Damaged, "space "+s.Name(),
		fmt.Errorf("nothing is collected while a part of it is damaged: %s: %w", why.Subject, why.Err),
		"run inos store repair; then put again, or remove, what it says is hit")
}
