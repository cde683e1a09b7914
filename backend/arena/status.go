package arena

// Status is a view of a worker's status page: what a worker is doing, without a message. The
// kernel writes cancel, the worker the rest; to the kernel all of it is hearsay.
type Status struct{ mem []byte }

// OpenStatus makes a view of a status segment.
func OpenStatus(s *Segment) (*Status, error) {
	if err := checkHeader(s, KindStatus, StatusPageBytes); err != nil {
		return nil, err
	}
	return &Status{s.mem}, nil
}

// SetCancel asks the running call to stop, or takes that back.
func (s *Status) SetCancel(on bool) {
	v := uint32(0)
	if on {
		v = 1
	}
	store32(s.mem, StatusPageCancelAt, v)
}

// Cancel says whether the kernel asked the running call to stop.
func (s *Status) Cancel() bool { return load32(s.mem, StatusPageCancelAt) != 0 }

// SetBusySince notes when the guest began to run (Monotonic), 0 when it stopped.
func (s *Status) SetBusySince(ns uint64) { store64(s.mem, StatusPageBusySinceNsAt, ns) }

// BusySince is when the guest began to run (Monotonic), 0 when it does not.
func (s *Status) BusySince() uint64 { return load64(s.mem, StatusPageBusySinceNsAt) }

// SetProgress notes the guest's progress; total 0 means unknown.
func (s *Status) SetProgress(done, total uint64) {
	store64(s.mem, StatusPageProgressDoneAt, done)
	store64(s.mem, StatusPageProgressTotalAt, total)
}

// Progress is the guest's progress; total 0 means unknown.
func (s *Status) Progress() (done, total uint64) {
	return load64(s.mem, StatusPageProgressDoneAt), load64(s.mem, StatusPageProgressTotalAt)
}

// AddTick notes a finished tick: its duration and how many shards it used. Allocates nothing.
func (s *Status) AddTick(durationNs uint64, shards uint32) {
	n := load64(s.mem, StatusPageTicksAt)
	at := StatusPageStepNsAt + int(n%StepRing)*4
	store32(s.mem, at, uint32(min(durationNs, 1<<32-1)))
	store32(s.mem, StatusPageShardsAt, shards)
	store64(s.mem, StatusPageTicksAt, n+1)
}

// Ticks is the number of ticks finished.
func (s *Status) Ticks() uint64 { return load64(s.mem, StatusPageTicksAt) }

// Steps appends the durations of the last ticks in nanoseconds, oldest first, at most StepRing, and
// returns the number of the last one. A tick that ends meanwhile may replace the oldest.
func (s *Status) Steps(dst []uint32) ([]uint32, uint64) {
	n := s.Ticks()
	for t := n - min(n, StepRing); t < n; t++ {
		dst = append(dst, load32(s.mem, StatusPageStepNsAt+int(t%StepRing)*4))
	}
	return dst, n
}

// SetPhases notes of how many phases a tick consists, before the first one.
func (s *Status) SetPhases(n int) { store32(s.mem, StatusPagePhasesAt, uint32(n)) }

// phases is how many phases a tick has; 0 when none are timed, or the page says what cannot be.
func (s *Status) phases() int {
	n := load32(s.mem, StatusPagePhasesAt)
	if n > PhaseRing {
		return 0
	}
	return int(n)
}

// phaseAt is where the phases of the tick after n others stand. phases must not be 0.
func phaseAt(n uint64, phases int) int {
	return StatusPagePhaseNsAt + int(n%uint64(PhaseRing/phases))*phases*4
}

// SetPhase notes how long a phase of the running tick took. It counts when AddTick has ended the
// tick. Allocates nothing.
func (s *Status) SetPhase(phase int, durationNs uint64) {
	phases := s.phases()
	if phase < 0 || phase >= phases {
		return
	}
	at := phaseAt(load64(s.mem, StatusPageTicksAt), phases) + phase*4
	store32(s.mem, at, uint32(min(durationNs, 1<<32-1)))
}

// PhaseSteps appends the durations of the phases of the last ticks in nanoseconds, oldest tick
// first and each tick's phases in order, at most PhaseRing, and returns how many phases a tick
// has. A tick that runs meanwhile may replace the oldest.
func (s *Status) PhaseSteps(dst []uint32) ([]uint32, int) {
	phases := s.phases()
	if phases == 0 {
		return dst, 0
	}
	n := s.Ticks()
	for t := n - min(n, uint64(PhaseRing/phases)); t < n; t++ {
		for p := range phases {
			dst = append(dst, load32(s.mem, phaseAt(t, phases)+p*4))
		}
	}
	return dst, phases
}

// AddPublished counts a published frame.
func (s *Status) AddPublished() {
	store64(s.mem, StatusPageFramesPublishedAt, load64(s.mem, StatusPageFramesPublishedAt)+1)
}

// Published is the number of frames published.
func (s *Status) Published() uint64 { return load64(s.mem, StatusPageFramesPublishedAt) }

// AddRefusal counts a frame that was refused: what the guest asked to publish.
func (s *Status) AddRefusal(index, count int32) {
	store64(s.mem, StatusPageRefusedPublishAt, uint64(uint32(index))<<32|uint64(uint32(count)))
	store32(s.mem, StatusPageRefusalsAt, load32(s.mem, StatusPageRefusalsAt)+1)
}

// Refusals is the number of frames that were refused, and the last of them.
func (s *Status) Refusals() (n uint32, index, count int32) {
	last := load64(s.mem, StatusPageRefusedPublishAt)
	return load32(s.mem, StatusPageRefusalsAt), int32(last >> 32), int32(uint32(last))
}

// Shards is how many shards the last tick used.
func (s *Status) Shards() uint32 { return load32(s.mem, StatusPageShardsAt) }

// SetGuestPages notes the 64 KiB pages of the guest's own memory.
func (s *Status) SetGuestPages(n uint32) { store32(s.mem, StatusPageGuestPagesAt, n) }

// GuestPages is the guest's own memory in 64 KiB pages, all instances.
func (s *Status) GuestPages() uint32 { return load32(s.mem, StatusPageGuestPagesAt) }

// SetLateNs notes how late the last paced tick began.
func (s *Status) SetLateNs(ns uint64) { store64(s.mem, StatusPageLateNsAt, ns) }

// LateNs is how late the last paced tick began.
func (s *Status) LateNs() uint64 { return load64(s.mem, StatusPageLateNsAt) }

// AddLogDropped counts a log line that was not sent.
func (s *Status) AddLogDropped() {
	store32(s.mem, StatusPageLogDroppedAt, load32(s.mem, StatusPageLogDroppedAt)+1)
}

// LogDropped is the number of log lines that were not sent.
func (s *Status) LogDropped() uint32 { return load32(s.mem, StatusPageLogDroppedAt) }
