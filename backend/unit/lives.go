package unit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
)

// Names of operations in errors.
const (
	opLiveStart  = "live.start"
	opLiveParams = "live.params"
	opLive       = "live.control"
)

// Policy says how a failing live unit is treated.
type Policy struct {
	FirstPause, MaxPause time.Duration // before a restart: doubles from first to max
	// Failures within Window lead to quarantine.
	Failures int
	Window   time.Duration
}

// DefaultPolicy gives a unit that fails now and then its chance, and one that fails at each start
// seven within some 15 seconds.
var DefaultPolicy = Policy{
	FirstPause: 100 * time.Millisecond, MaxPause: 5 * time.Second,
	Failures: 8, Window: time.Minute,
}

// Deps is what live units need.
type Deps struct {
	Arena    *arena.Arena
	Kernel   *arena.Kernel
	Registry *Registry
	Host     host.Config
	Services *suture.Supervisor // the supervisor of all live units; running
	Policy   Policy             // zero: DefaultPolicy
	Log      *slog.Logger
	// Changed is called after a live unit was started, stopped, paused or resumed; may be nil.
	Changed func()
	// Problem hears why a new version of a plugin could not take over, and "" when one did; may be
	// nil.
	Problem func(plugin, digest, why string)
}

// Lives are the live units of a node. At most one runs of each unit.
type Lives struct {
	deps Deps

	mu      sync.Mutex
	byUnit  map[string]*Live
	entries [arena.MaxEntries]bool // of the directory
}

// NewLives makes an empty set.
func NewLives(d Deps) *Lives {
	if d.Policy == (Policy{}) {
		d.Policy = DefaultPolicy
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Problem == nil {
		d.Problem = func(string, string, string) {}
	}
	if d.Changed == nil {
		d.Changed = func() {}
	}
	return &Lives{deps: d, byUnit: map[string]*Live{}}
}

// Start starts a live unit and returns once its first worker is ready; ctx bounds only that.
func (s *Lives) Start(ctx context.Context, unit string, cfg LiveConfig) (*Live, error) {
	info, u, err := s.deps.Registry.Find(unit)
	if err != nil {
		return nil, err
	}
	if u.Live == nil {
		return nil, fault.New(opLiveStart, fault.Invalid, unit, "this unit has no live part",
			"run one of its ops with inos run")
	}
	values, err := manifest.CoerceParams(u.Live.Params, cfg.Params)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(unit, u.Live); err != nil {
		return nil, err
	}
	plugin, err := s.deps.Registry.Load(info)
	if err != nil {
		return nil, err
	}
	l := newLive(s, unit, u.Live, plugin, cfg, values)
	if err := s.add(l); err != nil {
		return nil, err
	}
	if err := l.begin(ctx); err != nil {
		l.discard()
		return nil, err
	}
	l.token = s.deps.Services.Add(l)
	s.deps.Changed()
	return l, nil
}

func (c *LiveConfig) check(unit string, spec *manifest.Live) error {
	if c.Shards < 0 || c.Shards > int(spec.MaxShards) {
		return fault.New(opLiveStart, fault.Invalid, unit,
			fmt.Sprintf("%d shards do not fit: it takes 1 to %d, or 0 to measure", c.Shards,
				spec.MaxShards), "")
	}
	if c.RateHz != Unpaced && !(c.RateHz >= 0 && c.RateHz <= MaxRateHz) {
		return fault.New(opLiveStart, fault.Invalid, unit,
			fmt.Sprintf("a rate of %g does not fit: it takes 0 to %d ticks a second", c.RateHz,
				MaxRateHz), "")
	}
	return nil
}

// MaxRateHz bounds what a user may ask for.
const MaxRateHz = 10_000

// All lists the live units that were started and not stopped.
func (s *Lives) All() []*Live {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Live, 0, len(s.byUnit))
	for _, l := range s.byUnit {
		out = append(out, l)
	}
	return out
}

// Close stops them all.
func (s *Lives) Close() {
	for _, l := range s.All() {
		l.Stop()
	}
}

// add claims the unit's name and a directory entry for each channel.
func (s *Lives) add(l *Live) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, runs := s.byUnit[l.unit]; runs {
		return fault.New(opLiveStart, fault.Invalid, l.unit, "this live unit runs already",
			"stop it first")
	}
	for range l.spec.Channels {
		i := s.freeEntry()
		if i < 0 {
			s.freeEntries(l.entries)
			return fault.New(opLiveStart, fault.Budget, l.unit,
				fmt.Sprintf("all %d places of the directory are taken", arena.MaxEntries),
				"stop another live unit")
		}
		s.entries[i] = true
		l.entries = append(l.entries, i)
	}
	s.byUnit[l.unit] = l
	return nil
}

func (s *Lives) freeEntry() int {
	for i, taken := range s.entries {
		if !taken {
			return i
		}
	}
	return -1
}

func (s *Lives) freeEntries(entries []int) {
	for _, i := range entries {
		s.entries[i] = false
	}
}

func (s *Lives) remove(l *Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byUnit[l.unit] == l {
		delete(s.byUnit, l.unit)
		s.freeEntries(l.entries)
	}
}

// emit tells the page and the log.
func (s *Lives) emit(kind uint16, severity arena.Severity, unit, text string) {
	s.deps.Kernel.Emit(arena.Event{Kind: kind, Severity: severity, Unit: unit, Text: text})
	level := slog.LevelInfo
	switch {
	case kind == arena.EventKindUnitFailed || kind == arena.EventKindUnitQuarantined:
		// Failure and Err return it to whoever follows the unit: a log would say it twice.
	case severity == arena.Warning:
		level = slog.LevelWarn
	case severity == arena.Failure:
		level = slog.LevelError
	}
	s.deps.Log.Log(context.Background(), level, text, "unit", unit)
}
