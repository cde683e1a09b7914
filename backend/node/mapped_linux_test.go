package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"inos/backend/fault"
	"inos/backend/job"
)

// mappedBytes is more than any arena of these tests has.
const mappedBytes = 64 << 20

func mappedFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapped")
	if err := os.WriteFile(path, []byte{1}, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, mappedBytes); err != nil {
		t.Fatal(err)
	}
	return path
}

// reread runs an op that reads the file until its first byte changes, and calls meddle once it does.
// The op has half a second, which a busy machine may need for less.
func reread(t *testing.T, n *Node, path string, meddle func() error) error {
	t.Helper()
	for range 10 {
		var once atomic.Bool
		_, err := n.Run(context.Background(), job.Request{
			Unit: "hostile", Op: "reread", Inputs: []job.Input{{Path: path}},
			Progress: func(done, _ uint64) {
				if done > 0 && once.CompareAndSwap(false, true) {
					if err := meddle(); err != nil {
						t.Error(err)
					}
				}
			},
		})
		if fault.KindOf(err) != fault.Deadline {
			return err
		}
	}
	t.Fatal("it was always too late")
	return nil
}

func TestAFileThatIsCutShortWhileItIsReadIsNamed(t *testing.T) {
	n := start(t, nil)
	path := mappedFile(t)
	err := reread(t, n, path, func() error { return os.Truncate(path, 1) })
	f := fault.As(err)
	if f == nil || f.Kind != fault.Invalid || f.Subject != path || !strings.Contains(f.Message(), "cut short") {
		t.Errorf("got %v", err)
	}
	if r, err := run(n, "adder.add", map[string]any{"a": 2, "b": 40}, nil); err != nil {
		t.Errorf("the next job: %v, %v", r, err)
	}
}

func TestWhatComesOfAFileThatChangedIsThrownAway(t *testing.T) {
	n := start(t, nil)
	path := mappedFile(t)
	err := reread(t, n, path, func() error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt([]byte{2}, 0)
		return err
	})
	f := fault.As(err)
	if f == nil || f.Kind != fault.Invalid || f.Subject != path || !strings.Contains(f.Message(), "changed while it was read") {
		t.Errorf("got %v", err)
	}
}

func TestAFileDoesNotCountAgainstTheArena(t *testing.T) {
	n := start(t, func(o *Options) { o.ArenaBytes = 1 << 20 })
	path := mappedFile(t)
	r, err := n.Run(context.Background(), job.Request{
		Unit: "adder", Op: "sum", Inputs: []job.Input{{Path: path}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := r.Figure("count"); v != mappedBytes/4 {
		t.Errorf("%v values", v)
	}
	if used := n.Arena().Used(); used > 1<<20 {
		t.Errorf("%d bytes of the arena are in use", used)
	}
	_, err = n.Run(context.Background(), job.Request{
		Unit: "hostile", Op: "write_input", Inputs: []job.Input{{Path: path}},
	})
	if fault.KindOf(err) != fault.Fault || !strings.Contains(err.Error(), "read-only window") {
		t.Errorf("a write into it: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || b[0] != 1 {
		t.Errorf("the file was changed: %v", err)
	}
}
