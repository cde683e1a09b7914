package guest

// region hands out parts of the window region in granules, first fit. It holds at most a few
// hundred granules, so a linear search costs less than anything clever.
type region struct {
	base int64
	used []bool
}

func newRegion(base, length int64) *region {
	return &region{base: base, used: make([]bool, length/Granule)}
}

// take returns the guest address of length free bytes.
func (r *region) take(length int64) (at int64, ok bool) {
	want := granules(length)
	run := 0
	for i, used := range r.used {
		run++
		if used {
			run = 0
		}
		if run == want {
			first := i + 1 - want
			r.mark(first, want, true)
			return r.base + int64(first)*Granule, true
		}
	}
	return 0, false
}

// give takes back what take returned.
func (r *region) give(at, length int64) {
	r.mark(int((at-r.base)/Granule), granules(length), false)
}

func (r *region) mark(first, n int, used bool) {
	for i := first; i < first+n; i++ {
		r.used[i] = used
	}
}

func granules(length int64) int { return int(roundUp(max(length, 1), Granule) / Granule) }
