package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
	"inos/backend/unit"
)

func boidsVersion(v string) func(*manifest.Manifest) {
	return func(m *manifest.Manifest) { m.Version = v }
}

// longLived is a node that watches a drop-in folder with one plugin in it.
func longLived(t *testing.T, plugin string) *Node {
	t.Helper()
	data := t.TempDir()
	n := start(t, func(o *Options) {
		o.DataDir, o.PluginDirs, o.Watch = data, []string{filepath.Join(data, "plugins")}, true
	})
	install(t, n, plugin, hosttest.Edition(t, plugin, boidsVersion("1.0.0")))
	await(t, "the plugin is listed", func() bool { return len(n.Units()) == 1 })
	return n
}

// install installs wasm under the plugin's file name.
func install(t *testing.T, n *Node, plugin string, wasm []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(plugin))
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Registry().Install(path, true); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// awaitEvent waits for an event of that kind after number since.
func awaitEvent(t *testing.T, n *Node, since uint32, kind uint16) arena.Event {
	t.Helper()
	var found arena.Event
	await(t, "an event", func() bool {
		events, _ := n.Kernel().Events(since)
		for _, e := range events {
			if e.Kind == kind {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func head(n *Node) uint32 {
	_, head := n.Kernel().Events(0)
	return head
}

// most is far above the 300 ms that are promised: the test machine is shared and races are watched.
const most = 3 * time.Second

func TestALiveUnitGoesOnWithItsNewFile(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 1500, "seed": 3}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	waitTicks(t, live, 5)
	for _, paused := range []bool{false, true} {
		if paused {
			if err := live.Pause(); err != nil {
				t.Fatal(err)
			}
		}
		version := map[bool]string{false: "1.1.0", true: "1.2.0"}[paused]
		old, since, before := live.Worker(), head(n), live.Stats()
		entry, err := n.Kernel().Entry(live.Entry())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion(version)))
		e := awaitEvent(t, n, since, arena.EventKindUnitReloaded)
		took := time.Since(begin)
		t.Logf("paused %t: %s; %d ms with the copy and the settling", paused, e.Text, took.Milliseconds())
		if took > most || !strings.Contains(e.Text, "version "+version+" was reloaded in ") {
			t.Errorf("%q after %s", e.Text, took)
		}
		if live.Worker() == old || old.Alive() || live.Plugin().Version != version {
			t.Errorf("the old worker runs: %v, %s", old.Alive(), live.Plugin().Version)
		}
		after, err := n.Kernel().Entry(live.Entry())
		if err != nil || after.Generation == entry.Generation || live.Params()["count"] != int64(1500) {
			t.Errorf("entry %+v, then %+v; %v", entry, after, live.Params())
		}
		if st := live.Stats(); st.Elements != 1500 || st.Restarts != 0 || st.Ticks <= before.Ticks ||
			paused != (st.State == unit.Paused) {
			t.Errorf("%+v", st)
		}
		if !paused {
			waitTicks(t, live, live.Stats().Ticks+5)
		}
	}
	if err := live.Resume(); err != nil {
		t.Fatal(err)
	}
	waitTicks(t, live, live.Stats().Ticks+5)
}

// trapping is a plugin in boids' place whose first tick fails.
func trapping(t *testing.T, version string, tick []byte) []byte {
	t.Helper()
	m := *hosttest.Plugin(t, hosttest.Boids).Manifest
	m.Version = version
	units := append([]manifest.Unit{}, m.Units...)
	units[0].Ops = nil
	m.Units = units
	module := wasmtest.New()
	module.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(1))
	module.Func("inos_tick", true, wasmtest.Sig("iiii", "i"), "", tick)
	wasm, err := manifest.Pack(module.Bytes(), &m)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func TestAVersionThatDoesNotStartLeavesTheOldOneRunning(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 500}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	old := live.Worker()
	for i, c := range []struct {
		wasm []byte
		want string
	}{
		{trapping(t, "2.0.0", wasmtest.Unreachable), "unreachable"},
		{hosttest.Edition(t, hosttest.Boids, func(m *manifest.Manifest) {
			m.Version = "3.0.0"
			units := append([]manifest.Unit{}, m.Units...)
			units[0].Name = "others"
			m.Units = units
		}), "has no live unit of that name"},
	} {
		since := head(n)
		install(t, n, hosttest.Boids, c.wasm)
		e := awaitEvent(t, n, since, arena.EventKindUnitKept)
		if !strings.Contains(e.Text, "the one before goes on") || !strings.Contains(e.Text, c.want) {
			t.Errorf("%d: %q", i, e.Text)
		}
		await(t, "the reason is noted", func() bool {
			p := n.Plugins()[0]
			return p.Dropped != nil && strings.Contains(p.Dropped.Problem, c.want)
		})
		if live.Worker() != old || !old.Alive() {
			t.Errorf("%d: the old worker is gone", i)
		}
		waitTicks(t, live, live.Stats().Ticks+5)
	}
	since := head(n)
	install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion("4.0.0")))
	awaitEvent(t, n, since, arena.EventKindUnitReloaded)
	if p := n.Plugins()[0]; p.Dropped.Problem != "" {
		t.Errorf("the problem stays: %s", p.Dropped.Problem)
	}
}

