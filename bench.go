//go:build desktop

package main

import (
	"context"
	_ "embed" // the page of the measurements
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"inos/backend/arena"
	"inos/backend/bench"
	"inos/backend/fault"
	"inos/backend/frames"
)

// The measurements of `inos bench` that need a page. `inos` starts this program with --bench NAME
// and reads one JSON document from its standard output.
const (
	benchEpoch    = "epoch"
	benchHandover = "handover"
	benchStartup  = "startup"
	benchMemory   = "memory"
)

var benchNames = []string{benchEpoch, benchHandover, benchStartup, benchMemory}

// A measurement is bounded: a page that never loads must not hold up the command line.
const (
	benchLimit  = time.Minute
	memoryLimit = 2 * time.Minute // it looks for 30 seconds
)

// benchPage serves the measurements' own page: the real one would draw meanwhile.
//
//go:embed bench.html
var benchPage []byte

func serveBenchPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" && r.URL.Path != "/index.html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(benchPage) // a page that does not arrive runs into benchLimit
}

// needsBenchPage says whether the measurement wants its own page.
func (o *flags) needsBenchPage() bool { return o.bench == benchEpoch || o.bench == benchHandover }

// checkBench refuses what cannot be measured.
func (o *flags) checkBench() error {
	if o.bench == "" || slices.Contains(benchNames, o.bench) {
		return nil
	}
	return fmt.Errorf("--bench %q is none of %s", o.bench, strings.Join(benchNames, ", "))
}

// Job is what the measurements' page does next, busily and for Ms milliseconds at most.
type Job struct {
	// Do is echo (answer the ping word), hold (acquire each frame of Entry), or empty: the end.
	Do    string `json:"do"`
	Entry int    `json:"entry"`
	Ms    int    `json:"ms"`
}

// Bench is what the measurements' page can call.
type Bench struct {
	jobs chan Job
	page chan string
}

func newBench() *Bench { return &Bench{jobs: make(chan Job), page: make(chan string, 1)} }

// Next waits for the next job.
func (b *Bench) Next() Job { return <-b.jobs }

// Fail says that the page cannot do its part.
func (b *Bench) Fail(reason string) {
	select {
	case b.page <- reason:
	default: // one reason suffices
	}
}

// startBench runs the measurement of the command line, if any, and ends the program.
func (d *desktop) startBench(wailsCtx context.Context) {
	if d.flags.bench == "" {
		return
	}
	go func() {
		limit := benchLimit
		if d.flags.bench == benchMemory {
			limit = memoryLimit
		}
		ctx, cancel := context.WithTimeout(wailsCtx, limit)
		defer cancel()
		report, err := d.measure(ctx)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(report)
		}
		if err != nil {
			d.end(err)
			return
		}
		wails_runtime.Quit(wailsCtx)
	}()
}

func (d *desktop) measure(ctx context.Context) (any, error) {
	switch d.flags.bench {
	case benchEpoch:
		return d.measureEpoch(ctx)
	case benchHandover:
		return d.measureHandover(ctx)
	case benchMemory:
		return d.measureMemory(ctx)
	}
	return d.measureStartup(ctx)
}

// give hands a job to the page.
func (d *desktop) give(ctx context.Context, j Job) error {
	select {
	case d.bench.jobs <- j:
		return nil
	case reason := <-d.bench.page:
		return fault.New("bench", fault.Unavailable, "page", reason, "see what is missing: inos doctor")
	case <-ctx.Done():
		return fault.New("bench", fault.Deadline, "page", "it did not ask for work", "see what is missing: inos doctor")
	}
}

// benchSurface is what a document says about the way to the page.
type benchSurface struct {
	Unit string      `json:"unit"`
	Path frames.Mode `json:"path"`
}

func (d *desktop) benchSurface() benchSurface {
	return benchSurface{Unit: "us", Path: d.surface.Mode()}
}

const (
	benchRounds = 20
	// Each of these is a round per frame size.
	handoverRounds = 10
	// A busy page shows nothing and hears nothing: it gets a turn after each round.
	roundMs = 150
	// A word that is not answered for this long is not counted: the page's round was over.
	answerLimit = 20 * time.Millisecond
	// Spins between looks at the clock.
	spinsPerLook = 4096
)

// EpochReport is the document of --bench epoch.
type EpochReport struct {
	benchSurface
	// RoundTrip is kernel to page and back: one word each way, both sides spinning.
	RoundTrip bench.Spread `json:"round_trip"`
}

func (d *desktop) measureEpoch(ctx context.Context) (any, error) {
	ping, echo := d.kernel.Ping(), d.kernel.Echo()
	var sample []float64
	for range benchRounds {
		if err := d.give(ctx, Job{Do: "echo", Ms: roundMs}); err != nil {
			return nil, err
		}
		sample = append(sample, pingPong(ping, echo)...)
	}
	return EpochReport{d.benchSurface(), bench.SpreadOf(sample)}, d.give(ctx, Job{})
}

// HandoverReport is the document of --bench handover.
type HandoverReport struct {
	benchSurface
	Rows []HandoverRow `json:"rows"`
	// Ratio is the p50 of the largest frame over that of the smallest.
	Ratio float64 `json:"ratio"`
}

// HandoverRow is one frame size: from the publish until the kernel sees that the page holds it.
type HandoverRow struct {
	Bytes int          `json:"bytes"`
	Held  bench.Spread `json:"held"`
}

var handoverSizes = []int{64, 64 << 10, 1 << 20, 16 << 20}

func (d *desktop) measureHandover(ctx context.Context) (any, error) {
	report := HandoverReport{benchSurface: d.benchSurface()}
	memory := arena.New(arena.MaxBudget) // of its own: the user's budget is not what is measured
	defer memory.Close()
	samples := make([][]float64, len(handoverSizes))
	channels := make([]*arena.Channel, len(handoverSizes))
	for i, size := range handoverSizes {
		c, err := memory.NewChannel(fmt.Sprintf("handover-%d", size), size/arena.InstanceBytes, arena.InstanceBytes, nil)
		if err != nil {
			return nil, fault.Wrap("bench", fault.Unavailable, "handover", err, "")
		}
		s := c.Segment()
		d.kernel.SetEntry(i, arena.Entry{Segment: s.ID(), FD: s.FD(), Kind: arena.KindChannel, ByteLen: s.Len()})
		channels[i] = c
	}
	for range handoverRounds { // sizes take turns: a slow moment of the machine hits all of them
		for i, c := range channels {
			if err := d.give(ctx, Job{Do: "hold", Entry: i, Ms: roundMs}); err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], publishAndSee(c)...)
		}
	}
	for i, size := range handoverSizes {
		report.Rows = append(report.Rows, HandoverRow{Bytes: size, Held: bench.SpreadOf(samples[i])})
	}
	report.Ratio = bench.Ratio(report.Rows[len(report.Rows)-1].Held.P50, report.Rows[0].Held.P50)
	return report, d.give(ctx, Job{})
}
