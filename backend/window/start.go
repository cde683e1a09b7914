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
}

// StartFirst starts the unit that the window is opened for, with the parameters of the last time,
// or without where these do not fit any more.
func (s *Session) StartFirst(remembered map[string]any) error {
	_, err := s.StartLive(s.First, remembered)
	if kind := fault.KindOf(err); remembered != nil && (kind == fault.Invalid || kind == fault.Budget) {
		_, err = s.StartLive(s.First, nil)
	}
	return err
}

// StartLive runs a live unit in place of the one that runs, and returns once it ticks. The same
// unit goes on, with the new parameters: a reloaded page finds its flock as it was. One that has
// ended begins anew. Who asks for a unit that is on its way waits for it; who asks for another one
// ends that start.
func (s *Session) StartLive(name string, params map[string]any) (LiveState, error) {
	ctx := s.wishFor(name)
	s.starts.Lock()
	defer s.starts.Unlock()
	if ctx.Err() != nil {
		return LiveState{}, context.Cause(ctx)
	}
	if state, runs, err := s.goOn(name, params); runs {
		return state, err
	}
	hidden := s.clear()
	live, err := s.Node.StartLive(ctx, name, unit.LiveConfig{Params: params, Paused: hidden})
	if ctx.Err() != nil {
		if err == nil {
			live.Stop()
		}
		return LiveState{}, context.Cause(ctx)
	}
	if err != nil {
		return LiveState{}, err
	}
	return s.adopt(live, name, hidden)
}

// wishFor makes name what the window shall show, and returns how long that holds.
func (s *Session) wishFor(name string) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish.ctx != nil && (s.wish.unit == name || s.closed) {
		return s.wish.ctx
	}
	s.endWish(name + " was asked for in its place")
	s.wish.unit = name
	s.wish.ctx, s.wish.giveUp = context.WithCancelCause(context.Background())
	return s.wish.ctx
}

// endWish needs the lock.
func (s *Session) endWish(why string) {
	if s.wish.giveUp != nil {
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

// adopt takes over a unit that was started for a window that was then hidden or not.
func (s *Session) adopt(live Live, name string, hidden bool) (LiveState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live, s.unit, s.paused = live, name, false
	if s.hidden != hidden {
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
	s.endWish("the window was closed")
	s.mu.Unlock()
	s.starts.Lock()
	defer s.starts.Unlock()
	s.clear()
}
