package oracle

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/node"
)

// compiled is the cache of compiled plugins for all nodes: the units take seconds to compile.
var compiled string

func TestMain(m *testing.M) {
	var err error
	if compiled, err = os.MkdirTemp("", "inos-oracle-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(compiled)
	os.Exit(code)
}

// proofs has one test for each op, by unit; each unit's file adds its own.
var proofs = map[string]map[string]func(*stand){}

// prove is called while variables are initialised.
func prove(unit string, ops map[string]func(*stand)) bool {
	proofs[unit] = ops
	return true
}

// stand is a test with a node that has all plugins that ship.
type stand struct {
	*testing.T
	node *node.Node
}

func newStand(t *testing.T) *stand {
	t.Helper()
	data := t.TempDir()
	if err := os.Symlink(compiled, filepath.Join(data, "cache")); err != nil {
		t.Fatal(err)
	}
	n, err := node.Start(context.Background(), node.Options{
		DataDir: data, WorkerPath: hosttest.Worker(t), ArenaBytes: 256 << 20,
		PluginDirs: []string{filepath.Dir(hosttest.Path(t, hosttest.Boids))},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return &stand{t, n}
}

// TestEachOp runs the proof of each op, like TestEachOp/crypto.sha256.
func TestEachOp(t *testing.T) {
	s := newStand(t)
	for _, unit := range slices.Sorted(maps.Keys(proofs)) {
		for _, op := range slices.Sorted(maps.Keys(proofs[unit])) {
			t.Run(unit+"."+op, func(t *testing.T) { proofs[unit][op](&stand{t, s.node}) })
		}
	}
}

// An op without a proof is not listed, nor the other way round. The flock has proofs of its own.
func TestNoOpIsWithoutAProof(t *testing.T) {
	s, ops := newStand(t), 0
	for _, unit := range s.node.Units() {
		if unit.Name == "boids" {
			continue
		}
		for _, op := range unit.Ops {
			ops++
			if proofs[unit.Name][op.Name] == nil {
				t.Errorf("%s.%s has no proof", unit.Name, op.Name)
			}
		}
		for op := range proofs[unit.Name] {
			if !slices.ContainsFunc(unit.Ops, func(o manifest.Op) bool { return o.Name == op }) {
				t.Errorf("%s.%s has a proof and is not there", unit.Name, op)
			}
		}
	}
	t.Logf("%d ops, each with a proof", ops)
}

// params are an op's, by name.
type params map[string]any

// run is what an op makes of the inputs; it fails the test when the op does.
func (s *stand) run(op string, p params, inputs ...[]byte) *job.Result {
	s.Helper()
	r, err := s.try(op, p, inputs...)
	if err != nil {
		s.Fatalf("%s %v: %v", op, p, err)
	}
	return r
}

// output is the first output of an op.
func (s *stand) output(op string, p params, inputs ...[]byte) []byte {
	s.Helper()
	r := s.run(op, p, inputs...)
	if len(r.Outputs) == 0 {
		s.Fatalf("%s gave no output", op)
	}
	return r.Outputs[0].Bytes
}

// figure is a result of an op by its name.
func (s *stand) figure(r *job.Result, name string) float64 {
	s.Helper()
	for _, f := range r.Results {
		if f.Name == name {
			return f.Value
		}
	}
	s.Fatalf("%s.%s has no result %s", r.Unit, r.Op, name)
	return 0
}

func (s *stand) try(op string, p params, inputs ...[]byte) (*job.Result, error) {
	unit, name, _ := strings.Cut(op, ".")
	request := job.Request{Unit: unit, Op: name, Params: p}
	for _, in := range inputs {
		request.Inputs = append(request.Inputs, job.Input{Bytes: in})
	}
	return s.node.Run(s.Context(), request)
}

// refused fails unless the op refuses the inputs as invalid, in words that have these in them. A trap, a
// hang or a memory limit is no refusal.
func (s *stand) refused(words, op string, p params, inputs ...[]byte) {
	s.Helper()
	_, err := s.try(op, p, inputs...)
	f := fault.As(err)
	if f == nil || f.Kind == fault.Trap || f.Kind == fault.Memory || f.Kind == fault.Deadline || f.Kind == fault.Crash ||
		f.Kind == fault.Fault || !strings.Contains(err.Error(), words) {
		s.Errorf("%s %v: %v, want %q", op, p, err, words)
	}
}

// debianPython is the one that has numpy, scipy and PyJWT from Debian's packages.
const debianPython = "/usr/bin/python3"

// tool runs another program and returns what it prints.
func (s *stand) tool(stdin []byte, name string, args ...string) []byte {
	s.Helper()
	c := exec.CommandContext(s.Context(), name, args...)
	c.Stdin = bytes.NewReader(stdin)
	var trouble bytes.Buffer
	c.Stderr = &trouble
	out, err := c.Output()
	if err != nil {
		s.Fatalf("%s %q: %v: %s; make setup installs it", name, args, err, trouble.Bytes())
	}
	return out
}
