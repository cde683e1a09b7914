package wire

import "math"

// Two NaNs: one for a result that the op did not set, one for every NaN that it did.
const (
	notReportedBits = 0x7ff8_0000_0000_0001
	nanBits         = 0x7ff8_0000_0000_0000
)

// NotReported stands for a result that the op did not set. As a NaN it equals nothing: ask Reported.
func NotReported() float64 { return math.Float64frombits(notReportedBits) }

// Reported says whether the op set the result, be it to NaN.
func Reported(result float64) bool { return math.Float64bits(result) != notReportedBits }

// Report is the result for a value that the op set.
func Report(value float64) float64 {
	if math.IsNaN(value) {
		return math.Float64frombits(nanBits)
	}
	return value
}
