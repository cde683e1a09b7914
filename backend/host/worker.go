package host

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/quota"
	"inos/backend/wire"
)

// Names of operations in errors.
const (
	opStart = "worker.start"
	opCall  = "worker.call"
	opLive  = "worker.live"
	opEnd   = "worker.end"
)

// Worker is one worker process and all that was lent to it. Its methods are safe for concurrent
// use; calls run one after the other.
type Worker struct {
	plugin  *Plugin
	conn    *wire.Conn
	proc    *process
	pool    *pool
	states  *pool // not counted against the arena's budget: what they hold is copied at once
	onLog   func(plugin string, level uint8, text string)
	world   func(*Plugin) World
	usage   *Usage
	quota   func() quota.Limits // the user's, at this moment
	started time.Time
	stall   time.Duration

	statusSegment, shared *arena.Segment
	status                *arena.Status

	spare    sync.Pool     // of *wire.Message
	calling  chan struct{} // holds one element: the right to call
	needs    chan *wire.Message
	finished chan uint64
	done     chan struct{}
	// reading is held by whoever takes the worker's messages: the goroutine that asked, or, from
	// the first message to a live unit on, one that does nothing else.
	reading    sync.Mutex
	background sync.Once
	watching   sync.WaitGroup // goroutines that read the status page
	closing    sync.Once

	sendMu  sync.Mutex
	sendEnd time.Time // write deadline in force

	mu       sync.Mutex
	ready    wire.Ready
	loaded   bool // it has said that it is ready
	nextID   uint32
	pending  map[uint32]chan *wire.Message
	inputs   bool // a call with inputs runs: says what a write fault hit
	reason   *fault.Error
	confided confided
	failed   *fault.Error // the last answer that was a failure
	guest    *wire.Fault
	err      error
	freed    bool
	lastSeen Ticks
	pauses   pauses
	courtesy *Courtesy
	unwatch  chan struct{} // ends the watchdog of ticks; nil: there is none
	logs     logMeter
	inCall   atomic.Bool
	liar     atomic.Bool
	resetAt  atomic.Uint64 // the tick count at the last reset
}

func newWorker(cfg Config, a *arena.Arena, p *Plugin) (*Worker, error) {
	w := &Worker{
		plugin: p, onLog: cfg.OnLog, world: cfg.World, usage: cfg.Usage, courtesy: cfg.Courtesy, started: time.Now(),
		calling: make(chan struct{}, 1), needs: make(chan *wire.Message, 1),
		finished: make(chan uint64, 1), done: make(chan struct{}),
		pending: map[uint32]chan *wire.Message{}, stall: stallTime,
	}
	w.quota = func() quota.Limits { l, _ := cfg.quota(p); return l }
	w.spare.New = func() any { return new(wire.Message) }
	account := account{cfg.Usage, p.Manifest.ID, w.quota}
	w.pool = &pool{
		arena: a, kind: arena.KindPayload, relieve: cfg.Relieve, plugin: p.Manifest.ID, account: account,
	}
	w.states = &pool{arena: a, kind: arena.KindShared, plugin: p.Manifest.ID, account: account}
	s, err := a.Create(arena.KindStatus, "status", arena.StatusPageBytes)
	if err == nil {
		w.statusSegment = s
		w.status, err = arena.OpenStatus(s)
	}
	if n := p.Manifest.Limits.SharedBytes; err == nil && n > 0 {
		w.shared, err = w.pool.account.create(a, arena.KindShared, "shared", int64(n))
	}
	if err != nil {
		w.free()
	}
	if fault.As(err) != nil {
		return nil, err
	}
	if err != nil {
		return nil, fault.Wrap(opStart, fault.Unavailable, p.Manifest.ID, err, "")
	}
	return w, nil
}

// start runs the process, hands it the module and waits for its answer.
func (w *Worker) start(ctx context.Context, cfg Config, instances int) error {
	if err := w.launch(cfg); err != nil {
		close(w.done)
		return err
	}
	stop := context.AfterFunc(ctx, func() {
		w.end(fault.Canceled, "its start was given up: "+context.Cause(ctx).Error(), "")
	})
	defer stop()
	module, err := sealedModule(w.plugin.Wasm)
	if err != nil {
		return fault.Wrap(opStart, fault.Unavailable, w.plugin.Manifest.ID, err, "")
	}
	defer closeFD(module)
	fds := []int{module, w.statusSegment.FD()}
	if w.shared != nil {
		fds = append(fds, w.shared.FD())
	}
	over := make(chan struct{})
	w.watching.Go(func() { w.guardStart(over) })
	// The guard goes by the worker's word; this bound does not.
	patience := busyFactor*w.compileLimit() + time.Duration(instances)*w.startLimit() + answerTimeout
	m, err := w.ask(opStart, w.loadMessage(cfg, instances), patience, fds...)
	close(over)
	if err != nil {
		return err
	}
	defer w.recycle(m)
	if m.Kind != wire.KindReady {
		return w.unexpected(opStart, m)
	}
	if !m.Ready.Seccomp && !cfg.AllowNoSeccomp {
		return w.lied("it is ready without the sandbox that was asked for")
	}
	w.mu.Lock()
	w.ready, w.loaded = m.Ready, true
	w.mu.Unlock()
	w.usage.Govern()
	return nil
}

