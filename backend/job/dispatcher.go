package job

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/manifest"
)

const opRun = "job.run"

// Bounds of the dispatcher.
const (
	// IdleWorkerLife is how long a worker waits for the next job: long enough for somebody who
	// tries values in a form.
	IdleWorkerLife = 30 * time.Second
	// trimAfter is when an idle worker gives its shared memory back to the arena.
	trimAfter = 5 * time.Second
	// maxWaiting bounds the jobs that wait for a worker.
	maxWaiting = 256
)

// Dispatcher runs jobs, at most Workers at a time.
type Dispatcher struct {
	catalogue Catalogue
	engine    Engine
	clock     Clock
	slots     chan struct{}

	mu      sync.Mutex
	waiting int
	idle    map[[32]byte][]*idleWorker
	closed  bool
}

type idleWorker struct {
	Worker
	digest   [32]byte
	stopTrim func() bool
	stopEnd  func() bool
}

// New makes a dispatcher that runs up to workers jobs at once.
func New(c Catalogue, e Engine, clock Clock, workers int) *Dispatcher {
	return &Dispatcher{
		catalogue: c, engine: e, clock: clock,
		slots: make(chan struct{}, max(1, workers)),
		idle:  map[[32]byte][]*idleWorker{},
	}
}

// Run runs one job. Cancelling ctx asks the guest to stop and ends its worker when it does not.
func (d *Dispatcher) Run(ctx context.Context, r Request) (*Result, error) {
	start := d.clock.Now()
	t, err := d.catalogue.FindOp(r.Unit, r.Op)
	if err != nil {
		return nil, err
	}
	params, err := manifest.CoerceParams(t.Op.Params, r.Params)
	if err != nil {
		return nil, err
	}
	if err := checkPorts(t.Op, &r); err != nil {
		return nil, err
	}
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-d.slots }()
	w, started, err := d.worker(ctx, t)
	if err != nil {
		return nil, err
	}
	defer d.giveBack(w)
	res, err := runOn(ctx, w, t, params, r)
	if err != nil {
		return nil, err
	}
	res.Started = started
	res.WallNs = uint64(d.clock.Now().Sub(start))
	return res, nil
}

// enter waits for one of the slots.
func (d *Dispatcher) enter(ctx context.Context) error {
	d.mu.Lock()
	full, closed := d.waiting >= maxWaiting, d.closed
	if !full && !closed {
		d.waiting++
	}
	d.mu.Unlock()
	switch {
	case closed:
		return fault.New(opRun, fault.Unavailable, "", "the node is closing", "")
	case full:
		return fault.New(opRun, fault.Unavailable, "",
			fmt.Sprintf("%d jobs are waiting already", maxWaiting), "try again later")
	}
	defer func() { d.mu.Lock(); d.waiting--; d.mu.Unlock() }()
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Wrap(opRun, fault.Canceled, "", context.Cause(ctx), "")
	}
}

// worker takes an idle worker of the plugin or starts one.
func (d *Dispatcher) worker(ctx context.Context, t Target) (*idleWorker, bool, error) {
	for {
		w := d.takeIdle(t.Digest)
		if w == nil {
			break
		}
		if w.Alive() {
			return w, false, nil
		}
		w.Close()
	}
	w, err := d.engine.StartWorker(ctx, t)
	if err != nil {
		return nil, false, err
	}
	return &idleWorker{Worker: w, digest: t.Digest}, true, nil
}

func (d *Dispatcher) takeIdle(digest [32]byte) *idleWorker {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[digest]
	if len(list) == 0 {
		return nil
	}
	w := list[len(list)-1]
	d.idle[digest] = list[:len(list)-1]
	w.stopTrim()
	w.stopEnd()
	return w
}

// giveBack keeps a live worker for the next job.
func (d *Dispatcher) giveBack(w *idleWorker) {
	d.keep(w, IdleWorkerLife)
}

// keep puts a worker among the idle ones for that long, or ends it. Its shared memory is given
// back on the way, if there is time enough.
func (d *Dispatcher) keep(w *idleWorker, life time.Duration) {
	if !w.Alive() || !d.shelve(w, life) {
		w.Close()
	}
}

