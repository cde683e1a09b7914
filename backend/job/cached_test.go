package job

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/input"
	"inos/backend/manifest"
)

// memory is a cache in memory.
type memory struct {
	mu     sync.Mutex
	kept   map[Key]*Kept
	marked map[Key]bool
	most   int64
}

func (m *memory) Get(key Key) *Kept   { m.mu.Lock(); defer m.mu.Unlock(); return m.kept[key] }
func (m *memory) Fits(n int64) bool   { return n <= m.most }
func (m *memory) Mark(key Key)        { m.mu.Lock(); defer m.mu.Unlock(); m.marked[key] = true }
func (m *memory) Marked(key Key) bool { m.mu.Lock(); defer m.mu.Unlock(); return m.marked[key] }

func (m *memory) Put(key Key, k *Kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k.Outputs = append([]Output(nil), k.Outputs...)
	m.kept[key] = k
}

// slowEngine is the engine of the other tests, whose calls take a while by the clock, and with an op
// that a test may change.
type slowEngine struct {
	*fakeEngine
	clock  *fakeClock
	target Target
	during func() // what happens while the op runs
	takes  time.Duration
	guest  uint64
}

type slowWorker struct {
	Worker
	e *slowEngine
}

func (e *slowEngine) FindOp(string, string) (Target, error) { return e.target, nil }

func (e *slowEngine) StartWorker(ctx context.Context, t Target) (Worker, error) {
	w, err := e.fakeEngine.StartWorker(ctx, t)
	return slowWorker{w, e}, err
}

func (w slowWorker) Call(ctx context.Context, c Call) (*Reply, error) {
	if w.e.during != nil {
		w.e.during()
	}
	r, err := w.Worker.Call(ctx, c)
	w.e.clock.mu.Lock()
	w.e.clock.now = w.e.clock.now.Add(w.e.takes)
	w.e.clock.mu.Unlock()
	if r != nil {
		r.GuestNs = w.e.guest
	}
	return r, err
}

func newKeeping() (*slowEngine, *memory, *Dispatcher) {
	clock := &fakeClock{now: time.Unix(1e9, 0)}
	op := *echo
	op.Determinism = manifest.BitExact
	e := &slowEngine{
		fakeEngine: &fakeEngine{}, clock: clock, takes: time.Second,
		target: Target{Unit: "fake", Op: &op, Plugin: "dev.inos.fake", Digest: [32]byte{1}, Pure: true},
	}
	cache := &memory{kept: map[Key]*Kept{}, marked: map[Key]bool{}, most: 1 << 20}
	d := New(e, e, clock, 1)
	d.KeepResults(cache)
	return e, cache, d
}

// twice runs a job two times and tells whether the second result was kept.
func twice(t *testing.T, d *Dispatcher, r Request) bool {
	t.Helper()
	var first string
	for i := range 2 {
		res, err := d.Run(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			if got := string(res.Outputs[0].Bytes); got != first {
				t.Errorf("the second time it gave %q, at first %q", got, first)
			}
			return res.FromCache != nil
		}
		first = string(res.Outputs[0].Bytes)
	}
	return false
}

func TestAResultIsKeptWhereItAlwaysIsTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		change func(e *slowEngine, r *Request)
		want   bool
	}{
		"a deterministic op":       {func(*slowEngine, *Request) {}, true},
		"without a declaration":    {func(e *slowEngine, _ *Request) { e.target.Op.Determinism = manifest.NotDeterministic }, false},
		"within a tolerance":       {func(e *slowEngine, _ *Request) { e.target.Op.Determinism = manifest.WithinTolerance }, false},
		"with a permission":        {func(e *slowEngine, _ *Request) { e.target.Pure = false }, false},
		"when nobody wants it":     {func(_ *slowEngine, r *Request) { r.NoCache = true }, false},
		"when it takes no time":    {func(e *slowEngine, _ *Request) { e.takes = 0 }, false},
		"with a secret, not given": {func(e *slowEngine, _ *Request) { e.target.Op.Params = secretParams() }, false},
		"of a stream": {func(_ *slowEngine, r *Request) {
			r.Inputs = streamOf("")
		}, false},
	} {
		e, _, d := newKeeping()
		r := request("content")
		c.change(e, &r)
		if got := twice(t, d, r); got != c.want {
			t.Errorf("%s: kept is %t", name, got)
		}
	}
}

