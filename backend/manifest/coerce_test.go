package manifest

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"inos/backend/fault"
)

func TestCoerceTakesWhatPeopleType(t *testing.T) {
	spec := goodManifest().Units[0].Ops[0].Params
	for _, c := range []struct {
		name  string
		given any
		want  any
	}{
		{"scale", "2.5", 2.5}, {"scale", 3, 3.0}, {"scale", float32(0.5), 0.5},
		{"scale", json.Number("1e1"), 10.0}, {"scale", " 4 ", 4.0},
		{"n", "1e6", int64(1_000_000)}, {"n", "10_000", int64(10_000)}, {"n", 5.0, int64(5)},
		{"n", json.Number("-10"), int64(-10)}, {"n", int64(1 << 40), int64(1 << 40)},
		{"on", "off", false}, {"on", "1", true}, {"on", false, false}, {"on", 1.0, true},
		{"how", "exact", "exact"}, {"how", 1, "fast"}, {"how", "1", nil},
		{"title", "", ""}, {"title", "ä", "ä"},
		{"scale", "0.49", nil}, {"scale", "10.01", nil}, {"scale", math.NaN(), nil},
		{"scale", "NaN", nil}, {"scale", "inf", nil}, {"scale", "", nil}, {"scale", true, nil},
		{"n", "1.5", nil}, {"n", -11, nil}, {"n", "99999999999999999999", nil}, {"n", 1e300, nil},
		{"on", "maybe", nil}, {"on", 2, nil}, {"how", "slow", nil}, {"how", 2, nil}, {"how", -1, nil},
		{"title", strings.Repeat("x", 65), nil}, {"title", "a\x00b", nil}, {"title", 5, nil},
	} {
		values, err := CoerceParams(spec, map[string]any{c.name: c.given})
		if c.want == nil {
			f := fault.As(err)
			if f == nil || f.Kind != fault.Invalid || f.Subject != c.name {
				t.Errorf("%s=%v: got %v, %v, want an error about it", c.name, c.given, values, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s=%v: %v", c.name, c.given, err)
			continue
		}
		if got := Values(spec, values)[c.name]; got != c.want {
			t.Errorf("%s=%v: got %v, want %v", c.name, c.given, got, c.want)
		}
	}
}

func TestCoerceErrorsNameParameterRangeAndUnit(t *testing.T) {
	spec := goodManifest().Units[0].Ops[0].Params
	_, err := CoerceParams(spec, map[string]any{"scale": "11"})
	if want := `scale: "11" does not fit: it takes 0.5 to 10 m`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = CoerceParams(spec, map[string]any{"sacle": 1})
	if err == nil || !strings.Contains(err.Error(), "the parameters are scale, n, on, how, title") {
		t.Errorf("unknown name: %v", err)
	}
	_, err = CoerceParams(spec, map[string]any{"how": "\x1b[2J" + strings.Repeat("x", 200)})
	if err == nil || strings.ContainsRune(err.Error(), 0x1b) || len(err.Error()) > 200 {
		t.Errorf("a hostile value is repeated: %v", err)
	}
}

// What an op is told in secret comes back neither among the values nor in an error.
func TestASecretOfAnOpIsNotRepeated(t *testing.T) {
	const planted = "correct horse battery staple"
	spec := []Param{{Name: "password", Kind: Text, Default: "", MaxBytes: 64, Secret: true}}
	values, err := CoerceParams(spec, map[string]any{"password": planted})
	if err != nil || values[0].Text != planted {
		t.Fatalf("%v, %v", values, err)
	}
	if got := Values(spec, values); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	_, err = CoerceParams(spec, map[string]any{"password": planted + strings.Repeat("x", 64)})
	if err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("%v repeats it, or it fits", err)
	}
}

func TestAbsentParametersTakeTheirDefaults(t *testing.T) {
	spec := goodManifest().Units[0].Ops[0].Params
	values, err := CoerceParams(spec, map[string]any{"n": nil})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"scale": 1.5, "n": int64(-3), "on": true, "how": "fast", "title": "hallo ✓",
	}
	if got := Values(spec, values); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
