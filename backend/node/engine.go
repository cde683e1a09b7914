package node

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/unit"
	"inos/backend/wire"
)

// catalogue finds ops for the dispatcher.
type catalogue struct{ registry *unit.Registry }

func (c catalogue) FindOp(name, op string) (job.Target, error) {
	p, u, err := c.registry.Find(name)
	if err != nil {
		return job.Target{}, err
	}
	o := u.FindOp(op)
	if o == nil {
		return job.Target{}, fault.New("job.find", fault.NotFound, name+"."+op,
			"there is no such op", opsHint(u))
	}
	digest, err := p.DigestBytes()
	return job.Target{
		Unit: name, Op: o, Plugin: p.Manifest.ID, Version: p.Manifest.Version, Digest: digest,
		Pure: p.Manifest.Pure(), Acts: p.Manifest.Acts(),
	}, err
}

func opsHint(u *manifest.Unit) string {
	if len(u.Ops) == 0 {
		return u.Name + " has no ops; run it with inos live"
	}
	text := "the ops are "
	for i, o := range u.Ops {
		if i > 0 {
			text += ", "
		}
		text += o.Name
	}
	return text
}

// engine starts workers for the dispatcher and knows those that run.
type engine struct {
	node   *Node
	config host.Config

	mu      sync.Mutex
	workers map[*host.Worker]struct{}
}

// StartWorker starts a worker with one instance.
func (e *engine) StartWorker(ctx context.Context, t job.Target) (job.Worker, error) {
	info, _, err := e.node.registry.Find(t.Unit)
	if err != nil {
		return nil, err
	}
	plugin, err := e.node.registry.Load(info)
	if err != nil {
		return nil, err
	}
	if plugin.Digest != t.Digest {
		return nil, fault.New("job.start", fault.Unavailable, t.Plugin,
			"the plugin was replaced meanwhile", "try again")
	}
	cfg := e.config
	cfg.OnLog = func(_ string, level uint8, text string) { e.log(t.Unit, level, text) }
	w, err := host.Spawn(ctx, cfg, e.node.arena, plugin, 1)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.workers[w] = struct{}{}
	e.mu.Unlock()
	e.node.wake()
	return &jobWorker{engine: e, w: w, plugin: plugin, limits: w.Plugin().Manifest.Limits}, nil
}

func (e *engine) log(name string, level uint8, text string) {
	severity, as := arena.Info, slog.LevelInfo
	switch {
	case level == 0:
		as = slog.LevelDebug
	case level == 2:
		severity, as = arena.Warning, slog.LevelWarn
	case level >= 3:
		severity, as = arena.Failure, slog.LevelError
	}
	e.node.kernel.Emit(arena.Event{
		Kind: arena.EventKindPluginLog, Severity: severity, Unit: name, Text: text,
	})
	e.node.options.Log.Log(context.Background(), as, text, "unit", name)
}

// list is the workers that run.
func (e *engine) list() []*host.Worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]*host.Worker, 0, len(e.workers))
	for w := range e.workers {
		out = append(out, w)
	}
	return out
}

func (e *engine) drop(w *host.Worker) {
	w.Close()
	e.mu.Lock()
	delete(e.workers, w)
	e.mu.Unlock()
}

func (e *engine) close() {
	for _, w := range e.list() {
		e.drop(w)
	}
}

// jobWorker is a host worker as the dispatcher sees it.
type jobWorker struct {
	engine *engine
	w      *host.Worker
	plugin *host.Plugin
	limits manifest.Limits // when it started
}

func (j *jobWorker) NewInput(byteLen int64) (job.Memory, error) {
	p, err := j.w.NewInput(byteLen)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (j *jobWorker) MapInput(f *os.File) (job.Memory, bool) {
	p, ok := j.w.MapInput(f)
	if !ok {
		return nil, false
	}
	return p, true
}

func (j *jobWorker) LendInput(h job.Held) (job.Memory, error) {
	held, ok := h.(*host.Held)
	if !ok {
		return nil, fault.New("job.lend", fault.Internal, "", "an output that no worker made", "")
	}
	p, err := j.w.LendInput(held)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Budget bounds a stream, which is held in memory twice, below what a file may have, unless the user has
// set one budget for all.
func (j *jobWorker) Budget() int64 {
	limit := j.engine.node.arena.PayloadLimit()
	if j.engine.node.options.payloadBytes > 0 {
		return min(limit, leastPayloads)
	}
	return limit
}

// Alive says whether the worker may get another call: it runs, and the user has not changed since
// what its plugin may use.
func (j *jobWorker) Alive() bool {
	return j.w.Alive() && j.engine.node.limits(j.plugin) == j.limits
}

func (j *jobWorker) Trim()  { j.w.Trim() }
func (j *jobWorker) Close() { j.engine.drop(j.w) }

func (j *jobWorker) Call(ctx context.Context, c job.Call) (*job.Reply, error) {
	call := host.Call{
		Op: c.Op.Number, Outputs: len(c.Op.Outputs), Results: len(c.Op.Results),
		Progress: c.Progress, Names: c.Names, Params: make([]wire.Value, len(c.Params)),
	}
	for i, v := range c.Params {
		call.Params[i] = unit.WireValue(v)
		if c.Op.Params[i].Secret {
			call.Secrets = append(call.Secrets, v.Text)
		}
	}
	for _, m := range c.Inputs {
		p, ok := m.(*host.Payload)
		if !ok {
			return nil, fault.New("job.call", fault.Internal, c.Op.Name,
				"an input that this worker did not make", "")
		}
		call.Inputs = append(call.Inputs, p)
	}
	res, err := j.w.Call(ctx, call)
	if err != nil {
		return nil, err
	}
	reply := &job.Reply{GuestNs: uint64(res.Guest), Release: res.Release}
	for _, v := range res.Results {
		reply.Results = append(reply.Results, job.Reading{Value: v, Reported: wire.Reported(v)})
	}
	for i := range res.Outputs {
		o := &res.Outputs[i]
		reply.Outputs = append(reply.Outputs, job.ReplyOutput{
			Index: o.Index, Bytes: o.Bytes(), Media: cmp.Or(o.Media, firstMedia(c.Op.Outputs[o.Index])),
			Hold: func() job.Held { return o.Hold() },
		})
	}
	return reply, nil
}

// firstMedia is the type of an output that names none; empty where the manifest leaves it open.
func firstMedia(p manifest.Port) string {
	if len(p.Media) == 0 || strings.HasSuffix(p.Media[0], "*") {
		return ""
	}
	return p.Media[0]
}
