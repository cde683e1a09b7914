package cli

import (
	"math"
	"testing"

	"inos/backend/job"
)

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for v, want := range map[float64]string{
		0:                           "0",
		math.Copysign(0, -1):        "0",
		5e6:                         "5000000",
		-5e6:                        "-5000000",
		1<<53 - 1:                   "9007199254740991",
		0.1 + 0.2:                   "0.3",
		0.8250481551941189:          "0.825048155194119",
		1e-6:                        "0.000001",
		9.5e-7:                      "9.5e-07",
		1e20:                        "100000000000000000000",
		1e21:                        "1e+21",
		math.MaxFloat64:             "1.7976931348623157e+308",
		math.SmallestNonzeroFloat64: "5e-324",
		math.Inf(1):                 "Infinity",
		math.Inf(-1):                "-Infinity",
	} {
		if got := numberText(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := numberText(math.NaN()); got != "NaN" {
		t.Errorf("no number: %q", got)
	}
}

func TestAFigureHasItsUnitOnOneLine(t *testing.T) {
	seven := job.Reading{Value: 7, Reported: true}
	for want, f := range map[string]job.Figure{
		"7 m":          {Name: "x", Unit: "m", Reading: seven},
		"7":            {Name: "x", Reading: seven},
		"7 m per s":    {Name: "x", Unit: "m\nper\ts", Reading: seven},
		"not reported": {Name: "x", Unit: "m"},
	} {
		if got := figureText(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
