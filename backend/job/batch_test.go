package job

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"inos/backend/fault"
)

func TestEachItemIsRunOnceAndToldOf(t *testing.T) {
	var mu sync.Mutex
	told := map[int]int{}
	run := func(_ context.Context, r Request) (*Result, error) { return &Result{Op: r.Op}, nil }
	Each(t.Context(), 100, 4, run, func(i int) Request { return Request{Op: string(rune(i))} },
		func(i int, r *Result, err error) {
			mu.Lock()
			defer mu.Unlock()
			if told[i]++; err != nil || r.Op != string(rune(i)) {
				t.Errorf("item %d: %v, %v", i, r, err)
			}
		})
	for i := range 100 {
		if told[i] != 1 {
			t.Errorf("item %d was told of %d times", i, told[i])
		}
	}
}

func TestAnItemIsRunAgainWhenItsWorkerWasKilledAndNotWhenItIsWrong(t *testing.T) {
	for kind, want := range map[fault.Kind]int32{fault.Crash: tries, fault.Trap: 1, fault.Invalid: 1, fault.Budget: 2} {
		var runs atomic.Int32
		run := func(context.Context, Request) (*Result, error) {
			runs.Add(1)
			return nil, fault.New("job.run", kind, "x", "failed", "")
		}
		Each(t.Context(), 1, 4, run, func(int) Request { return Request{} }, func(_ int, _ *Result, err error) {
			if fault.KindOf(err) != kind {
				t.Errorf("%v, want %v", err, kind)
			}
		})
		if runs.Load() != want {
			t.Errorf("kind %v: run %d times, want %d", kind, runs.Load(), want)
		}
	}
}

func TestWhatFindsNoRoomIsRunAlone(t *testing.T) {
	var running atomic.Int32
	run := func(context.Context, Request) (*Result, error) {
		defer running.Add(-1)
		if running.Add(1) > 1 {
			return nil, fault.New("job.run", fault.Budget, "", "no room", "")
		}
		return &Result{}, nil
	}
	Each(t.Context(), 50, 8, run, func(int) Request { return Request{} }, func(i int, _ *Result, err error) {
		if err != nil {
			t.Errorf("item %d: %v", i, err)
		}
	})
}

func TestItemsThatHadNotBegunAreNotToldOfAfterACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var told atomic.Int32
	run := func(ctx context.Context, _ Request) (*Result, error) {
		cancel()
		return nil, context.Cause(ctx)
	}
	Each(ctx, 1000, 2, run, func(int) Request { return Request{} }, func(_ int, _ *Result, err error) {
		if told.Add(1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if told.Load() > 4 {
		t.Errorf("%d items were told of", told.Load())
	}
}
