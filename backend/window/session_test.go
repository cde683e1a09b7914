package window

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/frames"
	"inos/backend/manifest"
	"inos/backend/unit"
)

// fakeLive is a live unit in memory that refuses a count above its limit.
type fakeLive struct {
	params  map[string]any
	state   unit.State
	steps   int
	resets  int
	stopped bool
}

const fakeLimit = 1000

func (l *fakeLive) SetParams(p map[string]any) error {
	if count, ok := p["count"].(int); ok && count > fakeLimit {
		return &fault.Error{Op: "params", Kind: fault.Budget, Subject: "birds", Err: errors.New("too many"), Needed: 2, Limit: 1}
	}
	maps.Copy(l.params, p)
	return nil
}
func (l *fakeLive) Params() map[string]any { return maps.Clone(l.params) }
func (l *fakeLive) Pause() error           { l.state = unit.Paused; return nil }
func (l *fakeLive) Resume() error          { l.state = unit.Running; return nil }
func (l *fakeLive) Step() error            { l.steps++; return nil }
func (l *fakeLive) Reset() error           { l.resets++; return nil }
func (l *fakeLive) Stats() unit.LiveStats  { return unit.LiveStats{State: l.state, Shards: 2} }
func (l *fakeLive) Entry() int             { return 3 }
func (l *fakeLive) Stop()                  { l.stopped, l.state = true, unit.Stopped }

// fakeNode starts fakeLives.
type fakeNode struct {
	arena   *arena.Arena
	started []*fakeLive
	safe    bool
}

func (n *fakeNode) SetVisible(bool)        {}
func (n *fakeNode) RunsHidden(string) bool { return false }
func (n *fakeNode) SetSafe(on bool)        { n.safe = on }

func (n *fakeNode) Plugins() []unit.PluginInfo {
	return []unit.PluginInfo{
		{Manifest: &manifest.Manifest{ID: "dev.inos.birds"}},
		{Manifest: &manifest.Manifest{ID: "dev.inos.bad"}, Refused: "it is bad"},
		{Refused: "it is no plugin"},
	}
}
func (n *fakeNode) Arena() *arena.Arena             { return n.arena }
func (n *fakeNode) SetArenaLimit(bytes int64) error { return n.arena.SetLimit(bytes) }
func (n *fakeNode) StartLive(_ context.Context, name string, c unit.LiveConfig) (Live, error) {
	if name == "missing" {
		return nil, fault.New("live", fault.NotFound, name, "no such unit", "")
	}
	live := &fakeLive{params: map[string]any{"count": 10}, state: unit.Running}
	if c.Paused {
		live.state = unit.Paused
	}
	if err := live.SetParams(c.Params); err != nil {
		return nil, err
	}
	n.started = append(n.started, live)
	return live, nil
}

type fakeSurface struct{ frames.Surface }

func (fakeSurface) Mode() frames.Mode { return frames.ModeStream }
func (fakeSurface) Why() string       { return "because" }

type fakeStream struct{}

func (fakeStream) URL() string   { return "ws://127.0.0.1:1/frames" }
func (fakeStream) Token() string { return "secret" }

func newSession(t *testing.T) (*Session, *fakeNode) {
	t.Helper()
	node := &fakeNode{arena: arena.New(16 << 20)}
	return New(Config{
		Node: node, Surface: fakeSurface{}, Stream: fakeStream{}, DataDir: t.TempDir(), PicturesDir: t.TempDir(),
		Version: "1", Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	}), node
}

func startBirds(t *testing.T) (*Session, *fakeLive) {
	t.Helper()
	s, node := newSession(t)
	if _, err := s.StartLive("birds", nil); err != nil {
		t.Fatal(err)
	}
	return s, node.started[0]
}

func TestBootTellsThePageWhereItIs(t *testing.T) {
	s, _ := startBirds(t)
	text, err := json.Marshal(s.Boot())
	if err != nil {
		t.Fatal(err)
	}
	var boot map[string]any
	if err := json.Unmarshal(text, &boot); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"version": "1", "framePath": "stream", "whyStream": "because", "streamUrl": "ws://127.0.0.1:1/frames",
		"streamToken": "secret", "settings": nil,
	} {
		if boot[name] != want {
			t.Errorf("%s is %v, not %v", name, boot[name], want)
		}
	}
	if units := boot["units"].([]any); len(units) != 1 {
		t.Errorf("units: %v", units)
	}
	live := boot["live"].(map[string]any)
	if live["unit"] != "birds" || live["entry"] != 3.0 || live["state"] != "running" || live["shards"] != 2.0 {
		t.Errorf("live: %v", live)
	}
}

