package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func folderOf(n int) []Entry {
	out := make([]Entry, n)
	for i := range out {
		out[i] = Entry{Name: fmt.Appendf(nil, "file %06d", i), Kind: File}
	}
	return out
}

func encodedPages(t *testing.T, entries []Entry) (pages []string) {
	t.Helper()
	for page := range Pages(entries) {
		data, err := EncodePage(page)
		pages = append(pages, string(must(t, data, err)))
	}
	return pages
}

func changed(before, after []string) (n int) {
	for _, p := range after {
		if !slices.Contains(before, p) {
			n++
		}
	}
	return n
}

func TestPagesHoldAllEntriesInOrderAround128Each(t *testing.T) {
	entries := folderOf(20_000)
	var all []Entry
	pages := 0
	for page := range Pages(entries) {
		all = append(all, page...)
		pages++
	}
	if !slices.EqualFunc(all, entries, func(a, b Entry) bool { return string(a.Name) == string(b.Name) }) {
		t.Error("entries were lost or moved")
	}
	if mean := len(entries) / pages; mean < 96 || mean > 160 {
		t.Errorf("%d pages, %d entries each", pages, mean)
	}
}

func TestOneChangeChangesOnePage(t *testing.T) {
	entries := folderOf(2000)
	before := encodedPages(t, entries)
	for i := 0; i < len(entries); i += 211 {
		other := slices.Clone(entries)
		other[i].Sec = 1
		if n := changed(before, encodedPages(t, other)); n != 1 {
			t.Errorf("entry %d changed: %d pages are new", i, n)
		}
		if n := changed(before, encodedPages(t, slices.Delete(other, i, i+1))); n > 1 {
			t.Errorf("entry %d went: %d pages are new", i, n)
		}
		more := slices.Insert(slices.Clone(entries), i, Entry{Name: fmt.Appendf(nil, "file %06d-", i-1), Kind: File})
		if n := changed(before, encodedPages(t, more)); n > 2 {
			t.Errorf("one more before %d: %d pages are new", i, n)
		}
	}
}

func TestAPageNeverGrowsBeyondItsLimits(t *testing.T) {
	var same []Entry // names that none of the cuts likes
	for i := 0; len(same) < 3000; i++ {
		if name := fmt.Appendf(nil, "%08d", i); !endsPage(name) {
			same = append(same, Entry{Name: name, Kind: Symlink, Target: []byte("a")})
		}
	}
	for _, target := range []string{"a", strings.Repeat("t", MaxTargetBytes)} {
		for i := range same {
			same[i].Target = []byte(target)
		}
		for page := range Pages(same) {
			if _, err := EncodePage(page); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPagesStopWhenNobodyWantsMore(t *testing.T) {
	pages := 0
	for range Pages(folderOf(5000)) {
		pages++
		break
	}
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
	for range Pages(nil) {
		t.Error("an empty folder has a page")
	}
}
