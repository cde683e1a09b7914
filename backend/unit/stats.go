package unit

import (
	"encoding/binary"
	"slices"
	"time"

	"inos/backend/arena"
	"inos/backend/host"
)

// counters add up what several workers of one live unit did.
type counters struct {
	ticks, published uint64 // of workers that have ended
	cpu              time.Duration
	bytes            uint64
	seenPublished    uint64 // of the present worker, when bytes was last brought up to date
	progress         progress

	// Of the last sampling period.
	at     time.Time
	ticks0 uint64
	cpu0   time.Duration
	tickHz float64
	cpuPct float64
	meters host.Meters
	status host.Ticks
	sorted []uint32
}

// countWorker adds an ended worker's work to the sums. The caller holds l.mu.
func (l *Live) countWorker(w *host.Worker) {
	if w == nil {
		return
	}
	c := &l.count
	w.ReadTicks(&c.status)
	l.countBytes()
	c.ticks += c.status.Ticks
	c.published += c.status.Published
	c.cpu += c.meters.CPU
	c.seenPublished = 0
	c.meters = host.Meters{}
	c.status.Ticks, c.status.Published = 0, 0
}

// countBytes adds the frames since the last look, at the present size.
func (l *Live) countBytes() {
	c := &l.count
	if n := c.status.Published; n > c.seenPublished {
		c.bytes += (n - c.seenPublished) * uint64(l.frameElements()) * arena.InstanceBytes
		c.seenPublished = n
	}
}

// frameElements is the size of the newest frame. The words belong to the worker: what does not
// fit is cut.
func (l *Live) frameElements() int {
	if len(l.channels) == 0 {
		return 0
	}
	c := l.channels[0]
	mem := c.Segment().Bytes()
	slot := binary.LittleEndian.Uint32(mem[arena.ChannelHeaderPublishedAt:])
	if slot == 0 || slot > arena.SlotCount {
		return 0
	}
	at := arena.ChannelHeaderSlotsAt + int(slot-1)*arena.SlotHeaderBytes + arena.SlotHeaderCountAt
	return min(int(binary.LittleEndian.Uint32(mem[at:])), c.Capacity())
}

// look reads the worker's figures. The caller holds l.mu.
func (l *Live) look() {
	if l.worker == nil {
		return
	}
	l.worker.ReadTicks(&l.count.status)
	if m := l.worker.Meters(); m.CPU > 0 {
		l.count.meters = m
	}
	l.count.progress.look(l.count.status.Ticks, time.Now())
	l.countBytes()
}

// sample closes a sampling period and returns its figures. It does not wait: false says that the
// live unit is busy with its worker, which a hostile one can draw out for seconds.
func (l *Live) sample(now time.Time) (LiveStats, bool) {
	if !l.mu.TryLock() {
		return LiveStats{}, false
	}
	defer l.mu.Unlock()
	l.look()
	c := &l.count
	ticks, cpu := c.ticks+c.status.Ticks, c.cpu+c.meters.CPU
	ticks = max(ticks, c.ticks0) // a status page that counts backwards lies
	if period := now.Sub(c.at).Seconds(); !c.at.IsZero() && period > 0 {
		c.tickHz = float64(ticks-c.ticks0) / period
		c.cpuPct = 100 * (cpu - c.cpu0).Seconds() / period
	}
	c.at, c.ticks0, c.cpu0 = now, ticks, cpu
	return l.stats(), true
}

// Stats are the figures as they are now; rates are those of the last sampling period.
func (l *Live) Stats() LiveStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	return l.stats()
}

func (l *Live) stats() LiveStats {
	c := &l.count
	failure := ""
	if l.failure != nil {
		failure = l.failure.Error()
	}
	return LiveStats{
		State: l.shownState(time.Now()), Ticks: c.ticks + c.status.Ticks, Published: c.published + c.status.Published,
		BytesPublished: c.bytes, StepMs: c.steps(), TickHz: c.tickHz,
		LateMs: c.status.Late.Seconds() * 1e3, Shards: int(c.status.Shards),
		Elements: l.frameElements(), CPUPct: c.cpuPct, CPUNs: uint64(c.cpu + c.meters.CPU),
		RSS: c.meters.RSS, GuestBytes: c.status.GuestBytes, Restarts: l.restarts, Failure: failure,
	}
}

func (c *counters) steps() StepMs {
	if len(c.status.StepNs) == 0 {
		return StepMs{}
	}
	c.sorted = append(c.sorted[:0], c.status.StepNs...)
	slices.Sort(c.sorted)
	return StepMs{P50: millisAt(c.sorted, 0.50), P95: millisAt(c.sorted, 0.95), Max: millisAt(c.sorted, 1)}
}

// millisAt is the value below which that part of them lies, nanoseconds turned into milliseconds.
func millisAt(sorted []uint32, part float64) float64 {
	return float64(sorted[int(part*float64(len(sorted)-1)+0.5)]) / 1e6
}

// PhaseMs is the median duration of each phase of a tick in milliseconds, over the last ticks: as
// many as the status page keeps. Nil before the first tick.
func (l *Live) PhaseMs() []float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	return l.count.phases()
}

func (c *counters) phases() []float64 {
	all, n := c.status.PhaseNs, c.status.Phases
	if n == 0 || len(all) < n {
		return nil
	}
	medians := make([]float64, n)
	for phase := range medians {
		c.sorted = c.sorted[:0]
		for i := phase; i < len(all); i += n {
			c.sorted = append(c.sorted, all[i])
		}
		slices.Sort(c.sorted)
		medians[phase] = millisAt(c.sorted, 0.5)
	}
	return medians
}

// metrics is the form of the kernel segment.
func (s *LiveStats) metrics() arena.UnitMetrics {
	return arena.UnitMetrics{
		Ticks: s.Ticks, Published: s.Published,
		StepP50Ms: float32(s.StepMs.P50), StepP95Ms: float32(s.StepMs.P95),
		StepMaxMs: float32(s.StepMs.Max), TickHz: float32(s.TickHz),
		WorkerCPUPct: float32(s.CPUPct), WorkerRSS: s.RSS, Shards: uint32(s.Shards),
		Elements: uint32(s.Elements), Restarts: uint32(s.Restarts), State: uint32(s.State),
		BytesPublished: s.BytesPublished,
	}
}
