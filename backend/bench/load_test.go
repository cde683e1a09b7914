package bench

import (
	"strings"
	"testing"
)

const (
	statText = "cpu  100 20 30 4000 50 6 7 80 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
	selfText = "42 (in os) S) S 1 1 1 0 -1 0 0 0 0 0 11 12 13 14 20 0 1 0 99"
)

func TestTheSystemsCountersAreRead(t *testing.T) {
	got, err := parseCounts(statText, "1.25 0.50 0.10 2/300 4711\n")
	if err != nil {
		t.Fatal(err)
	}
	// Idle and waiting (4000, 50) is not busy; guest times (9, 9) are in user and nice already.
	want := counts{loadAverage: 1.25, all: 4293, busy: 163, steal: 80}
	if *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	if got := ownTicks(selfText); got != 11+12+13+14 {
		t.Errorf("%d ticks", got)
	}
}

func TestCountersThatAreNoneAreRefused(t *testing.T) {
	for name, texts := range map[string][2]string{
		"nothing":            {"", ""},
		"too few processors": {"cpu 1 2 3 4\n", "1 1 1"},
		"words":              {strings.Replace(statText, "4000", "many", 1), "1 1 1"},
		"no load":            {statText, "much"},
	} {
		if got, err := parseCounts(texts[0], texts[1]); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, text := range []string{"", "42", "42 (inos) S 1"} {
		if got := ownTicks(text); got != 0 {
			t.Errorf("%q: %d ticks", text, got)
		}
	}
}

func TestTheLoadIsWhatOthersTook(t *testing.T) {
	before := &counts{loadAverage: 0.5, all: 1000, busy: 100, steal: 10, own: 50}
	after := &counts{loadAverage: 2.5, all: 2000, busy: 800, steal: 60, own: 450}
	got := loadBetween(before, after)
	if want := (Load{Before: 0.5, After: 2.5, StealPct: 5, OtherPct: 30}); got == nil || *got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, c := range [][2]*counts{{nil, after}, {before, nil}, {after, after}, {after, before}} {
		if got := loadBetween(c[0], c[1]); got != nil {
			t.Errorf("%v to %v: %+v", c[0], c[1], got)
		}
	}
}

func TestOthersNeverTakeLessThanNothing(t *testing.T) {
	before, after := &counts{all: 100, busy: 10, own: 10}, &counts{all: 200, busy: 20, own: 25}
	if got := loadBetween(before, after); got.OtherPct != 0 {
		t.Errorf("%+v", got)
	}
}
