package durable

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func TestALockIsOneHoldersAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "lock")
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			unlock, err := Lock(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			most.Store(max(most.Load(), inside.Add(1)))
			inside.Add(-1)
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d held it at once", most.Load())
	}
}

func TestNobodyWaitsForALockForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockWithin(path, 0); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is held: %v", err)
	}
	unlock()
	again, err := lockWithin(path, 0)
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	again()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
