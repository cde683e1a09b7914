package host_test

import (
	"context"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/wire"
)

// world is a host with the real worker program.
type world struct {
	cfg   host.Config
	arena *arena.Arena
}

func newWorld(t testing.TB, budget int64) *world {
	t.Helper()
	w := &world{arena: arena.New(budget), cfg: host.Config{
		WorkerPath: hosttest.Worker(t), CacheDir: t.TempDir(), Launcher: host.NewLauncher(),
	}}
	t.Cleanup(func() {
		w.cfg.Launcher.Close()
		if err := w.arena.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) spawn(t testing.TB, p *host.Plugin) *host.Worker {
	t.Helper()
	worker, err := host.Spawn(context.Background(), w.cfg, w.arena, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Close)
	return worker
}

// call runs an op by name with default parameters and the given input.
func call(
	w *host.Worker, p *host.Plugin, op string, params map[string]any, input []byte,
) (*host.Result, error) {
	o := p.Manifest.Units[0].FindOp(op)
	values, err := manifest.CoerceParams(o.Params, params)
	if err != nil {
		return nil, err
	}
	c := host.Call{Op: o.Number, Outputs: len(o.Outputs), Results: len(o.Results)}
	for _, v := range values {
		switch v.Kind {
		case manifest.Integer:
			c.Params = append(c.Params, wire.IntegerOf(v.Int))
		case manifest.Text:
			c.Params = append(c.Params, wire.TextOf(v.Text))
		default:
			c.Params = append(c.Params, wire.NumberOf(v.Number))
		}
	}
	if len(o.Inputs) > 0 {
		in, err := w.NewInput(int64(len(input)))
		if err != nil {
			return nil, err
		}
		defer in.Release()
		copy(in.Bytes(), input)
		c.Inputs = append(c.Inputs, in)
	}
	return w.Call(context.Background(), c)
}

// attacks are the ops of the hostile plugin, with the end that each must find.
var attacks = []struct {
	op      string
	kind    fault.Kind
	message string
}{
	{"hang", fault.Deadline, "the call ran longer than its 500ms"},
	{"recurse", fault.Trap, "endless recursion"},
	{"recurse_native", fault.Trap, "endless recursion"},
	{"bomb", fault.Memory, "the limit is 33554432"},
	{"log_flood", fault.LogFlood, "log lines within a second"},
	{"write_input", fault.Fault, "wrote to a read-only window at guest address 0x68000000"},
	{"read_hole", fault.Fault, "read memory that is not its own at guest address 0x"},
	{"write_hole", fault.Fault, "wrote to memory that is not its own at guest address 0x"},
	{"trap", fault.Trap, "unreachable"},
	{"panic", fault.Trap, "on purpose: no reason"},
	{"rant", fault.Trap, "rant"},
}

// overrun is how long after its deadline an attack may live. The race detector and
// a busy machine slow the kernel down, not the promise: the median is held to it by `inos bench`.
const overrun = 100 * time.Millisecond

func TestEveryAttackEndsWithItsName(t *testing.T) {
	w := newWorld(t, 16<<20)
	for _, a := range attacks {
		t.Run(a.op, func(t *testing.T) {
			p := hosttest.Plugin(t, hosttest.Hostile)
			if a.op == "recurse_native" {
				// The runtime doubles its stack up to its ceiling first: half a second when busy.
				p.Manifest.Limits.CallMs = 10_000
			}
			deadline := time.Duration(p.Manifest.Limits.CallMs) * time.Millisecond
			worker := w.spawn(t, p)
			begin := time.Now()
			_, err := call(worker, p, a.op, nil, []byte("victim"))
			took := time.Since(begin)
			f := fault.As(err)
			if f == nil || f.Kind != a.kind || !strings.Contains(f.Message(), a.message) {
				t.Fatalf("got %v (%s), want %s with %q", err, fault.KindOf(err), a.kind, a.message)
			}
			if f.Subject != p.Manifest.ID {
				t.Errorf("the error names %q", f.Subject)
			}
			if strings.ContainsAny(f.Error(), "\x1b\x00\r") {
				t.Errorf("control characters in %q", f.Error())
			}
			if took > deadline+overrun {
				t.Errorf("it ended after %s, its deadline is %s", took, deadline)
			}
			if worker.Alive() {
				t.Error("its worker may go on")
			}
		})
	}
}

func TestLiesOfAGuestAreRefusedAndHarmless(t *testing.T) {
	p := hosttest.Plugin(t, hosttest.Hostile)
	w := newWorld(t, 16<<20)
	worker := w.spawn(t, p)
	for range 3 {
		res, err := call(worker, p, "lies", nil, []byte("honest"))
		if err != nil {
			t.Fatal(err)
		}
		if res.Results[0] < 100 {
			t.Errorf("only %v lies were told", res.Results[0])
		}
		if n := len(res.Outputs[0].Bytes()); n != 100 {
			t.Errorf("the honest output has %d bytes", n)
		}
		res.Release()
	}
}

func TestOutputsGrowWithTheirContentUpToTheLimits(t *testing.T) {
	p := hosttest.Plugin(t, hosttest.Hostile)
	w := newWorld(t, 16<<20)
	worker := w.spawn(t, p)
	for _, n := range []int{0, 1, 4096, 65536, 65537, 1_000_000, 3_000_000} {
		res, err := call(worker, p, "grow_output", map[string]any{"bytes": n, "step": 65537}, nil)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		got := res.Outputs[0].Bytes()
		if len(got) != n {
			t.Errorf("%d bytes, want %d", len(got), n)
		}
		for i, b := range got {
			if b != 0x5a {
				t.Fatalf("of %d bytes byte %d is %#x", n, i, b)
			}
		}
		res.Release()
	}
	_, err := call(worker, p, "grow_output",
		map[string]any{"bytes": 9_000_000, "step": 9_000_000}, nil)
	if f := fault.As(err); f == nil || f.Kind != fault.Budget || f.Limit != 8<<20 {
		t.Errorf("over limits.outputBytes: %v", err)
	}
	small := newWorld(t, 1<<20)
	_, err = call(small.spawn(t, p), p, "grow_output",
		map[string]any{"bytes": 2_000_000, "step": 2_000_000}, nil)
	if f := fault.As(err); f == nil || f.Kind != fault.Budget || f.Needed < 2_000_000 ||
		f.Limit != 1<<20 || !strings.Contains(f.Next, "--arena") {
		t.Errorf("over the arena: %v", err)
	}
}

func TestACallReadsItsInputWhereItLies(t *testing.T) {
	p := hosttest.Plugin(t, hosttest.Adder)
	w := newWorld(t, 16<<20)
	worker := w.spawn(t, p)
	for _, n := range []int{1, 1000, 1 << 20} {
		input := make([]byte, 4*n)
		want := 0.0
		for i := range n {
			v := float32(i % 77)
			want += float64(v)
			binary.LittleEndian.PutUint32(input[4*i:], math.Float32bits(v))
		}
		res, err := call(worker, p, "sum", nil, input)
		if err != nil {
			t.Fatal(err)
		}
		if res.Results[0] != float64(n) || res.Results[1] != want {
			t.Errorf("%d values: got %v, want sum %v", n, res.Results, want)
		}
		res.Release()
	}
	_, err := call(worker, p, "sum", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "values has 0 bytes") {
		t.Errorf("an empty input: %v", err)
	}
	used := w.arena.Used()
	worker.Trim()
	if w.arena.Used() != 0 || used == 0 {
		t.Errorf("%d bytes are kept between calls, %d after a trim", used, w.arena.Used())
	}
	if _, err := call(worker, p, "add", map[string]any{"a": 1, "b": 2}, nil); err != nil {
		t.Errorf("after a trim: %v", err)
	}
}

func TestNothingLeaksAfterTwoHundredRepeats(t *testing.T) {
	p := hosttest.Plugin(t, hosttest.Hostile)
	p.Manifest.Limits.CallMs = 20 // hang often, not long
	w := newWorld(t, 16<<20)
	fds, children := -1, -1
	for i := range 200 {
		a := attacks[i%len(attacks)]
		if a.op == "log_flood" || a.op == "recurse_native" {
			a = attacks[0] // a fifth of a second each: they have had their turn
		}
		worker, err := host.Spawn(context.Background(), w.cfg, w.arena, p, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := call(worker, p, a.op, nil, []byte("victim")); err == nil {
			t.Fatalf("%s was not stopped", a.op)
		}
		worker.Close()
		if i == 20 { // the runtime has opened what it needs by now
			fds, children = hosttest.FDs(t), hosttest.Children(t)
		}
	}
	if n := hosttest.FDs(t); n > fds {
		t.Errorf("%d descriptors after 200 attacks, %d after 20", n, fds)
	}
	if n := hosttest.Children(t); n > children || n > 0 {
		t.Errorf("%d processes after 200 attacks, %d after 20", n, children)
	}
	if n := w.arena.Used(); n != 0 {
		t.Errorf("%d bytes of the arena are in use", n)
	}
}
