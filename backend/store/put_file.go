package store

import (
	"errors"
	"io"
	"os"
	"sync"

	"inos/backend/fault"
	"inos/backend/store/chunk"
	"inos/backend/store/files"
	"inos/backend/store/tree"
)

// file puts a file, now if it was not changed, else as soon as a worker is free.
func (p *putting) file(dir *files.Folder, found *files.Found, before tree.Entry, done func(tree.Entry, bool)) {
	if e := found.Entry; p.unchanged(e, before) {
		e.Content = before.Content
		p.files.Add(1)
		p.read(int64(e.Size))
		done(e, true)
		return
	}
	p.jobs <- func() {
		if p.ctx.Err() != nil || p.session.failed() != nil {
			done(tree.Entry{}, false)
			return
		}
		err := p.readFile(dir, found)
		if err != nil && p.session.failed() == nil && p.ctx.Err() == nil {
			p.problem(err)
		}
		p.files.Add(1)
		done(found.Entry, err == nil)
	}
}

func (p *putting) unchanged(now, before tree.Entry) bool {
	return before.Kind == tree.File && now.Stamp != 0 && now.Stamp == before.Stamp && now.Size == before.Size &&
		now.Sec == before.Sec && now.Nsec == before.Nsec && p.session.hasAll(before.Content)
}

// readFile stores a file's content, and puts it into what was found.
func (p *putting) readFile(dir *files.Folder, found *files.Found) error {
	file, err := dir.Open(found)
	if err != nil {
		return err
	}
	defer file.Close()
	var links []tree.Link
	at := int64(0)
	for x, err := range found.Extents(file) {
		if err != nil {
			return err
		}
		if x.Offset > at {
			links = append(links, tree.Link{Size: uint64(x.Offset - at)})
		}
		pieces, err := p.extent(file, x)
		if err != nil {
			return err
		}
		links = append(links, pieces...)
		at = x.Offset + x.Length
	}
	if found.Entry.Size == 0 {
		if links, err = p.sizeless(file, found); err != nil {
			return err
		}
		at = int64(found.Entry.Size)
	}
	if rest := int64(found.Entry.Size) - at; rest > 0 {
		links = append(links, tree.Link{Size: uint64(rest)})
	}
	if err := found.Unchanged(file); err != nil {
		return err
	}
	found.Entry.Content, err = p.session.content(links)
	return err
}

// pieces are buffers for files of one piece.
var pieces = sync.Pool{New: func() any { b := make([]byte, chunk.Min); return &b }}

func (p *putting) extent(file *os.File, x files.Extent) ([]tree.Link, error) {
	if x.Length > chunk.Min {
		links, err := p.cutter.stream(p.ctx, io.NewSectionReader(file, x.Offset, x.Length))
		return links, short(file, x, links, err)
	}
	buf := pieces.Get().(*[]byte)
	defer pieces.Put(buf)
	n, err := file.ReadAt((*buf)[:x.Length], x.Offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return nil, fault.Wrap(opStore, fault.Unavailable, file.Name(), fault.Bare(err), "")
	}
	links, err := p.cutter.whole((*buf)[:n])
	return links, short(file, x, links, err)
}

// short tells of a file that became shorter while it was read.
func short(file *os.File, x files.Extent, links []tree.Link, err error) error {
	for _, l := range links {
		x.Length -= int64(l.Size)
	}
	if err == nil && x.Length != 0 {
		err = fault.Wrap(opStore, fault.Unavailable, file.Name(), files.ErrChanged, "put it again when nobody writes to it")
	}
	return err
}
