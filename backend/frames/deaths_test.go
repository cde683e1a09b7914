package frames

import (
	"testing"
	"time"
)

func TestAPageThatKeepsDyingLeavesTheSharedPathAndThenEnds(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		mayLeave bool
		apart    time.Duration
		want     []verdict
	}{
		"auto":          {true, time.Second, []verdict{reload, reload, reloadAsStream, reload, reload, giveUp}},
		"shared only":   {false, time.Second, []verdict{reload, reload, reload, reload, reload, giveUp}},
		"once a minute": {true, time.Minute, []verdict{reload, reload, reload, reload, reload, reload, reload}},
	} {
		t.Run(name, func(t *testing.T) {
			d := deaths{mayLeave: c.mayLeave}
			for i, want := range c.want {
				if got := d.note(now.Add(time.Duration(i) * c.apart)); got != want {
					t.Errorf("death %d: verdict %d, want %d", i+1, got, want)
				}
			}
		})
	}
}
