package host

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/wire"
)

// chaosMessages is how many random messages a fake worker sends in answer to a call.
const chaosMessages = 40

// chaos answers a call with messages that are well formed and make no sense.
func chaos(f *fake, m *wire.Message) int {
	var seed uint64
	if _, err := fmt.Sscanf(f.how, "chaos%d", &seed); err != nil {
		return 1
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for range chaosMessages {
		if f.c.Send(nonsense(r, m)) != nil {
			return 1
		}
	}
	return r.IntN(100)
}

func nonsense(r *rand.Rand, call *wire.Message) *wire.Message {
	pick := func(vs ...uint64) uint64 { return vs[r.IntN(len(vs))] }
	m := &wire.Message{
		ID:   uint32(pick(0, uint64(call.ID), uint64(call.ID), uint64(call.ID)+1, r.Uint64())),
		Kind: wire.Kind(r.IntN(int(wire.KindFinished) + 1)),
	}
	size := func() uint64 { return pick(0, 1, 4096, 65536, 65537, 1<<20, 1<<40, r.Uint64()) }
	m.Need = wire.Need{Index: uint16(pick(0, 1, 2, 60000)), Length: size()}
	m.Log = wire.Log{Level: uint8(r.Uint32()), Text: "\x1b[2J\xff"}
	m.Fault = wire.Fault{Address: r.Uint32(), Instance: r.Uint32(), Code: r.Uint32N(8), Signal: r.Uint32()}
	m.Failed = wire.Failed{Kind: wire.FailKind(r.IntN(9)), Text: "\x00x"}
	m.Finished = r.Uint64()
	m.Result = wire.Result{Code: int32(pick(0, 0, 1)), GuestNs: size()}
	for range pick(0, 2, 2, 3) {
		m.Result.Results = append(m.Result.Results, r.Float64())
	}
	for range pick(0, 1, 2, 3) {
		o := wire.Output{Index: uint16(pick(0, 1, 2)), Segment: r.Uint32N(40), Length: size()}
		if len(call.Call.Outputs) > 0 && r.IntN(2) == 0 {
			o.Segment = call.Call.Outputs[0].Segment
		}
		m.Result.Outputs = append(m.Result.Outputs, o)
	}
	return m
}

// Whatever a worker says: each call ends in time, with a result that keeps to what was lent or
// with an error that names the plugin, and nothing is left.
func TestNonsenseHarmsNobody(t *testing.T) {
	h := newTestHost(t, 4<<20)
	before := -1
	for seed := range 150 {
		w := h.spawn(t, fmt.Sprintf("chaos%d", seed))
		in, err := w.NewInput(5000)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		res, err := w.Call(context.Background(), Call{
			Outputs: 2, Results: 2, Inputs: []*Payload{in},
		})
		if d := time.Since(begin); d > soon {
			t.Errorf("seed %d: the call took %s", seed, d)
		}
		if err == nil {
			for i := range res.Outputs {
				if n := len(res.Outputs[i].Bytes()); int64(n) > 4<<20 {
					t.Errorf("seed %d: an output of %d bytes", seed, n)
				}
			}
			res.Release()
		} else if f := fault.As(err); f == nil || f.Subject != w.Plugin().Manifest.ID {
			t.Errorf("seed %d: %v", seed, err)
		}
		in.Release()
		w.Close()
		if used := h.arena.Used(); used != 0 {
			t.Fatalf("seed %d: %d bytes are still in use", seed, used)
		}
		if seed == 20 {
			before = openFDs(t)
		}
	}
	if n := openFDs(t); n > before {
		t.Errorf("%d descriptors at the end, %d after 20 workers", n, before)
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
