package worker

import (
	"fmt"
	"os"

	"inos/backend/arena"
	"inos/backend/host/worker/guest"
	"inos/backend/host/worker/live"
	"inos/backend/wire"
)

// call runs an op on instance 0, between ticks where there is a live unit.
func (s *session) call(m *wire.Message, fds []int) int {
	ofState := m.Call.Entry != wire.EntryOp
	if !ofState && s.code == nil || ofState && s.loop == nil {
		wire.CloseAll(fds)
		s.refuse(m.ID, "this plugin has no ops, or no live unit")
		return stay
	}
	if ofState {
		m.Call.Params = s.params
	}
	if err := s.job.Begin(&m.Call, fds); err != nil {
		s.refuse(m.ID, err.Error())
		return stay
	}
	status := stay
	s.between(func() { status = s.run(m.ID, &m.Call) })
	return status
}

func (s *session) run(id uint32, c *wire.Call) int {
	s.callID = id
	begin := arena.Monotonic()
	code, called, err := s.enter(c, begin)
	if err != nil {
		s.fail(id, called.Explain(err))
		return wire.ExitTrap
	}
	s.out.ID, s.out.Kind = id, wire.KindResult
	s.job.Finish(code, called.Text(), &s.out.Result)
	s.out.Result.GuestNs = arena.Monotonic() - begin
	s.send(&s.out)
	return stay
}

// enter runs the op, or hands the state on; called is whose code ran. Saving and loading do not count
// as a tick, whose deadline goes by the status page.
func (s *session) enter(c *wire.Call, now uint64) (result int32, called code, err error) {
	switch c.Entry {
	case wire.EntryOp:
		s.status.SetBusySince(now)
		result, err = s.code.Call(c.Op, s.job)
		s.status.SetBusySince(0)
		return result, s.code, err
	case wire.EntrySave:
		result, err = s.instances[0].Save(s.job)
	default:
		if result, err = s.instances[0].Load(s.job); result == 0 && err == nil {
			s.loop.Begun()
		}
	}
	return result, s.instances[0], err
}

// need asks the kernel for room in the middle of a call.
func (s *session) need(index uint16, length uint64) (wire.Window, int, error) {
	s.send(&wire.Message{
		ID: s.callID, Kind: wire.KindNeed, Need: wire.Need{Index: index, Length: length},
	})
	m, fds := s.await(wire.KindGrant)
	return window(m.Grant, fds)
}

// ask asks the kernel for something of the world outside, in the middle of a call. The reply's
// bytes are valid until the next question.
func (s *session) ask(a wire.Ask) wire.Reply {
	s.send(&wire.Message{ID: s.callID, Kind: wire.KindAsk, Ask: a})
	m, fds := s.await(wire.KindReply)
	wire.CloseAll(fds)
	return m.Reply
}

// await takes the kernel's answer to a question in the middle of a call. Whatever else arrives
// meanwhile waits. The message is reused by the next question.
func (s *session) await(kind wire.Kind) (*wire.Message, []int) {
	for len(s.pending) < maxPending {
		fds, err := s.conn.Recv(&s.inner)
		if err != nil {
			os.Exit(0) // the kernel is gone, and with it whoever wanted this result
		}
		if s.inner.Kind == kind && s.inner.ID == s.callID {
			return &s.inner, fds
		}
		m := s.inner
		s.inner = wire.Message{}
		s.pending = append(s.pending, received{&m, fds})
	}
	os.Exit(wire.ExitProtocol)
	return nil, nil
}

func window(w wire.Window, fds []int) (wire.Window, int, error) {
	want := wire.NewWindows([]wire.Window{w})
	if len(fds) != want {
		wire.CloseAll(fds)
		return wire.Window{}, -1, fmt.Errorf("%d descriptors with a grant, %d expected", len(fds), want)
	}
	if want == 0 {
		return w, -1, nil
	}
	return w, fds[0], nil
}

func (s *session) startLoop(phases int, cpus []int) {
	shards := make([]live.Shard, len(s.instances))
	for k, instance := range s.instances {
		shards[k] = instance
	}
	s.loop = live.New(live.Config{
		Shards: shards,
		Phases: max(phases, 1),
		CPUs:   cpus,
		Frames: s.channels,
		Status: s.status,
		Finished: func(ticks uint64) {
			s.send(&wire.Message{Kind: wire.KindFinished, Finished: ticks})
		},
		Failed: s.tickFailed,
	})
	s.loop.Run()
}

// tickFailed runs on a shard's thread. An error code leaves the instance whole; a trap does not.
func (s *session) tickFailed(f live.Failure) {
	instance, where := s.instances[f.Shard], "inos_tick"
	if f.Init {
		where = "inos_init"
	}
	if f.Err != nil {
		why := instance.Explain(f.Err)
		why.Text = where + ": " + why.Text
		s.fail(0, why)
		os.Exit(wire.ExitTrap)
	}
	text := fmt.Sprintf("%s returned error code %d", where, f.Code)
	if said := instance.Text(); said != "" {
		text = said
	}
	s.fail(0, wire.Failed{Kind: wire.FailCode, Text: text})
}

// between runs f while no tick runs.
func (s *session) between(f func()) {
	if s.loop == nil {
		f()
		return
	}
	s.loop.Between(f)
}

func (s *session) attach(m *wire.Message, fds []int) {
	if len(fds) != 1 || s.loop == nil {
		wire.CloseAll(fds)
		s.refuse(m.ID, fmt.Sprintf("a channel with %d descriptors for a plugin with live unit: %t",
			len(fds), s.loop != nil))
		return
	}
	segment, err := arena.Adopt(fds[0], arena.KindChannel, int64(m.Channel.ByteLen), true)
	if err != nil {
		s.refuse(m.ID, err.Error())
		return
	}
	view, err := arena.OpenChannel(segment)
	if err != nil {
		segment.Close()
		s.refuse(m.ID, err.Error())
		return
	}
	memories := make([]*guest.Memory, len(s.instances))
	for k, instance := range s.instances {
		memories[k] = instance.Memory()
	}
	s.between(func() { err = s.channels.Attach(int(m.Channel.Index), view, memories) })
	if err != nil {
		view.Close()
	}
	s.answer(m.ID, err)
}

func (s *session) setParams(m *wire.Message) {
	s.between(func() {
		s.params = append(s.params[:0], m.Params...)
		for _, instance := range s.instances {
			instance.SetParams(s.params)
		}
	})
	s.answer(m.ID, nil)
}

func (s *session) setLive(m *wire.Message) {
	if s.loop == nil {
		s.refuse(m.ID, "this plugin has no live unit")
		return
	}
	// Answered before the loop may say `finished`, which would otherwise come first now and then.
	s.loop.Set(m.Live, func() { s.answer(m.ID, nil) })
}
