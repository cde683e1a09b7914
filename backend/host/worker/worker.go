// Package worker is the inside of a worker process: one plugin, one control socket. It closes the
// sandbox around itself before any code of the plugin runs, answers the kernel's messages, and
// ends when the socket closes, after a trap, or at a fault.
//
// Why end after a trap, when a new instance would do? A trapped guest is spoilt (its stack pointer
// is not restored), and a trap may be the visible part of an attack. A new process costs some ten
// milliseconds and owes nothing to the old one.
package worker

import (
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"inos/backend/arena"
	"inos/backend/host/worker/box"
	"inos/backend/host/worker/guest"
	"inos/backend/host/worker/live"
	"inos/backend/wire"
)

const (
	// heapLimitBytes is where Go collects garbage after all. Collections are off otherwise: guest
	// code cannot be interrupted, so one would wait for the longest call.
	heapLimitBytes = 64 << 20
	// tidyEvery is after how many messages the heap is looked at, tidyBytes how much it may have
	// grown by then without a collection.
	tidyEvery = 1024
	tidyBytes = 16 << 20
	// maxPending bounds the messages that may arrive while a call waits for a grant.
	maxPending = 64
)

// Run serves the kernel on the given descriptor and returns the exit status. It takes over the
// process: every other descriptor but the standard ones is closed.
func Run(sock int) int {
	began := time.Now()
	if err := box.CloseStrayFDs(sock); err != nil {
		os.Stderr.WriteString("inos-worker: " + err.Error() + "\n")
		return wire.ExitRefused
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapLimitBytes)
	runtime.LockOSThread()
	s := &session{conn: wire.NewConn(sock), began: began}
	if !s.load() {
		return wire.ExitRefused
	}
	return s.serve()
}

// session is the life of a worker.
type session struct {
	conn  *wire.Conn
	began time.Time

	status    *arena.Status
	ownBytes  ownBytes
	instances []*guest.Instance
	code      code // what ops run: instance 0, or a foreign module; nil: there are none
	segments  *guest.Segments
	channels  *guest.Channels
	params    []wire.Value
	loop      *live.Loop // nil: no live unit
	job       *guest.Job

	in, out  wire.Message
	inner    wire.Message // the last answer in the middle of a call
	callID   uint32
	pending  []received
	messages int
	heap     uint64
}

// code is what a call runs.
type code interface {
	Call(op uint16, job *guest.Job) (int32, error)
	// Text is what the code said about the error code that it has just returned.
	Text() string
	// Explain is about an error of Call.
	Explain(err error) wire.Failed
}

// received is a message that came while a call waited for a grant.
type received struct {
	message *wire.Message
	fds     []int
}

func (s *session) serve() int {
	for {
		m, fds, err := s.next()
		if err == io.EOF {
			return 0
		}
		if err != nil {
			os.Stderr.WriteString("inos-worker: " + err.Error() + "\n")
			return wire.ExitProtocol
		}
		if status := s.handle(m, fds); status >= 0 {
			return status
		}
		s.tidy()
	}
}

func (s *session) next() (*wire.Message, []int, error) {
	if len(s.pending) > 0 {
		r := s.pending[0]
		s.pending = s.pending[1:]
		return r.message, r.fds, nil
	}
	fds, err := s.conn.Recv(&s.in)
	return &s.in, fds, err
}

// stay is the status of a worker that goes on.
const stay = -1

// handle answers one message and returns the exit status, or stay.
func (s *session) handle(m *wire.Message, fds []int) int {
	if m.Kind != wire.KindCall && m.Kind != wire.KindChannel {
		wire.CloseAll(fds)
	}
	switch m.Kind {
	case wire.KindCall:
		return s.call(m, fds)
	case wire.KindChannel:
		s.attach(m, fds)
	case wire.KindParams:
		s.setParams(m)
	case wire.KindLive:
		s.setLive(m)
	case wire.KindRelease:
		s.answer(m.ID, s.release(m.Release))
	default:
		s.refuse(m.ID, m.Kind.String()+" is not for a worker that is loaded")
	}
	return stay
}

func (s *session) release(segment uint32) error {
	if s.segments == nil {
		return nil
	}
	return s.segments.Release(segment)
}

// answer sends done, or the error.
func (s *session) answer(id uint32, err error) {
	if err != nil {
		s.refuse(id, err.Error())
		return
	}
	s.send(&wire.Message{ID: id, Kind: wire.KindDone})
}

func (s *session) refuse(id uint32, why string) {
	s.fail(id, wire.Failed{Kind: wire.FailProtocol, Text: why})
}

func (s *session) fail(id uint32, f wire.Failed) {
	f.Text = guest.Clean(f.Text, wire.MaxFailedBytes)
	s.send(&wire.Message{ID: id, Kind: wire.KindFailed, Failed: f})
}

// send sends a message. A worker that cannot reach its kernel has nothing left to do.
func (s *session) send(m *wire.Message) {
	if err := s.conn.Send(m); err != nil {
		os.Exit(wire.ExitProtocol)
	}
}

// tidy collects garbage between messages when enough has come together. It is skipped while a live
// unit runs: its ticks allocate nothing, and a collection would wait for them.
func (s *session) tidy() {
	s.messages++
	if s.messages%tidyEvery != 0 || (s.loop != nil && s.loop.Running()) {
		return
	}
	heap := heapBytes()
	if s.heap == 0 {
		s.heap = heap
	}
	if heap > s.heap+tidyBytes {
		runtime.GC()
		s.heap = heapBytes()
	}
}

func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return math.MaxUint64 - tidyBytes
	}
	return sample[0].Value.Uint64()
}
