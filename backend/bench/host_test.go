package bench

import (
	"strings"
	"testing"
)

func TestWhereINOSLosesIsSaidByTheFigures(t *testing.T) {
	f := hostFigure{name: "call", why: "it crosses a border"}
	for _, c := range []struct {
		name         string
		inos, extism []float64
		ratio        float64
		loses        bool
	}{
		{"slower", []float64{3, 3, 3}, []float64{2, 2, 9}, 1.5, true},
		{"faster", []float64{1, 1, 9}, []float64{2, 2, 2}, 0.5, false},
		{"the same", []float64{2}, []float64{2}, 1, false},
		{"alone", []float64{2}, nil, 0, false},
		{"nothing measured", nil, nil, 0, false},
	} {
		row := f.row(c.inos, c.extism, nil)
		if row.Ratio != c.ratio || row.Loses() != c.loses || (row.Why == f.why) != c.loses ||
			(row.Extism == nil) != (c.extism == nil) || row.Inos.N != len(c.inos) {
			t.Errorf("%s: %+v", c.name, row)
		}
	}
}

func TestEachFigureSaysWhatItIsAndWhatWouldExplainALoss(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range hostFigures {
		if f.title == "" || f.unit == "" || f.what == "" || f.why == "" || seen[f.name] {
			t.Errorf("%+v", f)
		}
		if strings.HasSuffix(f.what+f.why, ".") || f.least < 1 || f.most < f.least || f.limit <= 0 {
			t.Errorf("%s is not bounded or not a clause", f.name)
		}
		seen[f.name] = true
	}
	for _, name := range []string{"cold_load", "warm_load", "call_16b", "call_64kib", "call_16mib",
		"kill", "idle_memory"} {
		if !seen[name] {
			t.Errorf("%s is not measured", name)
		}
	}
}
