package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// nativeSays makes a native program that prints text.
func nativeSays(t *testing.T, text string) flockBench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flock-native")
	script := "#!/bin/sh\ncat <<'END'\n" + text + "\nEND\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return flockBench{native: path}
}

func TestTheNativeProgramsFiguresAreRead(t *testing.T) {
	b := nativeSays(t, `{"mode":"exact","step_ms":{"best":1,"p50":2.5,"p95":3},`+
		`"steer_ms":{"best":1,"p50":2.25,"p95":3},"checksum":"00000000000000ff"}`)
	got, err := b.runNative(t.Context(), "exact", 1000, 1, 10)
	if want := (flockRun{2.5, 2.25, "00000000000000ff"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestANativeProgramThatTalksNonsenseIsAnError(t *testing.T) {
	for _, text := range []string{"", "hello", "[1]", `{"step_ms":"fast"}`} {
		b := nativeSays(t, text)
		if got, err := b.runNative(t.Context(), "exact", 1000, 1, 10); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestARunTakesAboutHalfASecond(t *testing.T) {
	for stepMs, want := range map[float64]int{
		0: maxFlockTicks, 0.1: maxFlockTicks, 2: 250, 10: 50, 100: minFlockTicks,
	} {
		if got := ticksFor(stepMs); got != want {
			t.Errorf("steps of %v ms: %d ticks, want %d", stepMs, got, want)
		}
	}
}

func TestTheRowHasThePromisedFields(t *testing.T) {
	text, err := json.Marshal(FlockReport{Rows: []FlockRow{{}}, Largest: map[string]LargestFlock{}})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Rows    []map[string]any
		Largest map[string]any
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"n", "mode", "wasm_ms", "native_ms", "ratio", "shards_speedup"} {
		if _, found := document.Rows[0][name]; !found {
			t.Errorf("the field %s is missing", name)
		}
	}
}
