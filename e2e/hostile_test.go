//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// attack runs the calls in the window's kernel, one after the other.
func (s *stage) attack(t *testing.T, calls []hostile.Call) {
	t.Helper()
	type op struct {
		Unit, Op, Input string
		Params          map[string]any
	}
	var ops []op
	// backend/node has the slow ones
	calls = slices.DeleteFunc(calls, func(c hostile.Call) bool { return c.Slow })
	for _, c := range calls {
		ops = append(ops, op{c.Unit, c.Op, string(c.Input), c.Params})
	}
	var refusals []string
	s.must(t, s.run(`return await window.go.main.Automation.RunOps(a)`, &refusals, ops))
	for i, c := range calls {
		if !strings.Contains(strings.ReplaceAll(refusals[i], `\"`, `"`), c.Says) {
			t.Errorf("%s.%s %v: %q, want %q", c.Unit, c.Op, c.Params, refusals[i], c.Says)
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

// grant allows the victim what the calls of Granted go beyond.
func (s *stage) grant(t *testing.T, set *hostile.Set) {
	t.Helper()
	var keys []string
	for key, folder := range set.Grants() {
		if folder != "" {
			key += "=" + folder
		}
		keys = append(keys, key)
	}
	s.inos(t, append([]string{"plugin", "grant", outsideID}, keys...)...)
}

// inos runs a command line on the data of the window.
func (s *stage) inos(t *testing.T, args ...string) {
	t.Helper()
	c := exec.Command(filepath.Join(root(t), "build", "bin", "inos"), append(args, "--data", s.data)...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// hostileSet is the set with what is dropped into the folder.
func hostileSet(t *testing.T) (*hostile.Set, []hostile.File) {
	t.Helper()
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
	t.Cleanup(set.Close)
	files, err := set.Files()
	if err != nil {
		t.Fatal(err)
	}
	return set, files
}

// dropIn is the window's folder for plugins.
func (s *stage) dropIn() string { return filepath.Dir(dropin.Open(s.data).Path("x.wasm")) }

// drop puts the files into the folder and waits until all are judged.
func (s *stage) drop(t *testing.T, files []hostile.File) {
	t.Helper()
	for _, f := range files {
		s.must(t, f.Make(filepath.Join(s.dropIn(), f.Name)))
	}
	s.awaitJudged(t, files, true)
}

// awaitJudged waits until the program knows all of the files that it has to open for that, or none of
// them any more. It looks into the program's cache whenever that was written: the list in the page is long,
// and to ask for it would slow the pictures down.
func (s *stage) awaitJudged(t *testing.T, files []hostile.File, known bool) {
	t.Helper()
	cache := filepath.Join(s.data, "cache", "plugins-inos-desktop.json")
	var last os.FileInfo // each writing makes another file
	eventually(t, "all are judged", func() bool {
		st, err := os.Stat(cache)
		if err != nil || last != nil && os.SameFile(st, last) && st.ModTime().Equal(last.ModTime()) {
			return false
		}
		last = st
		var index struct{ Files map[string]json.RawMessage }
		b, err := os.ReadFile(cache)
		if err != nil || json.Unmarshal(b, &index) != nil {
			return false
		}
		for _, f := range files {
			path := filepath.Join(s.dropIn(), f.Name)
			st, err := os.Lstat(path)
			opened := err != nil || st.Mode().IsRegular() && st.Size() <= dropin.MaxBytes && dropin.CheckName(f.Name) == nil
			if _, is := index.Files[path]; opened && is != known {
				return false
			}
		}
		return true
	})
}

// attackAsVictim makes the calls of the victim, without permissions and beyond them.
func (s *stage) attackAsVictim(t *testing.T, set *hostile.Set) {
	t.Helper()
	s.attack(t, set.Ungranted())
	s.grant(t, set)
	s.attack(t, set.Granted())
}

// jobTime is the time of the processors that all plugins but the flock have used.
func (s *stage) jobTime(t *testing.T) (sum time.Duration) {
	t.Helper()
	var reply struct {
		Plugins []struct {
			Plugin string
			CPU    time.Duration `json:"cpu_ns"`
		}
	}
	s.must(t, s.run(`return await window.go.main.App.PluginUsage()`, &reply))
	for _, p := range reply.Plugins {
		if p.Plugin != "dev.inos.boids" {
			sum += p.CPU
		}
	}
	return sum
}

// share is the part of a processor that all plugins but the flock use while work goes on.
func (s *stage) share(t *testing.T, work func()) float64 {
	t.Helper()
	before, began := s.jobTime(t), time.Now()
	work()
	return (s.jobTime(t) - before).Seconds() / time.Since(began).Seconds()
}

// A busy machine makes pictures slow, whatever INOS does, so what is asserted here is why attacks do
// not: they get no more than twice what jobs are to get. By how much pictures take longer is promised,
// and measured by `make bench`.
const (
	mostOfTwoCores = 0.3
	longestPicture = 5000.0 // ms; the flock must not stand still
)

func TestAFlockBesideTheHostileSet(t *testing.T) {
	set, files := hostileSet(t)
	s := open(t)
	flock, _ := s.find(t, "inos-worker")
	s.drop(t, files)
	share := 0.0
	pictures := s.frameTimes(t, func() {
		share = s.share(t, func() { s.attack(t, set.Loaded()) })
		s.attackAsVictim(t, set)
	})
	t.Logf("%d pictures, the longest %.0f ms; %.2f of a processor", len(pictures), slices.Max(pictures), share)
	if share > max(mostOfTwoCores, float64(runtime.NumCPU()-2)) {
		t.Errorf("the attacks took %.2f of a processor", share)
	}
	if longest := slices.Max(pictures); longest > longestPicture {
		t.Errorf("a picture took %.0f ms", longest)
	}
	if !slices.ContainsFunc(s.family(t), func(p process) bool { return p.pid == flock.pid }) {
		t.Error("the flock's worker has ended")
	}
	if !s.screen.moves(t) {
		t.Error("the flock stands still")
	}
	why := s.refused(t)
	for _, f := range files {
		if w := why[strings.ToValidUTF8(f.Name, "\ufffd")]; (w == "") != (f.Says == "") || !strings.Contains(w, f.Says) {
			t.Errorf("%q is refused with %q, want %q", f.Name, w, f.Says)
		}
	}
	s.screen.save(t, "hostile-set")
}