func streamOf(text string) []Input {
	return []Input{{Stream: input.Stream("standard input", strings.NewReader(text))}}
}

func secretParams() []manifest.Param {
	return append(append([]manifest.Param{}, echo.Params...),
		manifest.Param{Name: "password", Kind: manifest.Text, Default: "", MaxBytes: 9, Secret: true})
}

func TestAKeptResultIsOfTheSameJobOnly(t *testing.T) {
	e, cache, d := newKeeping()
	if !twice(t, d, request("content")) {
		t.Fatal("it was not kept")
	}
	for name, change := range map[string]func(r *Request){
		"another byte":      func(r *Request) { r.Inputs[0].Bytes = []byte("Content") },
		"one byte more":     func(r *Request) { r.Inputs[0].Bytes = []byte("content\x00") },
		"another parameter": func(r *Request) { r.Params["n"] = 5 },
		"another name":      func(r *Request) { r.Inputs[0].Name = "a.txt" },
		"one input more":    func(r *Request) { r.Inputs = append(r.Inputs, Input{Bytes: []byte("content")}) },
		"another file":      func(*Request) { e.target.Digest[31]++ },
		"another unit":      func(*Request) { e.target.Unit = "false" },
	} {
		before := len(cache.kept)
		r := request("content")
		change(&r)
		res, err := d.Run(t.Context(), r)
		if err != nil || res.FromCache != nil || len(cache.kept) != before+1 {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

func TestWhatCameOfAFileThatChangedMeanwhileIsNotKept(t *testing.T) {
	e, cache, d := newKeeping()
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before")
	r := request("")
	r.Inputs = []Input{{Path: path}}
	e.during = func() { write("after!") }
	if _, err := d.Run(t.Context(), r); err != nil || len(cache.kept) != 0 {
		t.Errorf("%d results kept, %v", len(cache.kept), err)
	}
	e.during = nil
	res, err := d.Run(t.Context(), r)
	if err != nil || res.FromCache != nil || string(res.Outputs[0].Bytes) != "after!" || len(cache.kept) != 1 {
		t.Errorf("then %+v, %v", res, err)
	}
	if res, err = d.Run(t.Context(), r); err != nil || res.FromCache == nil || res.FromCache.Inputs[0].Name != "file" {
		t.Errorf("and %+v, %v", res, err)
	}
}

func TestALargeInputIsHashedForASlowOpOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, make([]byte, hashAlways+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for guest, want := range map[uint64]int{hashAlways * slowNsPerByte * 2: 1, hashAlways: 0} {
		e, cache, d := newKeeping()
		cache.most, e.guest = 1<<30, guest
		r := request("")
		r.Inputs = []Input{{Path: path}}
		if _, err := d.Run(t.Context(), r); err != nil || len(cache.kept) != 0 {
			t.Errorf("at first %d results are kept, %v", len(cache.kept), err)
		}
		twice(t, d, r)
		if len(cache.kept) != want {
			t.Errorf("%d ns: %d results are kept, want %d", guest, len(cache.kept), want)
		}
	}
}

func TestAResultThatIsTooLargeIsNotKept(t *testing.T) {
	_, cache, d := newKeeping()
	cache.most = 3
	if twice(t, d, request("four")) || !twice(t, d, request("abc")) {
		t.Error("the bound does not count")
	}
}

func TestAKeptResultThatDoesNotFitItsOpIsNotUsed(t *testing.T) {
	e, cache, d := newKeeping()
	if _, err := d.Run(t.Context(), request("content")); err != nil {
		t.Fatal(err)
	}
	spoil := func(change func(k *Kept)) {
		for key, k := range cache.kept {
			copied := *k
			copied.Outputs = append([]Output(nil), k.Outputs...)
			change(&copied)
			cache.kept[key] = &copied
		}
	}
	for name, change := range map[string]func(k *Kept){
		"an output that there is not": func(k *Kept) { k.Outputs[0].Index = 2 },
		"before the first":            func(k *Kept) { k.Outputs[0].Index = -1 },
		"another output's name":       func(k *Kept) { k.Outputs[0].Name = "unused" },
		"a figure too few":            func(k *Kept) { k.Figures = k.Figures[1:] },
	} {
		spoil(change)
		if res, err := d.Run(t.Context(), request("content")); err != nil || res.FromCache != nil {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	_ = e
}
