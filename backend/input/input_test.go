//go:build unix

package input

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"inos/backend/fault"
)

func mustOpen(t *testing.T, path string) *Source {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileTellsItsSizeAndFillsIt(t *testing.T) {
	path := newFile(t, "seven b")
	s := mustOpen(t, path)
	n, known := s.Size()
	dst := make([]byte, n)
	if err := s.Fill(dst); err != nil || !known || string(dst) != "seven b" {
		t.Errorf("%q of %d bytes, known %t: %v", dst, n, known, err)
	}
	clear(dst)
	if err := s.Fill(dst); err != nil || string(dst) != "seven b" {
		t.Errorf("the second time %q: %v", dst, err)
	}
	if err := os.Truncate(path, 6); err != nil {
		t.Fatal(err)
	}
	if err := s.Fill(dst); err == nil {
		t.Error("a file that ends early was read in full")
	}
}

func TestAFileThatTellsNoSizeIsReadToItsEnd(t *testing.T) {
	s := mustOpen(t, newFile(t, ""))
	if data, err := s.ReadAll(t.Context(), 5); err != nil || len(data) != 0 {
		t.Errorf("an empty file: %q, %v", data, err)
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	s = mustOpen(t, "/proc/self/stat") // says that it has no bytes
	if _, known := s.Size(); known {
		t.Error("its size is known")
	}
	if data, err := s.ReadAll(t.Context(), 1<<16); err != nil || len(data) == 0 {
		t.Errorf("%q, %v", data, err)
	}
}

func TestNothingWaitsToBeOpened(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, want := range map[string]struct {
		kind fault.Kind
		text string
	}{
		t.TempDir():       {fault.Invalid, "this is a folder"},
		"/dev/zero":       {fault.Invalid, "this is a device"},
		socket:            {fault.Invalid, "neither a file nor a pipe"},
		"/no/such/file":   {fault.NotFound, "no such file"},
		"":                {fault.NotFound, "no such file"},
		"nul\x00byte":     {fault.Invalid, "invalid argument"},
		"/dev/null/below": {fault.Invalid, "not a directory"},
	} {
		_, err := Open(path)
		f := fault.As(err)
		if f == nil || f.Kind != want.kind || f.Subject != path ||
			!strings.Contains(f.Message(), want.text) || strings.Contains(f.Message(), "open ") {
			t.Errorf("%q: %v, want %s with %q", path, err, want.kind, want.text)
		}
	}
}

func TestAPipeIsReadFromItsWriterOnly(t *testing.T) {
	path := newPipe(t)
	if _, err := mustOpen(t, path).ReadAll(t.Context(), 10); err == nil ||
		!strings.Contains(err.Error(), "nobody writes") {
		t.Errorf("without a writer: %v", err)
	}
	s := mustOpen(t, path)
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.WriteString("hello"); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := s.ReadAll(t.Context(), 10); err != nil || string(data) != "hello" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	path := newPipe(t)
	silent, err := os.OpenFile(path, os.O_RDWR, 0) // a writer that says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	stream, end := io.Pipe()
	defer end.Close()
	for name, s := range map[string]*Source{
		"a pipe": mustOpen(t, path), "a stream": Stream("standard input", stream),
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.ReadAll(ctx, 10); fault.KindOf(err) != fault.Canceled {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStreamIsReadUpToItsLimit(t *testing.T) {
	for n := range 4 {
		s := Stream("standard input", bytes.NewReader(make([]byte, n)))
		data, err := s.ReadAll(t.Context(), 2)
		if n <= 2 && (err != nil || len(data) != n) {
			t.Errorf("%d of 2 bytes: %d, %v", n, len(data), err)
		}
		if f := fault.As(err); n > 2 && (f == nil || f.Kind != fault.Budget || f.Limit != 2 ||
			f.Subject != "standard input") {
			t.Errorf("%d of 2 bytes: %v", n, err)
		}
	}
}

func TestAStateFileIsARegularOneWithinItsLimit(t *testing.T) {
	path := newFile(t, "state")
	if data, err := ReadFile(path, 5); err != nil || string(data) != "state" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := ReadFile(path, 4); fault.KindOf(err) != fault.Budget {
		t.Errorf("a longer file: %v", err)
	}
	if _, err := ReadFile(newPipe(t), 5); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a pipe: %v", err)
	}
}
