package host

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"inos/backend/fault"
	"inos/backend/wire"
)

// Call is one run of an op.
type Call struct {
	Op     uint16
	Params []wire.Value
	Inputs []*Payload
	// Secrets are texts among the parameters that no word of the guest may repeat.
	Secrets []string
	// Names are what the inputs are called; fewer than inputs: the others have none.
	Names []string
	// Outputs and Results say how many the op has.
	Outputs, Results int
	// Limit is the deadline; 0: the manifest's, else DefaultCallTime.
	Limit time.Duration
	entry wire.Entry
	// Progress is called while the guest runs, from one goroutine, never after Call; may be nil.
	Progress func(done, total uint64)
}

// Result is what a call gave back. The outputs' bytes are the worker's to change until it ends:
// copy them before you believe them. Release gives them back.
type Result struct {
	Outputs []Output
	Results []float64 // wire.Reported tells which ones the op set
	Guest   time.Duration
}

// Output is an output that the op filled.
type Output struct {
	Index   int
	Media   string
	payload *Payload
	length  int64
	worker  *Worker
}

// Bytes is a view of shared memory, valid until Release.
func (o *Output) Bytes() []byte {
	if o.payload == nil || o.payload.segment == nil {
		return nil
	}
	return o.payload.segment.Bytes()[:o.length:o.length]
}

// Release gives all outputs back.
func (r *Result) Release() {
	for i := range r.Outputs {
		if p := r.Outputs[i].payload; p != nil {
			p.Release()
			r.Outputs[i].payload = nil
		}
	}
}

// NewInput is memory for an input of byteLen bytes, zeroed.
func (w *Worker) NewInput(byteLen int64) (*Payload, error) {
	if byteLen < 0 || byteLen > windowsTo-payloadsFrom {
		return nil, fault.Newf(opCall, fault.Invalid, w.plugin.Manifest.ID,
			"an input of %d bytes does not fit the %d MiB that a guest can see", byteLen,
			(windowsTo-payloadsFrom)>>20)
	}
	p, err := w.pool.take(false, byteLen)
	if err != nil { // what lies idle may be in its way
		w.Trim()
		p, err = w.pool.take(false, byteLen)
	}
	return p, err
}

// Call runs an op and waits for its end, at most until its deadline: then the worker is killed.
// Cancelling ctx asks the guest to stop, and kills it after a moment.
func (w *Worker) Call(ctx context.Context, c Call) (*Result, error) {
	select {
	case w.calling <- struct{}{}:
	case <-w.done:
		return nil, w.Err()
	case <-ctx.Done():
		return nil, w.canceled(ctx)
	}
	defer func() { <-w.calling }()
	w.confided.add(c.Secrets)
	r := w.newRun(&c)
	defer r.free()
	res, err := r.do(ctx)
	if c.entry != wire.EntryOp {
		return res, err
	}
	var guest time.Duration
	if res != nil {
		guest = res.Guest
	}
	w.usage.called(w, guest, err)
	return res, err
}

func (w *Worker) newRun(c *Call) *run {
	r := &run{
		w: w, call: c, pool: w.pool,
		grants: make([]*Payload, c.Outputs), retired: make([]*Payload, c.Outputs),
	}
	if c.entry != wire.EntryOp {
		r.pool = w.states
	}
	return r
}

// Trim gives idle payload segments back, on both sides.
func (w *Worker) Trim() { w.release(w.pool.surplus(true)) }

// release closes segments and tells the worker to let go of them. Nobody waits for its answer: a
// worker that is in the middle of a call gives it afterwards.
func (w *Worker) release(ps []*Payload) {
	for _, p := range ps {
		if p.mapped && w.Alive() {
			// An error has ended the worker, and with it its mapping.
			_, _ = w.question(&wire.Message{Kind: wire.KindRelease, Release: p.segment.ID()})
		}
		_ = p.segment.Close()
	}
}

func (w *Worker) canceled(ctx context.Context) error {
	return fault.Wrap(opCall, fault.Canceled, w.plugin.Manifest.ID, context.Cause(ctx), "")
}

// smallOutput is granted to each output beforehand: a small result needs no question.
const smallOutput = payloadStep

// run is one call on its way.
type run struct {
	w       *Worker
	call    *Call
	pool    *pool
	grants  []*Payload  // by output
	retired []*Payload  // by output: the grant before, which the worker copies from
	fds     []int       // to close after the send
	needs   int         // wishes for room so far
	asks    int         // questions to the world so far
	world   World       // nil: nothing was asked yet
	refused error       // why an output was not granted
	stopped atomic.Bool // the guest was asked to stop
}

