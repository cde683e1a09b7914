package live

// How the number of shards is measured.
const (
	// trialTicks is how many ticks each candidate runs, the first warmTicks of which do not count;
	// of the others the fastest does, since whatever else happens on the machine only adds.
	trialTicks = 12
	warmTicks  = 2
	// gain is by how much more shards have to be faster than fewer, and worthNs the least time that
	// they have to save: each costs a core.
	gain    = 1.1
	worthNs = 100_000
	// drift is how far tick times move, for driftTicks in a row, before the choice is made anew;
	// settleNs is how long it stands at least.
	drift      = 1.5
	driftTicks = 16
	settleNs   = 2e9
	// standNs is how long it stands at most: other programs come and go.
	standNs = 30e9
)

// tuner finds the number of shards that pays. The result of a tick does not depend on it.
type tuner struct {
	candidates []int // 1, 2, 4 ... most

	trial   int // index of the candidate on trial; -1: none
	last    int // index of the last one of this round
	ticks   int
	fastest uint64

	best     int // index
	bestNs   uint64
	chosenAt uint64
	drifted  int
}

func newTuner(most int) *tuner {
	t := &tuner{}
	for n := 1; n < most; n *= 2 {
		t.candidates = append(t.candidates, n)
	}
	t.candidates = append(t.candidates, max(most, 1))
	t.restart()
	return t
}

// restart tries all candidates.
func (t *tuner) restart() { t.begin(0, len(t.candidates)-1) }

// shards is the number to use for the next tick.
func (t *tuner) shards() int {
	if t.trial >= 0 {
		return t.candidates[t.trial]
	}
	return t.candidates[t.best]
}

// done takes the duration of a tick that used shards() shards.
func (t *tuner) done(now, ns uint64) {
	if t.trial >= 0 {
		t.tried(now, ns)
		return
	}
	if t.moved(now, ns) {
		// The neighbours suffice: what is far off would only be felt as a stutter.
		t.begin(max(t.best-1, 0), min(t.best+1, len(t.candidates)-1))
	}
}

func (t *tuner) begin(first, last int) {
	t.trial, t.last = first, last
	t.best, t.bestNs = first, 0
	t.ticks, t.fastest, t.drifted = 0, 0, 0
	if len(t.candidates) == 1 {
		t.trial = -1
	}
}

func (t *tuner) tried(now, ns uint64) {
	t.ticks++
	if t.ticks > warmTicks && (t.fastest == 0 || ns < t.fastest) {
		t.fastest = ns
	}
	if t.ticks < trialTicks {
		return
	}
	pays := float64(t.fastest)*gain < float64(t.bestNs) && t.fastest+worthNs < t.bestNs
	if t.bestNs == 0 || pays {
		t.best, t.bestNs = t.trial, t.fastest
	}
	t.ticks, t.fastest = 0, 0
	t.trial++
	if t.trial > t.last {
		t.trial, t.chosenAt = -1, now
	}
}

// moved says whether the choice has to be looked at again.
func (t *tuner) moved(now, ns uint64) bool {
	if len(t.candidates) == 1 {
		return false
	}
	if float64(ns) > float64(t.bestNs)*drift || float64(ns)*drift < float64(t.bestNs) {
		t.drifted++
	} else {
		t.drifted = 0
	}
	age := now - t.chosenAt
	return age > standNs || (t.drifted >= driftTicks && age > settleNs)
}
