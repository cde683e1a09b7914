package host

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// bench is what a worker needs, for tests.
type testHost struct {
	cfg   Config
	arena *arena.Arena
	logs  chan string
}

func newTestHost(t testing.TB, budget int64) *testHost {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := &testHost{arena: arena.New(budget), logs: make(chan string, 100)}
	h.cfg = Config{WorkerPath: self, Launcher: NewLauncher()}
	h.cfg.OnLog = func(plugin string, level uint8, text string) {
		select {
		case h.logs <- plugin + ": " + text:
		default:
		}
	}
	t.Cleanup(func() {
		h.cfg.Launcher.Close()
		if err := h.arena.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *testHost) spawn(t testing.TB, how string) *Worker {
	t.Helper()
	w, err := Spawn(context.Background(), h.cfg, h.arena, fakePlugin(how), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// soon is what a dead or lying worker may take to be found out on a busy machine.
const soon = 5 * time.Second

func TestAWorkerThatLiesAtItsStartIsRefused(t *testing.T) {
	h := newTestHost(t, 1<<20)
	for _, c := range []struct {
		how     string
		kind    fault.Kind
		message string
	}{
		{"quitter", fault.Crash, "exit status 7"},
		{"stranger", fault.Protocol, "nobody asked"},
		{"unboxed", fault.Protocol, "without the sandbox"},
		{"confused", fault.Protocol, "it answered done"},
		{"invalid", fault.Invalid, "no [2Jmodule"},
	} {
		t.Run(c.how, func(t *testing.T) {
			begin := time.Now()
			w, err := Spawn(context.Background(), h.cfg, h.arena, fakePlugin(c.how), 1)
			if err == nil {
				w.Close()
				t.Fatal("it was taken")
			}
			checkFault(t, err, c.how, c.kind, c.message)
			if d := time.Since(begin); d > soon {
				t.Errorf("found out after %s", d)
			}
		})
	}
	if used := h.arena.Used(); used != 0 {
		t.Errorf("%d bytes were not given back", used)
	}
}

func TestASilentStartEndsWithItsContext(t *testing.T) {
	h := newTestHost(t, 1<<20)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := Spawn(ctx, h.cfg, h.arena, fakePlugin("silent"), 1)
	checkFault(t, err, "silent", fault.Canceled, "given up")
}

func TestAMissingWorkerProgramIsNamed(t *testing.T) {
	h := newTestHost(t, 1<<20)
	h.cfg.WorkerPath = "/nonexistent/inos-worker"
	_, err := Spawn(context.Background(), h.cfg, h.arena, fakePlugin("any"), 1)
	checkFault(t, err, "any", fault.Unavailable, "/nonexistent/inos-worker")
}

func TestALyingWorkerIsEndedAndNamed(t *testing.T) {
	h := newTestHost(t, 4<<20)
	for _, c := range []struct {
		how     string
		kind    fault.Kind
		message string
	}{
		{"mute", fault.Deadline, "longer than its 200ms"},
		{"exit", fault.Crash, "exit status 7: last[2J words"},
		{"panic", fault.Crash, "exit status 2: panic: on purpose"},
		{"oom", fault.Memory, "ran out of memory"},
		{"killed", fault.Crash, "killed from outside"},
		{"sigsys", fault.Denied, "forbidden system call"},
		{"garbage", fault.Protocol, "broke the protocol"},
		{"gifts", fault.Protocol, "broke the protocol"},
		{"hangup", fault.Protocol, "closed its connection"},
		{"order", fault.Protocol, "it sent release"},
		{"unasked", fault.Protocol, "nobody asked"},
		{"wrongkind", fault.Protocol, "it answered ready"},
		{"needstorm", fault.Protocol, "asked for room 4097 times"},
		{"needdeaf", fault.Deadline, "longer than its 200ms"},
		{"needwild", fault.Protocol, "output 9"},
		{"needhuge", fault.Budget, "granted 0 bytes"},
		{"flood", fault.LogFlood, "flooded the log"},
		{"forged", fault.Fault, "wrote outside its windows at guest address 0x68001234"},
		{"trap", fault.Trap, "unreachable"},
		{"shouter", fault.Crash, "exit status 7: loud"},
		{"fewresults", fault.Protocol, "0 results"},
		{"manyresults", fault.Protocol, "200 results"},
		{"wildoutput", fault.Protocol, "output 60000"},
		{"samesegment", fault.Protocol, "named twice"},
		{"wrongsegment", fault.Protocol, "in segment"},
		{"longoutput", fault.Protocol, "bytes in a segment of"},
	} {
		t.Run(c.how, func(t *testing.T) {
			w := h.spawn(t, c.how)
			begin := time.Now()
			ask := Call{Outputs: 1, Results: 2}
			if c.how == "needstorm" {
				ask.Limit = soon // it talks thousands of times
			}
			res, err := w.Call(context.Background(), ask)
			if err == nil {
				t.Fatalf("it was believed: %+v", res)
			}
			checkFault(t, err, c.how, c.kind, c.message)
			if d := time.Since(begin); d > soon {
				t.Errorf("found out after %s", d)
			}
			if c.how == "needhuge" { // a refused output is no crime
				return
			}
			if w.Alive() {
				t.Error("it may go on")
			}
			if _, err := w.Call(context.Background(), Call{}); err == nil {
				t.Error("a dead worker took a call")
			}
		})
	}
	if used := h.arena.Used(); used != 0 {
		t.Logf("%d bytes in use while workers are open", used)
	}
}

func TestAnAnswerGivenTwiceEndsTheWorker(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "twice")
	res, err := w.Call(context.Background(), Call{})
	if err != nil {
		t.Fatal(err) // the first answer was right
	}
	res.Release()
	_, err = w.Call(context.Background(), Call{}) // here the second one is found
	checkFault(t, err, "twice", fault.Protocol, "nobody asked")
}

func TestTextFromAWorkerIsCleaned(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "chatter")
	if _, err := w.Call(context.Background(), Call{}); err != nil {
		t.Fatal(err)
	}
	select {
	case line := <-h.logs:
		if line != "test.chatter: two[2J lines" {
			t.Errorf("logged %q", line)
		}
	case <-time.After(soon):
		t.Error("nothing was logged")
	}
	res, err := h.spawn(t, "badmedia").Call(context.Background(), Call{Outputs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if m := res.Outputs[0].Media; m != "" {
		t.Errorf("media type %q", m)
	}
	res.Release()
	res, err = h.spawn(t, "longtime").Call(context.Background(), Call{})
	if err != nil || res.Guest < 0 {
		t.Errorf("a time of %v, %v", res.Guest, err)
	}
}

func TestCancelAsksAndThenKills(t *testing.T) {
	h := newTestHost(t, 1<<20)
	for _, c := range []struct {
		how     string
		message string
		alive   bool
	}{
		{"obedient", "stopped", true},
		{"deaf", "did not stop by itself", false},
	} {
		w := h.spawn(t, c.how)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		_, err := w.Call(ctx, Call{Limit: time.Minute})
		cancel()
		checkFault(t, err, c.how, fault.Canceled, c.message)
		if w.Alive() != c.alive {
			t.Errorf("%s: alive is %t", c.how, w.Alive())
		}
	}
}

func TestATickOverItsDeadlineEndsTheWorker(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "ticker")
	if err := w.Live(wire.Live{Run: true}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	w.status.SetBusySince(arena.Monotonic()) // as its worker would
	waitDone(t, w)
	checkFault(t, w.Err(), "ticker", fault.Deadline, "a tick ran longer than its 100ms")
	if d := time.Since(begin); d < 100*time.Millisecond {
		t.Errorf("it was killed after %s already", d)
	}
}

func TestAWorkerThatDoesNotTickIsEnded(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "ticker")
	w.stall = 20 * time.Millisecond
	if err := w.Live(wire.Live{Run: true, RateHz: 600}); err != nil { // two ticks are 3.333333 ms
		t.Fatal(err)
	}
	waitDone(t, w)
	checkFault(t, w.Err(), "ticker", fault.Deadline, "it has not ticked for 23ms")
}

func TestARunThatHasAnEndAndDoesNotTickIsEnded(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "ticker")
	w.stall = 20 * time.Millisecond
	if err := w.Live(wire.Live{Run: true, RateHz: 1000, Ticks: 5}); err != nil {
		t.Fatal(err)
	}
	w.status.AddTick(1, 1) // as its worker would
	waitDone(t, w)
	checkFault(t, w.Err(), "ticker", fault.Deadline, "it has not ticked for 22ms")
}

func TestARunThatHasAnEndIsNotWatchedBeyondIt(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "ticker")
	w.stall = time.Millisecond
	if err := w.Live(wire.Live{Run: true, Ticks: 1}); err != nil {
		t.Fatal(err)
	}
	w.status.AddTick(1, 1) // as its worker would
	w.watching.Wait()
	if !w.Alive() {
		t.Errorf("it was ended: %v", w.Err())
	}
}

func TestAPausedWorkerIsNotWatched(t *testing.T) {
	h := newTestHost(t, 1<<20)
	w := h.spawn(t, "ticker")
	for _, run := range []bool{true, false} {
		if err := w.Live(wire.Live{Run: run}); err != nil {
			t.Fatal(err)
		}
	}
	w.watching.Wait() // the watchdog has gone: nothing can end the worker any more
	if !w.Alive() {
		t.Errorf("it was ended: %v", w.Err())
	}
}

func waitDone(t testing.TB, w *Worker) {
	t.Helper()
	select {
	case <-w.Done():
	case <-time.After(soon):
		t.Fatal("the worker lives on")
	}
}

func checkFault(t testing.TB, err error, how string, kind fault.Kind, message string) {
	t.Helper()
	f := fault.As(err)
	if f == nil {
		t.Fatalf("got %v, want a fault", err)
	}
	if f.Kind != kind || !strings.Contains(f.Message(), message) {
		t.Errorf("got %s %q, want %s with %q", f.Kind, f.Error(), kind, message)
	}
	if f.Subject != "test."+how {
		t.Errorf("the error names %q", f.Subject)
	}
}
