package window

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inos/backend/grant"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/unit"
)

// realNode is a node as a session needs it.
type realNode struct{ *node.Node }

func (n realNode) StartLive(ctx context.Context, name string, c unit.LiveConfig) (Live, error) {
	l, err := n.Node.StartLive(ctx, name, c)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// hiddenFlock is a window over the real flock, which asks to run while it is hidden.
func hiddenFlock(t *testing.T) (*Session, *node.Node) {
	t.Helper()
	dir := t.TempDir()
	asks := hosttest.Edition(t, hosttest.Boids, func(m *manifest.Manifest) {
		m.Permissions = []manifest.Permission{{
			Name: manifest.PermitBackground, Reason: "The flock shall be elsewhere when you come back.",
		}}
	})
	if err := os.WriteFile(filepath.Join(dir, "boids.wasm"), asks, 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := node.Start(t.Context(), node.Options{
		DataDir: t.TempDir(), WorkerPath: hosttest.Worker(t), PluginDirs: []string{dir},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	s := New(Config{Node: realNode{n}})
	t.Cleanup(s.Close)
	if _, err := s.StartLive("boids", map[string]any{"count": 100}); err != nil {
		t.Fatal(err)
	}
	return s, n
}

// ticksOn says whether the unit ticks, and fails when it neither does nor is paused.
func ticksOn(t *testing.T, n *node.Node) bool {
	t.Helper()
	l := n.Lives()[0]
	before := l.Stats().Ticks
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if stats := l.Stats(); stats.State == unit.Paused {
			return false
		} else if stats.Ticks > before+2 {
			return true
		}
		time.Sleep(time.Millisecond) // it ticks in another process
	}
	t.Fatalf("%+v", l.Stats())
	return false
}

func TestAHiddenUnitRestsUntilTheUserLetsItRun(t *testing.T) {
	s, n := hiddenFlock(t)
	hide := func(hidden bool) {
		t.Helper()
		if err := s.SetVisible(!hidden); err != nil {
			t.Fatal(err)
		}
	}
	if hide(true); ticksOn(t, n) {
		t.Error("it goes on without the permission")
	}
	if hide(false); !ticksOn(t, n) {
		t.Error("it rests in sight")
	}
	p := n.Plugins()[0]
	if err := n.Decide(p, manifest.PermitBackground, grant.Always, ""); err != nil {
		t.Fatal(err)
	}
	if hide(true); !ticksOn(t, n) {
		t.Error("it rests in spite of the permission")
	}
	if err := s.Control("pause"); err != nil || ticksOn(t, n) {
		t.Errorf("it goes on after the user paused it: %v", err)
	}
	if err := s.Control("resume"); err != nil || !ticksOn(t, n) {
		t.Errorf("it rests after the user resumed it: %v", err)
	}
	if _, err := n.Revoke(p.Manifest.ID, manifest.PermitBackground); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ticksOn(t, n); {
		if time.Now().After(end) {
			t.Fatal("it goes on after the permission was taken back")
		}
	}
}

func TestAUnitThatStartsHiddenRunsIfTheUserLetsIt(t *testing.T) {
	s, n := hiddenFlock(t)
	if err := n.Decide(n.Plugins()[0], manifest.PermitBackground, grant.Always, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.SetVisible(false); err != nil {
		t.Fatal(err)
	}
	n.Lives()[0].Stop() // so that the same unit begins anew
	if _, err := s.StartLive("boids", nil); err != nil || !ticksOn(t, n) {
		t.Errorf("it rests: %v", err)
	}
}
