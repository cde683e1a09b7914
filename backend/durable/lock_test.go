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
	if _, err := lockBy(tryLock, path, 0); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is held: %v", err)
	}
	unlock()
	again, err := lockBy(tryLock, path, 0)
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	again()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestWhatIsSharedIsSeenUntilTheLastOneIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "shown")
	if Shared(path) {
		t.Error("before anybody shared it")
	}
	first, err := Share(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Share(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, done := range []func(){first, second} {
		if !Shared(path) {
			t.Errorf("%d are done, and nobody shares it", i)
		}
		done()
	}
	if Shared(path) {
		t.Error("both are done")
	}
}
