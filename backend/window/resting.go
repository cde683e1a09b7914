package window

import (
	"slices"
	"strings"
	"time"

	"inos/backend/fault"
	"inos/backend/unit"
)

// UnitLife is how a live unit is that was started.
type UnitLife struct {
	Unit     string     `json:"unit"`
	Plugin   string     `json:"plugin"`
	State    unit.State `json:"state"`
	Restarts int        `json:"restarts"`
	// NextStartMs is in how many milliseconds it is started again; absent: it waits for nothing.
	NextStartMs *int64 `json:"nextStartMs,omitempty"`
	// Ended is why it will not tick again by itself; null: it will.
	Ended *fault.Error `json:"ended"`
	// Failure is how its last worker ended; empty: none did.
	Failure string `json:"failure"`
}

// Lives are the live units that were started and not stopped, by name.
func (p *Plugins) Lives() []UnitLife {
	out := []UnitLife{}
	for _, l := range p.Node.Lives() {
		out = append(out, lifeOf(l, p.Now()))
	}
	slices.SortFunc(out, func(a, b UnitLife) int { return strings.Compare(a.Unit, b.Unit) })
	return out
}

func lifeOf(l *unit.Live, now time.Time) UnitLife {
	stats := l.Stats()
	life := UnitLife{
		Unit: l.Unit(), Plugin: l.Plugin().ID, State: stats.State, Restarts: stats.Restarts,
		Failure: stats.Failure, Ended: fault.As(l.Err()),
	}
	if at := l.NextStart(); !at.IsZero() {
		left := max(0, at.Sub(now).Milliseconds())
		life.NextStartMs = &left
	}
	return life
}

// StartNow ends the pause before a unit's next start. One that rests for good is started anew by
// the session.
func (p *Plugins) StartNow(name string) error {
	for _, l := range p.Node.Lives() {
		if l.Unit() == name {
			l.StartNow()
			return nil
		}
	}
	return fault.New("live.start", fault.NotFound, cut(name), "it does not run any more", "start it")
}
