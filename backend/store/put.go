package store

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"inos/backend/fault"
	"inos/backend/store/files"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// PutOptions say how something is put. The zero value is the usual one.
type PutOptions struct {
	Label  string
	Pinned bool
	Sort   tree.Sort
	// Store is the folder that the store lies in. It is left out, whatever path leads to it: else what
	// has it below would grow with each put.
	Store string
	// Progress is told how many files and bytes are done, by several goroutines at once.
	Progress func(files, bytes int64)
}

// Put is what came of a putting.
type Put struct {
	Version Version
	Tally   Tally
	// Unchanged says that the newest version of this path is the same: nothing was written.
	Unchanged bool
	// Failed counts what could not be read, Problems are the first of them; what holds nothing that
	// could be stored (a fifo, a socket, a device) counts in Skipped.
	Failed, Skipped int
	Problems        []error
}

const (
	maxProblems = 100
	// queued bounds the files that wait to be read, and with them the folders that are open.
	queued = 128
	// maxWalkers are beside the first one; each has all folders open on its way down.
	maxWalkers = 3
)

// PutPath stores a file or a folder as a new version of its absolute path. What cannot be read is in
// the result and does not stop the rest. When it returns without an error, the version lasts.
func (s *Space) PutPath(ctx context.Context, path string, opt PutOptions) (Put, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Put{}, fault.Wrap(opStore, fault.Invalid, path, err, "")
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Put{}, fault.Wrap(opStore, fault.NotFound, path, fault.Bare(err), "")
	}
	var own files.Mark
	if opt.Store != "" {
		own = files.MarkOf(opt.Store)
	}
	if own.Within(real) {
		return Put{}, fault.Wrap(opStore, fault.Invalid, path, files.ErrItself,
			"copy its folder with another program, while no INOS runs")
	}
	folder, top, err := files.Find(real)
	if err != nil {
		return Put{}, err
	}
	defer folder.Close()
	top.Entry.Name = topName(path)
	p, err := s.putting(ctx, path, opt)
	if err != nil {
		return Put{}, err
	}
	p.own = own
	p.start()
	p.walkTop(folder, &top)
	return p.end(top.Entry)
}

func topName(path string) []byte {
	if name := filepath.Base(path); name != string(filepath.Separator) && name != "." {
		return []byte(name)
	}
	return []byte("root")
}

// PutStream stores all that r has, as a new version of name.
func (s *Space) PutStream(ctx context.Context, name string, r io.Reader, opt PutOptions) (Put, error) {
	p, err := s.putting(ctx, name, opt)
	if err != nil {
		return Put{}, err
	}
	now := time.Now()
	top := tree.Entry{Name: topName(name), Kind: tree.File, Mode: 0o600, Sec: now.Unix(), Nsec: uint32(now.Nanosecond())}
	p.start()
	links, err := p.cutter.stream(ctx, r)
	if err == nil {
		top.Content, err = p.session.content(links)
	}
	if err != nil {
		p.stop(unavailable(name, err))
	}
	top.Size = top.Content.Size
	if p.before.Top.Content == top.Content && top.Size > 0 { // the time alone makes no version
		top = p.before.Top
	}
	p.files.Add(1)
	return p.end(top)
}

// putting is one put. Walkers list folders; the workers read files, and whoever has the last part of a
// folder writes its pages.
type putting struct {
	space   *Space
	session *session
	cutter  *cutter
	opt     PutOptions
	ctx     context.Context
	cancel  context.CancelCauseFunc
	path    string
	own     files.Mark // the store itself
	version Version    // the one before, if there is one
	before  tree.Root  // its root
	removed map[tree.Name]bool
	walkers chan struct{} // has one element for each but the first
	walking sync.WaitGroup
	jobs    chan func()
	workers sync.WaitGroup
	working atomic.Int32
	started time.Time

	files, folders, bytes atomic.Int64

	mu  sync.Mutex
	out Put
	top tree.Entry
}

