package bench

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A clock that goes on by a second per look.
func ticking() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time { now = now.Add(time.Second); return now }
}

func TestTurnsAreBoundedInTimeAndNumber(t *testing.T) {
	for _, c := range []struct {
		name              string
		limit             time.Duration
		least, most, want int
	}{
		{"until the time is over", 5 * time.Second, 1, 100, 5},
		{"no more than that", time.Hour, 1, 7, 7},
		{"but so many", 0, 3, 7, 3},
	} {
		n := 0
		err := turns(c.limit, c.least, c.most, ticking(), func() error { n++; return nil })
		if err != nil || n != c.want {
			t.Errorf("%s: %d rounds, %v; want %d", c.name, n, err, c.want)
		}
	}
	why := errors.New("no")
	if err := turns(time.Hour, 5, 5, ticking(), func() error { return why }); err != why {
		t.Errorf("%v", err)
	}
}

func TestWhatWasMeasuredOutlivesItsEnd(t *testing.T) {
	failed := errors.New("failed")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name     string
		ctx      context.Context
		err      error
		measured bool
		complete bool
		told     string // in the report
		want     error
	}{
		{"done", t.Context(), nil, true, true, "", nil},
		{"failed at once", t.Context(), failed, false, false, "", failed},
		{"failed", t.Context(), failed, true, false, "failed", nil},
		{"interrupted", ended, failed, true, false, "", nil},
		{"interrupted in the last part", ended, nil, true, false, "", nil},
		{"interrupted at once", ended, failed, false, false, "", failed},
	} {
		var run Run
		err := beginWatch().end(c.ctx, &run, c.err, c.measured)
		told := ""
		if run.Error != nil {
			told = run.Error.Error()
		}
		if err != c.want || run.Complete != c.complete || told != c.told {
			t.Errorf("%s: %+v, %v", c.name, run, err)
		}
	}
}
