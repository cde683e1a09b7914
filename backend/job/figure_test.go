package job

import (
	"encoding/json"
	"math"
	"testing"
)

func TestEveryValueHasAFormInJSON(t *testing.T) {
	for _, c := range []struct {
		reading Reading
		want    string
	}{
		{Reading{1.5, true}, "1.5"},
		{Reading{math.Inf(1), true}, `"Infinity"`},
		{Reading{math.Inf(-1), true}, `"-Infinity"`},
		{Reading{math.NaN(), true}, `"NaN"`},
		{Reading{}, "null"},
		{Reading{math.NaN(), false}, "null"},
	} {
		got, err := json.Marshal(Figure{"x", "m", c.reading})
		if want := `{"name":"x","unit":"m","value":` + c.want + "}"; err != nil || string(got) != want {
			t.Errorf("%+v: %s, %v; want %s", c.reading, got, err, want)
		}
	}
}
