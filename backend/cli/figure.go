package cli

import (
	"math"
	"strconv"
	"strings"

	"inos/backend/job"
)

// sureDigits is how many decimal digits a float64 surely holds; the rest of 0.30000000000000004 is
// noise to people. --json has every digit.
const sureDigits = 15

// Beyond these bounds zeros would hide the number.
const (
	plainFrom  = 1e-6
	plainBelow = 1e21
)

// figureText is a result with its unit, for people.
func figureText(f job.Figure) string {
	if !f.Reported {
		return "not reported"
	}
	return strings.TrimSpace(numberText(f.Value) + " " + shown(f.Unit))
}

// numberText is a number in the shortest form that reads back the same, as far as its digits are
// sure.
func numberText(v float64) string {
	if word := job.NonFinite(v); word != "" {
		return word
	}
	if v == 0 {
		return "0"
	}
	if v != math.Trunc(v) {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', sureDigits, 64), 64) // it was one
	}
	if size := math.Abs(v); size < plainFrom || size >= plainBelow {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
