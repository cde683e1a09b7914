package files

import "time"

// stampAge is how long a file must have rested for its stamp to count: a second change within one
// tick of the system's clock, at most 10 ms, leaves the time of change as it is.
const stampAge = 50 * time.Millisecond

// stamp recognises a file that was not changed since; 0 when that cannot be told.
func (s seen) stamp(now time.Time) uint64 {
	if s.inode == 0 || s.changedSec == 0 || now.Sub(time.Unix(s.changedSec, s.changedNs)) < stampAge {
		return 0
	}
	return hash(s.device, s.inode, uint64(s.changedSec), uint64(s.changedNs))
}

// hash mixes numbers into one that is never 0 (FNV-1a over words, and the last mix of MurmurHash3).
func hash(words ...uint64) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, w := range words {
		h = (h ^ w) * 0x100000001b3
		h ^= h >> 32
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return max(h^h>>33, 1)
}
