package host_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"inos/backend/host"
	"inos/backend/host/hosttest"
	"inos/backend/wire"
)

func BenchmarkCall(b *testing.B) {
	p := hosttest.Plugin(b, hosttest.Adder)
	worker := newWorld(b, 32<<20).spawn(b, p)
	add := host.Call{Results: 1, Params: []wire.Value{wire.NumberOf(1), wire.NumberOf(2)}}
	b.Run("add", func(b *testing.B) { benchCall(b, worker, add) })
	const large = 16 << 20
	in, err := worker.NewInput(large)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Release()
	at := host.Call{
		Op: 1, Results: 1, Params: []wire.Value{wire.IntegerOf(0), wire.IntegerOf(large/4 - 1)},
		Inputs: []*host.Payload{in},
	}
	b.Run("add_at/16MiB", func(b *testing.B) { b.SetBytes(large); benchCall(b, worker, at) })
}

func benchCall(b *testing.B, w *host.Worker, c host.Call) {
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		res, err := w.Call(context.Background(), c)
		took = append(took, time.Since(begin))
		if err != nil {
			b.Fatal(err)
		}
		res.Release()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/10].Nanoseconds()), "p10-ns")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
}

func BenchmarkSpawnToFirstAnswer(b *testing.B) {
	p := hosttest.Plugin(b, hosttest.Adder)
	w := newWorld(b, 16<<20)
	w.spawn(b, p).Close() // the compile cache is warm from here on
	for b.Loop() {
		worker, err := host.Spawn(context.Background(), w.cfg, w.arena, p, 1)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := call(worker, p, "add", nil, nil); err != nil {
			b.Fatal(err)
		}
		worker.Close()
	}
}
