package files

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// Source has the blocks of a tree, verified and decrypted. Several goroutines ask it at once. What it
// says is checked for all limits still.
type Source interface {
	// Meta returns a list or a page of a folder. Nobody changes it afterwards.
	Meta(ctx context.Context, link tree.Link) ([]byte, error)
	// Data returns the link.Size bytes of a data block, written into buf, which is empty and has room
	// for them, or in memory of its own. The caller only reads it, and only until its next call.
	Data(ctx context.Context, link tree.Link, buf []byte) ([]byte, error)
}

// Options say how to restore. The zero value is the careful one.
type Options struct {
	// Overwrite replaces files and links that exist with other content. Folders never give way.
	Overwrite bool
	// SetID restores the setuid and setgid bits.
	SetID bool
	// Entries is how many names it may make at most; 0: 10 million. A tree of a few blocks could
	// name more folders than any disk holds.
	Entries uint64
	// Progress is told after each file and each piece of a large one, by several goroutines at once.
	Progress func(files, bytes uint64)
}

// Report is what came of a restoring.
type Report struct {
	// Files counts names (a file with two names twice), Bytes what was written, without holes.
	Files, Folders, Symlinks, Bytes uint64
	// Failed counts what could not be restored. Failures are the first of them; their subject is the
	// path from the target on.
	Failed   uint64
	Failures []*fault.Error
}

const (
	maxFailures = 100
	manyEntries = 10_000_000
	// maxWorkers bounds the blocks in memory: each worker has one, of up to 4 MiB.
	maxWorkers = 16
	// queueLength bounds the work, and with it the files, that are begun and not done.
	queueLength = 64
	// maxOpenFolders is room for the deepest folder with all above it, and for those whose files are
	// in the queue or have more names. With the queue it stays below 1,024, a usual limit.
	maxOpenFolders = tree.MaxDepth + maxHeldFolders + 96
)

// Restore makes top, under its own name, in the folder target, which is made if need be. What cannot
// be restored is in the report and does not stop the rest; an error means that it ended early: it was
// cancelled, the disk is full, or the target is no folder.
//
// Each file is written under a temporary name and gets its own when it is whole; what a restoring
// that was killed left is removed by the next one of the same tree (on Linux). Nothing else is ever
// deleted. What was restored lasts a loss of power as other files do: once the system wrote it.
func Restore(
	ctx context.Context, target string, source Source, top tree.Entry, options Options,
) (Report, error) {
	if err := top.Check(); err != nil {
		return Report{}, fault.Wrap("files.restore", fault.Invalid, target, err, "")
	}
	if err := os.MkdirAll(target, 0o777); err != nil {
		return Report{}, cannotWrite(target, err)
	}
	base, err := openDir(target)
	if err != nil {
		return Report{}, cannotWrite(target, err)
	}
	r := newRestoring(ctx, source, top, options)
	r.run(base, top)
	return r.report, r.end(target)
}

// restoring is one call of Restore. The walker makes folders and hands out work; the workers write.
type restoring struct {
	ctx     context.Context
	stop    context.CancelCauseFunc
	source  Source
	options Options
	jobs    chan func(*worker)
	// open has one element for each open folder.
	open chan struct{}
	// token makes temporary names of this restoring.
	token  string
	serial atomic.Uint64

	// Of the walker alone: what the tree may still claim, and files with several names.
	entriesLeft, bytesLeft uint64
	groups                 map[groupKey]*group
	held                   []*place
	batch                  batch

	mu     sync.Mutex
	report Report
	// early is why it ended early.
	early error
}

func newRestoring(ctx context.Context, source Source, top tree.Entry, options Options) *restoring {
	if options.Entries == 0 {
		options.Entries = manyEntries
	}
	var token [8]byte
	_, _ = rand.Read(token[:]) // never fails
	r := &restoring{
		source: source, options: options, token: hex.EncodeToString(token[:]),
		jobs: make(chan func(*worker), queueLength), open: make(chan struct{}, maxOpenFolders),
		entriesLeft: options.Entries, bytesLeft: top.Size, groups: map[groupKey]*group{},
	}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	return r
}

func (r *restoring) run(base dir, top tree.Entry) {
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0)+1, maxWorkers) { // one more, since some wait to write into one file
		workers.Go(func() {
			w := &worker{}
			for job := range r.jobs {
				job(w)
			}
		})
	}
	p := r.place(nil, base, "", nil)
	r.sweep(p)
	r.walk(p, &top)
	r.flush(p)
	r.releaseHeld()
	close(r.jobs)
	workers.Wait()
	p.release()
	r.early = context.Cause(r.ctx)
	r.stop(nil)
}

// end is why it ended early, or nil.
func (r *restoring) end(target string) error {
	err := r.early
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap("files.restore", fault.Canceled, target, err, "")
	}
	return err
}

// submit hands work in a folder to the workers, in order; false: it ended early.
func (r *restoring) submit(p *place, work func(*worker)) bool {
	p.hold()
	job := func(w *worker) {
		defer p.release()
		work(w)
	}
	select {
	case r.jobs <- job:
		return true
	case <-r.ctx.Done():
		p.release()
		return false
	}
}

// fail reports why a name in a folder is not there. A full disk ends everything.
func (r *restoring) fail(p *place, name string, err error) {
	if r.ctx.Err() != nil {
		return // it ended early, and that is what is told
	}
	failure := cannotWrite(p.path(name), err)
	if isFull(err) {
		r.stop(failure)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Failed++
	if len(r.report.Failures) < maxFailures {
		r.report.Failures = append(r.report.Failures, failure)
	}
}

// count adds to the report and tells of the progress.
func (r *restoring) count(files, folders, symlinks, bytes uint64) {
	r.mu.Lock()
	r.report.Files += files
	r.report.Folders += folders
	r.report.Symlinks += symlinks
	r.report.Bytes += bytes
	doneFiles, doneBytes := r.report.Files, r.report.Bytes
	r.mu.Unlock()
	if r.options.Progress != nil {
		r.options.Progress(doneFiles, doneBytes)
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}

// cannotWrite names what could not be restored.
func cannotWrite(path string, err error) *fault.Error {
	e := &fault.Error{
		Op: "files.restore", Kind: fault.Unavailable, Subject: path, Err: fault.Bare(err), Next: remedy(err),
	}
	switch known := fault.As(err); {
	case known != nil && known.Subject == path:
		return known
	case known != nil:
		e.Kind = known.Kind
	case errors.Is(err, tree.ErrInvalid):
		e.Kind = fault.Invalid
	case errors.Is(err, fs.ErrPermission):
		e.Kind = fault.Denied
	}
	return e
}

func remedy(err error) string {
	switch {
	case errors.Is(err, errOther):
		return "remove it, or restore into another folder"
	case errors.Is(err, errKept):
		return "allow overwriting (--overwrite), or restore into another folder"
	}
	return fault.DiskRemedy(err)
}
