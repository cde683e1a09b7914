package unit

import (
	"context"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/wire"
)

// Live is a live unit that was started: it ticks in a worker, publishes frames into its channels,
// and is started again when its worker ends. Parameters, channels and directory entries outlive
// workers. Its methods are safe for concurrent use.
type Live struct {
	set     *Lives
	unit    string
	cfg     LiveConfig
	entries []int
	token   suture.ServiceToken

	orders chan order    // the newest one
	limits chan struct{} // what it may use has changed
	hurry  chan struct{} // the pause before the next start is over
	due    *order        // came while no worker ran; Serve's own

	stopping chan struct{}
	stopOnce sync.Once
	ended    chan struct{}
	endOnce  sync.Once
	// gone is closed when worker, channels and entries have been given back.
	gone     chan struct{}
	goneOnce sync.Once

	// mu guards what follows. Who reads a channel's memory holds it for reading: a channel that
	// was replaced is unmapped.
	mu       sync.RWMutex
	spec     *manifest.Live
	plugin   *host.Plugin
	values   []manifest.Value
	channels []*arena.Channel
	worker   *host.Worker
	pace     float32 // ticks per second that the worker was told; 0: as fast as it goes
	state    State
	paused   bool
	base     uint64 // the worker's tick count when the present run of cfg.Ticks began
	restarts int
	failures []time.Time
	pause    time.Duration // before the next restart
	// nextStart is the end of the pause that is under way; zero: none is.
	nextStart time.Time
	err       error
	failure   error // the last one; nil: none
	// discarded: everything was given back; a worker that is just starting comes too late.
	discarded bool
	count     counters
}

func newLive(
	s *Lives, unit string, spec *manifest.Live, p *host.Plugin, cfg LiveConfig, v []manifest.Value,
) *Live {
	return &Live{
		set: s, unit: unit, spec: spec, plugin: p, cfg: cfg, values: v, paused: cfg.Paused,
		orders: make(chan order, 1), limits: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		stopping: make(chan struct{}), ended: make(chan struct{}), gone: make(chan struct{}),
		pause: s.deps.Policy.FirstPause,
	}
}

// Unit is the unit's name.
func (l *Live) Unit() string { return l.unit }

// Spec is what the manifest says about the live unit.
func (l *Live) Spec() *manifest.Live {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.spec
}

// Plugin is the plugin's manifest.
func (l *Live) Plugin() *manifest.Manifest {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.plugin.Manifest
}

// Entry is the directory index of the first channel; it stays as long as the live unit.
func (l *Live) Entry() int { return l.entries[0] }

// Channel is the first channel as it is now. SetParams may replace it, and then its memory is
// gone: use View to read it while parameters may change.
func (l *Live) Channel() *arena.Channel {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.channels) == 0 {
		return nil
	}
	return l.channels[0]
}

// View lets f use the first channel while nobody can replace it. It reports false when the live
// unit has been stopped.
func (l *Live) View(f func(*arena.Channel)) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.channels) == 0 {
		return false
	}
	f(l.channels[0])
	return true
}

// Done is closed when the live unit will not tick again by itself: it did the ticks that it was
// started for, was stopped, or is in quarantine.
func (l *Live) Done() <-chan struct{} { return l.ended }

// Err is why it ended; nil while it runs, after its last tick and after Stop.
func (l *Live) Err() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.err
}

// Failure is how its last worker ended that ended by itself, nil when none did. The live unit may run
// again since.
func (l *Live) Failure() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.failure
}

// State is what it does now.
func (l *Live) State() State { return l.Stats().State }

// Worker is the present worker, nil between two of them; for meters and tests.
func (l *Live) Worker() *host.Worker {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.worker
}

// Stop ends it and gives back worker, channels and directory entries. It returns when all of that
// is done, and may be called twice.
func (l *Live) Stop() {
	l.stopOnce.Do(func() {
		close(l.stopping)
		_ = l.set.deps.Services.RemoveAndWait(l.token, stopTimeout)
		l.discard()
		l.set.emit(arena.EventKindUnitStopped, arena.Info, l.unit, l.unit+" was stopped")
		l.set.deps.Changed()
	})
	<-l.gone
}

// stopTimeout is far above the end of a worker, which takes milliseconds.
const stopTimeout = 10 * time.Second

// begin makes the channels and the first worker.
func (l *Live) begin(ctx context.Context) error {
	if err := l.makeChannels(); err != nil {
		return err
	}
	if err := l.launch(ctx); err != nil {
		return err
	}
	l.set.emit(arena.EventKindUnitStarted, arena.Info, l.unit, l.unit+" was started")
	return nil
}

func (l *Live) makeChannels() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.spec.Channels {
		c, err := l.newChannel(l.spec, i, l.values, nil)
		if err != nil {
			return err
		}
		l.channels = append(l.channels, c)
		l.publishEntry(i)
	}
	return nil
}

