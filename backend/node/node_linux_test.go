package node

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/job"
	"inos/backend/unit"
)

// start runs a node over the plugins of the build and checks at the end that nothing is left.
func start(t testing.TB, change func(*Options)) *Node {
	t.Helper()
	o := Options{
		DataDir: t.TempDir(), WorkerPath: hosttest.Worker(t),
		PluginDirs: []string{hosttest.Folder(t, hosttest.Boids, hosttest.Adder, hosttest.Hostile)},
	}
	if change != nil {
		change(&o)
	}
	n, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if used := n.Arena().Used(); used != 0 {
			t.Errorf("%d bytes of the arena are in use after Close", used)
		}
		if c := hosttest.Children(t); c != 0 {
			t.Errorf("%d processes are left", c)
		}
	})
	return n
}

func run(n *Node, op string, params map[string]any, input []byte) (*job.Result, error) {
	unitName, opName, _ := strings.Cut(op, ".")
	r := job.Request{Unit: unitName, Op: opName, Params: params, NoCache: true} // these tests are about workers
	if input != nil {
		r.Inputs = []job.Input{{Bytes: input}}
	}
	return n.Run(context.Background(), r)
}

func TestAnOpRunsFromTheFolderToTheResult(t *testing.T) {
	n := start(t, nil)
	for i := range 3 {
		r, err := run(n, "adder.add", map[string]any{"a": 2, "b": "40"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := r.Figure("sum"); !ok || v != 42 {
			t.Errorf("sum %v", v)
		}
		if r.Started != (i == 0) {
			t.Errorf("call %d: started is %t", i, r.Started)
		}
	}
	var input []byte
	for _, v := range []float32{1, 2, 3.5} {
		input = binary.LittleEndian.AppendUint32(input, math.Float32bits(v))
	}
	path := filepath.Join(t.TempDir(), "values")
	if err := os.WriteFile(path, input, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := n.Run(context.Background(), job.Request{
		Unit: "adder", Op: "sum", Inputs: []job.Input{{Path: path}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := r.Figure("sum"); v != 6.5 {
		t.Errorf("sum of a file: %v", v)
	}
}

func TestAJobsOutputFeedsTheNextJob(t *testing.T) {
	n := start(t, nil)
	r, err := run(n, "boids.init", map[string]any{"count": 1000, "seed": 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Outputs) != 1 || r.Outputs[0].Len != 1000*arena.InstanceBytes {
		t.Fatalf("outputs %+v", r.Outputs)
	}
	stats, err := run(n, "boids.stats", nil, r.Outputs[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(stats.Results) == 0 {
		t.Errorf("%+v", stats)
	}
}

// mostTaken bounds an attack with the start of its worker, cold compile included; how soon after
// its deadline it ends is tested in backend/host.
const mostTaken = 1500 * time.Millisecond

// Every attack has its clear end, and the flock beside does not notice.
func TestTheFlockFliesOnBesideEveryAttack(t *testing.T) {
	n := start(t, nil)
	flock, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 1000}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	worker := flock.Worker()
	for _, a := range []struct {
		op      string
		kind    fault.Kind
		message string
	}{
		{"hang", fault.Deadline, "longer than its 500ms"},
		{"recurse", fault.Trap, "endless recursion"},
		{"bomb", fault.Memory, "the limit is 33554432"},
		{"write_input", fault.Fault, "wrote to a read-only window at guest address 0x"},
		{"write_hole", fault.Fault, "wrote to memory that is not its own"},
		{"trap", fault.Trap, "unreachable"},
		{"panic", fault.Trap, "on purpose"},
		{"log_flood", fault.LogFlood, "log lines"},
	} {
		t.Run(a.op, func(t *testing.T) {
			before, begin := flock.Stats().Ticks, time.Now()
			var input []byte
			if a.op == "write_input" {
				input = []byte("victim")
			}
			_, err := run(n, "hostile."+a.op, nil, input)
			f := fault.As(err)
			if f == nil || f.Kind != a.kind || f.Subject != "dev.inos.hostile" ||
				!strings.Contains(f.Message(), a.message) {
				t.Errorf("got %v, want %s with %q", err, a.kind, a.message)
			}
			if took := time.Since(begin); took > mostTaken {
				t.Errorf("it took %s", took)
			}
			waitTicks(t, flock, before+3)
		})
	}
	if st := flock.Stats(); st.Restarts != 0 || flock.Worker() != worker || st.State != unit.Running {
		t.Errorf("the flock was disturbed: %+v", st)
	}
}

func waitTicks(t testing.TB, l *unit.Live, n uint64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); l.Stats().Ticks < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%s stands at tick %d, %d was awaited", l.Unit(), l.Stats().Ticks, n)
		}
		time.Sleep(time.Millisecond) // it ticks in another process
	}
}

func TestNothingLeaksAfterTwoHundredJobsAndLives(t *testing.T) {
	n := start(t, nil)
	fds, used := 0, int64(0)
	for i := range 200 {
		op := []string{"trap", "panic", "write_hole", "read_hole"}[i%4]
		if _, err := run(n, "hostile."+op, nil, nil); err == nil {
			t.Fatalf("%s was not stopped", op)
		}
		if i%10 == 0 {
			l, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
				Params: map[string]any{"count": 500}, RateHz: unit.Unpaced, Ticks: 2,
			})
			if err != nil {
				t.Fatal(err)
			}
			<-l.Done()
			l.Stop()
		}
		if i == 20 {
			fds, used = hosttest.FDs(t), n.Arena().Used()
		}
	}
	if got := hosttest.FDs(t); got > fds {
		t.Errorf("%d descriptors after 200 jobs, %d after 20", got, fds)
	}
	if got := n.Arena().Used(); got != used || got != arena.KernelSegmentBytes {
		t.Errorf("%d bytes in use after 200 jobs, %d after 20", got, used)
	}
	if c := hosttest.Children(t); c != 0 {
		t.Errorf("%d processes are left", c)
	}
}

func TestAFullArenaIsRelievedOfIdleWorkers(t *testing.T) {
	n := start(t, func(o *Options) { o.ArenaBytes = 4 << 20 })
	if _, err := run(n, "adder.sum", nil, make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	// The idle adder still holds its 3 MiB; the flock's channel needs them.
	l, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 20_000}, Paused: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Stop()
	_, err = run(n, "adder.sum", nil, make([]byte, 3<<20))
	f := fault.As(err)
	if f == nil || f.Kind != fault.Budget || f.Needed <= f.Limit || f.Limit != 4<<20 {
		t.Errorf("over the budget: %v", err)
	}
	if err := n.SetArenaLimit(f.Needed); err != nil {
		t.Fatal(err)
	}
	if _, err := run(n, "adder.sum", nil, make([]byte, 3<<20)); err != nil {
		t.Errorf("with the bytes that were asked for: %v", err)
	}
	if err := n.SetArenaLimit(1 << 20); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a limit below what is in use: %v", err)
	}
}

func TestCancellingARunStopsTheGuest(t *testing.T) {
	n := start(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	seen := make(chan struct{}, 1)
	_, err := n.Run(ctx, job.Request{Unit: "hostile", Op: "slow_cancel",
		Progress: func(done, total uint64) {
			select {
			case seen <- struct{}{}:
				cancel()
			default:
			}
		}})
	if fault.KindOf(err) != fault.Canceled {
		t.Errorf("got %v", err)
	}
	if len(seen) != 1 {
		t.Error("there was no progress")
	}
}

func TestANodeRefusesWhatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, o := range map[string]Options{
		"an arena of nothing":     {DataDir: t.TempDir(), ArenaBytes: 1},
		"an arena without end":    {DataDir: t.TempDir(), ArenaBytes: 1 << 50},
		"a data folder in a file": {DataDir: filepath.Join(file, "data")},
	} {
		if n, err := Start(context.Background(), o); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
			if err == nil {
				_ = n.Close()
			}
		}
	}
}

func TestAMissingWorkerProgramIsSaidWithTheRemedy(t *testing.T) {
	n := start(t, func(o *Options) { o.WorkerPath = "/nonexistent/inos-worker" })
	_, err := run(n, "adder.add", nil, nil)
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable ||
		!strings.Contains(f.Error(), "/nonexistent/inos-worker") {
		t.Errorf("got %v", err)
	}
}

func TestWorkersEndWithTheirKernelThread(t *testing.T) {
	n := start(t, nil)
	l, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 500},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := l.Worker()
	n.launcher.Close() // as if the process had died: the thread that forked is gone
	select {
	case <-w.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the worker outlived it")
	}
	if err := syscall.Kill(w.PID(), 0); err == nil {
		t.Errorf("process %d is there", w.PID())
	}
}

func TestListsAreQuick(t *testing.T) {
	n := start(t, nil)
	var names []string
	for _, u := range n.Units() {
		names = append(names, u.Name)
	}
	if got := strings.Join(names, " "); got != "adder boids hostile" {
		t.Errorf("units %s", got)
	}
	best := time.Hour
	for range 5 {
		begin := time.Now()
		n.Plugins()
		best = min(best, time.Since(begin))
	}
	if best > 60*time.Millisecond {
		t.Errorf("a list takes %s", best)
	}
}
