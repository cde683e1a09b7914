package upkeep

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/store"
)

// Service is the upkeep of one store, while it is open. It is a service: Serve it under a supervisor.
type Service struct {
	policy Policy
	state  *File
	load   func() Load
	now    func() time.Time
	tell   func(space *store.Space, report store.Report)
	log    *slog.Logger
	opened chan struct{}

	mu    sync.Mutex
	store *store.Store
	ctx   context.Context // of the store being open
	close context.CancelFunc
	due   map[string]*due // by space
	first time.Time       // when the store was opened
}

// due is when something is looked for again in a space.
type due struct{ collect, archive time.Time }

// New makes a service. tell is called when damage is found that was not known.
func New(
	p Policy, state *File, load func() Load, now func() time.Time,
	tell func(*store.Space, store.Report), log *slog.Logger,
) *Service {
	return &Service{
		policy: p, state: state, load: load, now: now, tell: tell, log: log, opened: make(chan struct{}, 1),
		close: func() {},
	}
}

// String names the service in the supervisor's messages.
func (s *Service) String() string { return "store upkeep" }

// Opened hands over the store whose key is known now; nil: it was locked. What is under way for the one
// before ends at its next step.
func (s *Service) Opened(st *store.Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
	s.store, s.due, s.first = st, map[string]*due{}, s.now()
	s.ctx, s.close = context.WithCancel(context.Background())
	select {
	case s.opened <- struct{}{}:
	default: // it is about to look
	}
}

func (s *Service) current() (*store.Store, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store, s.ctx
}

// Serve works until ctx ends. While no store is open it sleeps without a timer.
func (s *Service) Serve(ctx context.Context) error {
	rest := s.policy.Look
	for {
		st, open := s.current()
		if st == nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-s.opened:
			}
			rest = s.policy.Look
			continue
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.opened:
			timer.Stop()
			rest = s.policy.Look
			continue
		case <-timer.C:
		}
		done := make(chan time.Duration, 1)
		turn, stop := context.WithCancel(ctx)
		unlink := context.AfterFunc(open, stop)
		go func() { done <- s.turn(turn, st) }()
		select {
		case rest = <-done:
		case <-ctx.Done(): // a block may be compressed for seconds still; nobody waits for that
		}
		unlink()
		stop()
	}
}

// turn does at most one thing, and says how long to rest then.
func (s *Service) turn(ctx context.Context, st *store.Store) time.Duration {
	state, err := s.state.Read()
	if err != nil || state.Off || !s.load().idle() {
		return s.policy.Look // a state that cannot be read may say that it is off
	}
	start, processors := time.Now(), 0
	spaces, err := st.Spaces()
	s.note("spaces", err)
	for _, sp := range spaces {
		processors, err = s.one(ctx, sp, state.Spaces[sp.ID])
		s.note(sp.ID, err)
		if processors > 0 || ctx.Err() != nil {
			break
		}
	}
	return s.policy.rest(time.Since(start) * time.Duration(max(processors, 1)))
}

// note logs what went wrong, unless it is somebody's turn with the store, or the end.
func (s *Service) note(what string, err error) {
	if err != nil && fault.KindOf(err) != fault.Canceled && fault.KindOf(err) != fault.Unavailable {
		s.log.Warn("store upkeep", "space", what, "error", err)
	}
}

// one does the first thing that is due in a space, on that many processors; 0: there was nothing.
func (s *Service) one(ctx context.Context, sp *store.Space, h Health) (processors int, err error) {
	s.mu.Lock()
	d := s.due[sp.ID]
	if d == nil {
		d = &due{}
		s.due[sp.ID] = d
	}
	first := s.first
	s.mu.Unlock()
	now := s.now()
	since := now.Sub(time.UnixMilli(h.VerifiedMs))
	if h.VerifiedMs == 0 {
		since = now.Sub(first) + s.policy.Again // the first time a store is open long enough to get here
	}
	if since >= s.policy.Again || since < 0 { // or the clock was wrong
		return runtime.GOMAXPROCS(0), s.verify(ctx, sp, max(since, s.policy.Again))
	}
	if did, err := s.collect(ctx, sp, d, now); did > 0 || err != nil {
		return did, err
	}
	return s.archive(ctx, sp, d, now)
}

func (s *Service) verify(ctx context.Context, sp *store.Space, since time.Duration) error {
	stat, err := sp.Stat(ctx)
	if err != nil && fault.KindOf(err) != fault.Damaged {
		return err
	}
	opt := store.CheckOptions{Sample: s.policy.sample(stat.Stored, since)}
	opt.ReadData = opt.Sample >= 1
	report, err := sp.Check(ctx, opt)
	if err != nil {
		return err
	}
	news, err := Note(s.state, sp.ID, report, opt.ReadData, s.now())
	if news {
		s.tell(sp, report)
	}
	return err
}

func (s *Service) collect(ctx context.Context, sp *store.Space, d *due, now time.Time) (processors int, err error) {
	if now.Before(d.collect) {
		return 0, nil
	}
	d.collect = now.Add(s.policy.Again)
	stat, err := sp.Stat(ctx)
	if err != nil || !worth(stat.Stored, stat.Unused) {
		return 0, err
	}
	_, err = sp.Collect(ctx, 0, func(string, int64, int64) {})
	return 1, err
}

func (s *Service) archive(ctx context.Context, sp *store.Space, d *due, now time.Time) (processors int, err error) {
	old, ok := before(sp.Settings(), now)
	if !ok || now.Before(d.archive) {
		return 0, nil
	}
	done, err := sp.Archive(ctx, store.ArchiveOptions{Budget: s.policy.Slice, Processors: 1, Before: old})
	if err != nil || done.Left == 0 {
		d.archive = now.Add(s.policy.Again)
	}
	return min(done.Blocks, 1), err
}
