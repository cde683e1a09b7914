package job

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
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

func TestItemsWaitForThoseWhoLookOn(t *testing.T) {
	run := func(_ context.Context, r Request) (*Result, error) {
		if r.Priority != Batch {
			t.Errorf("an item is %s", r.Priority)
		}
		return &Result{}, nil
	}
	Each(t.Context(), 3, 2, run, func(int) Request { return Request{} }, func(int, *Result, error) {})
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
