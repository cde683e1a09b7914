//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// benchTime is far above what one benchmark takes.
const benchTime = 2 * time.Minute

// benchmark runs a command line of build/bin on a screen of its own and reads its document.
func benchmark(t *testing.T, document any, program string, args ...string) {
	t.Helper()
	s := &stage{screen: startScreen(t)}
	ctx, cancel := context.WithTimeout(t.Context(), benchTime)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(root(t), "build", "bin", program),
		append(args, "--json", "--data", t.TempDir())...)
	c.Env, c.Stderr = s.environment(t), os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, document); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// spread is a distribution of measured times.
type spread struct {
	P50, Max float64
	N        int
}

// real says that something was measured: neither nothing nor a constant.
func (s spread) real() bool { return s.P50 > 0 && s.Max > s.P50 && s.N >= 100 }

func TestTheWindowTakesPartInTheEpochBenchmark(t *testing.T) {
	var document struct {
		Complete bool
		Worker   spread
		Page     struct {
			Path      string
			RoundTrip spread `json:"round_trip"`
		}
		Reason string `json:"page_reason"`
	}
	benchmark(t, &document, "inos", "bench", "epoch")
	if d := document; !d.Complete || d.Page.Path != "shared" || !d.Page.RoundTrip.real() || !d.Worker.real() {
		t.Errorf("%+v", d)
	}
}

func TestTheWindowTakesPartInTheHandoverBenchmark(t *testing.T) {
	var document struct {
		Path  string
		Ratio float64
		Rows  []struct {
			Bytes int
			Held  spread
		}
	}
	benchmark(t, &document, "inos-desktop", "--bench", "handover")
	if document.Path != "shared" || len(document.Rows) != 4 || document.Ratio <= 0 {
		t.Fatalf("%+v", document)
	}
	for _, row := range document.Rows {
		if !row.Held.real() {
			t.Errorf("%+v", row)
		}
	}
}

func TestTheWindowTellsWhenItWasThere(t *testing.T) {
	var document struct {
		Window struct {
			Path      string
			WindowMs  float64 `json:"window_ms"`
			FrameMs   float64 `json:"frame_ms"`
			DrawingMs float64 `json:"drawing_ms"`
		}
		Reason string `json:"window_reason"`
	}
	benchmark(t, &document, "inos", "bench", "startup")
	w := document.Window
	if w.Path != "shared" || w.WindowMs <= 0 || w.FrameMs < w.WindowMs || w.DrawingMs < w.FrameMs {
		t.Errorf("%+v", document)
	}
}
