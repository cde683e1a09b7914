package foreign

import (
	"io"
	"math/rand"
	chacha "math/rand/v2"
	"time"

	"github.com/tetratelabs/wazero"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// Pretended time begins at 2022-01-01 and goes on a millisecond with each look; pretended numbers
// follow from a seed. Both are what wazero gives a module that nothing is granted to.
const (
	pretendedEpochNs = 1_640_995_200_000_000_000
	pretendedStepNs  = 1_000_000
	pretendedSeed    = 42
)

// senses are the clock and the randomness of a module: pretended, the same in every run, unless the
// user has allowed true ones. That is asked once at the beginning of a call, since a runtime may look
// at the clock a million times.
type senses struct {
	clock, chance bool // whether the module can look at them at all

	wallNs, nanoNs int64 // at the last look, or, where time is true, at since
	since          time.Time
	pretended      *rand.Rand
	numbers        io.Reader // true ones; nil: they are pretended
}

// reset is for a module that is made anew.
func (s *senses) reset() {
	s.wallNs, s.nanoNs = pretendedEpochNs-pretendedStepNs, -pretendedStepNs
	s.pretended = rand.New(rand.NewSource(pretendedSeed))
}

// begin asks what is allowed in this call.
func (s *senses) begin(job *guest.Job) {
	if s.clock {
		if r, ok := job.Try(wire.Ask{Service: wire.ServiceNow}); ok {
			s.wallNs, s.since = 1000*r.Value, time.Now()
		}
	}
	var seed [32]byte
	if s.chance {
		r, ok := job.Try(wire.Ask{Service: wire.ServiceRandom, Length: int64(len(seed))})
		if ok && copy(seed[:], r.Data) == len(seed) {
			s.numbers = chacha.NewChaCha8(seed)
		}
	}
}

// end makes time pretend again; a clock that only goes on does not go back.
func (s *senses) end() {
	if s.isTrue() {
		s.nanoNs, s.wallNs = s.nanotime(), pretendedEpochNs
	}
	s.since, s.numbers = time.Time{}, nil
}

func (s *senses) isTrue() bool { return !s.since.IsZero() }

func (s *senses) walltime() (sec int64, nsec int32) {
	now := s.wallNs + int64(time.Since(s.since))
	if !s.isTrue() {
		s.wallNs += pretendedStepNs
		now = s.wallNs
	}
	return now / 1e9, int32(now % 1e9)
}

func (s *senses) nanotime() int64 {
	if s.isTrue() {
		return s.nanoNs + int64(time.Since(s.since))
	}
	s.nanoNs += pretendedStepNs
	return s.nanoNs
}

// sleep returns at once where time pretends. The deadline of the call holds in any case.
func (s *senses) sleep(ns int64) {
	if s.isTrue() {
		time.Sleep(time.Duration(ns))
	}
}

// Read fills p with random bytes.
func (s *senses) Read(p []byte) (int, error) {
	if s.numbers != nil {
		return s.numbers.Read(p)
	}
	return s.pretended.Read(p)
}

func (s *senses) config(c wazero.ModuleConfig) wazero.ModuleConfig {
	const resolutionNs = 1000
	return c.WithWalltime(s.walltime, resolutionNs).WithNanotime(s.nanotime, resolutionNs).
		WithNanosleep(s.sleep).WithRandSource(s)
}
