package unit

import (
	"fmt"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/quota"
)

// quota is what the user has set for the plugin. The caller holds l.mu, as for what follows.
func (l *Live) quota() quota.Limits {
	if l.set.deps.Host.Quota == nil {
		return quota.Limits{}
	}
	q, _ := l.set.deps.Host.Quota(l.plugin.Manifest.ID) // with an error what was known last
	return q
}

// paceHz is ticks per second, the user's limit kept; 0: as fast as it goes.
func (l *Live) paceHz() float32 {
	pace, limit := l.cfg.paceHz(l.spec), float32(l.quota().RateHz)
	if limit > 0 && (pace == 0 || pace > limit) {
		return limit
	}
	return pace
}

// outgrown says whether the worker has more memory, or less, than it may have now.
func (l *Live) outgrown() bool {
	limits := l.set.deps.Host.Limits
	return limits != nil && l.worker != nil &&
		limits(l.plugin).MemoryBytes != l.worker.Plugin().Manifest.Limits.MemoryBytes
}

// heedLimits looks whether the user has changed what the plugin may use. It does not wait.
func (l *Live) heedLimits() {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.worker == nil || l.pace == l.paceHz() && !l.outgrown() {
		return
	}
	select {
	case l.limits <- struct{}{}:
	default:
	}
}

// obeyLimits tells the worker its new pace. How much memory there is it learns when it starts.
func (l *Live) obeyLimits() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.worker == nil {
		return
	}
	if l.outgrown() {
		l.worker.EndFor(fault.New(opLive, fault.Canceled, l.unit,
			"how much memory it may have was changed: it begins anew", ""))
		return
	}
	if l.worker.Live(l.order(!l.paused, false)) == nil { // its end has a reason of its own
		l.tellPace()
	}
}

// tellPace says that the user slows it down, and how to change that.
func (l *Live) tellPace() {
	q := l.quota()
	if q.RateHz == 0 || float32(q.RateHz) != l.pace {
		return
	}
	l.set.emit(arena.EventKindPluginLog, arena.Info, l.unit, fmt.Sprintf("%s ticks %d times a second "+
		"at most: %s", l.unit, q.RateHz, quota.Remedy(quota.Rate, l.plugin.Manifest.ID, q)))
}
