package store

import (
	"bytes"
	"iter"
	"slices"
	"sync/atomic"

	"inos/backend/fault"
	"inos/backend/store/files"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// folder is one that is being put.
type folder struct {
	dir     *files.Folder
	entry   tree.Entry
	entries []tree.Entry // a part that failed has no kind
	done    func(tree.Entry)
	left    atomic.Int64 // parts that are not done, and the walker
}

// walkTop puts what the user named.
func (p *putting) walkTop(dir *files.Folder, top *files.Found) {
	keep := func(e tree.Entry) { p.top = e }
	if top.Entry.Kind == tree.File {
		found := *top
		p.file(dir, &found, p.before.Top, func(e tree.Entry, ok bool) {
			e.Name = top.Entry.Name
			if keep(e); !ok {
				p.stop(p.firstProblem())
			}
		})
		return
	}
	child, err := dir.Enter(*top)
	if err != nil {
		p.stop(err)
		return
	}
	p.walk(child, top.Entry, p.before.Top, keep)
}

// walk puts a folder; done is called when all of it is, by whoever had the last part.
func (p *putting) walk(dir *files.Folder, entry tree.Entry, before tree.Entry, done func(tree.Entry)) {
	f := &folder{dir: dir, entry: entry, done: done}
	f.left.Store(1)
	defer p.part(f)
	old, forget := p.old(before)
	defer forget()
	var found []files.Found
	for e, err := range dir.Entries() {
		if err != nil {
			p.problem(err)
			continue
		}
		found = append(found, e)
	}
	f.entries = make([]tree.Entry, len(found))
	for i := range found {
		if p.ctx.Err() != nil || p.session.failed() != nil {
			return
		}
		f.left.Add(1)
		p.walkEntry(f, i, &found[i], old(found[i].Entry.Name))
	}
}

func (p *putting) walkEntry(f *folder, i int, found *files.Found, before tree.Entry) {
	switch found.Entry.Kind {
	case tree.Folder:
		child, err := p.enter(f.dir, *found)
		if err != nil {
			p.problem(err)
			p.part(f)
			return
		}
		p.beside(func() {
			p.walk(child, found.Entry, before, func(e tree.Entry) {
				f.entries[i] = e
				p.part(f)
			})
		})
	case tree.File:
		p.file(f.dir, found, before, func(e tree.Entry, ok bool) {
			if ok {
				f.entries[i] = e
			}
			p.part(f)
		})
	default:
		f.entries[i] = found.Entry
		p.files.Add(1)
		p.part(f)
	}
}

// beside walks a folder beside the others while a processor has nothing to walk: where little was changed,
// a put is little else.
func (p *putting) beside(walk func()) {
	select {
	case p.walkers <- struct{}{}:
		p.walking.Go(func() {
			defer func() { <-p.walkers }()
			walk()
		})
	default:
		walk()
	}
}

func (p *putting) enter(dir *files.Folder, found files.Found) (*files.Folder, error) {
	if dir.Is(found, p.own) {
		return nil, dir.Itself(found)
	}
	return dir.Enter(found)
}

// part is called when a part of a folder is done; the last one ends it.
func (p *putting) part(f *folder) {
	if f.left.Add(-1) > 0 {
		return
	}
	_ = f.dir.Close() // only read
	entry, err := p.pages(f)
	if err != nil {
		p.stop(err)
	}
	p.folders.Add(1)
	f.done(entry)
}

func (p *putting) pages(f *folder) (tree.Entry, error) {
	whole := slices.DeleteFunc(f.entries, func(e tree.Entry) bool { return e.Kind == 0 })
	entry := f.entry
	var links []tree.Link
	for page := range tree.Pages(slices.Values(whole)) {
		for _, e := range page {
			entry.Size += e.Size
		}
		plain, err := tree.EncodePage(page)
		if err != nil {
			return entry, fault.Wrap(opStore, fault.Internal, f.dir.Path(), err, "")
		}
		name, err := p.session.put(seal.Meta, plain)
		if err != nil {
			return entry, err
		}
		links = append(links, tree.Link{Name: name, Size: uint64(len(plain))})
	}
	var err error
	entry.Content, err = p.session.content(links)
	f.entries = nil
	return entry, err
}

// old looks names up in the folder as it was put before; the names have to rise.
func (p *putting) old(before tree.Entry) (find func(name []byte) tree.Entry, forget func()) {
	none := func([]byte) tree.Entry { return tree.Entry{} }
	if before.Kind != tree.Folder || len(p.session.condemned) > 0 {
		return none, func() {}
	}
	entries := before.Content.Entries(func(l tree.Link) ([]byte, error) { return p.space.load(nil, l.Name, seal.Meta, -1) })
	next, stop := pull(entries)
	current, ok := next()
	return func(name []byte) tree.Entry {
		for ok && bytes.Compare(current.Name, name) < 0 {
			current, ok = next()
		}
		if ok && bytes.Equal(current.Name, name) {
			return current
		}
		return tree.Entry{}
	}, stop
}

// pull is iter.Pull2 without the error: what cannot be read any more is put again.
func pull(entries iter.Seq2[tree.Entry, error]) (next func() (tree.Entry, bool), stop func()) {
	two, stop := iter.Pull2(entries)
	return func() (tree.Entry, bool) {
		e, err, ok := two()
		return e, ok && err == nil
	}, stop
}
