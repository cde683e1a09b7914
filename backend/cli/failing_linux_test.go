package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	wasm "inos/backend/host/worker/wasmtest"
)

const sickManifest = `{
  "id": "test.sick", "name": "Sick", "version": "1.0.0", "abi": 1,
  "units": [{"name": "sick", "live": {
    "params": [
      {"name": "init", "kind": "choice", "options": ["well", "trap", "code", "hang"]},
      {"name": "after", "kind": "integer", "default": 0, "min": 0, "max": 100000}
    ],
    "channels": [{"name": "points", "look": "points", "capacity": 4}],
    "phases": 1, "maxShards": 1, "rateHz": 100
  }}],
  "limits": {"tickMs": TICK_MS}
}`

// withSick installs sickGuest with a deadline of its ticks.
func (w world) withSick(t *testing.T, tickMs string) world {
	t.Helper()
	return w.withGuest(t, "sick", strings.Replace(sickManifest, "TICK_MS", tickMs, 1), sickGuest())
}

// What sickGuest does in inos_init: the options of its parameter.
const (
	initTraps = 1 + iota
	initFails
	initHangs
)

// sickGuest fails in inos_init as its parameter says, or traps in the tick of a number; 0: never.
func sickGuest() *wasm.Module {
	m := wasm.New()
	param := m.Import("param_i64", wasm.Sig("i", "l"))
	publish := m.Import("channel_publish", wasm.Sig("ii", "i"))
	ticks := m.Global()
	integer := func(i int32) []byte { return wasm.Code(wasm.Const(i), wasm.Call(param), wasm.Wrap) }
	behaves := func(how int32, body []byte) []byte {
		return wasm.Code(integer(0), wasm.Const(how), wasm.Equal, wasm.If(body))
	}
	m.Func("inos_abi", true, wasm.Sig("", "i"), "", wasm.Const(1))
	m.Func("inos_init", true, wasm.Sig("", "i"), "",
		behaves(initTraps, wasm.Unreachable),
		behaves(initFails, wasm.Code(wasm.Const(7), wasm.Return)),
		behaves(initHangs, wasm.Forever()),
		wasm.Const(0))
	m.Func("inos_tick", true, wasm.Sig("iiii", "i"), "",
		wasm.GetGlobal(ticks), wasm.Const(1), wasm.Add, wasm.SetGlobal(ticks),
		wasm.GetGlobal(ticks), integer(1), wasm.Equal, wasm.If(wasm.Unreachable),
		wasm.Const(0), wasm.Const(4), wasm.Call(publish))
	return m
}

func TestAUnitThatCannotBeginEndsWithItsOwnError(t *testing.T) {
	w := newWorld(t).withSick(t, "100")
	for how, want := range map[string]struct{ kind, message string }{
		"trap": {"trap", "inos_init: unreachable"},
		"code": {"other", "inos_init returned error code 7"},
		"hang": {"deadline", "inos_init or a tick ran longer than its 100ms"},
	} {
		got := w.run(t, "live", "sick", "-p", "init="+how, "--seconds", "0.5", "--json")
		var document errorDocumentRead
		oneDocument(t, got.stdout, &document)
		e := document.Error
		if got.exit != ExitFailed || e.Kind != want.kind || e.Subject != "sick" ||
			!strings.Contains(e.Message, "it published no frame: test.sick: "+want.message) {
			t.Errorf("%s for half a second: exit %d, %+v", how, got.exit, e)
		}
		begin := time.Now()
		got = w.run(t, "live", "sick", "-p", "init="+how, "--ticks", "5", "--json")
		document = errorDocumentRead{}
		oneDocument(t, got.stdout, &document)
		e = document.Error
		if got.exit != ExitFailed || e.Kind != want.kind || e.Subject != "test.sick" ||
			!strings.HasPrefix(e.Message, want.message) {
			t.Errorf("%s for five ticks: exit %d, %+v", how, got.exit, e)
		}
		// One start and one limit; the first pause alone would be followed by a second start.
		if took := time.Since(begin); took > processLimit/10 {
			t.Errorf("%s for five ticks took %v", how, took)
		}
	}
}

