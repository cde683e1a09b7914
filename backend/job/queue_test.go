package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"inos/backend/fault"
)

// inOrder has tickets wait for a queue that is full, and tells in which order they get in.
func inOrder(t *testing.T, tickets map[string]*ticket, names ...string) (order []string) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		first := []*ticket{{priority: Interactive}, {priority: Interactive}} // one slot, and the one more
		for _, f := range first {
			if err := q.enter(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, name := range names {
			all.Go(func() {
				if err := q.enter(t.Context(), tickets[name]); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				time.Sleep(time.Second)
				q.leave(tickets[name])
			})
			synctest.Wait()
		}
		for _, f := range first {
			q.leave(f)
			synctest.Wait()
			time.Sleep(500 * time.Millisecond)
		}
		all.Wait()
		if q.running != 0 || len(q.waiting) != 0 {
			t.Errorf("%d run, %d wait", q.running, len(q.waiting))
		}
	})
	return order
}

func TestTheUrgentGoFirstThenTheEarlyThenTheFirstToCome(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	order := inOrder(t, map[string]*ticket{
		"a batch":             {priority: Batch},
		"a batch with time":   {priority: Batch, deadline: at(9)},
		"a batch in a hurry":  {priority: Batch, deadline: at(5)},
		"a second batch":      {priority: Batch},
		"somebody looks on":   {priority: Interactive},
		"somebody else, too":  {priority: Interactive},
		"somebody in a hurry": {priority: Interactive, deadline: at(7)},
	}, "a batch", "a second batch", "a batch with time", "somebody looks on", "a batch in a hurry", "somebody else, too", "somebody in a hurry")
	want := []string{"somebody in a hurry", "somebody looks on", "somebody else, too", "a batch in a hurry", "a batch with time", "a batch", "a second batch"}
	if !slices.Equal(order, want) {
		t.Errorf("they got in as %q", order)
	}
}

func TestWhoeverLooksOnFindsASlotBesideABatch(t *testing.T) {
	q := newQueue(2)
	for range 2 {
		if err := q.enter(t.Context(), &ticket{priority: Batch}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.enter(ctx, &ticket{priority: Batch}); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a third of the batch: %v", err)
	}
	if err := q.enter(t.Context(), &ticket{priority: Interactive}); err != nil {
		t.Errorf("somebody who looks on: %v", err)
	}
	if err := q.enter(ctx, &ticket{priority: Interactive}); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a second one: %v", err)
	}
}

func TestWhoeverRunsAloneHasNobodyBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(4)
		var mu sync.Mutex
		running, most := 0, 0
		one := func(alone bool) {
			turn := &ticket{priority: Batch, alone: alone}
			if err := q.enter(t.Context(), turn); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			if running++; alone && running > 1 {
				t.Errorf("%d run beside it", running-1)
			}
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			q.leave(turn)
		}
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() { one(i%7 == 0) })
			time.Sleep(100 * time.Millisecond)
		}
		all.Wait()
		if most != 4 {
			t.Errorf("at most %d ran at once", most)
		}
	})
}

func TestAQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range maxWaiting + 2 {
			all.Go(func() { _ = q.enter(ctx, &ticket{}) })
		}
		synctest.Wait()
		if err := q.enter(ctx, &ticket{}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("one more: %v", err)
		}
		cancel()
		all.Wait()
		if len(q.waiting) != 0 {
			t.Errorf("%d wait still", len(q.waiting))
		}
	})
}

// failing is an engine whose calls fail as it is told, so many times.
type failing struct {
	*slowEngine
	mu    sync.Mutex
	kind  fault.Kind
	times int
	calls int
}

type failingWorker struct {
	Worker
	e *failing
}

func (e *failing) StartWorker(ctx context.Context, t Target) (Worker, error) {
	w, err := e.slowEngine.StartWorker(ctx, t)
	return failingWorker{w, e}, err
}

func (w failingWorker) Call(ctx context.Context, c Call) (*Reply, error) {
	w.e.mu.Lock()
	w.e.calls++
	fails := w.e.calls <= w.e.times
	w.e.mu.Unlock()
	if fails {
		return nil, fault.New("call", w.e.kind, "dev.inos.fake", "on purpose", "")
	}
	return w.Worker.Call(ctx, c)
}

func newFailing(kind fault.Kind, times int) (*failing, *Dispatcher) {
	slow, _, _ := newKeeping()
	e := &failing{slowEngine: slow, kind: kind, times: times}
	return e, New(e, e, slow.clock, 2)
}

