package bench

import (
	"context"
	"time"

	"inos/backend/fault"
)

// Run says how a benchmark went. Every report begins with it.
type Run struct {
	// Complete is false after an interruption, and after a failure, which is Error: what the report
	// has was measured, the rest is missing.
	Complete bool         `json:"complete"`
	Error    *fault.Error `json:"error,omitempty"`
	Seconds  float64      `json:"seconds"`
	// Load is what else the machine did meanwhile; null where the system does not tell.
	Load *Load `json:"load"`
}

// Info is the Run of any report.
func (r *Run) Info() *Run { return r }

// watch is a benchmark that runs.
type watch struct {
	start  time.Time
	before *counts
}

func beginWatch() watch {
	keepOrphans()
	return watch{time.Now(), readCounts()}
}

// end fills in the report's Run. What was measured before a failure or an interruption is worth
// its report, so err is returned only where nothing was.
func (w watch) end(ctx context.Context, r *Run, err error, measured bool) error {
	r.Complete = err == nil && ctx.Err() == nil
	r.Seconds = Round(time.Since(w.start).Seconds(), 1)
	r.Load = loadBetween(w.before, readCounts())
	if !measured {
		return err
	}
	if err != nil && ctx.Err() == nil {
		if r.Error = fault.As(err); r.Error == nil {
			r.Error = &fault.Error{Kind: fault.Other, Err: err}
		}
	}
	return nil
}

// turns repeats a round until its time is over, least times at least and most times at most.
func turns(limit time.Duration, least, most int, now func() time.Time, round func() error) error {
	end := now().Add(limit)
	for n := 0; n < most && (n < least || now().Before(end)); n++ {
		if err := round(); err != nil {
			return err
		}
	}
	return nil
}
