package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"inos/backend/fault"
	"inos/backend/store/chunk"
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

// putting is one put. The walker lists folders; the workers read files, and whoever has the last part
// of a folder writes its pages.
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
	jobs    chan func()
	workers sync.WaitGroup
	started time.Time

	files, folders, bytes atomic.Int64

	mu  sync.Mutex
	out Put
	top tree.Entry
}

func (s *Space) putting(ctx context.Context, path string, opt PutOptions) (*putting, error) {
	p := &putting{space: s, opt: opt, path: path, jobs: make(chan func(), queued), started: time.Now()}
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
	p.cutter = newCutter(p.session, p.read)
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
				job()
			}
		})
	}
}

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
	if p.before.Path != nil && sameEntry(p.before.Top, top) && p.before.Label == p.opt.Label {
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

func sameEntry(a, b tree.Entry) bool {
	if !bytes.Equal(a.Name, b.Name) || !bytes.Equal(a.Target, b.Target) {
		return false
	}
	a.Name, b.Name, a.Target, b.Target = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

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
		p.walk(child, found.Entry, before, func(e tree.Entry) {
			f.entries[i] = e
			p.part(f)
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

// file puts a file, now if it was not changed, else as soon as a worker is free.
func (p *putting) file(dir *files.Folder, found *files.Found, before tree.Entry, done func(tree.Entry, bool)) {
	if e := found.Entry; p.unchanged(e, before) {
		e.Content = before.Content
		p.files.Add(1)
		p.session.count(e.Content)
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
