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
		{`"abi": 1`, `"abi": "one"`, 5, "abi: must be a whole number, 0 to 65535"},
		{`"kind": "number"`, `"kind": "float"`, 15, "units[0].ops[0].params[0].kind: \"float\" is none of"},
		{`"kind": "number",`, ``, 14, "units[0].ops[0].params[0].kind: is missing"},
		{`"kind": "number"`, `"kind": 1`, 15, "units[0].ops[0].params[0].kind: must be a text"},
		{`"min": 0`, `"min": "0"`, 16, "units[0].ops[0].params[0].min: must be a number"},
		{`"name": "go"`, `"name": 5`, 12, "units[0].ops[0].name: must be a text"},
		{`"number": 0`, `"number": -1`, 11, "units[0].ops[0].number: must be a whole number, 0 to 65535"},
		{`"number": 0`, `"determinism": "x"`, 11, "determinism: \"x\" is none of none, bitExact"},
		{`"limits": {}`, `"limits": {"memoryBytes": 1.5}`, 23, "limits.memoryBytes: must be a whole"},
		{`"max": 2`, `"max": -2`, 17, "range"},
		{`"default": 1`, `"default": 7`, 16, "takes 0 to 2"},
		{`"default": 1`, `"default": "one"`, 16, "units[0].ops[0].params[0].default: must be a number"},
		{`"number",
              "default": 1`, `"integer",
              "default": 1.5`, 16, "params[0].default: must be a whole number"},
		{`"default": 1`, `"default": []`, 16, "params[0].default: must be a text, a number"},
		{`"abi": 1,`, `"abi": 1`, 6, "invalid character"},
		{`"name": "go",`, `"name": null,`, 12, "units[0].ops[0].name: is null"},
		{`"name": "go"`, `"name": "GO"`, 12, "no name"},
		{`"limits": {}`, `"limits": []`, 23, "limits: must be an object"},
		{`"abi": 1`, `"abi": {"a":1}`, 5, "abi: must be a whole number"},
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
