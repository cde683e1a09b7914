package bench

import "testing"

func TestPercentilesAreNearestRank(t *testing.T) {
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, c := range []struct {
		name   string
		values []float64
		p      float64
		want   float64
	}{
		{"nothing measured", nil, 50, 0},
		{"one value is every percentile", []float64{7}, 95, 7},
		{"the median of ten is the fifth", ten, 50, 5},
		{"p95 of ten is the last", ten, 95, 10},
		{"p0 is the first", ten, 0, 1},
		{"p100 is the last", ten, 100, 10},
	} {
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSpreadSortsItsSample(t *testing.T) {
	got := SpreadOf([]float64{5, 1, 4, 2, 3})
	if want := (Spread{P50: 3, P95: 5, P99: 5, Max: 5, N: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMedianLeavesItsArgumentAlone(t *testing.T) {
	values := []float64{3, 1, 2}
	if got := Median(values); got != 2 || values[0] != 3 {
		t.Errorf("median %v of %v, want 2 of [3 1 2]", got, values)
	}
}

func TestRatioOfNothingIsZero(t *testing.T) {
	if got := Ratio(1, 0); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
	if got := Ratio(5, 3); got != 1.67 {
		t.Errorf("got %v, want 1.67", got)
	}
}

func TestQuietIsTheMedianOfTheFastestQuarter(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{4, 3, 2, 1}, 1},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 1},
		{[]float64{9, 1, 8, 2, 7, 3, 6, 4, 5}, 2},
		{[]float64{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 2},
	} {
		if got := Quiet(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}
