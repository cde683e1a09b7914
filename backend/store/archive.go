package store

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// ArchiveOptions bound an archiving.
type ArchiveOptions struct {
	// Budget is the time of one processor that it may take; 0: no bound.
	Budget time.Duration
	// Processors is how many it uses at once; 0: all.
	Processors int
	// Before leaves out what versions that were put later refer to; zero: nothing is left out.
	Before   time.Time
	Progress Progress
}

// Archived is what an archiving did.
type Archived struct {
	// Blocks were looked at, and Smaller of them are smaller now, by Saved bytes.
	Blocks, Smaller int
	Saved           int64
	// Left are blocks that the budget did not suffice for.
	Left int
}

// Archive compresses again, at the highest level, what was compressed quickly. It may be ended and
// begun again at any time: each block's dense copy is used from when it lasts, and the next collection
// takes the one that it replaces.
func (s *Space) Archive(ctx context.Context, opt ArchiveOptions) (Archived, error) {
	unlock, taken, err := s.fs.Lock(collectFile, true)
	if err != nil {
		return Archived{}, unavailable("space "+s.ID, err)
	}
	if !taken {
		return Archived{}, fault.New(opStore, fault.Unavailable, "space "+s.Name(), "a collection, archive or repair is under way",
			"wait until it is done")
	}
	defer unlock()
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	a := &archiving{space: s, ctx: ctx, opt: opt}
	todo, err := a.candidates()
	if err != nil {
		return Archived{}, err
	}
	if a.session, err = s.begin(ctx); err != nil {
		return Archived{}, err
	}
	a.session.room = -1 // it gives back more than it takes
	a.session.most = archivePack
	err = a.all(todo)
	if ended := a.session.end(); err == nil {
		err = ended
	}
	return a.out, err
}

// archivePack is how much is lost at most when it is killed: some minutes of work.
const archivePack = 8 << 20

type archiving struct {
	space   *Space
	session *session
	ctx     context.Context
	opt     ArchiveOptions

	mu    sync.Mutex
	out   Archived
	spent time.Duration
	total int64
	done  int64
}

// candidates are the live blocks that were compressed quickly.
func (a *archiving) candidates() ([]index.Block, error) {
	versions, err := a.space.Versions()
	if err != nil {
		return nil, err
	}
	if !a.opt.Before.IsZero() {
		old := versions[:0]
		for _, v := range versions {
			if v.Time().Before(a.opt.Before) {
				old = append(old, v)
			}
		}
		versions = old
	}
	r := &reach{space: a.space, ctx: a.ctx, seen: map[tree.Name]found{}, lost: func(string, tree.Name, error) {}}
	if err := r.all(versions); err != nil {
		return nil, err
	}
	table, err := a.space.refresh()
	if err != nil {
		return nil, err
	}
	var out []index.Block
	table.Each(func(b index.Block) bool {
		if _, live := r.seen[b.Name]; live && b.First && b.Codec.Quick() {
			out = append(out, b)
			a.total += int64(b.Raw)
		}
		return true
	})
	// A budget goes where there is most to save.
	slices.SortFunc(out, func(b, c index.Block) int { return cmp.Compare(c.Stored, b.Stored) })
	return out, nil
}

func (a *archiving) all(todo []index.Block) error {
	var g errgroup.Group
	g.SetLimit(max(1, min(a.opt.Processors, runtime.GOMAXPROCS(0))))
	if a.opt.Processors <= 0 {
		g.SetLimit(runtime.GOMAXPROCS(0))
	}
	for i, b := range todo {
		if err := a.ctx.Err(); err != nil {
			_ = g.Wait()
			return canceled(a.ctx)
		}
		if a.exhausted() {
			a.mu.Lock()
			a.out.Left = len(todo) - i
			a.mu.Unlock()
			break
		}
		g.Go(func() error { return a.block(b) })
	}
	return g.Wait()
}

func (a *archiving) exhausted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.opt.Budget > 0 && a.spent >= a.opt.Budget
}

func (a *archiving) block(b index.Block) error {
	if a.ctx.Err() != nil {
		return canceled(a.ctx)
	}
	if err := a.session.failed(); err != nil { // a full disk, and minutes of work that it has no room for
		return err
	}
	start := time.Now()
	plain, err := a.space.load(nil, b.Name, b.Kind, int64(b.Raw))
	if err != nil {
		if fault.KindOf(err) == fault.Damaged {
			return nil // a check tells of it
		}
		return err
	}
	payload, err := a.space.encoder.EncodeDense(plain)
	if err != nil {
		return fault.Wrap(opStore, fault.Internal, "block "+b.Name.String()[:16], err, "")
	}
	size := seal.Sealed(payload)
	err = a.session.add(pack.Entry{Name: b.Name, Kind: b.Kind, Codec: codec.Codec(payload[0]), Raw: b.Raw}, size,
		func(room []byte) { a.space.keys.Seal(room[:0], b.Name, b.Kind, payload) })
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spent += time.Since(start)
	a.out.Blocks++
	a.done += int64(b.Raw)
	if size < int(b.Stored) {
		a.out.Smaller++
		a.out.Saved += int64(b.Stored) - int64(size)
	}
	a.opt.Progress("compressing again", a.done, a.total)
	return err
}
