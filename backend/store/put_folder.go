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
	kept    []*oldPage   // of each entry that is as it was: where that lies
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

// former is what a name stood for in the version before; the zero former was not there.
type former struct {
	entry tree.Entry
	page  *oldPage // where that lies
}

// oldPage is all that is remembered of one: folders may be large.
type oldPage struct {
	link    tree.Link
	entries int
}

// keep notes an entry that is done.
func (f *folder) keep(i int, e tree.Entry, before former) {
	if f.entries[i] = e; before.page != nil && e.Equal(&before.entry) {
		f.kept[i] = before.page
	}
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
	f.entries, f.kept = make([]tree.Entry, len(found)), make([]*oldPage, len(found))
	for i := range found {
		if p.ctx.Err() != nil || p.session.failed() != nil {
			return
		}
		f.left.Add(1)
		p.walkEntry(f, i, &found[i], old(found[i].Entry.Name))
	}
}

func (p *putting) walkEntry(f *folder, i int, found *files.Found, before former) {
	switch found.Entry.Kind {
	case tree.Folder:
		child, err := p.enter(f.dir, *found)
		if err != nil {
			p.problem(err)
			p.part(f)
			return
		}
		p.beside(func() {
			p.walk(child, found.Entry, before.entry, func(e tree.Entry) {
				f.keep(i, e, before)
				p.part(f)
			})
		})
	case tree.File:
		p.file(f.dir, found, before.entry, func(e tree.Entry, ok bool) {
			if ok {
				f.keep(i, e, before)
			}
			p.part(f)
		})
	default:
		f.keep(i, found.Entry, before)
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
	kept := f.kept[:0]
	for i, e := range f.entries {
		if e.Kind != 0 {
			kept = append(kept, f.kept[i])
		}
	}
	whole := slices.DeleteFunc(f.entries, func(e tree.Entry) bool { return e.Kind == 0 })
	entry := f.entry
	var links []tree.Link
	for page := range tree.Pages(whole) {
		for i := range page {
			entry.Size += page[i].Size
		}
		link, err := p.page(f, page, kept[:len(page)])
		if err != nil {
			return entry, err
		}
		links, kept = append(links, link), kept[len(page):]
	}
	var err error
	entry.Content, err = p.session.content(links)
	f.entries, f.kept = nil, nil
	return entry, err
}

// page stores a page, unless the version before has it: all of an old one, and nothing else.
func (p *putting) page(f *folder, page []tree.Entry, kept []*oldPage) (tree.Link, error) {
	if old := kept[0]; old != nil && old.entries == len(page) && allAre(kept, old) {
		return old.link, nil
	}
	plain, err := tree.EncodePage(page)
	if err != nil {
		return tree.Link{}, fault.Wrap(opStore, fault.Internal, f.dir.Path(), err, "")
	}
	name, err := p.session.put(seal.Meta, plain)
	return tree.Link{Name: name, Size: uint64(len(plain))}, err
}

func allAre[T comparable](all []T, v T) bool {
	return !slices.ContainsFunc(all, func(w T) bool { return w != v })
}

// old looks names up in the folder as it was put before; the names have to rise. What cannot be read any
// more is put again.
func (p *putting) old(before tree.Entry) (find func(name []byte) former, forget func()) {
	if before.Kind != tree.Folder || len(p.session.condemned) > 0 {
		return func([]byte) former { return former{} }, func() {}
	}
	next, stop := iter.Pull2(before.Content.Pages(func(l tree.Link) ([]byte, error) {
		return p.space.load(nil, l.Name, seal.Meta, -1)
	}))
	var entries []tree.Entry // those of page that are not behind the last name
	var page *oldPage
	over := false
	return func(name []byte) former {
		for !over {
			for ; len(entries) > 0; entries = entries[1:] {
				if c := bytes.Compare(entries[0].Name, name); c == 0 {
					return former{entries[0], page}
				} else if c > 0 {
					return former{}
				}
			}
			read, err, ok := next()
			if over = err != nil || !ok; !over {
				page, entries = &oldPage{read.Link, len(read.Entries)}, read.Entries
			}
		}
		return former{}
	}, stop
}