func TestAFixedRunEndsAtItsFirstFailure(t *testing.T) {
	w := newWorld(t).withSick(t, "100")
	got := w.run(t, "live", "sick", "-p", "after=60", "--ticks", "100")
	if got.exit != ExitFailed || strings.Count(got.stderr, "\n") != 1 ||
		!strings.HasPrefix(got.stderr, "inos: test.sick: inos_tick: unreachable") {
		t.Errorf("exit %d, %q; want one line with the reason", got.exit, got.stderr)
	}
	got = w.run(t, "live", "sick", "-p", "after=60", "--ticks", "59", "--json")
	var figures liveFigures
	oneDocument(t, got.stdout, &figures)
	if got.exit != ExitOK || figures.Ticks != 59 {
		t.Errorf("one tick less: exit %d, %s", got.exit, got.stdout)
	}
}

const liarManifest = `{
  "id": "test.liar", "name": "Liar", "version": "1.0.0", "abi": 1,
  "units": [{"name": "liar", "live": {
    "params": [
      {"name": "channel", "kind": "integer", "default": 0, "min": -1, "max": 9},
      {"name": "count", "kind": "integer", "default": 0, "min": -1, "max": 2000000000}
    ],
    "channels": [{"name": "points", "look": "points", "capacity": 4}],
    "phases": 1, "maxShards": 1, "rateHz": 100
  }}]
}`

// liarGuest publishes what its parameters say and does not look at the answer.
func liarGuest() *wasm.Module {
	m := wasm.New()
	param := m.Import("param_i64", wasm.Sig("i", "l"))
	publish := m.Import("channel_publish", wasm.Sig("ii", "i"))
	integer := func(i int32) []byte { return wasm.Code(wasm.Const(i), wasm.Call(param), wasm.Wrap) }
	m.Func("inos_abi", true, wasm.Sig("", "i"), "", wasm.Const(1))
	m.Func("inos_tick", true, wasm.Sig("iiii", "i"), "",
		integer(0), integer(1), wasm.Call(publish), wasm.Drop, wasm.Const(0))
	return m
}

func TestAFrameThatIsRefusedIsNamed(t *testing.T) {
	w := newWorld(t).withGuest(t, "liar", liarManifest, liarGuest())
	for asked, want := range map[[2]string]string{
		{"0", "-1"}:         "channel_publish(0, -1) was refused: a frame has 0 to ",
		{"0", "2000000000"}: "channel_publish(0, 2000000000) was refused: a frame has 0 to ",
		{"9", "1"}:          "channel_publish(9, 1) was refused: there is no such channel",
		{"-1", "1"}:         "channel_publish(-1, 1) was refused: there is no such channel",
	} {
		got := w.run(t, "live", "liar", "--ticks", "5",
			"-p", "channel="+asked[0], "-p", "count="+asked[1])
		if got.exit != ExitFailed ||
			!strings.HasPrefix(got.stderr, "inos: liar: it published no frame in 5 ticks: "+want) {
			t.Errorf("%v: exit %d, %q", asked, got.exit, got.stderr)
		}
	}
	if got := w.run(t, "live", "liar", "--ticks", "5"); got.exit != ExitOK {
		t.Errorf("the truth: exit %d, %q", got.exit, got.stderr)
	}
}

// liveMeter runs a unit and hands each line of its meter over.
func (w world) liveMeter(t *testing.T, each func(p *started, line string), args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	p := &started{Cmd: w.command(ctx, append([]string{"live"}, args...)...)}
	p.Stderr = &p.stderr
	meter, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(meter); lines.Scan(); {
		p.stdout.WriteString(lines.Text() + "\n")
		each(p, lines.Text())
	}
	return p.end()
}

// liveAndKill runs the flock, kills its worker once it has ticked, and returns what the program
// said. before is called right before the kill.
func (w world) liveAndKill(t *testing.T, before func()) outcome {
	t.Helper()
	killed := false
	return w.liveMeter(t, func(p *started, line string) {
		if killed || !strings.Contains(line, "200 birds") {
			return
		}
		killed = true
		before()
		if err := syscall.Kill(childOf(t, p.Process.Pid), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}, "boids", "-p", "count=200", "--shards", "1", "--seconds", "3")
}

// childOf is the only child of a process.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	children := childrenOf(t, pid)
	if len(children) != 1 {
		t.Fatalf("the children of %d are %v", pid, children)
	}
	return children[0]
}

func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread may have ended
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, child)
		}
	}
	return children
}

