package frames

import "time"

const (
	// A page that dies by accident dies once. One that dies again and again dies of us: of the
	// shared memory first of all, which WebKit was not asked about.
	deathsToStream = 3
	deathsToGiveUp = 6
	deathWindow    = 30 * time.Second
)

// verdict is what to do about a dead web process.
type verdict int

const (
	reload verdict = iota
	reloadAsStream
	giveUp
)

// deaths decides how often a dead web process is loaded again.
type deaths struct {
	times    []time.Time
	mayLeave bool // the shared path may be left for the stream
	left     bool
}

// note counts a death at now, within deathWindow, and says what to do.
func (d *deaths) note(now time.Time) verdict {
	recent := d.times[:0]
	for _, t := range d.times {
		if now.Sub(t) < deathWindow {
			recent = append(recent, t)
		}
	}
	d.times = append(recent, now)
	switch {
	case len(d.times) >= deathsToGiveUp:
		return giveUp
	case len(d.times) >= deathsToStream && d.mayLeave && !d.left:
		d.left = true
		return reloadAsStream
	}
	return reload
}
