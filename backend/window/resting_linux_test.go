package window

import (
	"syscall"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/unit"
)

// eventually waits for what the program does by itself.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}

// sparks installs the live example and starts it.
func (s *shelf) sparks() *unit.Live {
	s.t.Helper()
	offer, err := s.OfferFile(hosttest.Path(s.t, "build/bin/examples/sparks.wasm"))
	if err == nil {
		_, err = s.Install(offer.Digest, true)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var live *unit.Live
	eventually(s.t, "it is started", func() bool { // a watched folder is read once it is quiet
		live, err = s.node.StartLive(s.t.Context(), "sparks", unit.LiveConfig{})
		return fault.KindOf(err) != fault.NotFound
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return live
}

func TestAUnitBetweenTwoStartsSaysWhenTheNextOneIsAndIsStartedNow(t *testing.T) {
	s := newShelf(t)
	s.Now = time.Now
	live := s.sparks()
	if err := syscall.Kill(live.Worker().PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits", func() bool { return s.Lives()[0].NextStartMs != nil })
	life := s.Lives()[0]
	if life.Unit != "sparks" || life.Plugin != "dev.inos.sparks" || life.State != unit.Restarting ||
		*life.NextStartMs < 3_000_000 || life.Failure == "" || life.Ended != nil {
		t.Errorf("%+v, next start in %d ms", life, *life.NextStartMs)
	}
	if err := s.StartNow("sparks"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs again", func() bool {
		life := s.Lives()[0]
		return life.State == unit.Running && life.Restarts == 1 && life.NextStartMs == nil
	})
	if err := s.StartNow("nobody"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

func TestAUnitWhosePluginWasDisabledSaysSoForAsLongAsItIsThere(t *testing.T) {
	s := newShelfWith(t, true)
	s.sparks()
	if _, err := s.Change("dev.inos.sparks", "disable"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it ends", func() bool { return s.Lives()[0].Ended != nil })
	if life := s.Lives()[0]; life.Ended.Message() != "its plugin was disabled" || life.Ended.Kind == fault.Quarantined {
		t.Errorf("%+v", life)
	}
}
