package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"inos/backend/fault"
)

func mustJSON(t testing.TB, m *Manifest) []byte {
	t.Helper()
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// smallJSON is a whole manifest, one field a line.
const smallJSON = `{
  "id": "dev.inos.small",
  "name": "Small",
  "version": "0.1.0",
  "abi": 1,
  "units": [
    {
      "name": "small",
      "ops": [
        {
          "number": 0,
          "name": "go",
          "params": [
            { "name": "x",
              "kind": "number",
              "default": 1, "min": 0,
              "max": 2 }
          ]
        }
      ]
    }
  ],
  "limits": {}
}`

func TestJSONErrorsNameTheLine(t *testing.T) {
	if _, err := ParseJSON([]byte(smallJSON)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new string
		line     int
		message  string
	}{
		{`"abi": 1`, `"abi": 1, "colour": "red"`, 5, `unknown field "colour"`},
		{`"min": 0`, `"mni": 0`, 16, `unknown field "mni"`},
		{`"abi": 1`, `"abi": 1, "abi": 1`, 5, "there twice"},
		{`"abi": 1`, `"abi": "one"`, 5, "abi must be"},
		{`"kind": "number"`, `"kind": "float"`, 0, "none of"},
		{`"max": 2`, `"max": -2`, 17, "range"},
		{`"default": 1`, `"default": 7`, 16, "takes 0 to 2"},
		{`"default": 1`, `"default": "one"`, 0, "must be a number"},
		{`"abi": 1,`, `"abi": 1`, 6, "invalid character"},
		{`"name": "go",`, `"name": null,`, 12, "null"},
		{`"name": "go"`, `"name": "GO"`, 12, "no name"},
		{`"limits": {}`, `"limits": []`, 23, "must not be a list"},
		{`"abi": 1`, `"abi": {"a":1}`, 5, "must not be an object"},
		{"  \"limits\": {}\n}", `  "limits": {}`, 23, "ends too early"},
		{"  \"limits\": {}\n}", "  \"limits\": {}\n}\n{}", 25, "something follows"},
	} {
		_, err := ParseJSON([]byte(strings.Replace(smallJSON, c.old, c.new, 1)))
		f := fault.As(err)
		if f == nil || !strings.Contains(f.Message(), c.message) {
			t.Errorf("%s: got %v, want %q", c.new, err, c.message)
			continue
		}
		if want := fmt.Sprintf("line %d", c.line); c.line > 0 && f.Subject != want {
			t.Errorf("%s: at %s, want %s (%v)", c.new, f.Subject, want, err)
		}
	}
}

func TestJSONIsBounded(t *testing.T) {
	deep := strings.Repeat(`{"units":[`, 1000)
	if _, err := ParseJSON([]byte(deep)); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("deep: %v", err)
	}
	if _, err := ParseJSON([]byte(strings.Repeat("[", 100_000))); err == nil {
		t.Error("brackets without end were taken")
	}
	big := `{"id":"` + strings.Repeat("a", maxJSONBytes) + `"}`
	if _, err := ParseJSON([]byte(big)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("big: %v", err)
	}
}

func TestAChoiceMayNameItsDefaultByIndex(t *testing.T) {
	var p Param
	if err := json.Unmarshal([]byte(
		`{"name":"m","kind":"choice","options":["a","b"],"default":1}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.Default != "b" {
		t.Errorf("default %v", p.Default)
	}
	if err := json.Unmarshal([]byte(
		`{"name":"m","kind":"choice","options":["a","b"],"default":2}`), &p); err == nil {
		t.Error("an index behind the options was taken")
	}
}

func TestAParameterShowsTheFieldsOfItsKind(t *testing.T) {
	for _, p := range goodManifest().Units[0].Ops[0].Params {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		ranged := p.Kind == Number || p.Kind == Integer
		if strings.Contains(string(b), `"min"`) != ranged ||
			strings.Contains(string(b), `"options"`) != (p.Kind == Choice) ||
			strings.Contains(string(b), `"maxBytes"`) != (p.Kind == Text) {
			t.Errorf("%s", b)
		}
	}
}
