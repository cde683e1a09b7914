//go:build e2e

package e2e

import "testing"

func TestTenThousandBirdsFitIn400MB(t *testing.T) {
	const limit, afterCrowd = 400.0, 430.0 // MB
	var document struct {
		Window struct {
			Path, Unit string
			Rows       []struct {
				Birds int
				All   spread
				Most  map[string]float64
			}
		}
		Reason string `json:"window_reason"`
	}
	benchmark(t, &document, "inos", "bench", "memory")
	rows := document.Window.Rows
	if document.Window.Path != "shared" || document.Window.Unit != "MB" || len(rows) != 3 {
		t.Fatalf("%+v", document)
	}
	for i, birds := range []int{10_000, 250_000, 10_000} {
		t.Logf("%+v", rows[i])
		if rows[i].Birds != birds || rows[i].All.N < 5 || len(rows[i].Most) < 4 {
			t.Errorf("%d birds: %+v", birds, rows[i])
		}
	}
	if most := rows[0].All.Max; most > limit {
		t.Errorf("%.0f MB at most with 10,000 birds", most)
	}
	if few, many := rows[0].Most["inos-worker"], rows[1].Most["inos-worker"]; many < 2*few {
		t.Errorf("the worker takes %.0f MB, with a quarter of a million birds %.0f MB", few, many)
	}
	// The page gives back all that it took for a crowd, the flock's worker not yet.
	if most := rows[2].All.Max; most > afterCrowd {
		t.Errorf("%.0f MB at most with 10,000 birds after 250,000", most)
	}
}