func TestAReloadedPageFindsItsFlock(t *testing.T) {
	s, live := startBirds(t)
	state, err := s.StartLive("birds", map[string]any{"count": 20})
	if err != nil || live.stopped || state.Params["count"] != 20 {
		t.Errorf("got %+v, %v; stopped %v", state, err, live.stopped)
	}
}

func TestAUnitThatEndedBeginsAnew(t *testing.T) {
	s, node := newSession(t)
	for range 2 {
		if _, err := s.StartLive("birds", nil); err != nil {
			t.Fatal(err)
		}
		node.started[len(node.started)-1].state = unit.Quarantined
	}
	if len(node.started) != 2 {
		t.Errorf("%d starts", len(node.started))
	}
}

func TestAnotherUnitTakesThePlaceOfTheFirst(t *testing.T) {
	s, live := startBirds(t)
	if _, err := s.StartLive("fish", nil); err != nil || !live.stopped {
		t.Errorf("%v; stopped %v", err, live.stopped)
	}
	if _, err := s.StartLive("missing", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestARefusedParameterChangesNothing(t *testing.T) {
	s, live := startBirds(t)
	_, err := s.SetParams(map[string]any{"count": fakeLimit + 1})
	if fault.KindOf(err) != fault.Budget || live.params["count"] != 10 {
		t.Fatalf("got %v, params %v", err, live.params)
	}
	var refusal struct {
		Kind          string
		Needed, Limit int
	}
	if err := json.Unmarshal([]byte(Refusal(err).Error()), &refusal); err != nil || refusal.Kind != "budget" ||
		refusal.Needed != 2 || refusal.Limit != 1 {
		t.Errorf("the page reads %+v, %v", refusal, err)
	}
}

func TestHidingPausesAndShowingResumesUnlessTheUserPaused(t *testing.T) {
	s, live := startBirds(t)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want unit.State) {
		t.Helper()
		if live.state != want {
			t.Fatalf("it is %v, not %v", live.state, want)
		}
	}
	do(s.SetVisible(false))
	expect(unit.Paused)
	do(s.SetVisible(true))
	expect(unit.Running)
	do(s.Control("pause"))
	do(s.SetVisible(false))
	do(s.SetVisible(true))
	expect(unit.Paused)
	do(s.Control("resume"))
	expect(unit.Running)
	do(s.SetVisible(false))
	do(s.Control("pause"))
	do(s.Control("resume"))
	expect(unit.Paused)
}

func TestAUnitThatStartsBehindAHiddenWindowWaits(t *testing.T) {
	s, node := newSession(t)
	if err := s.SetVisible(false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartLive("birds", nil); err != nil || node.started[0].state != unit.Paused {
		t.Errorf("%v, %v", err, node.started[0].state)
	}
}

func TestControlReachesTheUnit(t *testing.T) {
	s, live := startBirds(t)
	for _, action := range []string{"step", "reset"} {
		if err := s.Control(action); err != nil {
			t.Error(err)
		}
	}
	if live.steps != 1 || live.resets != 1 {
		t.Errorf("%d steps, %d resets", live.steps, live.resets)
	}
	if err := s.Control("explode"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAUnitEveryControlSaysSo(t *testing.T) {
	s, _ := newSession(t)
	_, paramsErr := s.SetParams(nil)
	for _, err := range []error{paramsErr, s.Control("pause")} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheRaisedBudgetAndTheParametersComeBack(t *testing.T) {
	s, _ := startBirds(t)
	if info, err := s.RaiseArena(32 << 20); err != nil || info.Limit != 32<<20 {
		t.Fatalf("%+v, %v", info, err)
	}
	if _, err := s.RaiseArena(1 << 40); err == nil {
		t.Error("a terabyte was granted")
	}
	dir := t.TempDir()
	if err := s.Remember(LoadPlace(dir)).Save(dir); err != nil {
		t.Fatal(err)
	}
	place := LoadPlace(dir)
	if place.ArenaBytes != 32<<20 || place.Unit != "birds" || place.Params["count"] != 10.0 {
		t.Errorf("got %+v", place)
	}
}

func TestDrawingWaitsForTheFirstFrame(t *testing.T) {
	s, _ := newSession(t)
	s.Report(PageReport{})
	if s.Drawing(0) {
		t.Error("a page without a frame draws")
	}
	s.Report(PageReport{FPS: 30, Path: "shared"})
	if !s.Drawing(time.Minute) || s.LastReport().Path != "shared" {
		t.Error("a page that draws does not")
	}
}
