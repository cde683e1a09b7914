package job

import (
	"context"
	"sync"

	"inos/backend/fault"
)

// tries is how often an item is run whose worker was killed: that is no fault of the item's, and if it is,
// it shows again.
const tries = 8

// Each runs request(0) to request(n-1), several at once, and tells done what became of each; done is called
// by several goroutines. Cancelling ctx ends it, and done hears of no item that had not begun.
//
// An item that finds no room in shared memory beside the others is run again, alone.
func Each(
	ctx context.Context, n, atOnce int, run func(context.Context, Request) (*Result, error),
	request func(i int) Request, done func(i int, r *Result, err error),
) {
	items := make(chan int)
	var alone sync.RWMutex
	one := func(i int) (r *Result, err error) {
		for range tries {
			alone.RLock()
			r, err = run(ctx, request(i))
			alone.RUnlock()
			if fault.KindOf(err) != fault.Crash {
				break
			}
		}
		if fault.KindOf(err) == fault.Budget {
			alone.Lock()
			defer alone.Unlock()
			r, err = run(ctx, request(i))
		}
		return r, err
	}
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range items {
				r, err := one(i)
				done(i, r, err)
			}
		})
	}
	for i := range n {
		select {
		case items <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(items)
	workers.Wait()
}
