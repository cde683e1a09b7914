package disktest

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Crash is a disk after a kill or a power cut.
type Crash struct {
	// FS is what the next start finds. All of it lasts, and it can crash again.
	FS *Memory
	// After is how many operations had been asked for.
	After int
	// Notes are those that were made before.
	Notes []string
	// Story says what was kept and what lost, for the message of a test that fails.
	Story string
}

// Noted says whether the crash came after that note.
func (c Crash) Noted(text string) bool { return slices.Contains(c.Notes, text) }

// Crashes are the disks that a kill or a power cut may leave at each point of what was done since
// Begin. What was synced is there. Of the rest, each file's bytes are kept, lost, cut short,
// overwritten with zeros or garbage, or kept write by write, and each change of names in a folder
// that was not synced since is kept or lost, also out of order, in any combination.
//
// Each point gives at most limit disks, and at least 16: all of them, or the extreme ones and others
// drawn by seed. The same record and seed give the same disks.
func (m *Memory) Crashes(limit int, seed uint64) iter.Seq[Crash] {
	m.mu.Lock()
	at, events := m.start.clone(), slices.Clone(m.events)
	m.mu.Unlock()
	return func(yield func(Crash) bool) {
		random := rand.New(rand.NewPCG(seed, 0))
		at := at.clone()
		var notes []string
		for i := range len(events) + 1 {
			after := 0
			if i > 0 {
				e := events[i-1]
				at.apply(e)
				after = e.after
				if e.kind == noted {
					notes = append(notes, e.name)
				}
			}
			for _, o := range at.outcomes(max(limit, 16), random) {
				s := at.after(o, random)
				c := Crash{over(s), after, slices.Clone(notes), at.story(o)}
				if !yield(c) {
					return
				}
			}
		}
	}
}

// fate is what becomes of the bytes of a file that were not synced.
type fate int

const (
	kept    fate = iota
	lost         // the file is as long as it was
	short        // some first bytes of them are there
	zeros        // the file has its length, and zeros
	garbage      // the file has its length, and anything
	mixed        // of each write, one of the above
	fates
)

func (f fate) String() string {
	return [...]string{"kept", "lost", "cut short", "zeros", "garbage", "mixed"}[f]
}

// outcome is one thing that may be left: which changes of names, and what of which file.
type outcome struct {
	names []bool // by pending change
	files []fate // by unsettled file
}

func (o outcome) key() string { return fmt.Sprint(o.names, o.files) }

// unsettled are the files that have bytes that may be lost, and a name under which that is seen.
func (s *state) unsettled() []int {
	seen := map[int]bool{}
	for _, number := range s.lasting {
		seen[number] = true
	}
	for _, c := range s.pending {
		for _, e := range c.edits {
			seen[e.file] = true
		}
	}
	delete(seen, gone)
	maps.DeleteFunc(seen, func(number int, _ bool) bool {
		return s.files[number].synced == len(s.files[number].data)
	})
	return slices.Sorted(maps.Keys(seen))
}

// outcomes are at most limit of what may be left now.
func (s *state) outcomes(limit int, random *rand.Rand) []outcome {
	names, files := len(s.pending), len(s.unsettled())
	count := math.Pow(2, float64(names)) * math.Pow(float64(fates), float64(files))
	if files == 0 && count <= float64(limit) {
		return all(names)
	}
	limit = int(min(float64(limit), drawsPerFate*count))
	seen := map[string]bool{}
	var out []outcome
	add := func(o outcome) {
		if key := o.key(); len(out) < limit && (o.random() || !seen[key]) {
			seen[key] = true
			out = append(out, o)
		}
	}
	for _, o := range extremes(names, files) {
		add(o)
	}
	// Not all that is drawn is new; so many tries find nearly all there is.
	for tries := 0; len(out) < limit && tries < 4*limit; tries++ {
		add(drawn(names, files, random))
	}
	return out
}

// drawsPerFate is how often what is decided by chance is tried where there is little else to try.
const drawsPerFate = 16

// random says that its files come out differently each time.
func (o outcome) random() bool {
	return slices.Contains(o.files, short) || slices.Contains(o.files, mixed)
}

