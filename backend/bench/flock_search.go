package bench

import (
	"context"
	"math"
	"slices"
	"time"

	"inos/backend/fault"
)

// searchPlan bounds the search for the largest flocks.
type searchPlan struct {
	// time is how long all searches take turns, guesses how many first runs suggest the size of the
	// next.
	time    time.Duration
	guesses int
	// shortTicks is the length of the runs that look for a size, longTicks that of those that prove
	// it.
	shortTicks, longTicks int
}

var searchPlanned = searchPlan{
	time: 45 * time.Second, guesses: 2, shortTicks: 24, longTicks: 72,
}

const (
	// searchFrom is the first size, searchGrain what sizes are multiples of: less would be noise.
	searchFrom  = 20_000
	searchGrain = 500
	// nearPart is how far from a size runs of others still tell its time per bird: a larger flock
	// fits worse into the caches.
	nearPart = 0.08
	// margin is what runs of one size differ by where the machine is quiet.
	margin = 0.02
	// proofsPerSize: after so many failed proofs a size gives way by margin.
	proofsPerSize = 2
	// latePart is by how much it does so after each run when time is over and none is proved yet.
	latePart = 0.1
	// tooLongMs stands for a step beyond the unit's deadline.
	tooLongMs = 4 * frameMs
)

// LargestFlock is the outcome of the search.
type LargestFlock struct {
	N int `json:"n"`
	// StepMs is the median step of the run that proved it, Ticks how long that was.
	StepMs float64 `json:"step_ms"`
	Ticks  int     `json:"ticks"`
	// Runs is how many runs the search took.
	Runs int `json:"runs"`
	// AtLimit says that the unit takes no more birds than that.
	AtLimit bool `json:"at_limit"`
}

// flockSearch looks for the largest flock that steps within limitMs. The machine's moods last
// seconds and only ever add to a run, so a size that fits by a long run is proved, while one that
// does not may do so a moment later: short runs look for a size and for a quiet moment, and in such
// a moment a long run follows.
type flockSearch struct {
	plan    searchPlan
	limitMs float64
	most    int // birds
	// run returns the median step of a run in milliseconds, above 0.
	run func(ctx context.Context, birds, ticks int) (float64, error)

	size   int // of the next short run
	runs   []sizedRun
	ceil   int // no larger size is tried
	failed int // proofs of the present ceiling
	best   LargestFlock
}

type sizedRun struct {
	birds int
	ms    float64
}

// searchStep is a run's step as the search takes it. Where the worker was ended over its deadline,
// nothing is known but that the size did not fit.
func searchStep(run flockRun, err error) (float64, error) {
	if fault.KindOf(err) == fault.Deadline {
		return tooLongMs, nil
	}
	return run.stepMs, err
}

// searchAll lets searches take turns, so that each is spread over the whole time.
func searchAll(
	ctx context.Context, plan searchPlan, now func() time.Time, searches []*flockSearch,
) error {
	end := now().Add(plan.time)
	for _, s := range searches {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	for now().Before(end) && !allDone(searches) {
		for _, s := range searches {
			if err := s.turn(ctx); err != nil {
				return err
			}
		}
	}
	for _, s := range searches {
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func allDone(searches []*flockSearch) bool {
	return !slices.ContainsFunc(searches, func(s *flockSearch) bool { return !s.done() })
}

// done says that there is nothing larger to be found.
func (s *flockSearch) done() bool { return s.best.N == s.most }

// begin makes the guesses.
func (s *flockSearch) begin(ctx context.Context) error {
	s.ceil = s.most
	s.size = s.whole(searchFrom)
	for range s.plan.guesses {
		ms, err := s.try(ctx, s.size, s.plan.shortTicks)
		if err != nil {
			return err
		}
		s.size = s.whole(float64(s.size) * s.limitMs / ms)
	}
	return nil
}

// turn is one short run, and a proof if it fits.
func (s *flockSearch) turn(ctx context.Context) error {
	if s.done() {
		return nil
	}
	ms, err := s.try(ctx, s.size, s.plan.shortTicks)
	if err != nil {
		return err
	}
	if ms <= s.limitMs {
		if err := s.prove(ctx, s.size); err != nil {
			return err
		}
	}
	s.size = s.next()
	return nil
}

// prove does a long run.
func (s *flockSearch) prove(ctx context.Context, size int) error {
	ms, err := s.try(ctx, size, s.plan.longTicks)
	if err != nil {
		return err
	}
	if ms <= s.limitMs {
		s.failed = 0
		s.best.N, s.best.StepMs, s.best.Ticks = size, Round(ms, 3), s.plan.longTicks
		s.best.AtLimit = size == s.most
		return nil
	}
	if s.failed++; s.failed == proofsPerSize {
		s.ceil, s.failed = s.whole(float64(size)*(1-margin)), 0
	}
	return nil
}

// next is the size that all runs suggest, or a little more than what is proved.
func (s *flockSearch) next() int {
	size := s.whole(s.limitMs / s.msPerBird() * (1 - margin))
	return min(max(min(size, s.ceil), s.best.N+searchGrain), s.most)
}

// msPerBird is what the fastest run with about as many birds as the last one took. Where it
// was luck, the proof fails.
func (s *flockSearch) msPerBird() float64 {
	var near []float64
	for _, run := range s.runs {
		if math.Abs(float64(run.birds-s.size)) <= nearPart*float64(s.size) {
			near = append(near, run.ms/float64(run.birds))
		}
	}
	return slices.Min(near)
}

// settle goes down until a size is proved, where none is yet. Not even the least may be.
func (s *flockSearch) settle(ctx context.Context) error {
	for s.best.N == 0 {
		if err := s.prove(ctx, s.size); err != nil {
			return err
		}
		if s.size == searchGrain {
			return nil
		}
		s.size = s.whole(float64(s.size) * (1 - latePart))
	}
	return nil
}

func (s *flockSearch) try(ctx context.Context, birds, ticks int) (float64, error) {
	ms, err := s.run(ctx, birds, ticks)
	s.runs = append(s.runs, sizedRun{birds, ms})
	s.best.Runs = len(s.runs)
	return ms, err
}

// whole rounds down to a size that may be tried.
func (s *flockSearch) whole(birds float64) int {
	size := int(birds) / searchGrain * searchGrain
	return min(max(size, searchGrain), s.most)
}
