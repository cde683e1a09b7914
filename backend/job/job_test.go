package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/manifest"
)

// fakeEngine is a small engine in memory; faults are its fields.
type fakeEngine struct {
	mu       sync.Mutex
	started  int
	open     int
	trims    int
	refuse   error
	callErr  error
	dies     bool          // each call ends its worker
	hold     chan struct{} // a call waits for it; nil: it does not
	inCall   chan struct{}
	released int
}

var echo = &manifest.Op{
	Number: 3, Name: "echo",
	Params: []manifest.Param{
		{Name: "n", Kind: manifest.Integer, Default: int64(1), Min: 0, Max: 9, Unit: "m"},
	},
	Inputs:  []manifest.Port{{Name: "in"}, {Name: "more", Optional: true}},
	Outputs: []manifest.Port{{Name: "out"}, {Name: "unused"}},
	Results: []manifest.Figure{{Name: "n", Unit: "m"}, {Name: "silent"}},
}

func (e *fakeEngine) FindOp(unit, op string) (Target, error) {
	if unit != "fake" || op != "echo" {
		return Target{}, fault.New("find", fault.NotFound, unit+"."+op, "there is no such op", "")
	}
	return Target{Unit: unit, Op: echo, Plugin: "dev.inos.fake", Digest: [32]byte{1}}, nil
}

func (e *fakeEngine) StartWorker(context.Context, Target) (Worker, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		return nil, e.refuse
	}
	e.started++
	e.open++
	return &fakeWorker{e: e, alive: true}, nil
}

type fakeWorker struct {
	e      *fakeEngine
	alive  bool
	closed bool
}

// fakeBudget is more than the inputs of the tests have.
const fakeBudget = 64

type fakeMemory struct {
	e *fakeEngine
	b []byte
}

func (m *fakeMemory) Bytes() []byte { return m.b }
func (m *fakeMemory) Release()      { m.e.mu.Lock(); m.e.released++; m.e.mu.Unlock() }

func (w *fakeWorker) NewInput(n int64) (Memory, error) {
	return &fakeMemory{w.e, make([]byte, n)}, nil
}
func (w *fakeWorker) MapInput(*os.File) (Memory, bool) {
	return nil, false
}
func (w *fakeWorker) LendInput(h Held) (Memory, error) {
	return &fakeMemory{w.e, h.Bytes()}, nil
}
func (w *fakeWorker) Budget() int64 { return fakeBudget }
func (w *fakeWorker) Alive() bool   { return w.alive }
func (w *fakeWorker) Trim()         { w.e.mu.Lock(); w.e.trims++; w.e.mu.Unlock() }
func (w *fakeWorker) Close() {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if !w.closed {
		w.closed, w.alive = true, false
		w.e.open--
	}
}

// Call gives the first input back, and the parameter as result.
func (w *fakeWorker) Call(ctx context.Context, c Call) (*Reply, error) {
	if w.e.hold != nil {
		w.e.inCall <- struct{}{}
		select {
		case <-w.e.hold:
		case <-ctx.Done():
			return nil, fault.Wrap("call", fault.Canceled, "dev.inos.fake", ctx.Err(), "")
		}
	}
	if w.e.dies {
		w.alive = false
	}
	if w.e.callErr != nil {
		return nil, w.e.callErr
	}
	return &Reply{
		Outputs: []ReplyOutput{{Index: 0, Bytes: c.Inputs[0].Bytes(), Media: "text/plain"}},
		Results: []Reading{{float64(c.Params[0].Int), true}, {}}, GuestNs: 5,
		Release: func() { clear(c.Inputs[0].Bytes()) }, // whoever kept a view sees zeros
	}, nil
}

// fakeClock goes on when it is told to.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

type fakeTimer struct {
	at   time.Time
	f    func()
	dead bool
}

func (c *fakeClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *fakeClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &fakeTimer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := !t.dead
		t.dead = true
		return was
	}
}

// advance lets time pass in small steps, so that timers which timers set are seen.
func (c *fakeClock) advance(d time.Duration) {
	for end := c.Now().Add(d); c.Now().Before(end); {
		c.mu.Lock()
		c.now = c.now.Add(time.Second)
		var due []func()
		for _, t := range c.timers {
			if !t.dead && !t.at.After(c.now) {
				t.dead = true
				due = append(due, t.f)
			}
		}
		c.mu.Unlock()
		for _, f := range due {
			f()
		}
	}
}

