package unit

import (
	"context"
	"time"

	"inos/backend/arena"
	"inos/backend/host"
)

// samplePeriod: four times a second is what the status bar shows.
const samplePeriod = 250 * time.Millisecond

// Sampler writes the figures of the node and of its live units into the kernel segment while
// something runs. While nothing does, it sleeps without a timer. It is a service.
type Sampler struct {
	arena  *arena.Arena
	kernel *arena.Kernel
	lives  *Lives
	jobs   func() []*host.Worker
	wake   chan struct{}

	at      time.Time
	ownCPU  time.Duration
	workers map[*host.Worker]time.Duration // CPU time at the last look
}

// NewSampler makes a sampler; jobs lists the workers that run ops.
func NewSampler(
	a *arena.Arena, k *arena.Kernel, lives *Lives, jobs func() []*host.Worker,
) *Sampler {
	return &Sampler{
		arena: a, kernel: k, lives: lives, jobs: jobs, wake: make(chan struct{}, 1),
		workers: map[*host.Worker]time.Duration{},
	}
}

// Wake says that something may have begun to run.
func (s *Sampler) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// String names the service in the supervisor's messages.
func (s *Sampler) String() string { return "sampler" }

// Serve samples until ctx ends.
func (s *Sampler) Serve(ctx context.Context) error {
	for {
		if s.sample(time.Now()) {
			if !pauseFor(ctx, samplePeriod) {
				return ctx.Err()
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		}
	}
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sample takes one look and reports whether there will be something new to see soon.
func (s *Sampler) sample(now time.Time) bool {
	workers := s.jobs()
	busy := len(workers) > 0
	for _, l := range s.lives.All() {
		stats, ok := l.sample(now)
		if !ok {
			busy = true
			continue
		}
		l.heedLimits()
		m := stats.metrics()
		for _, e := range l.entries {
			s.kernel.UpdateUnit(e, m)
		}
		busy = busy || stats.State == Running || stats.State == Restarting || stats.State == Stalled
		if w := l.Worker(); w != nil {
			workers = append(workers, w)
		}
	}
	s.lives.deps.Host.Usage.Govern()
	s.kernel.UpdateSystem(s.system(now, workers))
	return busy
}

func (s *Sampler) system(now time.Time, workers []*host.Worker) arena.SystemMetrics {
	own := host.OwnMeters()
	m := arena.SystemMetrics{
		ArenaUsed: s.arena.Used(), ArenaLimit: s.arena.Limit(), KernelRSS: own.RSS,
		Workers: len(workers), Cores: host.Cores(),
	}
	var spent time.Duration
	next := make(map[*host.Worker]time.Duration, len(workers))
	for _, w := range workers {
		cpu := w.Meters().CPU
		if before, known := s.workers[w]; known && cpu > before {
			spent += cpu - before
		}
		next[w] = cpu
	}
	if period := now.Sub(s.at).Seconds(); !s.at.IsZero() && period > 0 {
		m.KernelCPUPct = float32(100 * (own.CPU - s.ownCPU).Seconds() / period)
		m.WorkerCPUPct = float32(100 * spent.Seconds() / period)
	}
	s.at, s.ownCPU, s.workers = now, own.CPU, next
	return m
}
