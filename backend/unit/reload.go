package unit

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
)

const opReload = "live.reload"

// order is what a live unit is told about its plugin.
type order struct {
	plugin *host.Plugin
	since  time.Time // when the new file was found
	end    error     // not nil: the plugin is gone, and this is why
}

// Reload lets the live units of a plugin go on with its new file. It does not wait for them.
func (s *Lives) Reload(p *host.Plugin, since time.Time) {
	for _, l := range s.All() {
		if l.Plugin().ID == p.Manifest.ID {
			l.tell(order{plugin: p, since: since})
		}
	}
}

// Retire ends the live units of a plugin that is gone.
func (s *Lives) Retire(plugin, why, next string) {
	for _, l := range s.All() {
		if l.Plugin().ID == plugin {
			l.tell(order{end: fault.New(opLive, fault.Unavailable, l.unit, why, next)})
		}
	}
}

// tell leaves an order in place of one that has not been taken.
func (l *Live) tell(o order) {
	for {
		select {
		case l.orders <- o:
			return
		default:
		}
		select {
		case <-l.orders:
		default:
		}
	}
}

// successor is what takes over: it has ticked once, into channels of its own.
type successor struct {
	plugin   *host.Plugin
	spec     *manifest.Live
	values   []manifest.Value
	worker   *host.Worker
	channels []*arena.Channel
	legacy   legacy
}

func (s *successor) close() {
	if s.worker != nil {
		s.worker.Close()
	}
	closeAll(s.channels)
}

// maxTrials bounds how often a successor begins anew because parameters change meanwhile.
const maxTrials = 20

// reload starts the new code beside the old, which ticks on until the new one has ticked.
func (l *Live) reload(ctx context.Context, o order) {
	if l.runs(o.plugin) {
		return
	}
	next, err := l.newSuccessor(ctx, o.plugin)
	if err == nil {
		err = l.handOverTo(ctx, next)
	}
	switch digest := hex.EncodeToString(o.plugin.Digest[:]); {
	case err == nil:
		took := time.Since(o.since)
		l.set.emit(arena.EventKindUnitReloaded, next.legacy.severity(), l.unit, fmt.Sprintf(
			"version %s was reloaded in %d ms and %s", o.plugin.Manifest.Version, took.Milliseconds(),
			next.legacy))
		l.set.deps.Problem(o.plugin.Manifest.ID, digest, "")
		l.set.deps.Changed()
	case ctx.Err() != nil:
		next.close()
	default:
		next.close()
		l.set.emit(arena.EventKindUnitKept, arena.Warning, l.unit, fmt.Sprintf(
			"version %s did not start, the one before goes on: %s", o.plugin.Manifest.Version, err))
		l.set.deps.Problem(o.plugin.Manifest.ID, digest, err.Error())
	}
}

// runs says whether the unit runs that very file already: its other version did not start, and was
// taken back.
func (l *Live) runs(p *host.Plugin) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.plugin.Digest == p.Digest
}

func (l *Live) handOverTo(ctx context.Context, next *successor) error {
	for range maxTrials {
		if err := l.try(ctx, next); err != nil {
			return err
		}
		if l.succeed(next) {
			return nil
		}
	}
	return fault.New(opReload, fault.Unavailable, l.unit, "its parameters kept changing", "install it again")
}

// newSuccessor compiles and loads the new code.
func (l *Live) newSuccessor(ctx context.Context, p *host.Plugin) (*successor, error) {
	next := &successor{plugin: p}
	spec, err := l.fitting(p)
	if err != nil {
		return next, err
	}
	next.spec = spec
	return next, l.spawn(ctx, next)
}

// spawn gives the successor a worker, in place of the one that it may have.
func (l *Live) spawn(ctx context.Context, next *successor) (err error) {
	if next.worker != nil {
		next.worker.Close()
	}
	cfg := l.set.deps.Host
	cfg.OnLog = l.onLog
	next.worker, err = host.Spawn(ctx, cfg, l.set.deps.Arena, next.plugin, l.instances(next.spec))
	return err
}

// fitting is the live part of the new plugin, which must fit what the page draws.
func (l *Live) fitting(p *host.Plugin) (*manifest.Live, error) {
	u := p.Manifest.FindUnit(l.unit)
	if u == nil || u.Live == nil {
		return nil, fault.New(opReload, fault.Invalid, l.unit, "the new version has no live unit of that name", "")
	}
	if len(u.Live.Channels) != len(l.entries) {
		return nil, fault.New(opReload, fault.Invalid, l.unit, "the new version has another number of channels",
			"stop it and start it again")
	}
	return u.Live, nil
}

