package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/quota"
	"inos/backend/unit"
)

const (
	hostileID = "dev.inos.hostile"
	adderID   = "dev.inos.adder"
	boidsID   = "dev.inos.boids"
)

func pluginOf(t *testing.T, n *Node, id string) unit.PluginInfo {
	t.Helper()
	for _, p := range n.Plugins() {
		if p.Manifest != nil && p.Manifest.ID == id {
			return p
		}
	}
	t.Fatalf("there is no %s", id)
	return unit.PluginInfo{}
}

func limit(t *testing.T, n *Node, id, key, value string) {
	t.Helper()
	if err := n.SetLimit(pluginOf(t, n, id), key, value); err != nil {
		t.Fatal(err)
	}
}

func unlimit(t *testing.T, n *Node, id string) {
	t.Helper()
	if err := n.ResetLimit(pluginOf(t, n, id), ""); err != nil {
		t.Fatal(err)
	}
}

// limited expects an error that says which limit it was, its value, whose it is, how to change it.
func limited(t *testing.T, err error, kind fault.Kind, message, id, key, value string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Subject != id || !strings.Contains(f.Message(), message) ||
		!strings.Contains(f.Next, "you set the limit "+key+"="+value) ||
		!strings.Contains(f.Next, "inos plugin limit "+id+" "+key+"=VALUE") {
		t.Errorf("%s=%s: %v", key, value, err)
	}
}

func TestALimitOfMemoryOrTimeEndsTheCallAndSaysWhoseItIs(t *testing.T) {
	n := start(t, nil)
	limit(t, n, hostileID, quota.Memory, "16MiB")
	_, err := run(n, "hostile.bomb", nil, nil)
	limited(t, err, fault.Memory, "the limit is 16777216", hostileID, "memory", "16MiB")
	limit(t, n, hostileID, quota.Time, "200ms")
	_, err = run(n, "hostile.hang", nil, nil)
	limited(t, err, fault.Deadline, "longer than its 200ms", hostileID, "time", "200ms")
	unlimit(t, n, hostileID)
	if _, err = run(n, "hostile.hang", nil, nil); !strings.Contains(err.Error(), "longer than its 500ms") {
		t.Errorf("without a limit: %v", err)
	}
}

func TestALimitCountsForAnIdleWorkerFromItsNextCallOn(t *testing.T) {
	n := start(t, nil)
	add := func() bool {
		r, err := run(n, "adder.add", map[string]any{"a": 1, "b": 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.Started
	}
	if add(); add() {
		t.Fatal("the worker does not last")
	}
	other := quota.Open(n.DataDir()) // another process
	if err := other.Set(adderID, quota.Find(quota.Time), 5000); err != nil {
		t.Fatal(err)
	}
	if !add() {
		t.Error("the old worker went on with what it had")
	}
}

func TestALimitOfSharedMemoryBoundsInputs(t *testing.T) {
	n := start(t, nil)
	sum := func() error {
		_, err := run(n, "adder.sum", nil, make([]byte, 3<<20))
		return err
	}
	limit(t, n, adderID, quota.Segments, "1MiB")
	limited(t, sum(), fault.Budget, "its limit is 1.0 MiB", adderID, "segments", "1MiB")
	limit(t, n, adderID, quota.Segments, "4MiB")
	for range 3 { // what is kept for the next call does not count twice
		if err := sum(); err != nil {
			t.Error(err)
		}
	}
	if used := usageOf(n, adderID); used.SegmentBytes < 3<<20 || used.SegmentBytes > 4<<20 {
		t.Errorf("%d bytes are counted", used.SegmentBytes)
	}
	if _, err := run(n, "adder.sum", nil, make([]byte, 2<<20)); err != nil { // beside idle 3 MiB
		t.Errorf("another size: %v", err)
	}
}

func usageOf(n *Node, id string) host.PluginUsage {
	for _, u := range n.Usage().Plugins() {
		if u.Plugin == id {
			return u
		}
	}
	return host.PluginUsage{}
}

func TestLinesOverTheLimitAreDroppedCountedAndSaid(t *testing.T) {
	n := start(t, nil)
	limit(t, n, hostileID, quota.Log, "5/s")
	if _, err := run(n, "hostile.log_flood", nil, nil); fault.KindOf(err) != fault.LogFlood {
		t.Errorf("a flood ends otherwise: %v", err)
	}
	var last host.LogLine
	until(t, "the dropped lines are told", func() bool {
		lines := n.Usage().Log(0)
		last = lines[len(lines)-1]
		return strings.Contains(last.Text, "lines were dropped")
	})
	u := usageOf(n, hostileID)
	if u.LogDropped < 50 || u.LogLines > 2*5+1 { // it may have gone on into a second second
		t.Errorf("%d lines were dropped, %d kept", u.LogDropped, u.LogLines)
	}
	if last.Level != "warning" || !strings.Contains(last.Text, "you set the limit log=5/s") {
		t.Errorf("%+v", last)
	}
}

// until polls what happens in another process.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain awaited: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestALimitOfTicksSlowsALiveUnitWithinASecond(t *testing.T) {
	n := start(t, nil)
	flock, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 100}, Shards: 1, RateHz: unit.Unpaced,
	})
	if err != nil {
		t.Fatal(err)
	}
	waitTicks(t, flock, 100)
	worker := flock.Worker()
	if err := quota.Open(n.DataDir()).Set(boidsID, quota.Find(quota.Rate), 20); err != nil {
		t.Fatal(err)
	}
	until(t, "the pace of the limit", func() bool {
		hz := flock.Stats().TickHz // of the last quarter of a second
		return hz > 4 && hz < 26
	})
	if flock.Worker() != worker {
		t.Error("it was started again for that")
	}
	if u := usageOf(n, boidsID); u.Ticks < 100 || u.Calls != 0 {
		t.Errorf("%d ticks and %d calls are counted", u.Ticks, u.Calls)
	}
	unlimit(t, n, boidsID)
	until(t, "the old pace", func() bool { return flock.Stats().TickHz > 100 })
}

