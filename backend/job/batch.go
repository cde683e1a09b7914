package job

import (
	"context"
	"sync"
)

// Each runs request(0) to request(n-1), several at once, and tells done what became of each; done is called
// by several goroutines. Cancelling ctx ends it, and done hears of no item that had not begun.
func Each(
	ctx context.Context, n, atOnce int, run func(context.Context, Request) (*Result, error),
	request func(i int) Request, done func(i int, r *Result, err error),
) {
	items := make(chan int)
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range items {
				r := request(i)
				r.Priority = Batch
				res, err := run(ctx, r)
				done(i, res, err)
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
