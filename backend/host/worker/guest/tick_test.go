//go:build linux

package guest

import (
	"context"
	"testing"

	"inos/backend/arena"
	w "inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

// ticker reads a parameter and the slot's address, writes there, publishes and reports progress.
func ticker() []byte {
	m := w.New()
	param := m.Import("param_f64", w.Sig("i", "d"))
	channel := m.Import("channel", w.Sig("i", "i"))
	publish := m.Import("channel_publish", w.Sig("ii", "i"))
	progress := m.Import("progress", w.Sig("ll", "i"))
	m.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	m.Func("inos_tick", true, w.Sig("iiii", "i"), "",
		w.Const(0), w.Call(channel), w.Const(0), w.Call(param), w.StoreF,
		w.Const(0), w.Const(3), w.Call(publish), w.Drop,
		w.Const64(1), w.Const64(2), w.Call(progress))
	return m.Bytes()
}

func TestATickAllocatesNothing(t *testing.T) {
	ctx := context.Background()
	program, err := Compile(ctx, ticker(), "")
	if err != nil {
		t.Fatal(err)
	}
	space, err := NewSpace(1)
	if err != nil {
		t.Fatal(err)
	}
	host := &Host{
		Channels: NewChannels(),
		Progress: func(done, total uint64) bool { return done+total != 3 },
		Refused:  func(int32, int32) {},
		OwnBytes: func(int64) {},
	}
	i, err := program.Instantiate(ctx, Config{Space: space, MemoryBytes: 1 << 20, Host: host})
	if err != nil {
		t.Fatal(err)
	}
	a := arena.New(1 << 20)
	defer a.Close()
	c, err := a.NewChannel("test", 100, 32, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Channels.Attach(0, c, []*Memory{i.Memory()}); err != nil {
		t.Fatal(err)
	}
	i.SetParams([]wire.Value{wire.NumberOf(6.25)})
	tick := uint64(0)
	perTick := testing.AllocsPerRun(100, func() {
		tick++
		host.Channels.Begin()
		if code, err := i.Tick(0, 0, 1, 16667); code != 0 || err != nil {
			t.Fatal(code, err)
		}
		if n := host.Channels.End(tick, arena.Monotonic()); n != 1 {
			t.Fatalf("%d frames published", n)
		}
	})
	if perTick != 0 {
		t.Errorf("%g allocations in a tick", perTick)
	}
	f, ok := c.Acquire()
	if !ok || f.Count != 3 || f.Tick != tick {
		t.Errorf("frame %+v", f)
	}
}
