package host

import (
	"sync"
	"time"
)

// Courtesy keeps the workers that serve calls from slowing down a picture that somebody looks at: all
// of them together get a share of the processors meanwhile. Their priority alone does not: what runs
// beside a picture takes caches, memory and the other half of a core from it. A nil one keeps nothing.
type Courtesy struct {
	shown   func() bool
	percent uint64 // of one processor

	mu      sync.Mutex
	workers map[*Worker]struct{}
	ended   map[*Worker]time.Duration // since the last look, with the CPU time of their lives
	running bool
	news    chan struct{} // of a worker that begins
}

// NewCourtesy asks shown, some ten times a second while there are workers, whether somebody looks.
// cores are the machine's.
func NewCourtesy(shown func() bool, cores int) *Courtesy {
	percent := uint64(max(leastPercent, (cores-pictureCores)*wholePercent))
	return &Courtesy{
		shown: shown, percent: percent, workers: map[*Worker]struct{}{},
		ended: map[*Worker]time.Duration{}, news: make(chan struct{}, 1),
	}
}

const (
	// pictureCores are what a picture takes with all that belongs to it; jobs have the others.
	pictureCores = 2
	// leastPercent of one processor is left to jobs where the picture needs them all.
	leastPercent = 15
	wholePercent = 100
)

func (c *Courtesy) add(w *Worker) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers[w] = struct{}{}
	select {
	case c.news <- struct{}{}:
	default: // it has not heard of the last one yet
	}
	if !c.running {
		c.running = true
		go c.keep()
	}
}

// remove takes a worker out that has ended, after so much CPU time.
func (c *Courtesy) remove(w *Worker, cpu time.Duration) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.workers, w)
	c.ended[w] = cpu
}

// keep runs as long as there are workers, or others have to be paid back what they used.
func (c *Courtesy) keep() {
	g := newGovernor(true)
	for {
		workers, goesOn := c.list(g)
		if !goesOn {
			g.resume()
			return
		}
		wait := idleSlice
		if c.shown() {
			wait = g.look(workers, c.percent, time.Now())
		} else {
			g.release(workers, time.Now())
		}
		select {
		case <-time.After(wait):
		case <-c.news: // most of what a short life uses it uses at once
		}
	}
}

// list charges what has ended, and returns the workers that there are.
func (c *Courtesy) list(g *governor) (workers []*Worker, goesOn bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.settle(c.ended)
	clear(c.ended)
	for w := range c.workers {
		workers = append(workers, w)
	}
	c.running = len(workers) > 0 || g.credit < 0
	return workers, c.running
}

// pauses are who holds a worker back at the moment, and for how long others went first.
type pauses struct {
	mu      sync.Mutex
	holds   int
	polite  time.Time // since when others go first; zero: they do not
	excused time.Duration
}

// total is what no deadline counts, of a pause that lasts, too.
func (p *pauses) total() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.polite.IsZero() {
		return p.excused + time.Since(p.polite)
	}
	return p.excused
}

// patience is a deadline that does not count for how long others went first.
type patience struct {
	worker *Worker
	limit  time.Duration
	begin  time.Time
	before time.Duration // paused until then

	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// after calls late once the worker has had that long, unless stop is called before.
func (w *Worker) after(limit time.Duration, late func()) (stop func()) {
	p := &patience{worker: w, limit: limit, begin: time.Now(), before: w.pauses.total()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(limit, func() {
		if p.ends() {
			late()
		}
	})
	return p.stop
}

// left is what the worker still has.
func (p *patience) left() time.Duration {
	return p.limit + p.worker.pauses.total() - p.before - time.Since(p.begin)
}

// ends says whether the time is over, and waits on if not.
func (p *patience) ends() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.left()
	if p.over || left <= 0 {
		return !p.over
	}
	p.timer.Reset(left)
	return false
}

func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.timer.Stop()
}