func TestALimitOfMemoryHoldsForALiveUnitThatRuns(t *testing.T) {
	n := start(t, nil)
	flock, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 100}, Shards: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	limit(t, n, boidsID, quota.Memory, "16MiB")
	until(t, "a worker with less memory", func() bool {
		w := flock.Worker()
		return w != nil && w.Plugin().Manifest.Limits.MemoryBytes == 16<<20
	})
	waitTicks(t, flock, 2)
}

// window is over which a share is measured.
const window = 2 * time.Second

// sharePct is how much of one processor a worker uses.
func sharePct(w *host.Worker) float64 {
	before, begin := w.Meters().CPU, time.Now()
	<-time.After(window)
	return 100 * (w.Meters().CPU - before).Seconds() / time.Since(begin).Seconds()
}

func TestAShareOfTheProcessorIsKept(t *testing.T) {
	dir := t.TempDir()
	patient := hosttest.Edition(t, hosttest.Hostile, func(m *manifest.Manifest) {
		m.Limits.CallMs = 60_000
	})
	if err := os.WriteFile(filepath.Join(dir, "hostile.wasm"), patient, 0o600); err != nil {
		t.Fatal(err)
	}
	n := start(t, func(o *Options) {
		o.PluginDirs = []string{dir, hosttest.Folder(t, hosttest.Boids)}
	})
	limit(t, n, hostileID, quota.CPU, "25%")
	limit(t, n, boidsID, quota.CPU, "25%")
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = n.Run(ctx, job.Request{Unit: "hostile", Op: "hang"})
	}()
	defer func() { cancel(); <-over }()
	flock, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 1000}, Shards: 1, RateHz: unit.Unpaced,
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "a call that computes", func() bool {
		list := n.engine.list()
		return len(list) == 1 && list[0].Meters().CPU > 0
	})
	waitTicks(t, flock, 10)
	spinner, spins := n.engine.list()[0], make(chan float64, 1)
	go func() { spins <- sharePct(spinner) }()
	live, call := sharePct(flock.Worker()), <-spins
	t.Logf("the live unit used %.1f%%, the call %.1f%%", live, call)
	if live < 15 || live > 35 {
		t.Errorf("the live unit used %.1f%% of a processor, 25%% is its limit", live)
	}
	if call < 2 || call > 35 { // a call gives way to whatever else runs here
		t.Errorf("the call used %.1f%% of a processor, 25%% is its limit", call)
	}
	unlimit(t, n, boidsID)
	until(t, "a live unit without a limit", func() bool { return flock.Stats().CPUPct > 45 })
}

func TestALimitOnlyTakesAwayAndSaysHowToGiveMore(t *testing.T) {
	n := start(t, nil)
	p := pluginOf(t, n, hostileID)
	for _, c := range []struct {
		key, value string
		kind       fault.Kind
		text       string
	}{
		{"memory", "64MiB", fault.Invalid, "may have 32MiB"},
		{"time", "1s", fault.Invalid, "its manifest asks for no more"},
		{"speed", "1", fault.NotFound, "cpu, memory, time, rate, segments, log"},
		{"cpu", "1%", fault.Invalid, "it takes 10%"},
	} {
		err := n.SetLimit(p, c.key, c.value)
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s=%s: %v", c.key, c.value, err)
		}
	}
	if err := n.ResetLimit(p, "speed"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("reset: %v", err)
	}
	limit(t, n, hostileID, quota.Time, "100ms")
	rows, err := n.Limits(p)
	if err != nil || len(rows) != len(quota.Kinds) {
		t.Fatalf("%+v, %v", rows, err)
	}
	for _, r := range rows {
		switch {
		case r.Key == quota.Time && (*r.Declared != 500 || *r.Set != 100 || *r.InForce != 100 || r.By != "you"),
			r.Key == quota.Memory && (*r.Declared != 32<<20 || r.Set != nil || *r.InForce != 32<<20 || r.By != "plugin"),
			r.Key == quota.CPU && (r.Declared != nil || r.Set != nil || r.InForce != nil),
			r.Key == quota.Log && (*r.InForce != host.LogLinesPerSecond || r.By != "inos"):
			t.Errorf("%+v", r)
		}
	}
}

func TestNothingStartsWhileTheLimitsCannotBeRead(t *testing.T) {
	n := start(t, nil)
	if err := os.WriteFile(filepath.Join(n.DataDir(), "limits.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := run(n, "adder.add", map[string]any{"a": 1, "b": 2}, nil)
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "limits.json") {
		t.Errorf("%v", err)
	}
}
