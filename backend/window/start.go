package window

import (
	"context"

	"inos/backend/fault"
	"inos/backend/unit"
)

// wish is the live unit that the window shall show. It ends when another one is wished for or the
// session closes, and with it a start that is under way: compiling and starting may take seconds.
type wish struct {
	unit   string
	ctx    context.Context
	giveUp context.CancelCauseFunc
	// remembered are the parameters of the last time; nil once they were used or did not fit.
	remembered map[string]any
	tries      int   // starts that have come to an end
	err        error // of the last one
}

// StartLive runs a live unit in place of the one that runs, and returns once it ticks. The same
// unit goes on, with the new parameters: a reloaded page finds its flock as it was. One that has
// ended begins anew. Who asks for a unit that is on its way waits for it; who asks for another one
// ends that start. Without parameters the first unit begins with those of the last time, or without
// where the unit does not know them any more; where they need more memory, the refusal says so.
func (s *Session) StartLive(name string, params map[string]any) (LiveState, error) {
	w, tries := s.wishFor(name)
	s.starts.Lock()
	defer s.starts.Unlock()
	if w.ctx.Err() != nil {
		return LiveState{}, context.Cause(w.ctx)
	}
	if w.tries != tries && w.err != nil { // the start that was under way is over
		return LiveState{}, w.err
	}
	if state, runs, err := s.goOn(name, params); runs {
		return state, err
	}
	hidden := s.clear()
	if params == nil {
		params = w.remembered
	}
	live, err := s.Node.StartLive(w.ctx, name, unit.LiveConfig{Params: params, Paused: hidden})
	if w.remembered != nil && fault.KindOf(err) == fault.Invalid {
		w.remembered = nil
		live, err = s.Node.StartLive(w.ctx, name, unit.LiveConfig{Paused: hidden})
	}
	if w.ctx.Err() != nil {
		if err == nil {
			live.Stop()
		}
		return LiveState{}, context.Cause(w.ctx)
	}
	return s.adopt(w, live, err, hidden)
}

// wishFor makes name what the window shall show. tries tells whether a start ends from now on.
func (s *Session) wishFor(name string) (w *wish, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish == nil || (s.wish.unit != name && !s.closed) {
		s.endWish(name + " was asked for in its place")
		first := s.wish == nil
		s.wish = &wish{unit: name}
		if first && name == s.First {
			s.wish.remembered = s.Remembered
		}
		s.wish.ctx, s.wish.giveUp = context.WithCancelCause(context.Background())
		if s.closed {
			s.endWish(windowClosed)
		}
	}
	return s.wish, s.wish.tries
}

const windowClosed = "the window was closed"

// endWish needs the lock.
func (s *Session) endWish(why string) {
	if s.wish != nil {
		s.wish.giveUp(fault.New("live.start", fault.Canceled, s.wish.unit, why, ""))
	}
}

// goOn changes the unit of that name, if it runs.
func (s *Session) goOn(name string, params map[string]any) (state LiveState, runs bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil || s.unit != name || ended(s.live) {
		return LiveState{}, false, nil
	}
	if err := s.live.SetParams(params); err != nil {
		return LiveState{}, true, err
	}
	return s.state(), true, nil
}

func ended(l Live) bool {
	state := l.Stats().State
	return state == unit.Stopped || state == unit.Quarantined
}

// clear stops the unit that runs and says whether the window is hidden.
func (s *Session) clear() (hidden bool) {
	s.mu.Lock()
	live := s.live
	s.live, s.unit = nil, ""
	hidden = s.hidden
	s.mu.Unlock()
	if live != nil {
		live.Stop()
	}
	return hidden
}

// adopt notes how a start ended, and takes over a unit that was started, paused when the window was
// hidden then.
func (s *Session) adopt(w *wish, live Live, err error, hidden bool) (LiveState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.tries++
	if w.err = err; err != nil {
		return LiveState{}, err
	}
	s.live, s.unit, s.paused, w.remembered = live, w.unit, false, nil
	if s.hidden || hidden {
		if err := s.applyPause(); err != nil {
			return LiveState{}, err
		}
	}
	return s.state(), nil
}

// Close gives up a start that is under way and stops the live unit.
func (s *Session) Close() {
	s.mu.Lock()
	s.closed = true
	s.endWish(windowClosed)
	s.mu.Unlock()
	s.starts.Lock()
	defer s.starts.Unlock()
	s.clear()
}
