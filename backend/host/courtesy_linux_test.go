package host_test

import (
	"sync/atomic"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
)

func TestJobsGiveWayWhileSomebodyLooks(t *testing.T) {
	const limit = 500 * time.Millisecond // of the plugin's calls
	var shown atomic.Bool
	w := newWorld(t, 16<<20)
	w.cfg.Courtesy = host.NewCourtesy(shown.Load, 2)
	// hang is how long a call took that would never end, and the share of a processor that it used.
	hang := func() (time.Duration, float64) {
		p := hosttest.Plugin(t, hosttest.Hostile)
		worker := w.spawn(t, p)
		before, begin := worker.Meters().CPU, time.Now()
		_, err := call(worker, p, "hang", nil, nil)
		took := time.Since(begin)
		if fault.KindOf(err) != fault.Deadline {
			t.Errorf("shown %t: %v", shown.Load(), err)
		}
		return took, (worker.Meters().CPU - before).Seconds() / took.Seconds()
	}
	if took, share := hang(); took < limit || took > 3*limit {
		t.Errorf("nobody looks, and it took %s at %.2f", took, share)
	}
	shown.Store(true)
	took, share := hang()
	t.Logf("%s at %.2f of a processor", took, share)
	if share > 0.3 {
		t.Errorf("somebody looks, and it took %.2f of a processor", share)
	}
	// Its time is its own: what it was held back does not count.
	if took < 2*limit {
		t.Errorf("it was ended after %s, held back most of it", took)
	}
}
