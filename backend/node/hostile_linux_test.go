package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host/hosttest"
	"inos/backend/hostile"
	"inos/backend/unit"
)

func hostileSet(t *testing.T) *hostile.Set {
	t.Helper()
	read := func(file string) []byte {
		wasm, err := os.ReadFile(hosttest.Path(t, file))
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	set, err := hostile.New(t.TempDir(), read(hosttest.Outside), read(hosttest.Hostile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set
}

// The same set in the real window: TestAFlockBesideTheHostileSet in e2e.
func TestTheHostileSetIsRefusedOrStoppedWhileAFlockFlies(t *testing.T) {
	set := hostileSet(t)
	data := t.TempDir()
	folder := filepath.Join(data, "plugins")
	n := start(t, func(o *Options) {
		o.DataDir, o.Watch = data, true
		o.PluginDirs = []string{hosttest.Folder(t, hosttest.Boids), folder}
	})
	live, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{Params: map[string]any{"count": 2000}})
	if err != nil {
		t.Fatal(err)
	}
	worker := live.Worker()
	files, err := set.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := f.Make(filepath.Join(folder, f.Name)); err != nil {
			t.Fatalf("%q: %v", f.Name, err)
		}
	}
	checkRefused(t, n, files)
	attack := func(calls []hostile.Call) {
		for _, c := range calls {
			out, err := run(n, c.Unit+"."+c.Op, c.Params, c.Input)
			if f := fault.As(err); f == nil || !strings.Contains(f.Error(), c.Says) {
				t.Errorf("%s.%s %v: %v, %v, want %q", c.Unit, c.Op, c.Params, out, err, c.Says)
			}
		}
	}
	attack(set.Loaded())
	attack(set.Ungranted())
	for key, folder := range set.Grants() {
		for _, p := range n.Plugins() {
			if p.Manifest != nil && p.Refused == "" && p.Manifest.ID == outsideID {
				if err := n.Decide(p, key, grant.Always, folder); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	attack(set.Granted())
	swapTheFile(t, n, set)
	exchanged, err := set.Exchanged()
	if err == nil {
		err = exchanged.Make(filepath.Join(folder, exchanged.Name))
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the exchanged file is refused", func() bool {
		return strings.Contains(refusals(n)[exchanged.Name], exchanged.Says)
	})
	if secret, err := os.ReadFile(set.Secret); err != nil || string(secret) != hostile.SecretText {
		t.Errorf("the secret is %q, %v", secret, err)
	}
	waitTicks(t, live, live.Stats().Ticks+5)
	if st := live.Stats(); live.Worker() != worker || st.Restarts != 0 || st.State != unit.Running {
		t.Errorf("the flock suffered: %+v", st)
	}
}

// refusals are the reasons by file; empty: it is used.
func refusals(n *Node) map[string]string {
	out := map[string]string{}
	for _, p := range n.Plugins() {
		out[filepath.Base(p.Path)] = p.Refused
	}
	return out
}

func checkRefused(t *testing.T, n *Node, files []hostile.File) {
	t.Helper()
	await(t, "all are judged", func() bool { return len(refusals(n)) > len(files) })
	found := refusals(n)
	for _, f := range files {
		why := found[f.Name]
		if (why == "") != (f.Says == "") || !strings.Contains(why, f.Says) {
			t.Errorf("%q is refused with %q, want %q", f.Name, why, f.Says)
		}
	}
}

// swapTheFile reads a file that turns into a link to the secret and back all the time.
func swapTheFile(t *testing.T, n *Node, set *hostile.Set) {
	t.Helper()
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- set.Swap(done) }()
	good, refusals := 0, 0
	for range 100 {
		r, err := run(n, "outside.read", map[string]any{"path": "inbox/swap.txt"}, nil)
		switch {
		case err != nil:
			refusals++
		case string(r.Outputs[0].Bytes) == "harmless":
			good++
		default:
			t.Errorf("it read %q", r.Outputs[0].Bytes)
		}
	}
	close(done)
	if err := errors.Join(<-ended); err != nil {
		t.Error(err)
	}
	t.Logf("%d reads of the file, %d refusals of the link", good, refusals)
}
