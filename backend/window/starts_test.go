package window

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTwoBadStartsInARowAskForSafety(t *testing.T) {
	dir := t.TempDir()
	for i, want := range []bool{false, false, true, true} {
		if s := BeginStart(dir); s.NeedsSafety() != want || s.Bad != i {
			t.Errorf("start %d: %d bad ones, safety %t", i, s.Bad, s.NeedsSafety())
		}
	}
	BeginStart(dir).Good()
	if s := BeginStart(dir); s.Bad != 0 {
		t.Errorf("after a good one: %d bad ones", s.Bad)
	}
}

func TestAMarkThatIsDamagedIsAMark(t *testing.T) {
	for text, want := range map[string]int{
		"": 1, "{": 1, `{"bad":-7}`: 1, `{"bad":1e99}`: 1, `{"bad":999999999}`: mostBadStarts + 1, `{"bad":1}`: 2,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, startFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := BeginStart(dir); s.Bad != want {
			t.Errorf("%q: %d bad ones, want %d", text, s.Bad, want)
		}
	}
}

func TestTheFirstPictureMakesAStartGood(t *testing.T) {
	s, _ := newSession(t)
	start := BeginStart(s.DataDir)
	s.Drawn = start.Good
	s.Report(PageReport{FPS: 0})
	if BeginStart(s.DataDir).Bad != 1 {
		t.Error("no picture was good")
	}
	s.Report(PageReport{FPS: 30})
	if BeginStart(s.DataDir).Bad != 0 {
		t.Error("a picture was not good")
	}
}

func TestSafeModeEndsWhenTheUserSaysSo(t *testing.T) {
	s, node := newSession(t)
	s.Safe, s.BadStarts, node.safe = true, 2, true
	if b := s.Boot(); !b.Safe.On || b.Safe.BadStarts != 2 {
		t.Errorf("%+v", b.Safe)
	}
	if s.AllowAllPlugins(); node.safe || s.Boot().Safe.On {
		t.Error("it goes on")
	}
}
