package files

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// worker has the memory for one block.
type worker struct{ buf []byte }

func (w *worker) room(size uint64) []byte {
	if uint64(cap(w.buf)) < size {
		w.buf = make([]byte, 0, min(2*size, tree.MaxDataBytes))
	}
	return w.buf[:0]
}

// output is a file that is being written, under a temporary name. It ends when nobody has a piece of
// it any more.
type output struct {
	r       *restoring
	place   *place
	entry   *tree.Entry
	group   *group
	file    *os.File
	temp    string
	pending atomic.Int32
	err     atomic.Pointer[error]
	writing sync.Mutex // the system has one too, for which it spins
}

// create begins a file; the caller has to release it. What fails is reported.
func (r *restoring) create(p *place, e *tree.Entry, g *group) (*output, error) {
	o := &output{r: r, place: p, entry: e, group: g, temp: r.temporary()}
	err := r.ctx.Err()
	if err == nil {
		o.file, err = p.dir.create(o.temp)
	}
	if err != nil {
		g.end(false)
		r.fail(p, string(e.Name), err)
		return nil, err
	}
	o.pending.Store(1)
	p.hold()
	if e.Content.Level > 0 || e.Content.Name.Hole() && e.Size > 0 {
		o.fail(o.file.Truncate(int64(e.Size)))
	}
	return o, nil
}

// write restores a file of one piece.
func (r *restoring) write(w *worker, p *place, f smallFile) {
	o, err := r.create(p, f.entry, f.group)
	if err != nil {
		return
	}
	defer o.release()
	if !f.entry.Content.Name.Hole() {
		o.write(w, 0, f.entry.Content.Link)
	}
}

// write puts a data block in its place.
func (o *output) write(w *worker, offset int64, link tree.Link) {
	if o.failed() {
		return
	}
	data, err := o.r.source.Data(o.r.ctx, link, w.room(link.Size))
	if err == nil && uint64(len(data)) != link.Size {
		err = fault.Newf("files.restore", fault.Invalid, o.place.path(string(o.entry.Name)),
			"a block has %d bytes, %d were promised", len(data), link.Size)
	}
	if err == nil {
		o.writing.Lock()
		_, err = o.file.WriteAt(data, offset)
		o.writing.Unlock()
	}
	if err != nil {
		o.fail(fmt.Errorf("at byte %d: %w", offset, err))
		return
	}
	o.r.count(0, 0, 0, link.Size)
}

// fail keeps the first error.
func (o *output) fail(err error) {
	if err != nil {
		o.err.CompareAndSwap(nil, &err)
	}
}

func (o *output) failed() bool { return o.err.Load() != nil || o.r.ctx.Err() != nil }

func (o *output) release() {
	if o.pending.Add(-1) > 0 {
		return
	}
	defer o.place.release()
	err := o.finish()
	o.group.end(err == nil)
	if err != nil {
		o.r.fail(o.place, string(o.entry.Name), err)
		return
	}
	o.r.count(1, 0, 0, 0)
}

// finish gives a whole file its mode, its time and its name, and takes any other one away.
func (o *output) finish() error {
	err := o.r.ctx.Err()
	if failed := o.err.Load(); failed != nil {
		err = *failed
	}
	if err == nil {
		err = o.place.dir.setTime(o.temp, o.entry.Sec, o.entry.Nsec)
	}
	if err == nil {
		err = o.file.Chmod(goMode(o.r.mode(o.entry)))
	}
	if closed := o.file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		return o.r.settle(o.place, o.temp, string(o.entry.Name))
	}
	_ = o.place.dir.remove(o.temp) // the error above is the one that counts
	return err
}