// instances is how many shards a worker must be able to run.
func (l *Live) instances(spec *manifest.Live) int {
	if l.cfg.Shards > 0 {
		return min(l.cfg.Shards, max(1, int(spec.MaxShards)))
	}
	return max(1, min(int(spec.MaxShards), host.Cores()))
}

// launch starts a worker with the present parameters and channels. The start itself, which may
// take seconds, holds no lock.
func (l *Live) launch(ctx context.Context) error {
	cfg := l.set.deps.Host
	cfg.OnLog = l.onLog
	l.mu.RLock()
	plugin, spec := l.plugin, l.spec
	l.mu.RUnlock()
	w, err := host.Spawn(ctx, cfg, l.set.deps.Arena, plugin, l.instances(spec))
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.discarded {
		w.Close()
		return l.notRunning()
	}
	if err := l.prepare(w); err != nil {
		w.Close()
		return err
	}
	l.worker, l.base = w, 0
	l.count.progress = progress{at: time.Now()}
	l.state = Running
	if l.paused {
		l.state = Paused
	}
	l.tellPace()
	return nil
}

func (l *Live) prepare(w *host.Worker) error {
	for i, c := range l.channels {
		if err := w.AttachChannel(i, c); err != nil {
			return err
		}
	}
	if err := w.SetParams(wireValues(l.values)); err != nil {
		return err
	}
	return w.Live(l.order(!l.paused, true))
}

const microsPerSecond = 1_000_000

// order is the message that makes the worker do what l wants.
func (l *Live) order(run, reset bool) wire.Live {
	o := l.cfg.order(l.spec, run, reset)
	if run {
		o.Ticks = l.ticksLeft()
	}
	o.RateHz = l.paceHz()
	l.pace = o.RateHz
	return o
}

// order is the message without an end.
func (c *LiveConfig) order(spec *manifest.Live, run, reset bool) wire.Live {
	return wire.Live{
		Run: run, Reset: reset, Shards: uint16(min(c.Shards, int(spec.MaxShards))),
		DtUs:   (microsPerSecond + uint32(spec.RateHz)/2) / uint32(spec.RateHz), // rounded
		RateHz: c.paceHz(spec),
	}
}

// paceHz is ticks per second; 0: as fast as it goes.
func (c *LiveConfig) paceHz(spec *manifest.Live) float32 {
	switch c.RateHz {
	case 0:
		return float32(spec.RateHz)
	case Unpaced:
		return 0
	}
	return float32(c.RateHz)
}

// ticksLeft is how many ticks the present run still has; 0: no end. A run that has had all of them
// and is resumed goes on without one.
func (l *Live) ticksLeft() uint64 {
	if l.cfg.Ticks == 0 || l.worker == nil {
		return l.cfg.Ticks
	}
	l.worker.ReadTicks(&l.count.status)
	return l.cfg.Ticks - min(l.count.status.Ticks-l.base, l.cfg.Ticks)
}

// onLog passes a line of the guest on.
func (l *Live) onLog(_ string, level uint8, text string) {
	severity := arena.Info
	if level >= 2 {
		severity = arena.Severity(min(level, 3) - 1)
	}
	l.set.emit(arena.EventKindPluginLog, severity, l.unit, text)
}

// discard gives everything back.
func (l *Live) discard() {
	l.goneOnce.Do(func() {
		l.mu.Lock()
		w := l.worker
		l.worker = nil
		l.state, l.discarded = Stopped, true
		l.countWorker(w)
		for i := range l.channels {
			l.set.deps.Kernel.ClearEntry(l.entries[i])
			_ = l.channels[i].Close()
		}
		l.channels = nil
		l.mu.Unlock()
		if w != nil {
			w.Close()
		}
		l.set.remove(l)
		l.finish()
		close(l.gone)
	})
}

// finish closes Done. A reason is in l.err by then.
func (l *Live) finish() { l.endOnce.Do(func() { close(l.ended) }) }

// wireValues is the form in which parameters travel.
func wireValues(values []manifest.Value) []wire.Value {
	out := make([]wire.Value, len(values))
	for i, v := range values {
		out[i] = WireValue(v)
	}
	return out
}

// WireValue is the form in which a parameter travels: flags and choices as numbers.
func WireValue(v manifest.Value) wire.Value {
	switch v.Kind {
	case manifest.Integer:
		return wire.IntegerOf(v.Int)
	case manifest.Text:
		return wire.TextOf(v.Text)
	default:
		return wire.NumberOf(v.Number)
	}
}

// notRunning is the error of a control that needs a worker.
func (l *Live) notRunning() error {
	switch l.state {
	case Quarantined:
		return fault.Wrap(opLive, fault.Quarantined, l.unit, l.err, "stop it and start it again")
	case Restarting:
		return fault.New(opLive, fault.Unavailable, l.unit, "it is being started again",
			"try again in a moment")
	default:
		return fault.New(opLive, fault.Unavailable, l.unit, "it was stopped", "start it again")
	}
}
