package node

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/host/hosttest"
	w "inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
	"inos/backend/unit"
)

// places are the birds' places in the newest frame, by their numbers.
func places(t *testing.T, live *unit.Live) [][3]float64 {
	t.Helper()
	var all [][3]float64
	live.View(func(c *arena.Channel) {
		f, err := c.Snapshot(make([]byte, c.SlotBytes()))
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Count {
			var p [3]float64
			for k := range p {
				bits := binary.LittleEndian.Uint32(f.Data[i*arena.InstanceBytes+4*k:])
				p[k] = float64(math.Float32frombits(bits))
			}
			all = append(all, p)
		}
	})
	return all
}

// farthest is how far the bird got that got farthest.
func farthest(from, to [][3]float64) float64 {
	most := 0.0
	for i := range min(len(from), len(to)) {
		var sum float64
		for k := range from[i] {
			sum += (to[i][k] - from[i][k]) * (to[i][k] - from[i][k])
		}
		most = max(most, math.Sqrt(sum))
	}
	return most
}

// inOneTick is how far a bird flies at 3 radii a second in a sixtieth of one, and a little more.
const inOneTick = 0.06

func TestTheFlockFliesOnThroughAReload(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 2000, "seed": 3}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	waitTicks(t, live, 60)
	// Paused, the new version does the one tick that follows the old one's last.
	if err := live.Pause(); err != nil {
		t.Fatal(err)
	}
	before := places(t, live)
	e := reloadBoids(t, n, "1.1.0")
	if !strings.HasSuffix(e.Text, " and goes on from where it was") || e.Severity != arena.Info {
		t.Errorf("%q", e.Text)
	}
	after := places(t, live)
	if far := farthest(before, after); len(after) != 2000 || far > inOneTick || far == 0 {
		t.Errorf("%d birds, one is %g radii from where it was", len(after), far)
	}
	// In flight.
	if err := live.Resume(); err != nil {
		t.Fatal(err)
	}
	waitTicks(t, live, live.Stats().Ticks+5)
	begin := time.Now()
	before = places(t, live)
	reloadBoids(t, n, "1.2.0")
	waitTicks(t, live, live.Stats().Ticks+1)
	// Ticks are as many as the clock allows, and the first of either version at once.
	most := 3*time.Since(begin).Seconds() + 3*inOneTick
	if far := farthest(before, places(t, live)); far > most {
		t.Errorf("a bird is %g radii from where it was, at most %g are possible", far, most)
	}
	// A reset begins anew, as ever.
	if err := live.Reset(); err != nil {
		t.Fatal(err)
	}
	await(t, "the beginning", func() bool { return farthest(before, places(t, live)) > 2 })
}

func reloadBoids(t *testing.T, n *Node, version string) arena.Event {
	t.Helper()
	since := head(n)
	install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion(version)))
	e := awaitEvent(t, n, since, arena.EventKindUnitReloaded)
	t.Log(e.Text)
	return e
}

// keeper is a plugin in boids' place that hands a state on, or takes one over, in its own way.
type keeper struct {
	save, load []byte // code; nil: not exported
	tick       []byte
}

// Functions and variables of a keeper's module.
const (
	outputMap = iota
	inputLen
	failed
	loaded = 0 // global: 1 once a state was taken over
)

const refusal = "my wings have changed"

