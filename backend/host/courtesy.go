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
	running bool
}

// NewCourtesy asks shown, some ten times a second while there are workers, whether somebody looks.
// cores are the machine's.
func NewCourtesy(shown func() bool, cores int) *Courtesy {
	percent := uint64(max(leastPercent, (cores-pictureCores)*wholePercent))
	return &Courtesy{shown: shown, percent: percent, workers: map[*Worker]struct{}{}}
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
	if !c.running {
		c.running = true
		go c.keep()
	}
}

func (c *Courtesy) remove(w *Worker) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.workers, w)
}

// keep runs as long as there are workers.
func (c *Courtesy) keep() {
	g := newGovernor(true)
	for {
		workers := c.list()
		if len(workers) == 0 {
			g.resume()
			return
		}
		if c.shown() {
			time.Sleep(g.look(workers, c.percent, time.Now()))
		} else {
			g.resume()
			time.Sleep(idleSlice)
		}
	}
}

func (c *Courtesy) list() []*Worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*Worker, 0, len(c.workers))
	for w := range c.workers {
		out = append(out, w)
	}
	c.running = len(out) > 0
	return out
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