// launch starts the process and the goroutine that follows it to its end.
func (w *Worker) launch(cfg Config) error {
	conn, child, err := wire.Pair()
	if err != nil {
		return fault.Wrap(opStart, fault.Unavailable, w.plugin.Manifest.ID, err, "")
	}
	defer child.Close()
	proc, err := cfg.Launcher.launch(cfg.WorkerPath, child)
	if err != nil {
		conn.Close()
		return fault.Wrap(opStart, fault.Unavailable, w.plugin.Manifest.ID, err,
			"the program "+cfg.WorkerPath+" must be there and executable")
	}
	w.conn, w.proc = conn, proc
	w.usage.began(w)
	w.courtesy.add(w)
	go w.reap()
	return nil
}

func (w *Worker) loadMessage(cfg Config, instances int) *wire.Message {
	l := w.plugin.Manifest.Limits
	m := &wire.Message{Kind: wire.KindLoad}
	m.Load = wire.Load{
		MemoryBytes: l.MemoryBytes, SharedBytes: l.SharedBytes, Instances: uint16(instances),
		Phases: 1, RequireSeccomp: !cfg.AllowNoSeccomp, Plugin: w.plugin.Manifest.ID,
		Pin: instances > 1, // unpinned shards run one after the other (facts: futex wake-ups)
	}
	if f := w.plugin.Manifest.Foreign; f != nil {
		m.Load.Foreign, m.Load.Entries = foreignKinds[f.Kind], f.Exports
	}
	if l.MemoryBytes == 0 {
		m.Load.MemoryBytes = manifest.DefaultMemoryBytes
	}
	if w.shared != nil {
		m.Load.SharedBytes = uint64(w.shared.Len())
	}
	if u := w.plugin.Manifest.LiveUnit(); u != nil {
		m.Load.Phases = u.Live.Phases
	}
	dir := cfg.codeDir(w.plugin)
	if dir != "" && os.MkdirAll(dir, 0o700) == nil { // without, it compiles: slower, not wrong
		m.Load.CacheDir = dir
	}
	return m
}

var foreignKinds = map[manifest.ForeignKind]wire.Foreign{
	manifest.Extism: wire.ForeignExtism, manifest.WASI: wire.ForeignWASI,
}

// Plugin is what the worker runs.
func (w *Worker) Plugin() *Plugin { return w.plugin }

// Ready is the worker's own account of its start; hearsay, for people.
func (w *Worker) Ready() wire.Ready {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ready
}

// PID is the process number.
func (w *Worker) PID() int { return w.proc.pid }

// Done is closed when the process has ended and been reaped.
func (w *Worker) Done() <-chan struct{} { return w.done }

// Err is why the worker ended, nil while it runs. After Close without another cause its kind is
// Canceled.
func (w *Worker) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Alive reports whether the process runs and nobody has decided to end it.
func (w *Worker) Alive() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err == nil && w.reason == nil
}

// Kill ends the process at once; Done follows within milliseconds.
func (w *Worker) Kill() { w.end(fault.Canceled, "it was stopped", "") }

// EndFor ends the process at once for a reason that Err will tell.
func (w *Worker) EndFor(reason *fault.Error) { w.endWith(reason) }

// Close kills the process, waits for its end and frees what it had. Memory that a caller still
// holds is freed at its Release.
func (w *Worker) Close() {
	w.Kill()
	<-w.done
	w.closing.Do(func() {
		w.calling <- struct{}{} // a running call has seen the end; no other one begins
		w.watching.Wait()
		w.free()
	})
}

func (w *Worker) free() {
	w.mu.Lock()
	if w.status != nil {
		w.readTicks(&w.lastSeen)
	}
	w.freed = true
	w.mu.Unlock()
	w.pool.close()
	w.states.close()
	if w.shared != nil {
		w.pool.account.takeBack(w.shared.Len())
	}
	_ = w.shared.Close()
	_ = w.statusSegment.Close()
}

// end kills the process for a reason, unless it has one already or has ended by itself.
func (w *Worker) end(kind fault.Kind, message, next string) {
	w.endWith(fault.New(opEnd, kind, w.plugin.Manifest.ID, message, next))
}

func (w *Worker) endWith(reason *fault.Error) {
	w.mu.Lock()
	first := w.reason == nil && w.err == nil
	if first {
		w.reason = reason
	}
	w.mu.Unlock()
	if first && w.proc != nil {
		w.proc.kill()
	}
}

// lied ends a worker that said what cannot be, and returns the error.
func (w *Worker) lied(format string, args ...any) error {
	e := fault.Newf(opEnd, fault.Protocol, w.plugin.Manifest.ID,
		"its worker broke the protocol: "+format, args...)
	e.Next = "the plugin may have broken out of its runtime; remove it unless you trust it"
	w.liar.Store(true)
	w.endWith(e)
	return e
}

// reap waits for the process, gives its death a reason and wakes all who wait.
func (w *Worker) reap() {
	exit := w.proc.wait()
	// Its last words are still in the socket. Should somebody else hold its end, they have none.
	give := time.AfterFunc(exitGrace, func() { _ = w.conn.Close() })
	w.reading.Lock()
	for w.receive() == nil {
	}
	give.Stop()
	_ = w.conn.Close()
	w.mu.Lock()
	w.err = w.explain(exit)
	err := w.err
	w.mu.Unlock()
	w.usage.ended(w, exit.cpu, err)
	w.courtesy.remove(w, exit.cpu)
	close(w.done)
	w.reading.Unlock()
}
