package job

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"inos/backend/fault"
)

// Priority says who waits for whom.
type Priority uint8

// The priorities, the most urgent first.
const (
	// Interactive is a job that somebody waits for.
	Interactive Priority = iota
	// Batch is one of many.
	Batch
)

func (p Priority) String() string {
	if p == Interactive {
		return "interactive"
	}
	return "batch"
}

// maxWaiting bounds the jobs that wait for a worker.
const maxWaiting = 256

// queue hands out the right to run: to slots jobs at a time, and to one interactive job more, so that
// somebody who looks on does not wait for a batch.
type queue struct {
	slots int

	mu      sync.Mutex
	running int
	alone   bool // the one that runs wants no other beside it
	waiting []*ticket
	arrived uint64
	closed  bool
}

// ticket is a place in the queue.
type ticket struct {
	priority Priority
	deadline time.Time // zero: none
	alone    bool      // only when nothing else runs
	arrival  uint64
	granted  chan struct{} // closed when it may run
}

func newQueue(slots int) *queue { return &queue{slots: max(1, slots)} }

// enter waits until the ticket's job may run. Whoever got in leaves.
func (q *queue) enter(ctx context.Context, t *ticket) error {
	if err := q.line(t); err != nil {
		return err
	}
	select {
	case <-t.granted:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, t); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	} else { // it was its turn at the same moment
		q.free(t)
	}
	q.advance()
	return canceled(ctx)
}

func canceled(ctx context.Context) error {
	cause := context.Cause(ctx)
	if f := fault.As(cause); f != nil {
		return f
	}
	return fault.Wrap(opRun, fault.Canceled, "", cause, "")
}

// line puts the ticket behind all that are as urgent.
func (q *queue) line(t *ticket) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return fault.New(opRun, fault.Unavailable, "", "the node is closing", "")
	case len(q.waiting) >= maxWaiting:
		return fault.New(opRun, fault.Unavailable, "",
			fmt.Sprintf("%d jobs are waiting already", maxWaiting), "try again later")
	}
	q.arrived++
	t.arrival, t.granted = q.arrived, make(chan struct{})
	i, _ := slices.BinarySearchFunc(q.waiting, t, (*ticket).compare)
	q.waiting = slices.Insert(q.waiting, i, t)
	q.advance()
	return nil
}

// compare orders by urgency, then by deadline, then by arrival.
func (t *ticket) compare(other *ticket) int {
	switch {
	case t.priority != other.priority:
		return int(t.priority) - int(other.priority)
	case t.deadline != other.deadline && other.deadline.IsZero():
		return -1
	case t.deadline != other.deadline && t.deadline.IsZero():
		return 1
	case t.deadline != other.deadline:
		return t.deadline.Compare(other.deadline)
	case t.arrival < other.arrival:
		return -1
	}
	return 1
}

// leave gives the right back.
func (q *queue) leave(t *ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free(t)
	q.advance()
}

func (q *queue) free(t *ticket) {
	q.running--
	if t.alone {
		q.alone = false
	}
}

// advance lets in whoever is first, while there is room. The caller holds q.mu.
func (q *queue) advance() {
	for len(q.waiting) > 0 && q.mayRun(q.waiting[0]) {
		t := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.running++
		q.alone = t.alone
		close(t.granted)
	}
}

func (q *queue) mayRun(t *ticket) bool {
	limit := q.slots
	if t.priority == Interactive {
		limit++
	}
	switch {
	case q.alone:
		return false
	case t.alone:
		return q.running == 0
	}
	return q.running < limit
}

// others tells whether anybody else runs or waits.
func (q *queue) others() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running+len(q.waiting) > 0
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
