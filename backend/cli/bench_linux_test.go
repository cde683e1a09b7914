package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// withBenchmarks is a folder of programs of its own, with what the benchmarks run beside them.
func (w world) withBenchmarks(t *testing.T) world {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"inos", workerProgram} {
		// A program finds its neighbours by its own path, so a symbolic link would not do.
		if err := os.Link(filepath.Join(w.programs, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"flock-native", "plugins"} {
		if err := os.Symlink(builtFile(t, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.programs = folder
	return w
}

// interruptedAt runs a command line until a line of its standard output or error contains word, then
// presses Ctrl+C.
func (w world) interruptedAt(t *testing.T, onStderr bool, word string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	command := w.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	watched, pipe := &stdout, command.StdoutPipe
	command.Stderr = &stderr
	if onStderr {
		watched, pipe = &stderr, command.StderrPipe
		command.Stdout, command.Stderr = &stdout, nil
	}
	lines, err := pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(io.TeeReader(lines, watched))
	for line := ""; !strings.Contains(line, word); {
		if line, err = reader.ReadString('\n'); err != nil {
			t.Fatalf("no %q in %s%s: %v", word, stdout.String(), stderr.String(), err)
		}
	}
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // the exit code is what counts
	return outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestTheFlocksRowsArePrintedAsTheyCome(t *testing.T) {
	w := newWorld(t).withBenchmarks(t)
	got := w.interruptedAt(t, false, "1,000", "bench", "flock")
	if got.exit != ExitInterrupted {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
	wantText(t, got.stdout, "BIRDS", "exact", "Steer ratio", "interrupted")
}

func TestAnInterruptedBenchmarkPrintsWhatItHas(t *testing.T) {
	w := newWorld(t).withBenchmarks(t)
	got := w.interruptedAt(t, true, "10000 birds", "bench", "flock", "--json", "--verbose")
	if got.exit != ExitInterrupted {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
	var document struct {
		Complete *bool
		Seconds  float64
		Load     map[string]float64
		Rows     []struct {
			N          int
			WasmMs     float64 `json:"wasm_ms"`
			NativeMs   float64 `json:"native_ms"`
			Ratio      float64
			SteerRatio float64 `json:"steer_ratio"`
			SameResult bool    `json:"same_result"`
		}
	}
	oneDocument(t, got.stdout, &document)
	if document.Complete == nil || *document.Complete || document.Seconds <= 0 ||
		document.Load["loadavg_after"] < 0 || len(document.Rows) == 0 {
		t.Fatalf("%s", got.stdout)
	}
	row := document.Rows[0]
	if row.N != 1000 || row.WasmMs <= 0 || row.NativeMs <= 0 || row.Ratio <= 0 ||
		row.SteerRatio <= 0 || !row.SameResult {
		t.Errorf("%+v", row)
	}
}
