package store

import (
	"strings"
	"testing"

	"inos/backend/store/disk/disktest"
)

// Between the two writes of a twin its copies differ, and nothing is damaged.
func TestACheckBesideWritersRaisesNoAlarm(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	put(t, s, "one", random(1, 3000))
	other := again(t, m)
	busy := make(chan struct{})
	var once bool
	m.Break(func(op disktest.Op) error {
		if op.Kind == disktest.Rename && strings.HasSuffix(op.To, "epoch.a") && !once {
			once = true
			close(busy)
		}
		return nil
	})
	done := make(chan error)
	go func() {
		for range 20 {
			if _, err := other.Collect(t.Context(), 0, nil); err != nil {
				done <- err
				return
			}
			if err := other.Change(t.Context(), func(set *Settings) { set.Quota++ }); err != nil {
				done <- err
				return
			}
		}
		close(done)
	}()
	<-busy
	for {
		sound(t, s)
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}
