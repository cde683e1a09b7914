package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/unit"
)

// Bounds of the flags of `inos live`.
const (
	maxShards  = 256
	maxSeconds = 7 * 24 * 3600
)

type liveFlags struct {
	params  []string
	shards  int
	seed    int64
	ticks   uint64
	seconds float64
	rateHz  float64
}

func (a *app) liveCommand() *cobra.Command {
	var flags liveFlags
	cmd := &cobra.Command{
		Use:   "live UNIT [-p name=value]... [--ticks N | --seconds S]",
		Short: "Run a live unit without a window and print its figures",
		Long: "live runs a unit as the window would, without drawing it. With --ticks it computes so\n" +
			"many steps as fast as it can; otherwise it keeps the unit's own rate, for --seconds or\n" +
			"until Ctrl+C. The checksum is FNV-1a (64 bits) over the bytes of the last frame: with\n" +
			"the same seed and ticks it is the same for any number of shards.\n\n" +
			"A unit that fails ends a run with --ticks. Otherwise it is started again; the run says so\n" +
			"and fails when the unit does not run at its end.",
		Example: "  inos live boids --seconds 10\n" +
			"  inos live boids -p count=100000 -p mode=fast --shards 2 --ticks 300\n" +
			"  inos live boids --seed 7 --ticks 300 --json",
		Args: oneArgument("UNIT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := flags.config(cmd)
			if err != nil {
				return err
			}
			return a.runLive(cmd.Context(), args[0], config, flags)
		},
	}
	paramsFlag(cmd, &flags.params)
	cmd.Flags().IntVar(&flags.shards, "shards", 0,
		"cores to compute on, `N`; 0: measure what pays")
	cmd.Flags().Int64Var(&flags.seed, "seed", 0, "short for -p seed=`S`, where the unit has that parameter")
	cmd.Flags().Uint64Var(&flags.ticks, "ticks", 0, "stop after `N` steps")
	cmd.Flags().Float64Var(&flags.seconds, "seconds", 0, "stop after `S` seconds")
	cmd.Flags().Float64Var(&flags.rateHz, "rate", 0,
		"steps per second, `HZ`; 0: as fast as it goes, which is the default with --ticks")
	return cmd
}

// config checks the flags and turns them into what the unit is started with.
func (f *liveFlags) config(cmd *cobra.Command) (unit.LiveConfig, error) {
	given := cmd.Flags().Changed
	params, err := parseParams(cmd, f.params)
	if err != nil {
		return unit.LiveConfig{}, err
	}
	switch {
	case given("ticks") && given("seconds"):
		err = usagef(cmd, "--ticks and --seconds exclude each other")
	case given("ticks") && f.ticks == 0:
		err = usagef(cmd, "--ticks must be at least 1")
	case given("seconds") && !(f.seconds > 0 && f.seconds <= maxSeconds):
		err = usagef(cmd, "--seconds must be above 0, at most %d", maxSeconds)
	case f.shards < 0 || f.shards > maxShards:
		err = usagef(cmd, "--shards must be 0 to %d", maxShards)
	case given("rate") && !(f.rateHz >= 0 && f.rateHz <= unit.MaxRateHz):
		err = usagef(cmd, "--rate must be 0 to %d", unit.MaxRateHz)
	}
	if err != nil {
		return unit.LiveConfig{}, err
	}
	if given("seed") {
		if _, twice := params["seed"]; twice {
			return unit.LiveConfig{}, usagef(cmd, "--seed and -p seed= are the same; give one")
		}
		params["seed"] = strconv.FormatInt(f.seed, 10)
	}
	return unit.LiveConfig{Params: params, Shards: f.shards, RateHz: f.rate(cmd),
		Ticks: f.ticks}, nil
}

// rate is 0 for the unit's own rate.
func (f *liveFlags) rate(cmd *cobra.Command) float64 {
	switch {
	case cmd.Flags().Changed("rate") && f.rateHz > 0:
		return f.rateHz
	case cmd.Flags().Changed("rate") || cmd.Flags().Changed("ticks"):
		return unit.Unpaced
	default:
		return 0
	}
}

func (a *app) runLive(
	ctx context.Context, name string, config unit.LiveConfig, flags liveFlags,
) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	config.Paused = true // until the clock runs
	live, err := n.StartLive(ctx, name, config)
	if err != nil {
		return err
	}
	defer live.Stop()
	run := liveRun{unit: name, word: elementWord(n.Units(), name), seconds: flags.seconds}
	if !a.global.json {
		run.meter = newLine(a.Stdout)
	}
	report, err := run.follow(ctx, &watchedLive{Live: live})
	if err != nil {
		return err
	}
	if a.global.json {
		err = writeJSON(a.Stdout, report)
	} else {
		err = a.printLive(report, run.word)
	}
	if err != nil {
		return err
	}
	return a.endLive(report)
}

// endLive says on standard error what was not well; the report has it, too.
func (a *app) endLive(r *liveReport) error {
	switch {
	case r.Error != nil:
		fmt.Fprintln(a.Stderr, "inos: "+a.reason(r.Error))
	case r.Failure != nil:
		fmt.Fprintln(a.Stderr, "inos: "+a.reason(fault.Wrap("live", r.Failure.Kind, r.Unit, fmt.Errorf(
			"it was started again %d %s, the last failure: %w", r.Worker.Restarts,
			plural(r.Worker.Restarts, "time"), r.Failure), "")))
	}
	switch {
	case r.Interrupted:
		return &reported{ExitInterrupted}
	case r.Error != nil:
		return &reported{ExitFailed}
	}
	return nil
}

// elementWord is what the elements of a unit's frames are called.
func elementWord(units []unit.Info, name string) string {
	for _, u := range units {
		if u.Name == name && u.Live != nil && len(u.Live.Channels) > 0 &&
			u.Live.Channels[0].Look == manifest.Birds {
			return "birds"
		}
	}
	return "points"
}

func (a *app) printLive(r *liveReport, word string) error {
	rows := [][]string{
		{"unit", r.Unit},
		{word, formatCount(r.Count)},
		{"shards", strconv.Itoa(r.Shards)},
		{"time", fmt.Sprintf("%.2f s", r.Seconds)},
		{"ticks", fmt.Sprintf("%s, %.0f a second", formatCount(r.Ticks), r.TickHz)},
		{"step", fmt.Sprintf("p50 %.3g ms, p95 %.3g ms, max %.3g ms, over %s %s",
			r.StepMs.P50, r.StepMs.P95, r.StepMs.Max, formatCount(r.StepMs.N), plural(r.StepMs.N, "tick"))},
		{"frames", fmt.Sprintf("%s, %s in all", formatCount(r.Published),
			formatBytes(float64(r.BytesPublished)))},
		{"worker", fmt.Sprintf("CPU %.0f %%, RSS %s", r.Worker.CPUPct,
			formatBytes(float64(r.Worker.RSSBytes)))},
		{"checksum", r.Checksum},
	}
	if r.Worker.Restarts > 0 {
		rows = append(rows, []string{"restarts", strconv.Itoa(r.Worker.Restarts)})
	}
	return table(a.Stdout, rows)
}