// all are the outcomes where no file has bytes to lose.
func all(names int) []outcome {
	out := make([]outcome, 1<<names)
	for i := range out {
		out[i] = even(names, 0, false, kept)
		for j := range out[i].names {
			out[i].names[j] = i>>j&1 == 0
		}
	}
	return out
}

// even treats all names alike, and all files.
func even(names, files int, keep bool, f fate) outcome {
	return outcome{slices.Repeat([]bool{keep}, names), slices.Repeat([]fate{f}, files)}
}

// extremes are those that are most likely to be forgotten, the likeliest first.
func extremes(names, files int) []outcome {
	var out []outcome
	for f := range fates {
		out = append(out, even(names, files, true, f))
	}
	out = append(out, even(names, files, false, lost), even(names, files, false, kept))
	for i := range names { // one is lost; one alone is kept; only the first are kept
		without, alone := even(names, files, true, kept), even(names, files, false, kept)
		without.names[i], alone.names[i] = false, true
		first := even(names, files, false, lost)
		for j := range i {
			first.names[j] = true
		}
		out = append(out, without, alone, first)
	}
	for i := range files { // one file is worse off than the others, or better
		for _, f := range []fate{lost, short, garbage} {
			worse := even(names, files, true, kept)
			worse.files[i] = f
			out = append(out, worse)
		}
		better := even(names, files, true, lost)
		better.files[i] = kept
		out = append(out, better)
	}
	return out
}

func drawn(names, files int, random *rand.Rand) outcome {
	o := even(names, files, false, kept)
	for i := range o.names {
		o.names[i] = random.IntN(2) == 0
	}
	for i := range o.files {
		o.files[i] = fate(random.IntN(int(fates)))
	}
	return o
}

// after is the disk that an outcome leaves. All of it lasts.
func (s *state) after(o outcome, random *rand.Rand) state {
	next := newState()
	next.folders = maps.Clone(s.folders)
	next.names = maps.Clone(s.lasting)
	for i, c := range s.pending {
		if o.names[i] {
			c.apply(next.names)
		}
	}
	next.files = slices.Clone(s.files)
	for i, number := range s.unsettled() {
		next.files[number].data = s.files[number].left(o.files[i], random)
	}
	next.settle()
	return next
}

// left is what a fate leaves of a file.
func (f *inode) left(became fate, random *rand.Rand) []byte {
	if became != mixed {
		return damaged(f.data, f.synced, len(f.data), became, random)
	}
	data := slices.Clone(f.data)
	for i, from := range f.writes {
		to := len(f.data)
		if i+1 < len(f.writes) {
			to = f.writes[i+1]
		}
		one := []fate{kept, zeros, garbage}[random.IntN(3)]
		copy(data[from:to], damaged(f.data[:to], from, to, one, random)[from:])
	}
	return data
}

// damaged is data of which the bytes from from to to met their fate.
func damaged(data []byte, from, to int, f fate, random *rand.Rand) []byte {
	switch f {
	case kept:
		return slices.Clip(data)
	case lost:
		return slices.Clip(data[:from])
	case short:
		return slices.Clip(data[:from+random.IntN(to-from)])
	}
	out := slices.Clone(data)
	clear(out[from:to])
	for i := from; f == garbage && i < to; i++ {
		out[i] = byte(random.Uint32())
	}
	return out
}

func (s *state) story(o outcome) string {
	var parts []string
	for i, c := range s.pending {
		became := lost
		if o.names[i] {
			became = kept
		}
		parts = append(parts, fmt.Sprintf("%s: %v", c.what, became))
	}
	for i, number := range s.unsettled() {
		parts = append(parts, fmt.Sprintf("bytes of %s: %v", s.nameOf(number), o.files[i]))
	}
	if len(parts) == 0 {
		return "nothing to lose"
	}
	return strings.Join(parts, ", ")
}

func (s *state) nameOf(number int) string {
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		if s.names[name] == number {
			return name
		}
	}
	return fmt.Sprintf("file %d, which lost its name", number)
}
