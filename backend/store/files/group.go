package files

import (
	"errors"
	"io/fs"

	"inos/backend/store/tree"
)

// maxHeldFolders are kept open for further names of their files, with all above them. A folder beyond
// that is opened again by its path, which may fail when its mode keeps its owner out.
const maxHeldFolders = 256

var errFirstName = errors.New("another name of the same file could not be restored")

// groupKey has the content too: a number that files share that are not the same means nothing.
type groupKey struct {
	group   uint64
	content tree.Content
}

// group is a file with several names; the first is written, the others are linked to it.
type group struct {
	place *place
	name  string
	// done is closed when the first name is there, or never will be.
	done chan struct{}
	ok   bool
}

// group is nil for a file of one name; first: this is the name to be written.
func (r *restoring) group(p *place, e *tree.Entry) (g *group, first bool) {
	if e.Group == 0 {
		return nil, true
	}
	key := groupKey{e.Group, e.Content}
	if g = r.groups[key]; g != nil {
		return g, false
	}
	g = &group{place: p, name: string(e.Name), done: make(chan struct{})}
	r.groups[key] = g
	if len(r.open) < maxHeldFolders && (len(r.held) == 0 || r.held[len(r.held)-1] != p) {
		p.hold()
		r.held = append(r.held, p)
	}
	return g, true
}

func (r *restoring) releaseHeld() {
	for _, p := range r.held {
		p.release()
	}
}

// end says what came of the first name; of no group it is nothing.
func (g *group) end(ok bool) {
	if g != nil {
		g.ok = ok
		close(g.done)
	}
}

// another gives a file one more name. The first name is before it in the queue, so waiting for it
// holds up nobody that it waits for.
func (r *restoring) another(p *place, name string, g *group) {
	select {
	case <-g.done:
	case <-r.ctx.Done():
		return
	}
	err := errFirstName
	if g.ok {
		err = r.link(p, name, g)
	}
	if err != nil {
		r.fail(p, name, err)
		return
	}
	r.count(1, 0, 0, 0)
}

func (r *restoring) link(p *place, name string, g *group) error {
	from, done, err := g.place.reach()
	if err != nil {
		return err
	}
	defer done()
	if err = p.dir.link(from, g.name, name); !errors.Is(err, fs.ErrExist) {
		return err
	}
	temp := r.temporary()
	if err := p.dir.link(from, g.name, temp); err != nil {
		return err
	}
	err = r.settle(p, temp, name)
	_ = p.dir.remove(temp) // two names of one file: then renaming left both
	return err
}
