package window

import (
	"context"
	"errors"
	"testing"

	"inos/backend/fault"
	"inos/backend/unit"
)

// slowNode starts units only when it is told to, or gives up with its context.
type slowNode struct {
	*fakeNode
	asked chan string // names, as starts begin
	allow chan struct{}
}

func (n *slowNode) StartLive(ctx context.Context, name string, c unit.LiveConfig) (Live, error) {
	n.asked <- name
	select {
	case <-n.allow:
		return n.fakeNode.StartLive(ctx, name, c)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

type answer struct {
	state LiveState
	err   error
}

func newSlowSession(t *testing.T) (*Session, *slowNode) {
	t.Helper()
	s, fake := newSession(t)
	node := &slowNode{fake, make(chan string, 10), make(chan struct{})}
	s.Node, s.First = node, "birds"
	return s, node
}

func startLater(s *Session, name string) chan answer {
	answers := make(chan answer, 1)
	go func() {
		state, err := s.StartLive(name, nil)
		answers <- answer{state, err}
	}()
	return answers
}

func TestNothingWaitsForAUnitOnItsWay(t *testing.T) {
	s, node := newSlowSession(t)
	birds := startLater(s, "birds")
	<-node.asked
	if boot := s.Boot(); boot.First != "birds" || boot.Live != nil {
		t.Errorf("first %q, live %v", boot.First, boot.Live)
	}
	if place := s.Remember(Place{Unit: "sparks"}); place.Unit != "sparks" {
		t.Errorf("remembered is %q", place.Unit)
	}
	if err := s.Control("pause"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("pause: %v", err)
	}
	if err := s.SetVisible(false); err != nil {
		t.Error(err)
	}
	node.allow <- struct{}{}
	if a := <-birds; a.err != nil || a.state.State != unit.Paused {
		t.Errorf("a window that was hidden meanwhile: %+v", a)
	}
}

func TestWhoAsksAgainWaitsForTheSameStart(t *testing.T) {
	s, node := newSlowSession(t)
	first := startLater(s, "birds")
	<-node.asked
	second := startLater(s, "birds")
	node.allow <- struct{}{}
	for _, answers := range []chan answer{first, second} {
		if a := <-answers; a.err != nil || a.state.Unit != "birds" {
			t.Errorf("%+v", a)
		}
	}
	if n := len(node.started); n != 1 {
		t.Errorf("%d starts", n)
	}
}

func TestWhoWaitedForAStartHearsWhyItFailed(t *testing.T) {
	s, node := newSlowSession(t)
	first := startLater(s, "missing")
	<-node.asked
	w, tries := s.wishFor("missing")
	node.allow <- struct{}{}
	if a := <-first; fault.KindOf(a.err) != fault.NotFound {
		t.Errorf("%+v", a)
	}
	if w.tries == tries || fault.KindOf(w.err) != fault.NotFound {
		t.Errorf("a waiting call sees %d tries, before %d, and %v", w.tries, tries, w.err)
	}
}

func TestAnotherUnitEndsTheStart(t *testing.T) {
	s, node := newSlowSession(t)
	birds := startLater(s, "birds")
	<-node.asked
	sparks := startLater(s, "sparks")
	if a := <-birds; fault.KindOf(a.err) != fault.Canceled {
		t.Errorf("birds: %+v", a)
	}
	<-node.asked
	node.allow <- struct{}{}
	if a := <-sparks; a.err != nil || a.state.Unit != "sparks" {
		t.Errorf("sparks: %+v", a)
	}
}

func TestClosingEndsTheStart(t *testing.T) {
	s, node := newSlowSession(t)
	birds := startLater(s, "birds")
	<-node.asked
	s.Close()
	if a := <-birds; fault.KindOf(a.err) != fault.Canceled {
		t.Errorf("%+v", a)
	}
	never, _ := newSession(t)
	never.Close()
	for _, s := range []*Session{s, never} {
		if _, err := s.StartLive("sparks", nil); fault.KindOf(err) != fault.Canceled {
			t.Errorf("a closed session started a unit: %v", err)
		}
	}
}

// fussyNode refuses all parameters.
type fussyNode struct {
	*fakeNode
	kind fault.Kind
}

func (n *fussyNode) StartLive(ctx context.Context, name string, c unit.LiveConfig) (Live, error) {
	if c.Params != nil {
		return nil, fault.Wrap("start", n.kind, name, errors.New("no"), "")
	}
	return n.fakeNode.StartLive(ctx, name, c)
}

func TestOnlyRememberedParametersThatAreUnknownAreDropped(t *testing.T) {
	for _, c := range []struct {
		kind    fault.Kind
		started int
	}{{fault.Invalid, 1}, {fault.Budget, 0}, {fault.Deadline, 0}} {
		s, node := newSession(t)
		s.Node, s.First, s.Remembered = &fussyNode{node, c.kind}, "birds", map[string]any{"count": 5}
		_, err := s.StartLive("birds", nil)
		if len(node.started) != c.started || (err == nil) != (c.started == 1) {
			t.Errorf("%s: %d starts, %v", c.kind, len(node.started), err)
		}
		if kept := s.Remember(Place{Params: s.Remembered}).Params; c.started == 0 && kept["count"] != 5 {
			t.Errorf("%s: %v are remembered", c.kind, kept)
		}
	}
}
