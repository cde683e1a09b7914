package host

import (
	"time"

	"inos/backend/quota"
)

// How a share of the processor is kept. The workers of a plugin run until they have used up what
// they may, are paused until time has paid for it, and run again.
const (
	// busySlice is how long they run between two looks; what they use too much in it is paid back.
	busySlice = 10 * time.Millisecond
	// idleSlice is between looks at workers that do nothing.
	idleSlice = 100 * time.Millisecond
	// maxCredit is for how long unused time is kept: a short call need not be paused.
	maxCredit = 100 * time.Millisecond
	// maxPause bounds what a late look may cost a plugin.
	maxPause = 5 * time.Second
)

// Govern keeps plugins below the share of the processor that the user has set, from now on. It is
// cheap, and to be called when that may have changed.
func (u *Usage) Govern() {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, t := range u.plugins {
		if t.governed || len(t.workers) == 0 || t.workers[0].quota().CPUPercent == 0 {
			continue
		}
		t.governed = true
		go u.govern(id, t.workers[0].quota)
	}
}

// governor keeps the workers of one plugin below its share.
type governor struct {
	polite bool // its pauses are no fault of the workers': no deadline counts them
	at     time.Time
	used   map[*Worker]time.Duration // their CPU time at the last look
	credit time.Duration             // CPU time that they may use; below 0: have used too much
	paused map[*Worker]bool
}

func newGovernor(polite bool) *governor {
	return &governor{polite: polite, at: time.Now(), used: map[*Worker]time.Duration{}, paused: map[*Worker]bool{}}
}

func (u *Usage) govern(id string, limits func() quota.Limits) {
	g := newGovernor(false)
	for {
		workers, percent := u.governed(id, limits)
		if percent == 0 {
			g.resume()
			return
		}
		time.Sleep(g.look(workers, percent, time.Now()))
	}
}

// governed is whom to look at and their share. 0: there is nothing to keep any more.
func (u *Usage) governed(id string, limits func() quota.Limits) ([]*Worker, uint64) {
	percent := limits().CPUPercent
	var loaded []*Worker
	u.changeID(id, func(t *tally) {
		if len(t.workers) == 0 {
			percent = 0
		}
		for _, w := range t.workers {
			if w.isLoaded() { // compiling has a limit of its own
				loaded = append(loaded, w)
			}
		}
		t.governed = percent > 0
	})
	return loaded, percent
}

func (w *Worker) isLoaded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loaded
}

// look pauses or resumes the workers and says when to look again.
func (g *governor) look(workers []*Worker, percent uint64, now time.Time) time.Duration {
	used := g.spent(workers)
	share := func(d time.Duration) time.Duration { return d / 100 * time.Duration(percent) }
	g.credit += share(now.Sub(g.at)) - used
	g.credit = max(min(g.credit, share(maxCredit)), -share(maxPause))
	g.at = now
	switch {
	case g.credit < 0:
		g.pause(workers)
		debt := -g.credit * 100 / time.Duration(percent)
		return min(max(debt, time.Millisecond), idleSlice) // a worker that begins meanwhile waits, too
	case used == 0 && len(g.paused) == 0:
		return idleSlice
	}
	g.resume()
	return busySlice
}

// spent is the CPU time that the workers used since the last look.
func (g *governor) spent(workers []*Worker) time.Duration {
	var sum time.Duration
	next := make(map[*Worker]time.Duration, len(workers))
	for _, w := range workers {
		cpu := w.Meters().CPU
		// A share counts from when the plugin is loaded, a polite one what that took, too.
		if before, known := g.used[w]; (known || g.polite) && cpu > before {
			sum += cpu - before
		}
		next[w] = cpu
	}
	g.used = next
	return sum
}

// settle charges what workers used from the last look to their end.
func (g *governor) settle(ended map[*Worker]time.Duration) {
	for w, cpu := range ended {
		g.credit -= max(cpu-g.used[w], 0)
		delete(g.used, w)
	}
}

// release lets the workers run as they like, and owe nothing for it.
func (g *governor) release(workers []*Worker, now time.Time) {
	g.resume()
	g.spent(workers)
	g.credit, g.at = 0, now
}

func (g *governor) pause(workers []*Worker) {
	for _, w := range workers {
		if !g.paused[w] {
			w.hold(g.polite)
			g.paused[w] = true
		}
	}
}

// hold pauses a worker, which goes on once everybody who holds it lets go.
func (w *Worker) hold(polite bool) {
	p := &w.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	if polite {
		p.polite = time.Now()
	}
	if p.holds++; p.holds == 1 {
		w.proc.pause()
	}
}

func (w *Worker) letGo(polite bool) {
	p := &w.pauses
	p.mu.Lock()
	defer p.mu.Unlock()
	if polite {
		p.excused += time.Since(p.polite)
		p.polite = time.Time{}
	}
	if p.holds--; p.holds == 0 {
		w.proc.resume()
	}
}

func (g *governor) resume() {
	for w := range g.paused {
		w.letGo(g.polite)
	}
	clear(g.paused)
}
