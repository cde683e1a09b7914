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
		if c.Slow {
			continue // backend/node has these
		}
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

// calmTime is for how long the frames are looked at without attacks, before and after them.
const calmTime = 2 * time.Second

// slower is by how much the 95th percentile of the frame time is above what it is in calm times.
func (s *stage) slower(t *testing.T, attacks func()) float64 {
	t.Helper()
	calm := func() { time.Sleep(calmTime) }
	before, beside, after := s.frameTimes(t, calm), s.frameTimes(t, attacks), s.frameTimes(t, calm)
	ratio := 2 * p95(beside) / (p95(before) + p95(after))
	t.Logf("p95 of the frame time: %.0f ms, beside attacks %.0f ms of %d, after them %.0f ms: %.2f times",
		p95(before), p95(beside), len(beside), p95(after), ratio)
	return ratio
}

// grant allows the victim what the calls of Granted go beyond.
func (s *stage) grant(t *testing.T, set *hostile.Set) {
	t.Helper()
	for key, folder := range set.Grants() {
		if folder != "" {
			key += "=" + folder
		}
		c := exec.Command(filepath.Join(root(t), "build", "bin", "inos"), "plugin", "grant", outsideID, key, "--data", s.data)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
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
	ratio := s.slower(t, func() {
		for _, f := range files {
			s.must(t, f.Make(filepath.Join(folder, f.Name)))
		}
		looks := 0 // the list is long: to ask for it all the time would slow the page down
		eventually(t, "all are judged", func() bool {
			looks++
			return looks%10 == 0 && len(s.refused(t)) > len(files)
		})
		s.attack(t, set.Loaded())
		s.attack(t, set.Ungranted())
		s.grant(t, set)
		s.attack(t, set.Granted())
	})
	// The machine is not the test's alone: what slows all down for a while is not the attacks'.
	for again := 0; again < 3 && ratio > 1.1; again++ {
		ratio = s.slower(t, func() { s.attack(t, set.Loaded()) })
	}
	if ratio > 1.1 {
		t.Errorf("the flock's frames take %.2f times as long", ratio)
	}
	if !slices.ContainsFunc(s.family(t), func(p process) bool { return p.pid == flock.pid }) {
		t.Error("the flock's worker has ended")
	}
	why := s.refused(t)
	for _, f := range files {
		if w := why[strings.ToValidUTF8(f.Name, "\ufffd")]; (w == "") != (f.Says == "") || !strings.Contains(w, f.Says) {
			t.Errorf("%q is refused with %q, want %q", f.Name, w, f.Says)
		}
	}
	s.screen.save(t, "hostile-set")
}