// carried are the values for the new parameters: the present ones where they fit, else defaults.
func (l *Live) carried(spec *manifest.Live) ([]manifest.Value, error) {
	kept := map[string]any{}
	for name, v := range manifest.Values(l.spec.Params, l.values) {
		at := manifest.FindParam(spec.Params, name)
		if at < 0 {
			continue
		}
		if _, err := manifest.CoerceParams(spec.Params, map[string]any{name: v}); err == nil {
			kept[name] = v
		}
	}
	return manifest.CoerceParams(spec.Params, kept)
}

// try lets the successor do its first tick with the present parameters, from the present state if
// that can be had. A state that it cannot live with costs only the state: it begins anew.
func (l *Live) try(ctx context.Context, next *successor) error {
	state := l.saved(ctx, next)
	err := l.firstTick(ctx, next, state)
	if err == nil || state == nil || ctx.Err() != nil {
		return err
	}
	next.legacy = legacy{lost: err}
	if err := l.spawn(ctx, next); err != nil {
		return err
	}
	return l.firstTick(ctx, next, nil)
}

// firstTick lets the successor tick once, from the given state or, where it is nil, anew.
func (l *Live) firstTick(ctx context.Context, next *successor, state []byte) error {
	if err := l.furnish(next); err != nil {
		return err
	}
	for i, c := range next.channels {
		if err := next.worker.AttachChannel(i, c); err != nil {
			return err
		}
	}
	if err := next.worker.SetParams(wireValues(next.values)); err != nil {
		return err
	}
	if state != nil {
		if err := next.worker.LoadState(ctx, state); err != nil {
			return err
		}
	}
	first := l.cfg.order(next.spec, true, state == nil)
	first.Ticks = 1
	if err := next.worker.Live(first); err != nil {
		return err
	}
	select {
	case <-next.worker.Finished():
		return nil
	case <-next.worker.Done():
		return next.worker.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// furnish gives the successor the present parameters and channels for them.
func (l *Live) furnish(next *successor) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	closeAll(next.channels)
	next.channels = nil
	if l.discarded {
		return l.notRunning()
	}
	if next.values, err = l.carried(next.spec); err != nil {
		return err
	}
	for i, old := range l.channels {
		c, err := l.newChannel(next.spec, i, next.values, old)
		if err != nil {
			return err
		}
		next.channels = append(next.channels, c)
	}
	return nil
}

// succeed puts the successor in the old worker's place; false: parameters have changed since.
func (l *Live) succeed(next *successor) bool {
	l.mu.Lock()
	if now, err := l.carried(next.spec); err != nil || !slices.Equal(now, next.values) {
		l.mu.Unlock()
		return false
	}
	old := l.worker
	l.countWorker(old)
	l.plugin, l.spec, l.values = next.plugin, next.spec, next.values
	l.worker, l.base, l.failures, l.failure = next.worker, 0, nil, nil
	for i, c := range next.channels {
		l.replaceChannel(i, c)
	}
	l.count.progress = progress{at: time.Now()}
	l.state = Paused
	if !l.paused {
		l.state = Running
		_ = l.worker.Live(l.order(true, false)) // a worker that fails here is seen by who follows it
	}
	l.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return true
}

// obey does what was ordered while no worker ran.
func (l *Live) obey() error {
	o := l.due
	l.due = nil
	switch {
	case o == nil:
		return nil
	case o.end != nil:
		l.retire(o.end)
		return nil
	}
	spec, err := l.fitting(o.plugin)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	values, err := l.carried(spec)
	if err != nil {
		return err
	}
	for i, old := range l.channels {
		c, err := l.newChannel(spec, i, values, old)
		if err != nil {
			return err
		}
		l.replaceChannel(i, c)
	}
	l.plugin, l.spec, l.values, l.failures = o.plugin, spec, values, nil
	return nil
}

// retire ends the live unit because its plugin is gone.
func (l *Live) retire(why error) {
	l.mu.Lock()
	w := l.worker
	l.worker = nil
	l.countWorker(w)
	l.mu.Unlock()
	if w != nil {
		w.Close()
	}
	l.set.emit(arena.EventKindUnitRetired, arena.Warning, l.unit, why.Error())
	l.quarantine(why)
}
