package bench

import (
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"time"

	"inos/backend/fault"
)

// Runs per figure of the start-up benchmark.
const (
	unitsRuns  = 15
	workerRuns = 20
)

// StartupReport says how long things take to be there, in milliseconds.
type StartupReport struct {
	Run
	Unit  string `json:"unit"`
	Units Spread `json:"units"` // exec of `inos units` to its exit
	// Worker is from spawn to the first answer, warm compile cache, sandbox closed.
	Worker       Spread  `json:"worker"`
	WorkerColdMs float64 `json:"worker_cold"` // the same with an empty cache, once
	// Window is what inos-desktop measured up to its first frame; null: WhyNoWindow.
	Window      json.RawMessage `json:"window"`
	WhyNoWindow string          `json:"window_reason,omitempty"`
}

// Startup measures with the real programs. A report may be incomplete.
func Startup(ctx context.Context, p Programs) (*StartupReport, error) {
	watch := beginWatch()
	report := &StartupReport{Unit: "ms"}
	err := report.measure(ctx, p)
	if err := watch.end(ctx, &report.Run, err, report.Units.N > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *StartupReport) measure(ctx context.Context, p Programs) (err error) {
	p.note("startup, inos units")
	units := append([]string{"units", "--json"}, p.Folders...)
	if r.Units, err = timeProgram(ctx, unitsRuns, p.Inos, units); err != nil {
		return fault.Wrap("bench.startup", fault.Unavailable, "inos units", err, "")
	}
	p.note("startup, worker")
	if err := r.timeWorker(ctx, p); err != nil {
		return fault.Wrap("bench.startup", fault.KindOf(err), "worker", err, "see inos doctor")
	}
	r.Window, r.WhyNoWindow = p.pagePart(ctx, "startup")
	return nil
}

func timeProgram(ctx context.Context, runs int, path string, args []string) (Spread, error) {
	var samples []float64
	for range runs {
		command := exec.CommandContext(ctx, path, args...)
		command.Stdout = io.Discard
		ownGroup(command)
		start := time.Now()
		if err := command.Run(); err != nil {
			return Spread{}, err
		}
		samples = append(samples, millis(time.Since(start)))
	}
	return SpreadOf(samples), nil
}

func (r *StartupReport) timeWorker(ctx context.Context, p Programs) error {
	s, err := newStage(p.Worker, p.AllowNoSeccomp)
	if err != nil {
		return err
	}
	defer s.close()
	plugin, err := echoPlugin()
	if err != nil {
		return err
	}
	cold, err := s.firstAnswer(ctx, plugin)
	if err != nil {
		return err
	}
	r.WorkerColdMs = Round(millis(cold), 2)
	var samples []float64
	for range workerRuns {
		warm, err := s.firstAnswer(ctx, plugin)
		if err != nil {
			return err
		}
		samples = append(samples, millis(warm))
	}
	r.Worker = SpreadOf(samples)
	return nil
}
