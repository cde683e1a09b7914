package bench

import (
	"context"
	"slices"
)

// CourtesyReport says how much longer pictures of a flock take while plugins attack than in calm
// times.
type CourtesyReport struct {
	Run
	Unit string `json:"unit"`
	// All has the pictures of all passes. Six of a single one decide its 95th percentile, which wanders by as
	// much as what is looked for.
	All    Pictures   `json:"all"`
	Passes []Pictures `json:"passes"`
}

// Pictures are those beside attacks, and those just before and after them.
type Pictures struct {
	Calm   Spread `json:"calm"` // from picture to picture
	Beside Spread `json:"beside"`
	// Ratio is that of the 95th percentiles.
	Ratio float64 `json:"ratio"`
}

// Scene is a window whose pictures are looked at.
type Scene struct {
	// Pictures returns the milliseconds from picture to picture while work goes on.
	Pictures func(work func()) ([]float64, error)
	// Calm takes its time and does nothing.
	Calm func()
	// Attacks end when they are over. What comes before each, and after all, is not looked at.
	Attacks []Attack
	Retreat func()
}

// Attack is what is looked at, after what a user does for it.
type Attack struct{ Prepare, Run func() }

// Courtesy looks at calm times and attacks in turns. A report may be incomplete.
func Courtesy(ctx context.Context, s Scene, passes int) (*CourtesyReport, error) {
	watch := beginWatch()
	report := &CourtesyReport{Unit: "ms"}
	err := report.measure(ctx, s, passes)
	if err := watch.end(ctx, &report.Run, err, len(report.Passes) > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *CourtesyReport) measure(ctx context.Context, s Scene, passes int) error {
	before, err := s.Pictures(s.Calm)
	calm, beside := slices.Clone(before), []float64(nil)
	for err == nil && ctx.Err() == nil && len(r.Passes) < passes {
		var attacked, after []float64
		for _, a := range s.Attacks {
			a.Prepare()
			pictures, err := s.Pictures(a.Run)
			if err != nil {
				return err
			}
			attacked = append(attacked, pictures...)
		}
		s.Retreat()
		if after, err = s.Pictures(s.Calm); err != nil {
			return err
		}
		r.Passes = append(r.Passes, compare(slices.Concat(before, after), attacked))
		calm, beside, before = append(calm, after...), append(beside, attacked...), after
		r.All = compare(calm, beside)
	}
	return err
}

func compare(calm, beside []float64) Pictures {
	p := Pictures{Calm: SpreadOf(calm), Beside: SpreadOf(beside)}
	p.Ratio = Ratio(p.Beside.P95, p.Calm.P95)
	return p
}