func (r *run) free() {
	if r.world != nil {
		r.world.Close()
	}
	r.closeFDs()
	for _, p := range append(r.grants, r.retired...) {
		if p != nil {
			p.Release()
		}
	}
	r.w.release(r.pool.surplus(r.call.entry != wire.EntryOp))
}

func (r *run) closeFDs() {
	for _, fd := range r.fds {
		closeFD(fd)
	}
	r.fds = nil
}

func (r *run) do(ctx context.Context) (*Result, error) {
	m := &wire.Message{Kind: wire.KindCall}
	fds, err := r.prepare(&m.Call)
	if err != nil {
		return nil, err
	}
	w := r.w
	w.status.SetCancel(false)
	w.status.SetProgress(0, 0)
	w.setInputs(len(r.call.Inputs) > 0)
	w.inCall.Store(true)
	defer w.inCall.Store(false)
	answer, err := w.question(m, fds...)
	r.closeFDs()
	if err != nil {
		return nil, err
	}
	r.markMapped()
	a, err := r.wait(ctx, answer)
	if err != nil {
		return nil, r.blameFile(err)
	}
	defer w.recycle(a)
	if err := r.changedFile(); err != nil {
		return nil, err
	}
	return r.result(a)
}

func (w *Worker) setInputs(on bool) {
	w.mu.Lock()
	w.inputs = on
	w.mu.Unlock()
}

// prepare fills the message and collects the descriptors of new windows.
func (r *run) prepare(c *wire.Call) (fds []int, err error) {
	c.Op, c.Params, c.Entry = r.call.Op, r.call.Params, r.call.entry
	c.Results, c.OutputCount = uint16(r.call.Results), uint16(r.call.Outputs)
	c.InputNames = r.call.Names
	for i, p := range r.call.Inputs {
		if p.file != nil { // its descriptor stays open until Release
			c.Inputs, fds = append(c.Inputs, p.file.window(i)), append(fds, p.file.fd)
			continue
		}
		win, fd, err := p.window()
		if err != nil {
			return nil, fault.Wrap(opCall, fault.Unavailable, r.w.plugin.Manifest.ID, err, "")
		}
		c.Inputs = append(c.Inputs, win)
		if fd >= 0 {
			fds, r.fds = append(fds, fd), append(r.fds, fd)
		}
	}
	for i := range r.grants {
		win := wire.Window{}
		fd := -1
		// No room is no error yet: the guest may not want this output.
		if p, err := r.pool.take(true, smallOutput); err == nil && len(fds) < wire.MaxDescriptors {
			r.grants[i] = p
			win, fd, _ = p.window() // outputs hand out the segment's own descriptor: no error
		} else if err == nil {
			p.Release()
		}
		c.Outputs = append(c.Outputs, win)
		if fd >= 0 {
			fds = append(fds, fd)
		}
	}
	return fds, nil
}

func (r *run) markMapped() {
	for _, p := range r.call.Inputs {
		p.mapped = p.segment != nil
	}
	for _, p := range r.grants {
		if p != nil {
			p.mapped = true
		}
	}
}

// entryNames are what runs, in sentences for people.
var entryNames = map[wire.Entry]string{
	wire.EntryOp: "the call", wire.EntrySave: "inos_save", wire.EntryLoad: "inos_load",
}

// wait serves the call until its answer, its deadline, or the worker's end.
func (r *run) wait(ctx context.Context, answer chan *wire.Message) (*wire.Message, error) {
	w := r.w
	limit := r.call.Limit
	if limit == 0 {
		limit = w.callLimit()
	}
	defer w.after(limit, func() {
		w.end(fault.Deadline, entryNames[r.call.entry]+" ran longer than its "+spell(limit), w.lateCall(limit))
	})()
	over := make(chan struct{})
	var helpers sync.WaitGroup // they use the status page, which goes with the worker
	defer helpers.Wait()
	defer close(over)
	if ctx.Done() != nil {
		helpers.Add(1)
		stop := context.AfterFunc(ctx, func() { defer helpers.Done(); r.cancel(over) })
		defer func() {
			if stop() {
				helpers.Done()
			}
		}()
	}
	if r.call.Progress != nil {
		helpers.Go(func() { r.report(over) })
	}
	return w.await(answer, func(m *wire.Message) error { return r.serve(ctx, m) })
}