func request(text string) Request {
	return Request{Unit: "fake", Op: "echo", Params: map[string]any{"n": "4"},
		Inputs: []Input{{Bytes: []byte(text)}}}
}

func newTest(workers int) (*fakeEngine, *fakeClock, *Dispatcher) {
	e, c := &fakeEngine{}, &fakeClock{now: time.Unix(1e9, 0)}
	return e, c, New(e, e, c, workers)
}

func TestAResultIsACopyWithNamesAndUnits(t *testing.T) {
	_, _, d := newTest(1)
	r, err := d.Run(context.Background(), request("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Outputs) != 1 || r.Outputs[0].Name != "out" || string(r.Outputs[0].Bytes) != "hello" ||
		r.Outputs[0].Media != "text/plain" || r.Outputs[0].Len != 5 {
		t.Errorf("outputs %+v", r.Outputs)
	}
	if len(r.Results) != 2 || r.Results[0] != (Figure{"n", "m", Reading{4, true}}) ||
		r.Results[1] != (Figure{Name: "silent"}) {
		t.Errorf("results %+v", r.Results)
	}
	if v, ok := r.Figure("n"); !ok || v != 4 {
		t.Errorf("figure n: %v, %t", v, ok)
	}
	if _, ok := r.Figure("silent"); ok {
		t.Error("a number that was not reported is there")
	}
	if r.Plugin != "dev.inos.fake" || !strings.HasPrefix(r.Digest, "01") || r.Params["n"] != int64(4) {
		t.Errorf("%+v", r)
	}
}

func TestAFileIsReadAsInput(t *testing.T) {
	_, _, d := newTest(1)
	path := filepath.Join(t.TempDir(), "in.txt")
	if err := os.WriteFile(path, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := request("")
	r.Inputs = []Input{{Path: path}}
	res, err := d.Run(context.Background(), r)
	if err != nil || string(res.Outputs[0].Bytes) != "from a file" {
		t.Errorf("%v, %v", res, err)
	}
	for what, c := range map[string]struct {
		path string
		kind fault.Kind
	}{
		"a missing file": {path + "x", fault.NotFound},
		"a folder":       {filepath.Dir(path), fault.Invalid},
	} {
		r.Inputs = []Input{{Path: c.path}}
		if _, err := d.Run(context.Background(), r); fault.KindOf(err) != c.kind ||
			fault.As(err).Subject != c.path {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAStreamIsReadAsInputUpToTheBudget(t *testing.T) {
	_, _, d := newTest(1)
	r := request("")
	for _, n := range []int{0, 1, fakeBudget, fakeBudget + 1} {
		r.Inputs = []Input{{Stream: input.Stream("the stream", bytes.NewReader(make([]byte, n)))}}
		res, err := d.Run(context.Background(), r)
		if n <= fakeBudget {
			if err != nil || len(res.Outputs[0].Bytes) != n {
				t.Errorf("%d bytes: %v, %v", n, res, err)
			}
			continue
		}
		f := fault.As(err)
		if f == nil || f.Kind != fault.Budget || f.Limit != fakeBudget || f.Subject != "the stream" ||
			!strings.Contains(f.Next, "--arena") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestWaitingForAStreamEndsWithItsContext(t *testing.T) {
	_, _, d := newTest(1)
	silent, end := io.Pipe()
	defer end.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := request("")
	r.Inputs = []Input{{Stream: input.Stream("the stream", silent)}}
	if _, err := d.Run(ctx, r); fault.KindOf(err) != fault.Canceled {
		t.Errorf("%v", err)
	}
}

func TestWhatIsWrongIsSaidBeforeAWorkerStarts(t *testing.T) {
	e, _, d := newTest(1)
	for what, c := range map[string]struct {
		change  func(r *Request)
		kind    fault.Kind
		subject string
	}{
		"an unknown op":        {func(r *Request) { r.Op = "ehco" }, fault.NotFound, "fake.ehco"},
		"an unknown parameter": {func(r *Request) { r.Params["m"] = 1 }, fault.Invalid, "m"},
		"a value out of range": {func(r *Request) { r.Params["n"] = 10 }, fault.Invalid, "n"},
		"a missing input":      {func(r *Request) { r.Inputs = nil }, fault.Invalid, "in"},
		"too many inputs":      {func(r *Request) { r.Inputs = make([]Input, 3) }, fault.Invalid, "echo"},
		"too many places":      {func(r *Request) { r.Places = 3 }, fault.Invalid, "echo"},
	} {
		r := request("x")
		c.change(&r)
		_, err := d.Run(context.Background(), r)
		if f := fault.As(err); f == nil || f.Kind != c.kind || f.Subject != c.subject {
			t.Errorf("%s: %v", what, err)
		}
	}
	if e.started != 0 {
		t.Errorf("%d workers were started", e.started)
	}
	e.refuse = errors.New("no")
	if _, err := d.Run(context.Background(), request("x")); !errors.Is(err, e.refuse) {
		t.Errorf("a start that fails: %v", err)
	}
	e.refuse = nil
	if _, err := d.Run(context.Background(), request("x")); err != nil {
		t.Errorf("the slot was not given back: %v", err)
	}
}

func TestAnIdleWorkerIsKeptTrimmedAndRetired(t *testing.T) {
	e, c, d := newTest(1)
	run := func() *Result {
		r, err := d.Run(context.Background(), request("x"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if !run().Started || run().Started || e.started != 1 {
		t.Errorf("%d workers for two jobs", e.started)
	}
	c.advance(trimAfter + time.Second)
	if e.trims != 1 || e.open != 1 {
		t.Errorf("%d trims, %d open after %s", e.trims, e.open, trimAfter)
	}
	if run().Started {
		t.Error("a trimmed worker was not used again")
	}
	c.advance(IdleWorkerLife - time.Second)
	if e.open != 1 {
		t.Error("it was retired too early")
	}
	c.advance(2 * time.Second)
	if e.open != 0 {
		t.Error("it was not retired")
	}
	if !run().Started {
		t.Error("a retired worker was used")
	}
}

func TestADeadWorkerIsNotUsedAgain(t *testing.T) {
	e, _, d := newTest(1)
	e.dies, e.callErr = true, fault.New("call", fault.Trap, "dev.inos.fake", "unreachable", "")
	if _, err := d.Run(context.Background(), request("x")); fault.KindOf(err) != fault.Trap {
		t.Error(err)
	}
	if e.open != 0 || e.released != 1 {
		t.Errorf("%d workers open, %d inputs released", e.open, e.released)
	}
	e.dies, e.callErr = false, nil
	if r, err := d.Run(context.Background(), request("x")); err != nil || !r.Started {
		t.Errorf("%v, %v", r, err)
	}
}

func TestJobsWaitForASlotAndCanGiveUp(t *testing.T) {
	e, _, d := newTest(1)
	e.hold, e.inCall = make(chan struct{}), make(chan struct{}, 2)
	first := make(chan error, 1)
	go func() { _, err := d.Run(context.Background(), request("x")); first <- err }()
	<-e.inCall
	ctx, cancel := context.WithCancel(context.Background())
	second := make(chan error, 1)
	go func() { _, err := d.Run(ctx, request("y")); second <- err }()
	cancel()
	if err := <-second; fault.KindOf(err) != fault.Canceled {
		t.Errorf("given up while waiting: %v", err)
	}
	if e.started != 1 {
		t.Errorf("%d workers for one slot", e.started)
	}
	close(e.hold)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestRelieveAndCloseEndIdleWorkers(t *testing.T) {
	e, _, d := newTest(2)
	if d.Relieve() {
		t.Error("there was nothing to relieve")
	}
	if _, err := d.Run(context.Background(), request("x")); err != nil {
		t.Fatal(err)
	}
	if !d.Relieve() || e.open != 0 {
		t.Error("the idle worker is still there")
	}
	if _, err := d.Run(context.Background(), request("x")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if e.open != 0 {
		t.Error("the idle worker is still there after Close")
	}
	if _, err := d.Run(context.Background(), request("x")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a closed dispatcher took a job: %v", err)
	}
}

func TestManyJobsAtOnce(t *testing.T) {
	e, _, d := newTest(4)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			text := strings.Repeat("x", i)
			r, err := d.Run(context.Background(), request(text))
			if err != nil || !bytes.Equal(r.Outputs[0].Bytes, []byte(text)) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if e.started > 4 {
		t.Errorf("%d workers for four slots", e.started)
	}
}
