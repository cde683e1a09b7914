package store

import (
	"strings"
	"sync"
	"testing"

	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
)

// slow is a disk on which the second copy of a twin is not written before somebody looked at it.
type slow struct {
	disk.FS
	twin           string
	once           *sync.Once
	half, lookedAt chan struct{}
}

func (s slow) Rename(from, to string) error {
	if strings.HasSuffix(to, s.twin+".b") {
		s.once.Do(func() {
			close(s.half)
			<-s.lookedAt
		})
	}
	return s.FS.Rename(from, to)
}

// Between the two writes of a twin its copies differ, and nothing is damaged.
func TestACheckBesideAWriterRaisesNoAlarm(t *testing.T) {
	for _, twin := range []string{"epoch", "space"} {
		m := disktest.New()
		s := newSpaceOn(t, m)
		put(t, s, "one", random(1, 3000))
		disk := slow{m, twin, &sync.Once{}, make(chan struct{}), make(chan struct{})}
		other := again(t, disk)
		var seen sync.Once
		done := make(chan error)
		go func() {
			_, err := other.Collect(t.Context(), 0, nil)
			if err == nil {
				err = other.Change(t.Context(), func(set *Settings) { set.Quota++ })
			}
			done <- err
		}()
		<-disk.half
		m.Break(func(op disktest.Op) error { // nobody but the check is at work
			if op.Kind == disktest.Open && strings.HasSuffix(op.Name, twin+".b") {
				seen.Do(func() { go close(disk.lookedAt) })
			}
			return nil
		})
		sound(t, s)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
