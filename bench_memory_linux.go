//go:build desktop

package main

import (
	"context"
	"os"
	"time"

	"inos/backend/bench"
	"inos/backend/fault"
	"inos/backend/frames"
)

// MemoryReport is the document of --bench memory: what this program takes with all its processes.
type MemoryReport struct {
	Path frames.Mode `json:"path"`
	Unit string      `json:"unit"`
	// Rows are in the order of time: what a flock leaves behind shows in the next.
	Rows []bench.MemoryRow `json:"rows"`
}

// memoryRows are the flocks that are looked at, and for how many seconds: fifteen have some
// collections of the page's garbage in it.
var memoryRows = []struct{ birds, seconds int }{{10_000, 15}, {250_000, 5}, {10_000, 5}}

const (
	// memoryArena has room for the largest of them.
	memoryArena = 64 << 20
	megabyte    = 1e6
)

func (d *desktop) measureMemory(ctx context.Context) (any, error) {
	report := MemoryReport{Path: d.surface.Mode(), Unit: "MB"}
	if err := d.awaitFrame(ctx); err != nil {
		return nil, err
	}
	if err := d.awaitDrawing(); err != nil {
		return nil, err
	}
	if _, err := d.session.RaiseArena(memoryArena); err != nil {
		return nil, err
	}
	for _, r := range memoryRows {
		if _, err := d.session.SetParams(map[string]any{"count": r.birds}); err != nil {
			return nil, err
		}
		if err := d.awaitFrame(ctx); err != nil {
			return nil, err
		}
		row, err := lookAtMemory(ctx, r.birds, r.seconds)
		if err != nil {
			return nil, err
		}
		report.Rows = append(report.Rows, row)
	}
	return report, nil
}

// lookAtMemory looks once a second.
func lookAtMemory(ctx context.Context, birds, seconds int) (bench.MemoryRow, error) {
	row := bench.MemoryRow{Birds: birds, Most: map[string]float64{}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var sums []float64
	for range seconds {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return row, fault.Wrap("bench", fault.Deadline, "memory", ctx.Err(), "")
		}
		sizes, err := bench.FamilyMemory(os.Getpid())
		if err != nil {
			return row, fault.Wrap("bench", fault.Unavailable, "memory", err, "")
		}
		sum := 0.0
		for name, bytes := range sizes {
			mb := float64(bytes) / megabyte
			sum += mb
			row.Most[name] = max(row.Most[name], bench.Round(mb, 1))
		}
		sums = append(sums, bench.Round(sum, 1))
	}
	row.All = bench.SpreadOf(sums)
	return row, nil
}
