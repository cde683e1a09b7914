//go:build linux

package worker_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/wire"
)

// fileOf is a sparse file of that many bytes, the first of which are given.
func fileOf(t *testing.T, byteLen int64, first string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "users-file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(first); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(byteLen); err != nil {
		t.Fatal(err)
	}
	return f
}

func fileWindow(index uint32, byteLen uint64) wire.Window {
	return wire.Window{
		Segment: wire.FileWindows + index, Length: byteLen, ByteLen: (byteLen + 4095) / 4096 * 4096,
		IsNew: true, IsFile: true,
	}
}

// holds reports whether the worker has the test's file open, or mapped.
func (k *worker) holds(t *testing.T) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", k.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	folder := fmt.Sprintf("/proc/%d/fd", k.cmd.Process.Pid)
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if to, _ := os.Readlink(filepath.Join(folder, e.Name())); strings.HasSuffix(to, "/users-file") {
			return true
		}
	}
	return bytes.Contains(maps, []byte("/users-file"))
}

func TestAFileIsAWindowThatEndsWithItsCall(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	for _, byteLen := range []int64{300_001, 6 << 30} { // mapped whole, and in ranges
		f := fileOf(t, byteLen, "starling")
		far := byteLen - 8
		if _, err := f.WriteAt([]byte{77}, far); err != nil {
			t.Fatal(err)
		}
		r := k.result(wire.Call{
			Op: opRange, Results: 2, Params: integers(far),
			Inputs: []wire.Window{fileWindow(0, uint64(byteLen))},
		}, int(f.Fd()))
		if r.Results[0] != 77 || r.Results[1] != 'i' {
			t.Errorf("%d bytes: read %v", byteLen, r.Results)
		}
		if k.holds(t) {
			t.Errorf("%d bytes: the worker holds the file after the call", byteLen)
		}
	}
}

func TestAFileIsNotTakenForASegment(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	f := fileOf(t, 4096, "")
	for name, change := range map[string]func(*wire.Window){
		"a number of a segment":  func(w *wire.Window) { w.Segment = 7 },
		"a segment's flag":       func(w *wire.Window) { w.IsFile = false },
		"more bytes than it has": func(w *wire.Window) { w.Length = 4097 },
	} {
		w := fileWindow(0, 4096)
		change(&w)
		if m := k.call(wire.Call{Op: opCopy, Inputs: []wire.Window{w}}, int(f.Fd())); m.Kind != wire.KindFailed {
			t.Errorf("%s: answered %s", name, m.Kind)
		}
		if k.holds(t) {
			t.Errorf("%s: the worker holds the file", name)
		}
	}
	w := fileWindow(0, 4096)
	w.IsNew = false
	if m := k.call(wire.Call{Op: opCopy, Inputs: []wire.Window{w}}); m.Kind != wire.KindFailed {
		t.Errorf("without a descriptor: answered %s", m.Kind)
	}
}