func (s *Space) putting(ctx context.Context, path string, opt PutOptions) (*putting, error) {
	p := &putting{space: s, opt: opt, path: path, jobs: make(chan func(), queued), started: time.Now()}
	p.walkers = make(chan struct{}, min(runtime.GOMAXPROCS(0)-1, maxWalkers))
	if p.opt.Progress == nil {
		p.opt.Progress = func(int64, int64) {}
	}
	if err := p.named(); err != nil {
		return nil, err
	}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	var err error
	if p.session, err = s.begin(p.ctx); err != nil {
		p.cancel(nil)
		return nil, err
	}
	p.cutter = newCutter(p.session, p.read, p.busy)
	all, _ := s.census(p.session.table) // what cannot be read any more is put again
	p.removed = all.removed
	for _, v := range all.versions { // the newest first
		if string(v.Root.Path) == path {
			p.version, p.before = v, v.Root
			break
		}
	}
	return p, nil
}

// named refuses a path or a label that no version can have, before anything is read.
func (p *putting) named() error {
	if !tree.LabelFits(p.opt.Label) {
		return fault.Newf(opStore, fault.Invalid, "the label",
			"a label is one line of at most %d bytes of text, without control characters", tree.MaxLabelBytes)
	}
	top := tree.Entry{Name: topName(p.path), Kind: tree.File}
	r := tree.Root{Path: []byte(p.path), Label: p.opt.Label, Sort: p.opt.Sort, Top: top}
	return fault.Wrap(opStore, fault.Invalid, p.path, r.Check(), "choose another name")
}

func (p *putting) read(n int64) { p.opt.Progress(p.files.Load(), p.bytes.Add(n)) }

// start lets the workers begin: one more than there are processors, since they wait for the disk.
func (p *putting) start() {
	for range runtime.GOMAXPROCS(0) + 1 {
		p.workers.Go(func() {
			for job := range p.jobs {
				p.working.Add(1)
				job()
				p.working.Add(-1)
			}
		})
	}
}

func (p *putting) busy() bool { return int(p.working.Load()) > runtime.GOMAXPROCS(0) }

func (p *putting) stop(err error) { p.cancel(err) }

// problem notes what could not be read.
func (p *putting) problem(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(err, files.ErrSkipped) {
		p.out.Skipped++
	} else {
		p.out.Failed++
	}
	if len(p.out.Problems) < maxProblems {
		p.out.Problems = append(p.out.Problems, err)
	}
}

func (p *putting) firstProblem() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.out.Problems) == 0 {
		return errGivenUp
	}
	return p.out.Problems[0]
}

// end waits for all parts and commits.
func (p *putting) end(top tree.Entry) (Put, error) {
	p.walking.Wait()
	close(p.jobs)
	p.workers.Wait()
	defer p.cancel(nil)
	err := p.session.failed() // which says more than the end that it led to
	if err == nil {
		err = context.Cause(p.ctx)
	}
	if err != nil {
		p.session.abort()
		if fault.As(err) == nil {
			err = canceled(p.ctx)
		}
		return p.out, err
	}
	if p.top.Name != nil {
		top = p.top
	}
	return p.commit(top)
}

func (p *putting) commit(top tree.Entry) (Put, error) {
	if p.before.Path != nil && p.before.Top.Equal(&top) && p.before.Label == p.opt.Label {
		err := p.session.end() // blocks that were lost are there again
		p.out.Version, p.out.Unchanged, p.out.Tally = p.version, true, p.session.tally
		if err == nil && p.opt.Pinned && !p.before.Pinned {
			err = p.space.Pin(p.ctx, p.version, true)
			p.out.Version.Root.Pinned = err == nil
		}
		return p.out, err
	}
	root := tree.Root{
		Path: []byte(p.path), TimeMs: max(p.started.UnixMilli(), p.before.TimeMs+1), Top: top, Pinned: p.opt.Pinned,
		Sort: p.opt.Sort, Label: p.opt.Label,
		Files: uint64(p.files.Load()), Folders: uint64(p.folders.Load()), Bytes: top.Size,
	}
	id, err := p.space.original(root)
	for p.removed[id] && err == nil { // the same within a millisecond: it is another version
		root.TimeMs++
		id, err = p.space.original(root)
	}
	plain, err2 := tree.EncodeRoot(root)
	if err = errors.Join(err, err2); err != nil {
		p.session.abort()
		return p.out, fault.Wrap(opStore, fault.Invalid, p.path, err, "")
	}
	name, err := p.session.commit(seal.Root, plain)
	if err != nil {
		return p.out, err
	}
	p.out.Version, p.out.Tally = Version{id, root, name}, p.session.tally
	return p.out, nil
}
