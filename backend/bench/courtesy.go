package bench

import (
	"context"
	"slices"
)

// CourtesyReport says how much longer pictures of a flock take while plugins attack than in calm
// times.
type CourtesyReport struct {
	Run
	Unit   string         `json:"unit"`
	Passes []CourtesyPass `json:"passes"`
	Ratio  Spread         `json:"ratio"` // of the passes
}

// CourtesyPass is one look at the pictures beside attacks, and at those just before and after them.
type CourtesyPass struct {
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
	var ratios []float64
	before, err := s.Pictures(s.Calm)
	for ; err == nil && ctx.Err() == nil && len(ratios) < passes; r.Ratio = SpreadOf(ratios) {
		var beside, after []float64
		for _, a := range s.Attacks {
			a.Prepare()
			pictures, err := s.Pictures(a.Run)
			if err != nil {
				return err
			}
			beside = append(beside, pictures...)
		}
		s.Retreat()
		if after, err = s.Pictures(s.Calm); err != nil {
			return err
		}
		p := CourtesyPass{Calm: SpreadOf(slices.Concat(before, after)), Beside: SpreadOf(beside)}
		p.Ratio = Ratio(p.Beside.P95, p.Calm.P95)
		r.Passes, ratios, before = append(r.Passes, p), append(ratios, p.Ratio), after
	}
	return err
}
