// Package bench measures the promises of INOS on the machine it runs on: how fast a flock steps,
// how long a change takes to be seen, what handing over a frame and calling a plugin cost. Samples
// and time are bounded; what is compared takes turns, so that a slow moment of the machine hits
// both sides, and each report says what else the machine did meanwhile.
package bench

import (
	"math"
	"slices"
	"time"
)

// Spread is the distribution of a sample, in the unit of the field that holds it.
type Spread struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	N   int     `json:"n"`
}

// SpreadOf sorts values in place and summarises them. An empty sample is all zero.
func SpreadOf(values []float64) Spread {
	slices.Sort(values)
	return Spread{
		P50: Percentile(values, 50),
		P95: Percentile(values, 95),
		P99: Percentile(values, 99),
		Max: Percentile(values, 100),
		N:   len(values),
	}
}

// Percentile is the smallest value that at least p percent of the sorted values do not exceed
// (nearest rank); 0 for an empty sample.
func Percentile[T float64 | uint32](sorted []T, p float64) T {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median sorts a copy of values.
func Median(values []float64) float64 {
	return Percentile(slices.Sorted(slices.Values(values)), 50)
}

// Quiet is the median of the fastest quarter of the values. What else a machine does only ever adds
// to a run, and not to every program in the same proportion, so the median of all would tell how
// busy the machine was. The fastest one alone may be luck.
func Quiet(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return Percentile(sorted[:(len(sorted)+3)/4], 50)
}

// Ratio is a/b rounded to two decimals; 0 when b is 0.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return Round(a/b, 2)
}

// Round keeps so many decimals: a benchmark's digits beyond its noise only mislead.
func Round(value float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(value*scale) / scale
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
