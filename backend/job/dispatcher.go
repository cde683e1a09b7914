package job

import (
	"context"
	"fmt"
	"sync"

	"inos/backend/fault"
	"inos/backend/manifest"
)

const opRun = "job.run"

// Dispatcher runs jobs, at most Workers at a time.
type Dispatcher struct {
	catalogue Catalogue
	engine    Engine
	clock     Clock
	cache     Cache // nil: there is none
	queue     *queue

	mu     sync.Mutex
	idle   map[[32]byte][]*idleWorker
	active map[uint64]*active
	lastID uint64
	closed bool
}

// New makes a dispatcher that runs up to workers jobs at once.
func New(c Catalogue, e Engine, clock Clock, workers int) *Dispatcher {
	return &Dispatcher{
		catalogue: c, engine: e, clock: clock,
		queue: newQueue(workers), idle: map[[32]byte][]*idleWorker{}, active: map[uint64]*active{},
	}
}

// KeepResults lets the dispatcher use a cache, from its beginning on.
func (d *Dispatcher) KeepResults(c Cache) { d.cache = c }

// Run runs one job, or finds its result in the cache. Cancelling ctx asks the guest to stop and ends its worker when it does not.
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
	ctx, a, end := d.begin(ctx, &r)
	defer end()
	r.Progress, r.started = a.progress(r.Progress), a.running.Store
	res, err := d.find(ctx, t, params, &r)
	if cause := fault.As(context.Cause(ctx)); err != nil && cause != nil {
		return nil, cause // its deadline, or whoever cancelled it
	}
	if err != nil {
		return nil, err
	}
	res.WallNs = uint64(d.clock.Now().Sub(start))
	return res, nil
}

// find takes the result from the cache or has it made.
func (d *Dispatcher) find(ctx context.Context, t Target, params []manifest.Value, r *Request) (*Result, error) {
	inputs, err := openAll(r.Inputs)
	if err != nil {
		return nil, err
	}
	defer closeAll(inputs)
	kept := d.keeping(ctx, t, params, r, inputs)
	if res := kept.find(); res != nil {
		return res, nil
	}
	begin := d.clock.Now()
	res, err := d.run(ctx, t, params, inputs, r)
	if err != nil {
		return nil, err
	}
	res.made = d.clock.Now()
	d.learn(t, inputs, res.GuestNs)
	if res.made.Sub(begin) >= worthKeeping {
		kept.keep(ctx, res)
	}
	return res, nil
}

// run has a worker do it, again where that may help.
func (d *Dispatcher) run(
	ctx context.Context, t Target, params []manifest.Value, inputs []opened, r *Request,
) (*Result, error) {
	turn := &ticket{priority: r.Priority, deadline: r.Deadline}
	for try := 1; ; try++ {
		res, err := d.once(ctx, t, params, inputs, r, turn)
		next := never
		if err != nil && ctx.Err() == nil && repeatable(inputs) {
			next = retryOf(fault.KindOf(err), t, try, !turn.alone && d.queue.others())
		}
		if next == never {
			return res, err
		}
		turn = &ticket{priority: r.Priority, deadline: r.Deadline, alone: next == whenAlone}
	}
}

// once waits for its turn and runs the op in one worker.
func (d *Dispatcher) once(
	ctx context.Context, t Target, params []manifest.Value, inputs []opened, r *Request, turn *ticket,
) (*Result, error) {
	if err := d.queue.enter(ctx, turn); err != nil {
		return nil, err
	}
	defer d.queue.leave(turn)
	if r.started != nil {
		r.started(true)
		defer r.started(false)
	}
	w, started, err := d.worker(ctx, t)
	if err != nil {
		return nil, err
	}
	defer d.giveBack(w)
	res, err := runOn(ctx, w, t, params, inputs, r)
	if err != nil {
		return nil, err
	}
	res.Started = started
	return res, nil
}

// Close ends idle workers and takes no more jobs. Running ones end with their context.
func (d *Dispatcher) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.queue.close()
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
	ctx context.Context, w Worker, t Target, params []manifest.Value, inputs []opened, r *Request,
) (*Result, error) {
	call := Call{Op: t.Op, Params: params, Progress: r.Progress}
	defer func() {
		for _, m := range call.Inputs {
			m.Release()
		}
	}()
	for i := range inputs {
		m, err := inputs[i].load(ctx, w)
		if err != nil {
			return nil, err
		}
		call.Inputs, call.Names = append(call.Inputs, m), append(call.Names, inputs[i].name())
	}
	reply, err := w.Call(ctx, call)
	if err != nil {
		return nil, err
	}
	defer reply.Release()
	res := takeOut(t, params, reply, r.Hold)
	for i := range inputs {
		res.Copied = append(res.Copied, inputs[i].copied)
	}
	return res, nil
}

// takeOut copies outputs out of shared memory, or holds them there.
func takeOut(t Target, params []manifest.Value, reply *Reply, hold bool) *Result {
	res := newResult(t, params, reply.Results)
	res.GuestNs = reply.GuestNs
	for _, o := range reply.Outputs {
		out := Output{Index: o.Index, Name: t.Op.Outputs[o.Index].Name, Media: o.Media, Len: int64(len(o.Bytes))}
		if hold {
			out.Held = o.Hold()
			out.Bytes = out.Held.Bytes()
		} else {
			out.Bytes = append([]byte(nil), o.Bytes...)
		}
		res.Outputs = append(res.Outputs, out)
	}
	return res
}

// newResult is a result without its outputs.
func newResult(t Target, params []manifest.Value, readings []Reading) *Result {
	res := &Result{
		Unit: t.Unit, Op: t.Op.Name, Plugin: t.Plugin, Digest: fmt.Sprintf("%x", t.Digest),
		Params: manifest.Values(t.Op.Params, params),
	}
	for i, f := range t.Op.Results[:min(len(t.Op.Results), len(readings))] {
		res.Results = append(res.Results, Figure{f.Name, f.Unit, readings[i]})
	}
	return res
}