// serve gives the guest what it needs in the middle of the call.
func (r *run) serve(ctx context.Context, m *wire.Message) error {
	if m.Kind == wire.KindAsk {
		return r.reply(ctx, m)
	}
	return r.grant(m)
}

// cancel asks the guest to stop, and kills it when it does not.
func (r *run) cancel(over chan struct{}) {
	r.stopped.Store(true)
	r.w.status.SetCancel(true)
	grace := time.NewTimer(cancelGrace)
	defer grace.Stop()
	select {
	case <-over:
	case <-grace.C:
		r.w.end(fault.Canceled, "it was cancelled and did not stop by itself", "")
	}
}

// report tells the caller how far the guest is.
func (r *run) report(over chan struct{}) {
	t := time.NewTicker(progressEvery)
	defer t.Stop()
	for {
		select {
		case <-over:
			return
		case <-t.C:
			r.call.Progress(r.w.status.Progress())
		}
	}
}

// result checks what the worker says it did.
func (r *run) result(m *wire.Message) (*Result, error) {
	if m.Kind == wire.KindFailed { // a worker ends after a trap: it owes nothing to the next call
		e := r.w.failure(opCall, &m.Failed)
		r.w.endWith(e)
		return nil, r.blame(e)
	}
	if m.Kind != wire.KindResult {
		return nil, r.w.unexpected(opCall, m)
	}
	if m.Result.Code != 0 {
		return nil, r.blame(r.opFailed(&m.Result))
	}
	if n := len(m.Result.Results); n != r.call.Results {
		return nil, r.w.lied("%d results where the op has %d", n, r.call.Results)
	}
	res := &Result{
		Results: append([]float64(nil), m.Result.Results...),
		Guest:   time.Duration(min(m.Result.GuestNs, 1<<62)),
	}
	for i := range m.Result.Outputs {
		if err := r.output(res, &m.Result.Outputs[i]); err != nil {
			res.Release()
			return nil, err
		}
	}
	return res, nil
}

// output moves a granted payload into the result, if the worker has the right to name it.
func (r *run) output(res *Result, o *wire.Output) error {
	i := int(o.Index)
	if i >= len(r.grants) {
		return r.w.lied("output %d of %d", i, len(r.grants))
	}
	p := r.grants[i]
	switch {
	case p == nil:
		return r.w.lied("output %d was not granted, or was named twice", i)
	case o.Segment != p.segment.ID():
		return r.w.lied("output %d in segment %d, granted was %d", i, o.Segment, p.segment.ID())
	case o.Length > uint64(p.segment.Len()):
		return r.w.lied("output %d has %d bytes in a segment of %d", i, o.Length, p.segment.Len())
	}
	r.grants[i] = nil
	res.Outputs = append(res.Outputs, Output{
		Index: i, Media: mediaType(o.Media), payload: p, length: int64(o.Length), worker: r.w,
	})
	return nil
}

// opFailed is the guest's own refusal.
func (r *run) opFailed(m *wire.Result) error {
	text := cleanText(r.w.confided.hide(m.Error))
	if text == "" {
		text = fmt.Sprintf("%s returned error code %d", entryNames[r.call.entry], m.Code)
	}
	kind := fault.Other
	if r.stopped.Load() {
		kind = fault.Canceled
	}
	return fault.New(opCall, kind, r.w.plugin.Manifest.ID, text, "")
}

// blame adds what was refused to an error that it most likely caused: a permission, or an output.
func (r *run) blame(err error) error {
	f, refusal := fault.As(err), fault.As(r.refused)
	if f == nil || f.Kind == fault.Protocol {
		return err
	}
	if r.world != nil && r.world.Denied() != "" {
		return &fault.Error{
			Op: opCall, Kind: fault.Denied, Subject: f.Subject, Err: f.Err,
			Next: "allow it with: inos plugin grant " + f.Subject + " " + r.w.plugin.wish(r.world.Denied()),
		}
	}
	if refusal == nil {
		return err
	}
	return &fault.Error{
		Op: opCall, Kind: fault.Budget, Subject: f.Subject,
		Err:  fmt.Errorf("%s: %s", f.Message(), refusal.Message()),
		Next: refusal.Next, Needed: refusal.Needed, Limit: refusal.Limit,
	}
}
