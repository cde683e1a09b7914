package cli

import (
	"os"
	"path/filepath"
	"testing"

	"inos/backend/host/hosttest"
)

// withForeignBuild is a world laid out as the build is: bin, and beside it what the tests use.
func (w world) withForeignBuild(t *testing.T) world {
	t.Helper()
	folder := t.TempDir()
	for from, to := range map[string]string{
		filepath.Join(w.programs, "inos"):                  "bin/inos",
		filepath.Join(w.programs, workerProgram):           "bin/" + workerProgram,
		hosttest.Path(t, "build/test/extism-host"):         "test/extism-host",
		hosttest.Path(t, "build/test/foreign/mirror.wasm"): "test/foreign/mirror.wasm",
	} {
		to = filepath.Join(folder, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		program, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, program, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.programs = filepath.Join(folder, "bin")
	return w
}

// hostDocument is what scripts read.
type hostDocument struct {
	Complete *bool
	Plugin   string
	Extism   *struct{ SDK, Wazero string }
	Reason   string `json:"extism_reason"`
	Rows     []struct {
		Name, Title, Unit, What, Why string
		Inos                         map[string]float64
		Extism                       map[string]float64
		Ratio                        *float64
	}
}

// A whole run takes half a minute, so these end it after the first figure.
func TestBenchHostSetsINOSBesideExtism(t *testing.T) {
	w := newWorld(t).withForeignBuild(t)
	got := w.interruptedAt(t, true, "warm load", "bench", "host", "--json", "--verbose")
	var document hostDocument
	oneDocument(t, got.stdout, &document)
	if got.exit != ExitInterrupted || document.Complete == nil || *document.Complete ||
		document.Plugin != "mirror.wasm" || document.Extism == nil || document.Extism.SDK == "" ||
		document.Extism.Wazero == "" || document.Reason != "" || len(document.Rows) == 0 {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	row := document.Rows[0]
	if row.Name != "cold_load" || row.Unit != "ms" || row.Title == "" || row.What == "" ||
		row.Inos["p50"] <= 0 || row.Extism["p50"] <= 0 || row.Inos["n"] != row.Extism["n"] ||
		row.Inos["n"] < 3 || row.Ratio == nil || (row.Why != "") != (*row.Ratio > 1) {
		t.Errorf("%+v", row)
	}
}

func TestBenchHostMeasuresINOSAloneWhereExtismIsMissing(t *testing.T) {
	w := newWorld(t).withForeignBuild(t)
	got := w.interruptedAt(t, true, "warm load", "bench", "host", "--json", "--verbose",
		"--extism", filepath.Join(w.data, "none"))
	var document hostDocument
	oneDocument(t, got.stdout, &document)
	if got.exit != ExitInterrupted || document.Extism != nil ||
		document.Reason != "none is not built" || len(document.Rows) == 0 {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	row := document.Rows[0]
	if row.Inos["p50"] <= 0 || row.Extism != nil || row.Ratio != nil || row.Why != "" {
		t.Errorf("%+v", row)
	}
}

func TestBenchHostNeedsThePluginOfTheBuild(t *testing.T) {
	got := newWorld(t).run(t, "bench", "host")
	wantText(t, got.stderr, "mirror.wasm", "make build")
	if got.exit != ExitFailed || got.stdout != "" {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
}
