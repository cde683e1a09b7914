package host_test

import (
	"sync/atomic"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
)

// heldShare is twice what all jobs together get of a processor beside a picture.
const heldShare = 0.3

// used is the time of the processors that the world's only plugin has used, in all its workers.
func used(t *testing.T, w *world) time.Duration {
	t.Helper()
	return time.Duration(usageOf(t, w.cfg.Usage).CPUNs)
}

func TestJobsGiveWayWhileSomebodyLooks(t *testing.T) {
	const limit = 500 * time.Millisecond // of the plugin's calls
	var shown atomic.Bool
	w := newWorld(t, 16<<20)
	w.cfg.Courtesy, w.cfg.Usage = host.NewCourtesy(shown.Load, 2), host.NewUsage(time.Now)
	// hang is how long a call took that would never end, and the share of a processor that it used.
	hang := func() (time.Duration, float64) {
		p := hosttest.Plugin(t, hosttest.Hostile)
		worker := w.spawn(t, p)
		before, begin := used(t, w), time.Now()
		_, err := call(worker, p, "hang", nil, nil)
		took := time.Since(begin)
		if fault.KindOf(err) != fault.Deadline {
			t.Errorf("shown %t: %v", shown.Load(), err)
		}
		<-worker.Done()
		return took, (used(t, w) - before).Seconds() / took.Seconds()
	}
	if took, share := hang(); took < limit || took > 3*limit {
		t.Errorf("nobody looks, and it took %s at %.2f", took, share)
	}
	shown.Store(true)
	took, share := hang()
	// A machine so busy that little is left for it has no need to hold it back.
	for again := 0; again < 3 && took < 2*limit && share < heldShare; again++ {
		took, share = hang()
	}
	t.Logf("%s at %.2f of a processor", took, share)
	if share > heldShare {
		t.Errorf("somebody looks, and it took %.2f of a processor", share)
	}
	// Its time is its own: what it was held back does not count.
	if took < 2*limit {
		t.Errorf("it was ended after %s, held back most of it", took)
	}
}

func TestShortLivesAreHeldBackTogether(t *testing.T) {
	const lives = 12
	w := newWorld(t, 16<<20)
	w.cfg.Courtesy = host.NewCourtesy(func() bool { return true }, 2)
	w.cfg.Usage = host.NewUsage(time.Now)
	p, begin := hosttest.Plugin(t, hosttest.Hostile), time.Now()
	for range lives {
		worker := w.spawn(t, p)
		if _, err := call(worker, p, "trap", nil, nil); fault.KindOf(err) != fault.Trap {
			t.Fatal(err)
		}
		<-worker.Done()
	}
	share := used(t, w).Seconds() / time.Since(begin).Seconds()
	t.Logf("%.2f of a processor", share)
	if share > heldShare {
		t.Errorf("they took %.2f of a processor", share)
	}
}
