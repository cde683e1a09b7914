package tree

import "iter"

// meanPageEntries is a power of two. Around 16 KiB is written anew for one changed entry.
const meanPageEntries = 128

// pageBytes ends a page that would be near to MaxMetaBytes; only folders full of long links have such.
const pageBytes = MaxMetaBytes / 2

// Pages cuts the entries of a folder, sorted by name, into pages, which share their memory. Where one ends
// depends on the name of its last entry, so a changed entry changes its own page and a new one at most its
// neighbour.
func Pages(entries []Entry) iter.Seq[[]Entry] {
	return func(yield func([]Entry) bool) {
		first, bytes := 0, 0
		for i := range entries {
			e := &entries[i]
			bytes += entryBytes + len(e.Name) + len(e.Target)
			if !endsPage(e.Name) && i+1-first < MaxPageEntries && bytes < pageBytes {
				continue
			}
			if !yield(entries[first : i+1]) {
				return
			}
			first, bytes = i+1, 0
		}
		if first < len(entries) {
			yield(entries[first:])
		}
	}
}

// entryBytes is what an entry takes besides its name and its target, rounded up.
const entryBytes = 160

// endsPage is true for one name in 128, by FNV-1a and a last mix. It needs no key: nobody sees where
// a page ends who does not see the names.
func endsPage(name []byte) bool {
	h := uint64(0xcbf29ce484222325)
	for _, b := range name {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	return h>>32%meanPageEntries == 0
}
