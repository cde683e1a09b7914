package host

import (
	"slices"
	"sort"
	"sync"
	"time"

	"inos/backend/fault"
)

// Bounds of what a node remembers of its plugins.
const (
	maxLogLines    = 2000
	maxUsedPlugins = 2000 // two folders full
)

// Usage adds up what plugins used since the program began, over all their workers, the ended ones
// too, and keeps their last log lines. Its methods are safe for concurrent use; a nil one counts
// nothing.
type Usage struct {
	mu      sync.Mutex
	plugins map[string]*tally
	lines   []LogLine // a ring once it is full
	next    uint64    // lines so far: the number of the last one
	now     func() time.Time
}

// NewUsage counts from now on.
func NewUsage(now func() time.Time) *Usage {
	return &Usage{plugins: map[string]*tally{}, now: now}
}

// tally is what one plugin used.
type tally struct {
	workers     []*Worker
	cpuOfEnded  time.Duration
	started     uint64
	calls       uint64
	failures    uint64
	guest       time.Duration
	lent        int64 // bytes of the arena
	ticks       uint64
	log         lineMeter
	governed    bool
	lastFailure *Failure
}

// Failure is how a call or a worker of a plugin went wrong.
type Failure struct {
	When    time.Time `json:"when"`
	Kind    string    `json:"kind"`
	Message string    `json:"message"` // with the wasm stack where there is one
}

// PluginUsage is what a plugin used until now, and uses at this moment.
type PluginUsage struct {
	Plugin       string `json:"plugin"`
	Workers      int    `json:"workers"`
	Started      uint64 `json:"started"`       // workers, in all
	CPUNs        uint64 `json:"cpu_ns"`        // user and system, in all
	RSSBytes     int64  `json:"rss_bytes"`     // of the workers that run, shared memory included
	SegmentBytes int64  `json:"segment_bytes"` // of the arena, lent to them
	Calls        uint64 `json:"calls"`
	GuestNs      uint64 `json:"guest_ns"` // inside calls
	Failures     uint64 `json:"failures"` // calls and workers
	Ticks        uint64 `json:"ticks"`    // of its live unit; they are no calls
	LogLines     uint64 `json:"log_lines"`
	LogDropped   uint64 `json:"log_dropped"` // over the limit that the user set
	// LastFailure is null until there was one.
	LastFailure *Failure `json:"last_failure"`
}

// LogLine is a line that a plugin logged. Number counts all of them from 1.
type LogLine struct {
	Number uint64    `json:"number"`
	When   time.Time `json:"when"`
	Plugin string    `json:"plugin"`
	Level  string    `json:"level"`
	Text   string    `json:"text"`
}

var levelNames = [...]string{"debug", "info", "warning", "error"}

// Plugins is what each plugin used that was used at all, by id.
func (u *Usage) Plugins() []PluginUsage {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make([]PluginUsage, 0, len(u.plugins))
	for id, t := range u.plugins {
		out = append(out, t.sum(id))
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Plugin < out[j].Plugin })
	return out
}

func (t *tally) sum(id string) PluginUsage {
	p := PluginUsage{
		Plugin: id, Workers: len(t.workers), Started: t.started, Calls: t.calls,
		GuestNs: uint64(t.guest), Failures: t.failures, LogLines: t.log.kept, LogDropped: t.log.dropped,
		SegmentBytes: t.lent, Ticks: t.ticks, LastFailure: t.lastFailure,
	}
	cpu := t.cpuOfEnded
	for _, w := range t.workers {
		m := w.Meters()
		cpu += m.CPU
		p.RSSBytes += m.RSS
		p.Ticks += w.ticks()
	}
	p.CPUNs = uint64(cpu)
	return p
}

// Log is the lines after a number, oldest first, as far back as they are kept.
func (u *Usage) Log(after uint64) []LogLine {
	u.mu.Lock()
	defer u.mu.Unlock()
	count := uint64(len(u.lines))
	first := max(after, u.next-count)
	out := make([]LogLine, 0, u.next-min(first, u.next))
	for n := first; n < u.next; n++ {
		out = append(out, u.lines[n%maxLogLines])
	}
	return out
}

// of is the tally of a plugin. The caller holds u.mu.
func (u *Usage) of(id string) *tally {
	t := u.plugins[id]
	if t == nil {
		t = &tally{}
		if len(u.plugins) < maxUsedPlugins {
			u.plugins[id] = t
		}
	}
	return t
}

func (u *Usage) change(w *Worker, f func(*tally)) { u.changeID(w.plugin.Manifest.ID, f) }

func (u *Usage) changeID(id string, f func(*tally)) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	f(u.of(id))
}

func (u *Usage) began(w *Worker) {
	u.change(w, func(t *tally) {
		t.workers = append(t.workers, w)
		t.started++
	})
}

// ended counts a worker's end; one that was only stopped has not failed.
func (u *Usage) ended(w *Worker, cpu time.Duration, why error) {
	u.change(w, func(t *tally) {
		t.workers = slices.DeleteFunc(t.workers, func(other *Worker) bool { return other == w })
		t.cpuOfEnded += cpu
		t.ticks += w.ticks()
		u.note(t, why)
	})
}

// called counts a call. A failure that ended the worker is counted with that end.
func (u *Usage) called(w *Worker, guest time.Duration, err error) {
	u.change(w, func(t *tally) {
		t.calls++
		t.guest += guest
		if w.Alive() {
			u.note(t, err)
		}
	})
}

func (u *Usage) note(t *tally, err error) {
	f := fault.As(err)
	if f == nil || f.Kind == fault.Canceled {
		return
	}
	t.failures++
	t.lastFailure = &Failure{When: u.now(), Kind: f.Kind.String(), Message: f.Message()}
}
