package unit

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"inos/backend/arena"
	wasm "inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// idlerManifest gives a tick so much time that nobody ends a worker which was stopped in one.
const idlerManifest = `{
  "id": "test.idler", "name": "Idler", "version": "1.0.0", "abi": 1,
  "units": [{"name": "idler", "live": {
    "channels": [{"name": "points", "look": "points", "capacity": 1}],
    "phases": 1, "maxShards": 1, "rateHz": 100
  }}],
  "limits": {"tickMs": 60000}
}`

// idlerFolder has one plugin, whose ticks do nothing.
func idlerFolder(t *testing.T) string {
	t.Helper()
	guest := wasm.New()
	guest.Func("inos_abi", true, wasm.Sig("", "i"), "", wasm.Const(1))
	guest.Func("inos_tick", true, wasm.Sig("iiii", "i"), "", wasm.Const(0))
	m, err := manifest.ParseJSON([]byte(idlerManifest))
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := manifest.Pack(guest.Bytes(), m)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "idler.wasm"), plugin, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestAStoppedWorkerIsShownAsStalledAndRunsOn(t *testing.T) {
	s := newStage(t, 16<<20)
	s.deps.Registry = NewRegistry([]Folder{{Path: idlerFolder(t)}}, "", nil)
	l := s.start(t, "idler", LiveConfig{})
	untilTicks(t, l, 5)
	pid := l.Worker().PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	until(t, "a stall in sight", func() bool { return l.State() == Stalled })
	if took := time.Since(begin); took < stalledAfter/2 {
		t.Errorf("it was called stalled after %s", took)
	}
	until(t, "a stall in the metrics", func() bool {
		m, err := s.kernel.Unit(l.Entry())
		return err == nil && m.State == arena.LiveStateStalled
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	until(t, "ticks again", func() bool { return l.State() == Running })
}

func TestAUnitMayTakeItsTime(t *testing.T) {
	s := newStage(t, 16<<20)
	l := s.start(t, "boids", LiveConfig{Params: small(nil), Paused: true, RateHz: 1})
	now := time.Now()
	shown := func(ticks uint64, steps []uint32, since time.Duration) State {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.state, l.count.status.StepNs = Running, steps
		l.count.progress = progress{ticks, now.Add(-since)}
		defer func() { l.state = Paused }()
		return l.shownState(now)
	}
	const pace = slack * time.Second
	slow := []uint32{uint32(800 * time.Millisecond), 1}
	for _, c := range []struct {
		what  string
		steps []uint32
		since time.Duration
		want  State
	}{
		{"within its pace", []uint32{1}, pace + stalledAfter/2, Running},
		{"over its pace", []uint32{1}, pace + 2*stalledAfter, Stalled},
		{"slow ticks", slow, pace + stalledAfter + time.Second, Running},
		{"slower than ever", slow, pace + stalledAfter + 2*time.Second, Stalled},
		{"the first tick", nil, pace + stalledAfter + l.Worker().TickLimit()/2, Running},
		{"no first tick", nil, pace + stalledAfter + 2*l.Worker().TickLimit(), Stalled},
	} {
		if got := shown(7, c.steps, c.since); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
