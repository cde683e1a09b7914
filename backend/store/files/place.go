package files

import (
	"path"
	"sync/atomic"

	"inos/backend/store/tree"
)

// place is a folder that is being restored. It stays open as long as somebody holds it; then it gets
// its time and its mode, which would not outlast, or not allow, what is written into it.
type place struct {
	r      *restoring
	parent *place
	dir    dir
	name   string
	entry  *tree.Entry // nil: the target, which stays as it is
	depth  int
	holds  atomic.Int32
}

// place is held once, by its maker, and holds its parent.
func (r *restoring) place(parent *place, d dir, name string, entry *tree.Entry) *place {
	p := &place{r: r, parent: parent, dir: d, name: name, entry: entry}
	p.holds.Store(1)
	if parent != nil {
		parent.hold()
		p.depth = parent.depth + 1
	}
	return p
}

func (p *place) hold() { p.holds.Add(1) }

// tryHold holds it unless it was closed.
func (p *place) tryHold() bool {
	for {
		n := p.holds.Load()
		if n == 0 || p.holds.CompareAndSwap(n, n+1) {
			return n > 0
		}
	}
}

func (p *place) release() {
	for ; p != nil && p.holds.Add(-1) == 0; p = p.parent {
		p.finish()
	}
}

func (p *place) finish() {
	if p.entry != nil {
		err := p.dir.setTime(".", p.entry.Sec, p.entry.Nsec)
		if err == nil {
			err = p.dir.chmod(goMode(p.r.mode(p.entry)))
		}
		if err != nil {
			p.r.fail(p.parent, p.name, err)
		} else {
			p.r.count(0, 1, 0, 0)
		}
	}
	_ = p.dir.close() // nothing is written through it
	if p.parent != nil {
		<-p.r.open
	}
}

// mode is without the bits that were not asked for.
func (r *restoring) mode(e *tree.Entry) uint32 {
	if r.options.SetID {
		return e.Mode
	}
	return e.Mode &^ 0o6000
}

// path is of a name in it, from the target on.
func (p *place) path(name string) string {
	for ; p != nil; p = p.parent {
		name = path.Join(p.name, name)
	}
	return name
}

// reach opens it once more if it was closed, step by step from what is still open.
func (p *place) reach() (d dir, done func(), err error) {
	if p.tryHold() {
		return p.dir, p.release, nil
	}
	above, done, err := p.parent.reach()
	if err != nil {
		return dir{}, nil, err
	}
	defer done()
	if d, err = above.enter(p.name); err != nil {
		return dir{}, nil, err
	}
	return d, func() { _ = d.close() }, nil
}
