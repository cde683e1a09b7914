package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openPipe waits until the other end is open, too.
func openPipe(t *testing.T, path string, flag int) *os.File {
	t.Helper()
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// started is a program that runs.
type started struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func (w world) start(t *testing.T, stdin io.Reader, args ...string) *started {
	t.Helper()
	return w.startInto(t, nil, stdin, args...)
}

// startInto starts a program with a standard output of its own; nil: into the outcome.
func (w world) startInto(
	t *testing.T, stdout io.Writer, stdin io.Reader, args ...string,
) *started {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	t.Cleanup(cancel)
	s := &started{Cmd: w.command(ctx, args...)}
	s.Stdin, s.Stdout, s.Stderr = stdin, stdout, &s.stderr
	if stdout == nil {
		s.Stdout = &s.stdout
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *started) end() outcome {
	_ = s.Wait() // the exit code is what counts
	return outcome{s.ProcessState.ExitCode(), s.stdout.String(), s.stderr.String()}
}

// interrupt sends the one signal that must do.
func (s *started) interrupt(t *testing.T, signal syscall.Signal) outcome {
	t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return s.end()
}

func floats(values ...float32) (data []byte) {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func sumOf(t *testing.T, got outcome) float64 {
	t.Helper()
	var document map[string]any
	oneDocument(t, got.stdout, &document)
	sum, found := figureNamed(document, "sum")
	if got.exit != ExitOK || !found {
		t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	return sum
}

// TestAnInputComesFromAPipeOrTheStandardInput gives the pipe as a shell's <(...) does.
func TestAnInputComesFromAPipeOrTheStandardInput(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write(floats(1, 2, 4)); err != nil {
		t.Fatal(err)
	}
	_ = to.Close()
	defer from.Close()
	if sum := sumOf(t, w.start(t, from, "run", "adder.sum", "--json", "-i", "/dev/fd/0").end()); sum != 7 {
		t.Errorf("from a pipe: %v", sum)
	}
	stdin := bytes.NewReader(floats(8, 16))
	if sum := sumOf(t, w.start(t, stdin, "run", "adder.sum", "--json", "-i", "-").end()); sum != 24 {
		t.Errorf("from the standard input: %v", sum)
	}
	flock := w.start(t, nil, "run", "boids.init", "-p", "count=100", "-o", "-").end()
	if got := w.start(t, strings.NewReader(flock.stdout), "run", "boids.stats", "-i", "-").end(); got.exit != ExitOK ||
		!strings.Contains(got.stdout, "polarisation") {
		t.Errorf("an output as the next input: exit %d, %s", got.exit, got.stderr)
	}
}

// TestOneSignalEndsAnyWaiting has each command wait for somebody else when the signal comes.
func TestOneSignalEndsAnyWaiting(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	module, pipe := builtFile(t, "plugins/boids.wasm"), newPipe(t)
	for _, args := range [][]string{
		{"run", "boids.stats", "-i", pipe},
		{"plugin", "inspect", pipe},
		{"plugin", "pack", pipe, "--manifest", module, "-o", filepath.Join(w.data, "out.wasm")},
		{"plugin", "pack", module, "--manifest", pipe, "-o", filepath.Join(w.data, "out.wasm")},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			silent := openPipe(t, pipe, os.O_RDWR)
			p := w.start(t, nil, args...)
			fillPipe(t, silent)
			if got := p.interrupt(t, signal); got.exit != ExitInterrupted {
				t.Errorf("%v: exit %d, %q", args, got.exit, got.stderr)
			}
			_ = silent.Close()
		}
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	p := w.start(t, from, "run", "boids.stats", "-i", "-")
	_ = from.Close()
	fillPipe(t, to)
	if got := p.interrupt(t, syscall.SIGINT); got.exit != ExitInterrupted {
		t.Errorf("the standard input: exit %d, %q", got.exit, got.stderr)
	}
	out := w.start(t, nil, "run", "boids.init", "-p", "count=10000", "-o", pipe)
	reader := openPipe(t, pipe, os.O_RDONLY)
	if _, err := reader.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if got := out.interrupt(t, syscall.SIGINT); got.exit != ExitInterrupted {
		t.Errorf("an output into a pipe: exit %d, %q", got.exit, got.stderr)
	}
}

// TestOneSignalEndsAnOutputThatNobodyReads gives each command a pipe that holds a page, and reads its
// first byte.
func TestOneSignalEndsAnOutputThatNobodyReads(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, args := range [][]string{
		{"run", "boids.init", "-p", "count=10000", "-o", "-"},
		{"plugin", "inspect", builtFile(t, "plugins/boids.wasm"), "--json"},
		{"plugin", "inspect", builtFile(t, "plugins/boids.wasm")},
		{"units", "--json"},
	} {
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unix.FcntlInt(to.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
			t.Fatal(err)
		}
		p := w.startInto(t, to, nil, args...)
		_ = to.Close()
		if _, err := from.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if got := p.interrupt(t, syscall.SIGINT); got.exit != ExitInterrupted {
			t.Errorf("%v: exit %d, %q", args, got.exit, got.stderr)
		}
		_ = from.Close()
	}
}

// fillPipe writes more than a pipe holds: it returns once somebody has read.
func fillPipe(t *testing.T, pipe *os.File) {
	t.Helper()
	const pipeHolds = 64 << 10
	if _, err := pipe.Write(make([]byte, 2*pipeHolds)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNoInputIsSaidAtOnce(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	pipe := newPipe(t)
	for path, want := range map[string]string{
		pipe:            "nobody writes into this pipe",
		"/dev/zero":     "this is a device",
		"/":             "this is a folder",
		"/no/such/file": "no such file or directory",
	} {
		for _, args := range [][]string{
			{"run", "boids.stats", "-i", path},
			{"plugin", "inspect", path},
			{"plugin", "pack", path, "--manifest", path, "-o", filepath.Join(w.data, "out.wasm")},
		} {
			got := w.run(t, args...)
			if got.exit != ExitFailed || !strings.HasPrefix(got.stderr, "inos: "+path+": "+want) {
				t.Errorf("%v: exit %d, %q", args, got.exit, got.stderr)
			}
		}
	}
	zeros := openPipe(t, "/dev/zero", os.O_RDONLY)
	got := w.start(t, zeros, "run", "boids.stats", "-i", "-", "--json").end()
	var document errorDocumentRead
	oneDocument(t, got.stdout, &document)
	if e := document.Error; got.exit != ExitFailed || e.Kind != "budget" ||
		e.Subject != "standard input" || !strings.Contains(e.Message, "more than 256 MiB") {
		t.Errorf("a standard input without end: exit %d, %+v", got.exit, e)
	}
}

func TestTooManyFilesAreRefusedBeforeTheOpRuns(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	one, two := filepath.Join(w.data, "one"), filepath.Join(w.data, "two")
	got := w.run(t, "run", "boids.init", "-p", "count=100", "-o", one, "-o", two)
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "2 files were given for outputs, it has 1") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	if _, err := os.Stat(one); err == nil {
		t.Error("the op ran and its output was written")
	}
}
