package store

import (
	"context"
	"errors"

	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// reach goes through everything that versions refer to, each block once.
type reach struct {
	space *Space
	ctx   context.Context
	seen  map[tree.Name]seal.Kind
	// lost is told of each block that is not there or cannot be read, where path leads to it.
	lost func(path string, name tree.Name, err error)
	// leaf, if set, is told of each piece of a file.
	leaf func(path string, link tree.Link, kind seal.Kind)
}

// all of the versions are live, and what they refer to.
func (r *reach) all(versions []Version) error {
	for _, v := range versions {
		r.seen[v.name] = seal.Root
		if err := r.entry(string(v.Root.Path), v.Root.Top, 0); err != nil {
			return err
		}
	}
	return nil
}

func (r *reach) entry(path string, e tree.Entry, depth int) error {
	if err := r.ctx.Err(); err != nil {
		return canceled(r.ctx)
	}
	kind := seal.Data
	if e.Kind == tree.Folder {
		kind = seal.Meta
	}
	if depth > tree.MaxDepth {
		return broken(e.Content.Name, "folders lie too deep in folders")
	}
	if e.Content.Size == 0 || e.Kind == tree.Symlink {
		return nil
	}
	return r.content(path, e.Content, kind, depth)
}

// content goes through the blocks of a file or of the pages of a folder.
func (r *reach) content(path string, c tree.Content, leaf seal.Kind, depth int) error {
	if c.Name.Hole() {
		return nil
	}
	kind := leaf
	if c.Level > 0 {
		kind = seal.Meta
	}
	if _, ok := r.seen[c.Name]; ok {
		return nil
	}
	r.seen[c.Name] = kind
	if c.Level == 0 && leaf == seal.Data {
		if r.leaf != nil {
			r.leaf(path, c.Link, kind)
		}
		return nil
	}
	size := int64(-1)
	if c.Level == 0 {
		size = int64(c.Size)
	}
	plain, err := r.space.load(nil, c.Name, kind, size)
	if err == nil && c.Level > 0 {
		return r.list(path, c, plain, leaf, depth)
	}
	if err == nil {
		return r.page(path, c.Name, plain, depth)
	}
	r.lost(path, c.Name, err)
	return nil
}

func (r *reach) list(path string, c tree.Content, plain []byte, leaf seal.Kind, depth int) error {
	links, err := tree.DecodeList(plain)
	if err != nil {
		r.lost(path, c.Name, broken(c.Name, err.Error()))
		return nil
	}
	for _, l := range links {
		if err := r.content(path, tree.Content{Level: c.Level - 1, Link: l}, leaf, depth); err != nil {
			return err
		}
	}
	return nil
}

func (r *reach) page(path string, name tree.Name, plain []byte, depth int) error {
	entries, err := tree.DecodePage(plain)
	if err != nil {
		r.lost(path, name, broken(name, err.Error()))
		return nil
	}
	for _, e := range entries {
		if err := r.entry(path+"/"+string(e.Name), e, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// live are the names of all blocks that something refers to. Where part of that cannot be known, since
// a block is damaged, nothing may be collected: it is an error.
func (s *Space) live(ctx context.Context) (map[tree.Name]seal.Kind, error) {
	versions, err := s.Versions()
	if err != nil {
		return nil, err
	}
	var damage error
	r := &reach{space: s, ctx: ctx, seen: map[tree.Name]seal.Kind{}, lost: func(path string, _ tree.Name, err error) {
		damage = errors.Join(damage, err)
	}}
	if err := r.all(versions); err != nil {
		return nil, err
	}
	return r.seen, damage
}
