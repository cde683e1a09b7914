package node

import (
	"bytes"
	"context"
	"testing"

	"inos/backend/fault"
	"inos/backend/job"
)

func hold(t *testing.T, n *Node, unit, op string, params map[string]any, inputs ...job.Input) *job.Result {
	t.Helper()
	r, err := n.Run(context.Background(), job.Request{
		Unit: unit, Op: op, Params: params, Inputs: inputs, Hold: true, NoCache: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnOutputIsLentToTheNextPluginWithoutACopy(t *testing.T) {
	n := start(t, nil)
	params := map[string]any{"count": 100_000, "seed": 3}
	want, err := run(n, "boids.init", params, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := n.Arena().Used()
	flock := hold(t, n, "boids", "init", params)
	out := flock.Outputs[0]
	if out.Held == nil || !bytes.Equal(out.Bytes, want.Outputs[0].Bytes) {
		t.Fatalf("%+v", flock)
	}
	stats := hold(t, n, "boids", "stats", nil, job.Input{Held: out.Held})
	direct, err := run(n, "boids.stats", nil, want.Outputs[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(stats.Copied) != 1 || stats.Copied[0] != 0 || direct.Copied[0] != want.Outputs[0].Len {
		t.Errorf("copied: %v, and of bytes %v", stats.Copied, direct.Copied)
	}
	for i := range stats.Results {
		if stats.Results[i] != direct.Results[i] {
			t.Errorf("%+v, of a copy %+v", stats.Results[i], direct.Results[i])
		}
	}
	// Two plugins, and twice the same output in one job.
	sum := hold(t, n, "adder", "sum", nil, job.Input{Held: out.Held})
	if v, _ := sum.Figure("count"); v != float64(out.Len/4) {
		t.Errorf("adder saw %v values", v)
	}
	out.Held.Release()
	if used := n.Arena().Used(); used > before {
		t.Errorf("%d bytes are in use, %d before", used, before)
	}
}

func TestAnOutputIsGoodAfterItsWorkerHasEnded(t *testing.T) {
	n := start(t, nil)
	flock := hold(t, n, "boids", "init", map[string]any{"count": 5000})
	defer flock.Outputs[0].Held.Release()
	n.jobs.Relieve() // ends idle workers
	if _, err := n.Run(context.Background(), job.Request{
		Unit: "boids", Op: "stats", Inputs: []job.Input{{Held: flock.Outputs[0].Held}}, NoCache: true,
	}); err != nil {
		t.Error(err)
	}
}

// The op remembers where its output lay and writes there when it is called again.
func TestWhoMadeAnOutputCannotWriteToItAnyMore(t *testing.T) {
	n := start(t, nil)
	first := hold(t, n, "hostile", "stale_output", nil)
	defer first.Outputs[0].Held.Release()
	_, err := n.Run(context.Background(), job.Request{Unit: "hostile", Op: "stale_output", Hold: true})
	if fault.KindOf(err) != fault.Fault {
		t.Errorf("a write where it lay: %v", err)
	}
	for i, b := range first.Outputs[0].Bytes {
		if b != 0x5a {
			t.Fatalf("byte %d was changed", i)
		}
	}
	_, err = n.Run(context.Background(), job.Request{
		Unit: "hostile", Op: "write_input", Inputs: []job.Input{{Held: first.Outputs[0].Held}},
	})
	if fault.KindOf(err) != fault.Fault {
		t.Errorf("a write by whom it is lent to: %v", err)
	}
	if first.Outputs[0].Bytes[0] != 0x5a {
		t.Error("whom it is lent to has changed it")
	}
}
