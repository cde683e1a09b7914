package manifest

import (
	"encoding/json"
	"os"
	"testing"

	"inos/backend/fault"
)

// The page says what does not fit while it is typed: frontend/src/state/labForm.test.ts holds its words to
// these.
func TestWhatDoesNotFitIsSaidAsInTheVectors(t *testing.T) {
	data, err := os.ReadFile("../../schemas/vectors/refusals.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Param   Param
		Value   any
		Refusal string
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 20 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		_, err := v.Param.Coerce(v.Value)
		got := ""
		if f := fault.As(err); f != nil {
			got = f.Message()
		}
		if got != v.Refusal {
			t.Errorf("%s, %v: %q, want %q", v.Param.Kind, v.Value, got, v.Refusal)
		}
	}
}
