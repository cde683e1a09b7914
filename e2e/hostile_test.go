//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inos/backend/dropin"
	"inos/backend/hostile"
)

// pictures notes when the page draws, until it is asked.
const pictures = `
window.drawn = [];
const look = (now) => { window.drawn.push(now); window.drawing = requestAnimationFrame(look); };
window.drawing = requestAnimationFrame(look);`

const drawn = `cancelAnimationFrame(window.drawing); return window.drawn;`

// frameTimes are the milliseconds from picture to picture while work goes on.
func (s *stage) frameTimes(t *testing.T, work func()) []float64 {
	t.Helper()
	var at, times []float64
	s.must(t, s.run(pictures, nil))
	work()
	s.must(t, s.run(drawn, &at))
	for i := range len(at) - 1 {
		times = append(times, at[i+1]-at[i])
	}
	return times
}

func p95(times []float64) float64 {
	slices.Sort(times)
	return times[len(times)*95/100]
}

// attack runs the calls in the window's kernel, one after the other.
func (s *stage) attack(t *testing.T, calls []hostile.Call) {
	t.Helper()
	for _, c := range calls {
		params := c.Params
		if params == nil {
			params = map[string]any{}
		}
		err := s.run(`return await window.go.main.Automation.RunOp(a.unit, a.op, b, c)`, nil,
			map[string]any{"unit": c.Unit, "op": c.Op}, params, string(c.Input))
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), `\"`, `"`), c.Says) {
			t.Errorf("%s.%s %v: %v, want %q", c.Unit, c.Op, c.Params, err, c.Says)
		}
	}
}

// refused is why the window does not use each file of the folder.
func (s *stage) refused(t *testing.T) map[string]string {
	t.Helper()
	var reply struct {
		Plugins []struct{ Path, Refused string }
	}
	s.must(t, s.run(`return await window.go.main.App.ListPlugins()`, &reply))
	out := map[string]string{}
	for _, p := range reply.Plugins {
		out[filepath.Base(p.Path)] = p.Refused
	}
	return out
}

func TestAFlockBesideTheHostileSet(t *testing.T) {
	read := func(path ...string) []byte {
		wasm, err := os.ReadFile(filepath.Join(append([]string{root(t), "build"}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	set, err := hostile.New(t.TempDir(), read("bin", "examples", "outside.wasm"), read("test", "hostile.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	files, err := set.Files()
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	folder := filepath.Dir(dropin.Open(s.data).Path("x.wasm"))
	flock, _ := s.find(t, "inos-worker")

	calm := s.frameTimes(t, func() { time.Sleep(5 * time.Second) })
	begin := time.Now()
	beside := s.frameTimes(t, func() {
		for _, f := range files {
			s.must(t, f.Make(filepath.Join(folder, f.Name)))
		}
		eventually(t, "all are judged", func() bool { return len(s.refused(t)) > len(files) })
		t.Logf("judged after %s", time.Since(begin))
		s.attack(t, set.Loaded())
		s.attack(t, set.Ungranted())
		for key, folder := range set.Grants() {
			if folder != "" {
				key += "=" + folder
			}
			c := exec.Command(filepath.Join(root(t), "build", "bin", "inos"), "plugin", "grant", outsideID, key, "--data", s.data)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		s.attack(t, set.Granted())
	})
	t.Logf("%s of attacks", time.Since(begin))
	after := s.frameTimes(t, func() { time.Sleep(5 * time.Second) })
	t.Logf("p95 of the frame time: %.1f ms of %d, beside the attacks %.1f of %d, after them %.1f of %d",
		p95(calm), len(calm), p95(beside), len(beside), p95(after), len(after))
	if !slices.ContainsFunc(s.family(t), func(p process) bool { return p.pid == flock.pid }) {
		t.Error("the flock's worker has ended")
	}
	for name, why := range s.refused(t) {
		for _, f := range files {
			if f.Name == name && ((why == "") != (f.Says == "") || !strings.Contains(why, f.Says)) {
				t.Errorf("%q is refused with %q, want %q", name, why, f.Says)
			}
		}
	}
}
