package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"inos/backend/fault"
)

// moody is a machine with two states that last seconds, as the test machine has: quiet, and slow by
// half. Its clock is its own.
type moody struct {
	now       time.Time
	random    *rand.Rand
	slow      bool
	until     time.Time
	slowPart  float64 // of the time; 0: always quiet
	biggest   int
	startedMs float64
}

const slowFactor = 1.5

func newMoody(seed uint64, slowPart float64) *moody {
	return &moody{now: time.Unix(0, 0), random: rand.New(rand.NewPCG(seed, 7)), slowPart: slowPart,
		startedMs: 60}
}

func (m *moody) pass(ms float64) { m.now = m.now.Add(time.Duration(ms * float64(time.Millisecond))) }

// run steps a flock of which fits birds step within the limit while the machine is quiet.
func (m *moody) run(fits, birds, ticks int) float64 {
	m.biggest = max(m.biggest, birds)
	m.pass(m.startedMs)
	var steps []float64
	for range ticks {
		if m.now.After(m.until) {
			m.slow = m.random.Float64() < m.slowPart
			m.until = m.now.Add(time.Duration(1+m.random.ExpFloat64()*2) * time.Second)
		}
		// A larger flock misses the caches more often.
		part := float64(birds) / float64(fits)
		step := frameMs * part * (0.9 + 0.1*part) * (1 + 0.02*m.random.Float64())
		if m.slow {
			step *= slowFactor
		}
		m.pass(step)
		steps = append(steps, step)
	}
	return Median(steps)
}

func (m *moody) search(fits int) *flockSearch {
	return &flockSearch{plan: searchPlanned, limitMs: frameMs, most: mostBirds,
		run: func(_ context.Context, birds, ticks int) (float64, error) {
			return m.run(fits, birds, ticks), nil
		}}
}

// mostBirds is what the unit of these tests takes.
const mostBirds = 250_000

// all runs the searches and returns how long they took.
func (m *moody) all(t *testing.T, searches ...*flockSearch) (seconds float64) {
	t.Helper()
	start := m.now
	now := func() time.Time { return m.now }
	if err := searchAll(t.Context(), searchPlanned, now, searches); err != nil {
		t.Fatal(err)
	}
	return m.now.Sub(start).Seconds()
}

func TestTheSearchFindsTheLargestFlockInAnyMood(t *testing.T) {
	const searches, longest = 40, 55
	for _, fits := range [][2]int{{12_000, 31_500}, {90_000, 150_000}, {200_000, 240_000}} {
		for _, c := range []struct{ slowPart, tenth, median float64 }{
			{0, 0.95, 0.95}, {0.3, 0.95, 0.95}, {0.6, 0.9, 0.95}, {0.8, 0.6, 0.95},
		} {
			var parts []float64
			for seed := range uint64(searches) {
				m := newMoody(seed, c.slowPart)
				exact, fast := m.search(fits[0]), m.search(fits[1])
				if seconds := m.all(t, exact, fast); seconds > longest {
					t.Errorf("%d fit, slow %.1f: the search took %.0f s", fits, c.slowPart, seconds)
				}
				for i, s := range []*flockSearch{exact, fast} {
					if s.best.N > fits[i] || s.best.StepMs > frameMs || s.best.N == 0 {
						t.Errorf("%d fit, found %+v", fits[i], s.best)
					}
					parts = append(parts, float64(s.best.N)/float64(fits[i]))
				}
			}
			slices.Sort(parts)
			tenth, median := Percentile(parts, 10), Percentile(parts, 50)
			if tenth < c.tenth || median < c.median {
				t.Errorf("%d fit, slow %.1f of the time: worst %.2f, a tenth %.2f, median %.2f", fits,
					c.slowPart, parts[0], tenth, median)
			}
		}
	}
}

func TestASlowMachineGetsItsOwnAnswer(t *testing.T) {
	m := newMoody(1, 1)
	s := m.search(90_000)
	if m.all(t, s); s.best.N > 64_000 || s.best.N < 60_000 {
		t.Errorf("%+v; want about 62,000", s.best)
	}
}

func TestTheSearchStopsAtWhatTheUnitTakes(t *testing.T) {
	m := newMoody(1, 0.3)
	s := m.search(400_000)
	if m.all(t, s); s.best.N != mostBirds || !s.best.AtLimit || m.biggest > mostBirds {
		t.Errorf("%+v; asked for %d birds", s.best, m.biggest)
	}
}

func TestWhereNoFlockFitsTheSearchSaysSo(t *testing.T) {
	m := newMoody(1, 0)
	s := m.search(1) // a thousand birds already take seconds
	if m.all(t, s); s.best.N != 0 || s.best.AtLimit {
		t.Errorf("%+v", s.best)
	}
}

func TestASizeBeyondTheDeadlineDoesNotFit(t *testing.T) {
	late := fault.New("live", fault.Deadline, "boids", "a tick ran longer than its 2s", "")
	if ms, err := searchStep(flockRun{}, late); err != nil || ms <= frameMs {
		t.Errorf("%v, %v", ms, err)
	}
	trap := fault.New("live", fault.Trap, "boids", "unreachable", "")
	if _, err := searchStep(flockRun{}, trap); err != trap {
		t.Errorf("%v", err)
	}
	if ms, err := searchStep(flockRun{stepMs: 7}, nil); err != nil || ms != 7 {
		t.Errorf("%v, %v", ms, err)
	}
}

func TestAFailedRunEndsTheSearch(t *testing.T) {
	failed := errors.New("the guest trapped")
	for at := range 40 {
		m := newMoody(1, 0.9)
		s := m.search(90_000)
		healthy := s.run
		s.run = func(ctx context.Context, birds, ticks int) (float64, error) {
			if s.best.Runs > at {
				return 0, failed
			}
			return healthy(ctx, birds, ticks)
		}
		now := func() time.Time { return m.now }
		if err := searchAll(t.Context(), searchPlanned, now, []*flockSearch{s}); err != failed {
			t.Errorf("failure in run %d: %v", at, err)
		}
	}
}