func TestAJobIsRunAgainWhereThatMayHelp(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  fault.Kind
		times int
		acts  bool
		calls int
		kind2 fault.Kind // in the end; Other: it went well
	}{
		{"killed once", fault.Crash, 1, false, 2, fault.Other},
		{"killed again and again", fault.Crash, 100, false, maxTries, fault.Crash},
		{"killed, may have acted", fault.Crash, 1, true, 1, fault.Crash},
		{"no memory, nobody beside", fault.Budget, 1, false, 1, fault.Budget},
		{"a trap", fault.Trap, 1, false, 1, fault.Trap},
		{"wrong", fault.Invalid, 1, false, 1, fault.Invalid},
		{"late", fault.Deadline, 1, false, 1, fault.Deadline},
	} {
		e, d := newFailing(c.kind, c.times)
		e.target.Acts = c.acts
		_, err := d.Run(t.Context(), request("x"))
		if e.calls != c.calls || (err == nil) != (c.kind2 == fault.Other) || err != nil && fault.KindOf(err) != c.kind2 {
			t.Errorf("%s: %d calls, %v", c.name, e.calls, err)
		}
	}
}

func TestWhatFindsNoMemoryBesideOthersRunsAlone(t *testing.T) {
	slow, _, _ := newKeeping()
	e := &crowded{slowEngine: slow}
	d := New(e, e, slow.clock, 4)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			r := request("x")
			r.Priority = Batch
			if _, err := d.Run(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// crowded has memory for one call at a time.
type crowded struct {
	*slowEngine
	mu sync.Mutex
}

type crowdedWorker struct {
	Worker
	e *crowded
}

func (e *crowded) StartWorker(ctx context.Context, t Target) (Worker, error) {
	w, err := e.slowEngine.StartWorker(ctx, t)
	return crowdedWorker{w, e}, err
}

func (w crowdedWorker) Call(ctx context.Context, c Call) (*Reply, error) {
	if !w.e.mu.TryLock() {
		return nil, fault.New("call", fault.Budget, "", "no room", "")
	}
	defer w.e.mu.Unlock()
	time.Sleep(time.Millisecond)
	return w.Worker.Call(ctx, c)
}

func TestAStreamIsReadOnceSoItsJobRunsOnce(t *testing.T) {
	e, d := newFailing(fault.Crash, 1)
	r := request("")
	r.Inputs = streamOf("gone when it was read")
	if _, err := d.Run(t.Context(), r); fault.KindOf(err) != fault.Crash || e.calls != 1 {
		t.Errorf("%d calls, %v", e.calls, err)
	}
}

func TestJobsAreListedAndCanBeCancelled(t *testing.T) {
	e, _, d := newTest(1)
	e.hold, e.inCall = make(chan struct{}), make(chan struct{}, 4)
	ends := make(chan error, 4)
	start := func(p Priority) {
		go func() {
			r := request("x")
			r.Priority, r.Inputs[0].Name = p, "/home/me/a.txt"
			_, err := d.Run(t.Context(), r)
			ends <- err
		}()
	}
	start(Batch)
	<-e.inCall
	start(Batch)
	for len(d.Jobs()) < 2 {
		time.Sleep(time.Millisecond)
	}
	list := d.Jobs()
	first, second := list[0], list[1]
	if !first.Running || first.Op != "echo" || first.Input != "a.txt" || first.Priority != "batch" || second.Running || second.ID <= first.ID {
		t.Errorf("%+v", list)
	}
	if !d.Cancel(second.ID) {
		t.Error("the one that waits cannot be cancelled")
	}
	if err := <-ends; fault.KindOf(err) != fault.Canceled || !strings.Contains(err.Error(), "it was cancelled") {
		t.Errorf("the one that waits: %v", err)
	}
	if !d.Cancel(first.ID) {
		t.Error("the one that runs cannot be cancelled")
	}
	if err := <-ends; fault.KindOf(err) != fault.Canceled {
		t.Errorf("the one that runs: %v", err)
	}
	if d.Cancel(first.ID) || len(d.Jobs()) != 0 {
		t.Errorf("then there are %+v", d.Jobs())
	}
}

func TestADeadlineEndsAJobThatWaitsOrRuns(t *testing.T) {
	e, c, d := newTest(1)
	e.hold, e.inCall = make(chan struct{}), make(chan struct{}, 4)
	ends := make(chan error, 2)
	start := func() {
		go func() {
			r := request("x")
			r.Priority, r.Deadline = Batch, c.Now().Add(10*time.Second)
			_, err := d.Run(t.Context(), r)
			ends <- err
		}()
	}
	start()
	<-e.inCall
	start()
	for len(d.Jobs()) < 2 {
		time.Sleep(time.Millisecond)
	}
	c.advance(9 * time.Second)
	select {
	case err := <-ends:
		t.Errorf("too early: %v", err)
	default:
	}
	c.advance(2 * time.Second)
	for range 2 {
		if err := <-ends; fault.KindOf(err) != fault.Deadline || errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}
