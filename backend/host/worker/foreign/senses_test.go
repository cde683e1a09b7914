//go:build linux

package foreign

import (
	"bytes"
	"testing"
	"time"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// allowing answers what is named, and refuses the rest.
func allowing(services ...wire.Service) guest.Ask {
	return func(a wire.Ask) wire.Reply {
		for _, s := range services {
			if s == a.Service {
				return wire.Reply{Value: 2e15, Data: bytes.Repeat([]byte{7}, int(a.Length))}
			}
		}
		return wire.Refuse("no")
	}
}

func read(t *testing.T, s *senses) [16]byte {
	t.Helper()
	var b [16]byte
	if n, err := s.Read(b[:]); n != len(b) || err != nil {
		t.Fatal(n, err)
	}
	return b
}

func TestTimeIsTrueWhileItIsAllowedAndNeverRunsBack(t *testing.T) {
	s := &senses{clock: true, chance: true}
	s.reset()
	pretended := read(t, s)
	s.reset()
	if sec, _ := s.walltime(); sec != pretendedEpochNs/1e9 {
		t.Errorf("it begins at %d", sec)
	}
	last := s.nanotime()
	for _, services := range [][]wire.Service{
		nil, {wire.ServiceNow}, {wire.ServiceRandom}, {wire.ServiceNow, wire.ServiceRandom}, nil,
	} {
		s.begin(guest.NewJob(nil, noNeed, allowing(services...)))
		sec, _ := s.walltime()
		isTrue := sec >= 2e9
		want := len(services) == 2 || len(services) == 1 && services[0] == wire.ServiceNow
		if isTrue != want || s.isTrue() != want {
			t.Errorf("%v: the time is %d", services, sec)
		}
		begin := time.Now()
		if s.sleep(int64(2 * time.Millisecond)); want != (time.Since(begin) >= 2*time.Millisecond) {
			t.Errorf("%v: it slept %s", services, time.Since(begin))
		}
		for range 3 {
			now := s.nanotime()
			if now < last {
				t.Errorf("%v: %d after %d", services, now, last)
			}
			last = now
		}
		s.end()
	}
	s.reset()
	if read(t, s) != pretended {
		t.Error("after a reset other numbers are pretended")
	}
	s.begin(guest.NewJob(nil, noNeed, allowing(wire.ServiceRandom)))
	if s.reset(); read(t, s) == pretended {
		t.Error("true numbers are the pretended ones")
	}
}

// What a module cannot look at nobody is asked for.
func TestAModuleWithoutAClockAsksForNone(t *testing.T) {
	s := &senses{}
	s.begin(guest.NewJob(nil, noNeed, func(a wire.Ask) wire.Reply {
		t.Errorf("it asked for %d", a.Service)
		return wire.Reply{}
	}))
}
