package files

import (
	"errors"
	"io/fs"
	"syscall"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// walk restores what an entry of a folder stands for, and all below it; files and links are left to
// the workers.
func (r *restoring) walk(p *place, e *tree.Entry) {
	if r.ctx.Err() != nil {
		return
	}
	if r.entriesLeft == 0 {
		r.stop(fault.Newf("files.restore", fault.Invalid, p.path(string(e.Name)),
			"the tree has more names than the %d that it may have", r.options.Entries))
		return
	}
	r.entriesLeft--
	switch e.Kind {
	case tree.File:
		r.file(p, e)
	case tree.Folder:
		r.flush(p)
		r.folder(p, e)
	case tree.Symlink:
		r.submit(p, func(*worker) { r.symlink(p, e) })
	}
}

func (r *restoring) folder(p *place, e *tree.Entry) {
	name := string(e.Name)
	d, existed, err := r.makeFolder(p, name)
	if err != nil {
		r.fail(p, name, err)
		return
	}
	child := r.place(p, d, name, e)
	defer child.release()
	if existed {
		r.sweep(child)
	}
	defer r.flush(child)
	for below, err := range e.Content.Entries(r.meta) {
		if err != nil {
			r.fail(p, name, err)
			return
		}
		if r.walk(child, &below); r.ctx.Err() != nil {
			return
		}
	}
}

// makeFolder makes a folder, or opens the one that is there, and counts it as open.
func (r *restoring) makeFolder(p *place, name string) (d dir, existed bool, err error) {
	if p.depth > tree.MaxDepth {
		return dir{}, false, fault.Newf("files.restore", fault.Invalid, p.path(name),
			"it lies more than %d folders deep", tree.MaxDepth)
	}
	if err = p.dir.mkdir(name); errors.Is(err, fs.ErrExist) {
		existed, err = true, nil
	}
	if err != nil {
		return dir{}, false, err
	}
	select {
	case r.open <- struct{}{}:
	case <-r.ctx.Done():
		return dir{}, false, r.ctx.Err()
	}
	if d, err = p.dir.enter(name); err == nil && existed {
		err = makeWritable(d)
	}
	if err != nil {
		<-r.open
	}
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP) {
		err = errOther
	}
	return d, existed, err
}

// makeWritable lets its owner into a folder that an earlier restoring finished.
func makeWritable(d dir) error {
	s, err := d.look(".")
	if err != nil || s.mode.Perm()&0o700 == 0o700 {
		return err
	}
	return d.chmod(s.mode&(fs.ModePerm|fs.ModeSticky) | 0o700)
}

func (r *restoring) meta(link tree.Link) ([]byte, error) { return r.source.Meta(r.ctx, link) }

func (r *restoring) file(p *place, e *tree.Entry) {
	g, first := r.group(p, e)
	if g != nil && !first {
		r.flush(p) // the first name may be waiting there
		r.submit(p, func(*worker) { r.another(p, string(e.Name), g) })
		return
	}
	if e.Size > r.bytesLeft {
		g.end(false)
		r.fail(p, string(e.Name), fault.New("files.restore", fault.Invalid, p.path(string(e.Name)),
			"with it the tree has more bytes than it claims", ""))
		return
	}
	r.bytesLeft -= e.Size
	if e.Content.Level > 0 {
		r.large(p, e, g)
		return
	}
	r.small(p, e, g)
}

// Bounds of a batch: small files of one folder go to one worker, since making a name locks the folder,
// and workers that wait for that spin.
const (
	batchFiles = 128
	batchBytes = 1 << 20
)

// batch is small files of a folder that are still to be handed out.
type batch struct {
	files []smallFile
	bytes uint64
}

type smallFile struct {
	entry *tree.Entry
	group *group
}

func (r *restoring) small(p *place, e *tree.Entry, g *group) {
	r.batch.files = append(r.batch.files, smallFile{e, g})
	r.batch.bytes += e.Size
	if len(r.batch.files) == batchFiles || r.batch.bytes >= batchBytes {
		r.flush(p)
	}
}

// flush hands out the files of p that wait. Files of no other folder ever do.
func (r *restoring) flush(p *place) {
	files := r.batch.files
	r.batch = batch{}
	if len(files) == 0 {
		return
	}
	work := func(w *worker) {
		for _, f := range files {
			r.write(w, p, f)
		}
	}
	if !r.submit(p, work) {
		for _, f := range files {
			f.group.end(false)
		}
	}
}

// large hands out a file piece by piece, as its lists are read.
func (r *restoring) large(p *place, e *tree.Entry, g *group) {
	out, err := r.create(p, e, g)
	if err != nil {
		return
	}
	defer out.release()
	offset := int64(0)
	for leaf, err := range e.Content.Leaves(r.meta) {
		if err != nil {
			out.fail(err)
		}
		if out.failed() || !leaf.Name.Hole() && !r.piece(out, offset, leaf) {
			return
		}
		offset += int64(leaf.Size)
	}
}

func (r *restoring) piece(out *output, offset int64, leaf tree.Link) bool {
	out.pending.Add(1)
	work := func(w *worker) {
		defer out.release()
		out.write(w, offset, leaf)
	}
	if r.submit(out.place, work) {
		return true
	}
	out.fail(r.ctx.Err())
	out.release()
	return false
}
