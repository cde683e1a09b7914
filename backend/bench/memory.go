package bench

import (
	"context"
	"encoding/json"
)

// MemoryReport says how much memory the window takes, with all processes that belong to it.
type MemoryReport struct {
	Run
	// Window is what inos-desktop measured, with a MemoryRow for each flock; null: WhyNoWindow.
	Window      json.RawMessage `json:"window"`
	WhyNoWindow string          `json:"window_reason,omitempty"`
}

// Memory measures in the real window.
func Memory(ctx context.Context, p Programs) (*MemoryReport, error) {
	watch := beginWatch()
	report := &MemoryReport{}
	report.Window, report.WhyNoWindow = p.pagePart(ctx, "memory")
	return report, watch.end(ctx, &report.Run, nil, true)
}

// MemoryRow is the window with one flock, in MB of proportional set size.
type MemoryRow struct {
	Birds int    `json:"birds"`
	All   Spread `json:"all"` // of a look each second
	// Most is the most that each program took, by its name.
	Most map[string]float64 `json:"most"`
}
