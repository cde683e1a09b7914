package job

import (
	"encoding/json"
	"math"
)

// Figure is a result that the manifest promises.
type Figure struct {
	Name string
	Unit string
	Reading
}

// MarshalJSON writes the value as a number, as one of the strings of NonFinite, or as null when the
// op reported none.
func (f Figure) MarshalJSON() ([]byte, error) {
	var value any
	switch word := NonFinite(f.Value); {
	case !f.Reported:
	case word != "":
		value = word
	default:
		value = f.Value
	}
	return json.Marshal(struct {
		Name  string `json:"name"`
		Unit  string `json:"unit,omitempty"`
		Value any    `json:"value"`
	}{f.Name, f.Unit, value})
}

// NonFinite is how a value that JSON has no number for is written, there and for people; empty: it
// is finite.
func NonFinite(value float64) string {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 1):
		return "Infinity"
	case math.IsInf(value, -1):
		return "-Infinity"
	}
	return ""
}

// Figure is the reported number of that name.
func (r *Result) Figure(name string) (float64, bool) {
	for _, f := range r.Results {
		if f.Name == name && f.Reported {
			return f.Value, true
		}
	}
	return 0, false
}
