package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withAdder is a stand with the example plugin that adds.
func withAdder(t *testing.T) *stand {
	t.Helper()
	wasm, err := os.ReadFile(builtFile(t, "examples/adder.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t)
	writeFile(t, filepath.Join(s.data, "plugins", "adder.wasm"), wasm)
	return s
}

// limitRow is a limit as scripts read it.
type limitRow struct {
	Key      string
	Declared *uint64
	Set      *uint64
	InForce  *uint64 `json:"in_force"`
	By       string
}

func (s *stand) limits(t *testing.T, args ...string) map[string]limitRow {
	t.Helper()
	var document struct {
		Plugin string
		Limits []limitRow
	}
	got := s.inos(t.Context(), append([]string{"plugin", "limit", "adder", "--json"}, args...)...)
	oneDocument(t, got.stdout, &document)
	rows := map[string]limitRow{}
	for _, row := range document.Limits {
		rows[row.Key] = row
	}
	if got.exit != ExitOK || document.Plugin != "dev.inos.adder" || len(rows) != 6 {
		t.Fatalf("exit %d, %s, %s", got.exit, got.stdout, got.stderr)
	}
	return rows
}

func TestLimitsAreSetShownAndTakenBack(t *testing.T) {
	s := withAdder(t)
	if row := s.limits(t)["segments"]; row.Set != nil || *row.InForce < 256<<20 || row.By != "inos" {
		t.Errorf("%+v", row)
	}
	row := s.limits(t, "cpu=50%", "segments=1MiB")["segments"]
	if row.Set == nil || *row.Set != 1<<20 || *row.InForce != 1<<20 || row.By != "you" {
		t.Errorf("%+v", row)
	}
	got := s.inos(t.Context(), "plugin", "limit", "adder")
	want := "cpu       -          50%        50%        share of one processor (set by you)"
	if !strings.Contains(got.stdout, want) {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
	if row := s.limits(t, "--reset", "segments")["segments"]; row.Set != nil {
		t.Errorf("%+v", row)
	}
	if row := s.limits(t, "--reset")["cpu"]; row.Set != nil || row.InForce != nil {
		t.Errorf("%+v", row)
	}
}

func TestAWrongLimitIsAWrongCommandLineOrSaysWhatFits(t *testing.T) {
	s := withAdder(t)
	for _, c := range []struct {
		args string
		exit int
		text string
	}{
		{"", ExitUsage, "say which plugin"},
		{"adder cpu", ExitUsage, "LIMIT=VALUE"},
		{"adder cpu=50% --reset", ExitUsage, "--reset LIMIT"},
		{"adder cpu=much", ExitFailed, `cpu: "much" is none; write it like 50%`},
		{"adder speed=1", ExitFailed, "the limits are cpu, memory"},
		{"adder cpu=40% speed=1", ExitFailed, "the limits are cpu, memory"},
		{"nobody", ExitFailed, "inos plugin list"},
	} {
		got := s.inos(t.Context(), append([]string{"plugin", "limit"}, strings.Fields(c.args)...)...)
		if got.exit != c.exit || !strings.Contains(got.stderr, c.text) {
			t.Errorf("%q: exit %d, %s", c.args, got.exit, got.stderr)
		}
	}
	if row := s.limits(t)["cpu"]; row.Set != nil {
		t.Errorf("beside a wrong one it was set: %+v", row)
	}
}