func (d *Dispatcher) shelve(w *idleWorker, life time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.idle[w.digest] = append(d.idle[w.digest], w)
	w.stopTrim = func() bool { return true }
	if life > trimAfter {
		w.stopTrim = d.clock.AfterFunc(trimAfter, func() { d.trim(w, life-trimAfter) })
	}
	w.stopEnd = d.clock.AfterFunc(life, func() { d.retire(w) })
	return true
}

// trim takes the worker out while it asks it to let go of memory: that takes a message each way.
func (d *Dispatcher) trim(w *idleWorker, left time.Duration) {
	if d.remove(w) {
		w.stopEnd()
		w.Trim()
		d.keep(w, left)
	}
}

func (d *Dispatcher) retire(w *idleWorker) {
	if d.remove(w) {
		w.stopTrim()
		w.Close()
	}
}

// Retire ends the idle workers of a plugin's file that was replaced. Calls that run go on with it.
func (d *Dispatcher) Retire(digest [32]byte) {
	d.mu.Lock()
	list := slices.Clone(d.idle[digest])
	d.mu.Unlock()
	for _, w := range list {
		if d.remove(w) {
			w.stopEnd()
			w.stopTrim()
			w.Close()
		}
	}
}

// remove takes the worker out of the idle ones; false: somebody else has it.
func (d *Dispatcher) remove(w *idleWorker) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[w.digest]
	i := slices.Index(list, w)
	if i < 0 {
		return false
	}
	d.idle[w.digest] = slices.Delete(list, i, i+1)
	return true
}

// Relieve ends idle workers, so that their memory can be used elsewhere. It reports whether there
// were any.
func (d *Dispatcher) Relieve() bool {
	d.mu.Lock()
	var all []*idleWorker
	for digest, list := range d.idle {
		all = append(all, list...)
		delete(d.idle, digest)
	}
	d.mu.Unlock()
	for _, w := range all {
		w.stopTrim()
		w.stopEnd()
		w.Close()
	}
	return len(all) > 0
}

// Close ends idle workers and takes no more jobs. Running ones end with their context.
func (d *Dispatcher) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.Relieve()
}

// checkPorts says what is wrong with the number of inputs and of places for outputs.
func checkPorts(op *manifest.Op, r *Request) error {
	if len(r.Inputs) > len(op.Inputs) {
		return fault.Newf(opRun, fault.Invalid, op.Name, "%d inputs were given, it takes %d",
			len(r.Inputs), len(op.Inputs))
	}
	if r.Places > len(op.Outputs) {
		return fault.Newf(opRun, fault.Invalid, op.Name, "%d files were given for outputs, it has %d",
			r.Places, len(op.Outputs))
	}
	for _, missing := range op.Inputs[len(r.Inputs):] {
		if !missing.Optional {
			return fault.New(opRun, fault.Invalid, missing.Name, "this input is missing",
				fmt.Sprintf("%s takes %d input(s); give the file with -i", op.Name, len(op.Inputs)))
		}
	}
	return nil
}

func runOn(
	ctx context.Context, w Worker, t Target, params []manifest.Value, r Request,
) (*Result, error) {
	call := Call{Op: t.Op, Params: params, Progress: r.Progress}
	defer func() {
		for _, m := range call.Inputs {
			m.Release()
		}
	}()
	for i := range r.Inputs {
		m, name, err := load(ctx, w, r.Inputs[i])
		if err != nil {
			return nil, err
		}
		call.Inputs, call.Names = append(call.Inputs, m), append(call.Names, name)
	}
	reply, err := w.Call(ctx, call)
	if err != nil {
		return nil, err
	}
	defer reply.Release()
	return copyOut(t, params, reply), nil
}

func copyOut(t Target, params []manifest.Value, reply *Reply) *Result {
	res := &Result{
		Unit: t.Unit, Op: t.Op.Name, Plugin: t.Plugin, Digest: fmt.Sprintf("%x", t.Digest),
		Params: manifest.Values(t.Op.Params, params), GuestNs: reply.GuestNs,
	}
	for _, o := range reply.Outputs {
		b := append([]byte(nil), o.Bytes...)
		res.Outputs = append(res.Outputs, Output{
			Index: o.Index, Name: t.Op.Outputs[o.Index].Name, Media: o.Media, Bytes: b, Len: int64(len(b)),
		})
	}
	for i, f := range t.Op.Results[:min(len(t.Op.Results), len(reply.Results))] {
		res.Results = append(res.Results, Figure{f.Name, f.Unit, reply.Results[i]})
	}
	return res
}