func (k keeper) pack(t *testing.T, version string) []byte {
	t.Helper()
	m := *hosttest.Plugin(t, hosttest.Boids).Manifest
	m.Version, m.Limits.TickMs = version, 300
	units := append([]manifest.Unit{}, m.Units...)
	units[0].Ops = nil
	m.Units = units
	module := w.New()
	module.Import("output_map", w.Sig("il", "i"))
	module.Import("input_len", w.Sig("i", "l"))
	module.Import("fail", w.Sig("ii", ""))
	module.Global()
	module.Data(64, refusal)
	module.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	tick := k.tick
	if tick == nil {
		tick = w.Const(0)
	}
	module.Func("inos_tick", true, w.Sig("iiii", "i"), "", tick)
	for name, code := range map[string][]byte{"inos_save": k.save, "inos_load": k.load} {
		if code != nil {
			module.Func(name, true, w.Sig("", "i"), "", code)
		}
	}
	wasm, err := manifest.Pack(module.Bytes(), &m)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// Code of keepers.
var (
	// claim asks for room and returns 7 when there is none.
	claim = func(bytes int64) []byte {
		return w.Code(w.Const(0), w.Const64(bytes), w.Call(outputMap), w.IsZero,
			w.If(w.Const(7), w.Return), w.Const(0))
	}
	handsOn   = claim(24)
	takesOver = w.Code(w.Const(1), w.SetGlobal(loaded),
		w.Const(0), w.Call(inputLen), w.Wrap, w.Const(24), w.Sub) // 0 when it has that length
	hangs   = w.Code(w.Forever(), w.Const(0))
	refuses = w.Code(w.Const(64), w.Const(int32(len(refusal))), w.Call(failed), w.Const(3))
	// trapsOn is a tick that fails on what was taken over.
	trapsOn = w.Code(w.GetGlobal(loaded), w.If(w.Unreachable), w.Const(0))
)

// Whatever becomes of the state, the new version runs, soon, and the user is told why it began anew.
func TestAStateThatCannotBeCarriedOverCostsOnlyItself(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	const kept, anew = " and goes on from where it was", " and began anew"
	const none = anew + ", since the version before hands no state on"
	lost := func(why string) string { return anew + ", since its state could not be carried over: " + why }
	for i, c := range []struct {
		name     string
		old, new keeper
		want     string
	}{
		{"a good one", keeper{save: handsOn}, keeper{load: takesOver}, kept},
		{"none", keeper{}, keeper{load: takesOver}, none},
		{"nothing in it", keeper{save: w.Const(0)}, keeper{load: takesOver}, none},
		{
			"a save that hangs", keeper{save: hangs}, keeper{load: takesOver},
			lost("inos_save ran longer than its "),
		},
		{
			"a save that traps", keeper{save: w.Unreachable}, keeper{load: takesOver},
			lost("unreachable"),
		},
		{
			"a save of 4 GiB", keeper{save: claim(4 << 30)}, keeper{load: takesOver},
			lost("output 0 of 4294967296 bytes was refused"),
		},
		{
			"a save of 65 MiB", keeper{save: claim(65 << 20)}, keeper{load: takesOver},
			lost("output 0 of 68157440 bytes was refused"),
		},
		{
			"a save that fails", keeper{save: w.Code(handsOn, w.Drop, refuses)}, keeper{load: takesOver},
			lost(refusal),
		},
		{"nobody takes it", keeper{save: handsOn}, keeper{}, lost("it has no inos_load")},
		{"of another version", keeper{save: handsOn}, keeper{load: refuses}, lost(refusal)},
		{
			"a load that hangs", keeper{save: handsOn}, keeper{load: hangs},
			lost("inos_load ran longer than its "),
		},
		{
			"a load that traps", keeper{save: handsOn}, keeper{load: w.Unreachable},
			lost("unreachable"),
		},
		{
			"a tick that fails on it", keeper{save: handsOn}, keeper{load: takesOver, tick: trapsOn},
			lost("inos_tick: unreachable"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			since := head(n)
			install(t, n, hosttest.Boids, c.old.pack(t, fmt.Sprintf("%d.0.0", 2*i+2)))
			awaitEvent(t, n, since, arena.EventKindUnitReloaded)
			since = head(n)
			version := fmt.Sprintf("%d.0.0", 2*i+3)
			begin := time.Now()
			install(t, n, hosttest.Boids, c.new.pack(t, version))
			e := awaitEvent(t, n, since, arena.EventKindUnitReloaded)
			_, how, _ := strings.Cut(e.Text, " ms")
			if !strings.Contains(how, c.want) {
				t.Errorf("%q, want %q", e.Text, c.want)
			}
			if warned := e.Severity == arena.Warning; warned != strings.Contains(c.want, "carried over") {
				t.Errorf("severity %v of %q", e.Severity, e.Text)
			}
			if took := time.Since(begin); took > most {
				t.Errorf("it took %s", took)
			}
			waitTicks(t, live, live.Stats().Ticks+3)
			if st := live.Stats(); live.Plugin().Version != version || st.State != unit.Running || st.Restarts != 0 {
				t.Errorf("version %s, %+v", live.Plugin().Version, st)
			}
		})
	}
}

// A new version that does not tick leaves the old one as it was, though that has handed its state on.
func TestTheOldVersionFliesOnAfterItHandedItsStateOn(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 1000}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	waitTicks(t, live, 30)
	if err := live.Pause(); err != nil {
		t.Fatal(err)
	}
	before, old, since := places(t, live), live.Worker(), head(n)
	install(t, n, hosttest.Boids, keeper{load: w.Const(0), tick: w.Unreachable}.pack(t, "2.0.0"))
	awaitEvent(t, n, since, arena.EventKindUnitKept)
	if live.Worker() != old || !old.Alive() || farthest(before, places(t, live)) != 0 {
		t.Error("the old one is not as it was")
	}
	if err := live.Step(); err != nil {
		t.Fatal(err)
	}
	await(t, "its next tick", func() bool { return farthest(before, places(t, live)) > 0 })
	if far := farthest(before, places(t, live)); far > inOneTick {
		t.Errorf("a bird is %g radii from where it was", far)
	}
}
