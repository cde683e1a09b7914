package arena

import (
	"bytes"
	"testing"
)

func newTestStatus(t *testing.T) *Status {
	t.Helper()
	a := New(0)
	t.Cleanup(func() { a.Close() })
	seg, err := a.Create(KindStatus, "status", StatusPageBytes)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenStatus(seg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatusKeepsTheLastStepsInOrder(t *testing.T) {
	s := newTestStatus(t)
	for i := range uint64(StepRing + 10) {
		s.AddTick(i, 2)
	}
	steps, last := s.Steps(nil)
	if len(steps) != StepRing || last != StepRing+10 || steps[0] != 10 || steps[StepRing-1] != StepRing+9 {
		t.Errorf("%d steps, last %d, first value %d", len(steps), last, steps[0])
	}
	s.AddTick(1<<40, 1)
	if steps, _ := s.Steps(nil); steps[StepRing-1] != 1<<32-1 {
		t.Errorf("a long tick became %d ns", steps[StepRing-1])
	}
}

// Rule S-3, for phases.
func TestStatusKeepsThePhasesOfTheLastTicksInOrder(t *testing.T) {
	for _, phases := range []int{1, 3, 5, 16} {
		s := newTestStatus(t)
		s.SetPhases(phases)
		kept := PhaseRing / phases
		ticks := kept + 7
		for tick := range ticks {
			for p := range phases {
				s.SetPhase(p, uint64(tick*phases+p))
			}
			s.AddTick(1, 1)
		}
		steps, n := s.PhaseSteps(nil)
		if n != phases || len(steps) != kept*phases {
			t.Fatalf("%d phases: %d durations of %d phases", phases, len(steps), n)
		}
		for i, ns := range steps {
			if want := uint32(7*phases + i); ns != want {
				t.Fatalf("%d phases: duration %d is %d, want %d", phases, i, ns, want)
			}
		}
		s.SetPhase(phases-1, 1<<40)
		s.AddTick(1, 1)
		if steps, _ := s.PhaseSteps(nil); steps[len(steps)-1] != 1<<32-1 {
			t.Errorf("a long phase became %d ns", steps[len(steps)-1])
		}
	}
}

// A tick that failed is not counted, and the next one takes its words.
func TestPhasesOfATickThatDidNotEndAreNotSeen(t *testing.T) {
	s := newTestStatus(t)
	s.SetPhases(2)
	s.SetPhase(0, 77)
	if steps, _ := s.PhaseSteps(nil); len(steps) != 0 {
		t.Errorf("%v", steps)
	}
	s.SetPhase(0, 1)
	s.SetPhase(1, 2)
	s.AddTick(3, 1)
	if steps, _ := s.PhaseSteps(nil); len(steps) != 2 || steps[0] != 1 || steps[1] != 2 {
		t.Errorf("%v, want [1 2]", steps)
	}
}

// Rule S-4.
func TestAnImpossibleNumberOfPhasesReachesNothing(t *testing.T) {
	s := newTestStatus(t)
	for _, phases := range []int{0, PhaseRing + 1, -1} {
		s.SetPhases(phases)
		before := bytes.Clone(s.mem)
		for _, phase := range []int{-1, 0, PhaseRing, 1 << 30} {
			s.SetPhase(phase, 5)
		}
		if !bytes.Equal(before, s.mem) {
			t.Errorf("%d phases: something was written", phases)
		}
		if steps, n := s.PhaseSteps(nil); len(steps) != 0 || n != 0 {
			t.Errorf("%d phases: %v, %d", phases, steps, n)
		}
	}
	s.SetPhases(5)
	before := bytes.Clone(s.mem)
	s.SetPhase(5, 1)
	s.SetPhase(-1, 1)
	if !bytes.Equal(before, s.mem) {
		t.Error("a phase beyond the last was written")
	}
}

func TestStatusKeepsTheLastRefusalWithItsSigns(t *testing.T) {
	s := newTestStatus(t)
	if n, index, count := s.Refusals(); n != 0 || index != 0 || count != 0 {
		t.Errorf("%d: %d, %d", n, index, count)
	}
	for _, asked := range [][2]int32{{0, -1}, {-1, 5}, {1 << 30, -1 << 31}} {
		s.AddRefusal(asked[0], asked[1])
		if _, index, count := s.Refusals(); index != asked[0] || count != asked[1] {
			t.Errorf("%v became %d, %d", asked, index, count)
		}
	}
	if n, _, _ := s.Refusals(); n != 3 {
		t.Errorf("%d refusals of 3", n)
	}
}