func TestADisabledOrRemovedPluginStopsAtOnce(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	for why, do := range map[string]func() error{
		"disabled": func() error { _, err := n.book.SetDisabled("dev.inos.boids", true); return err },
		"removed":  func() error { _, err := n.book.Remove("dev.inos.boids"); return err },
	} {
		live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Params: map[string]any{"count": 500}})
		if err != nil {
			t.Fatal(err)
		}
		since, worker := head(n), live.Worker()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		e := awaitEvent(t, n, since, arena.EventKindUnitRetired)
		if !strings.Contains(e.Text, "its plugin was "+why) || worker.Alive() {
			t.Errorf("%s: %q, alive %t", why, e.Text, worker.Alive())
		}
		if _, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{}); err == nil {
			t.Errorf("%s: it was started again", why)
		}
		live.Stop()
		if _, err := n.book.SetDisabled("dev.inos.boids", false); why == "disabled" && err != nil {
			t.Fatal(err)
		}
		if _, err := n.book.Rollback("dev.inos.boids"); why == "removed" && err != nil {
			t.Fatal(err)
		}
		await(t, "it is back", func() bool { return len(n.Units()) == 1 })
	}
}

func TestAnIdleJobWorkerOfAReplacedFileEnds(t *testing.T) {
	n := longLived(t, hosttest.Adder)
	if _, err := run(n, "adder.add", map[string]any{"a": 1, "b": 2}, nil); err != nil {
		t.Fatal(err)
	}
	workers := n.engine.list()
	if len(workers) != 1 {
		t.Fatalf("%d workers", len(workers))
	}
	since := head(n)
	install(t, n, hosttest.Adder, hosttest.Edition(t, hosttest.Adder, boidsVersion("1.1.0")))
	awaitEvent(t, n, since, arena.EventKindPluginChanged)
	await(t, "the old worker ends", func() bool { return !workers[0].Alive() })
	r, err := run(n, "adder.add", map[string]any{"a": 1, "b": 2}, nil)
	if err != nil || !r.Started {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAnExchangedFileIsNotRunAndWhatRunsGoesOn(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Params: map[string]any{"count": 500}})
	if err != nil {
		t.Fatal(err)
	}
	since := head(n)
	evil := hosttest.Edition(t, hosttest.Boids, boidsVersion("6.6.6"))
	if err := os.WriteFile(filepath.Join(n.DataDir(), "plugins", "boids.wasm"), evil, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := awaitEvent(t, n, since, arena.EventKindPluginRefused); !strings.Contains(e.Text, "is not the file that was installed") {
		t.Errorf("%q", e.Text)
	}
	waitTicks(t, live, live.Stats().Ticks+5)
	live.Stop()
	if _, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// A unit that rests between two failures does not wait for the end of its pause.
func TestAUnitThatFailsAgainAndAgainTakesTheNewFile(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Node, *unit.Live){
		"a better version": func(t *testing.T, n *Node, live *unit.Live) {
			install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion("3.0.0")))
			await(t, "it ticks", func() bool { return live.Stats().Ticks > 5 && live.State() == unit.Running })
			if live.Plugin().Version != "3.0.0" {
				t.Errorf("version %s runs", live.Plugin().Version)
			}
		},
		"no plugin": func(t *testing.T, n *Node, live *unit.Live) {
			if _, err := n.book.Remove("dev.inos.boids"); err != nil {
				t.Fatal(err)
			}
			await(t, "it ends", func() bool { return live.State() == unit.Quarantined })
			if err := live.Err(); err == nil || !strings.Contains(err.Error(), "its plugin was removed") {
				t.Errorf("%v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := longLived(t, hosttest.Boids)
			since := head(n)
			install(t, n, hosttest.Boids, trapping(t, "2.0.0", wasmtest.Unreachable))
			awaitEvent(t, n, since, arena.EventKindPluginChanged)
			live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{})
			if err != nil {
				t.Fatal(err)
			}
			await(t, "it failed three times", func() bool { return live.Stats().Restarts >= 2 })
			end(t, n, live)
		})
	}
}

func TestParametersThatChangeDuringAReloadAreNotLost(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Params: map[string]any{"count": 500}, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	since := head(n)
	install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion("2.0.0")))
	count := 500
	await(t, "the reload", func() bool {
		count++ // a slider that is dragged all the while
		if err := live.SetParams(map[string]any{"count": count}); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond) // as fast as the page sends them
		return live.Plugin().Version == "2.0.0"
	})
	awaitEvent(t, n, since, arena.EventKindUnitReloaded)
	if got := live.Params()["count"]; got != int64(count) {
		t.Errorf("count is %v, want %d", got, count)
	}
	await(t, "as many birds", func() bool { return live.Stats().Elements == count })
}

// What the new code was given is the live unit's by then: whoever gave it must not close it too.
func TestANodeMayCloseRightAfterAReload(t *testing.T) {
	n := longLived(t, hosttest.Boids)
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	install(t, n, hosttest.Boids, hosttest.Edition(t, hosttest.Boids, boidsVersion("1.1.0")))
	await(t, "the new version runs", func() bool { return live.Plugin().Version == "1.1.0" })
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}