func TestARunSaysThatItsUnitWasStartedAgain(t *testing.T) {
	got := newWorld(t).withPlugins(t).liveAndKill(t, func() {})
	if got.exit != ExitOK || !strings.Contains(got.stdout, "restarts  1\n") {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
	if want := "\ninos: boids: it was started again 1 time, the last failure: dev.inos.boids: its worker" +
		" was killed from outside"; !strings.Contains(got.stderr, want) {
		t.Errorf("%q lacks %q", got.stderr, want)
	}
}

// TestARunFailsWhenItsUnitDoesNotRunAtItsEnd takes the worker program away, so that no start works.
func TestARunFailsWhenItsUnitDoesNotRunAtItsEnd(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	shared := w.programs
	w.programs = t.TempDir()
	for _, name := range []string{"inos", "inos-worker"} {
		if err := os.Link(filepath.Join(shared, name), filepath.Join(w.programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	got := w.liveAndKill(t, func() {
		if err := os.Remove(filepath.Join(w.programs, "inos-worker")); err != nil {
			t.Error(err)
		}
	})
	if got.exit != ExitFailed || !strings.Contains(got.stdout, "checksum") {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
	if !strings.HasPrefix(got.stderr,
		"inos: boids: it was about to be started again when the run ended: ") {
		t.Errorf("%q", got.stderr)
	}
}

// TestTheMeterShowsAStall stops the worker, waits for the word, lets it run on and waits for the word
// to go. The plugin gives its ticks so much time that nobody ends a worker that was stopped in one.
func TestTheMeterShowsAStall(t *testing.T) {
	w := newWorld(t).withSick(t, "60000")
	const stop, stalled, running, over = 0, 1, 2, 3
	stage := stop
	got := w.liveMeter(t, func(p *started, line string) {
		signal, target := syscall.SIGINT, p.Process.Pid
		switch {
		case stage == stop && strings.Contains(line, "4 points"):
			signal, target = syscall.SIGSTOP, childOf(t, target)
		case stage == stalled && strings.HasSuffix(line, "  stalled"):
			signal, target = syscall.SIGCONT, childOf(t, target)
		case stage == running && !strings.Contains(line, "stalled"):
		default:
			return
		}
		stage++
		if err := syscall.Kill(target, signal); err != nil {
			t.Error(err)
		}
	}, "sick")
	if stage != over || got.exit != ExitInterrupted || strings.Contains(got.stderr, "failure") {
		t.Errorf("stage %d, exit %d, %s%s", stage, got.exit, got.stdout, got.stderr)
	}
}

// TestAFixedRunEndsWhenItsUnitStalls waits for as long as an honest worker may stand still.
func TestAFixedRunEndsWhenItsUnitStalls(t *testing.T) {
	stopped := false
	got := newWorld(t).withSick(t, "100").liveMeter(t, func(p *started, line string) {
		if stopped || !strings.Contains(line, "4 points") {
			return
		}
		stopped = true
		if err := syscall.Kill(childOf(t, p.Process.Pid), syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
	}, "sick", "--ticks", "100000", "--rate", "100")
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "it has not ticked for 5.02s") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
}

// TestARunFailsWhenItsUnitHasStalled would wait for a minute if it asked the worker for a pause.
func TestARunFailsWhenItsUnitHasStalled(t *testing.T) {
	stopped := false
	begin := time.Now()
	got := newWorld(t).withSick(t, "60000").liveMeter(t, func(p *started, line string) {
		if stopped || !strings.Contains(line, "4 points") {
			return
		}
		stopped = true
		if err := syscall.Kill(childOf(t, p.Process.Pid), syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
	}, "sick", "--seconds", "4")
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "inos: sick: it had stalled when the run ended") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	if took := time.Since(begin); took > processLimit/2 {
		t.Errorf("it took %v", took)
	}
}

func TestARunOfSoManyTicksThatFailsMidwayKeepsItsFigures(t *testing.T) {
	w := newWorld(t).withSick(t, "100")
	got := w.run(t, "live", "sick", "-p", "after=5", "--ticks", "20", "--json")
	var report struct {
		Unit             string
		Ticks, Published uint64
		Error            struct{ Kind string }
	}
	oneDocument(t, got.stdout, &report)
	if got.exit != ExitFailed || report.Error.Kind != "trap" ||
		report.Ticks != 4 || report.Published != 4 || report.Unit != "sick" {
		t.Errorf("exit %d, %+v", got.exit, report)
	}
}
