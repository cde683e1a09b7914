// Package upkeep looks after an open store while nobody needs the machine: it verifies a part of it at
// random, archives what is old, and collects what is of no use. All of it in slices that may end at any
// point, and never more than a share of one processor.
package upkeep

import (
	"time"

	"inos/backend/store"
)

// Policy bounds what upkeep may cost.
type Policy struct {
	// VerifyPerHour is how many bytes of a space are read and verified in an hour.
	VerifyPerHour int64
	// Share is how much of one processor it takes at most, in the mean: 0.1 is a tenth.
	Share float64
	// Slice is how much time of a processor one turn of archiving takes.
	Slice time.Duration
	// Look is how often it looks whether there is something to do.
	Look time.Duration
	// Again is how long nothing is looked for in a space where there was nothing to do.
	Again time.Duration
}

// DefaultPolicy is gentle: who works at the machine does not notice.
var DefaultPolicy = Policy{
	VerifyPerHour: 64 << 20, Share: 0.1, Slice: 10 * time.Second, Look: time.Minute, Again: time.Hour,
}

// sample is the part of a space to be verified, when that was done last so long ago.
func (p Policy) sample(stored int64, since time.Duration) float64 {
	want := float64(p.VerifyPerHour) * min(since, day).Hours()
	if stored <= 0 || want >= float64(stored) {
		return 1
	}
	return want / float64(stored)
}

// day bounds what is made up for when the machine was off.
const day = 24 * time.Hour

// rest is how long it has to do nothing after a turn that took so much of a processor.
func (p Policy) rest(took time.Duration) time.Duration {
	return max(p.Look, time.Duration(float64(took)/p.Share))
}

// worth says that a collection gives enough back.
func worth(stored, unused int64) bool { return unused > stored/4 && unused > little }

// little is not worth the writing.
const little = 1 << 20

// before is from when on versions are old enough to be archived; ok is false when none ever is.
func before(set store.Settings, now time.Time) (t time.Time, ok bool) {
	return now.AddDate(0, 0, -set.ArchiveAfterDays), set.ArchiveAfterDays > 0
}

// Load is what is known of the machine.
type Load struct {
	// Busy is how much of all processors others and INOS used of late, 0 to 1; less than 0: not known.
	Busy float64
	// Battery says that it runs on one; false also where that is not known.
	Battery bool
}

// idle says that upkeep disturbs nobody.
func (l Load) idle() bool { return !l.Battery && l.Busy < maxBusy }

// maxBusy leaves a machine alone on which somebody works, or a flock flies.
const maxBusy = 0.3
