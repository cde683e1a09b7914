package job

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"inos/backend/fault"
	"inos/backend/input"
)

// Info is a job that waits or runs, for somebody who looks on.
type Info struct {
	ID       uint64    `json:"id"`
	Unit     string    `json:"unit"`
	Op       string    `json:"op"`
	Input    string    `json:"input"` // the name of the first one, if it has one
	Priority string    `json:"priority"`
	Running  bool      `json:"running"` // false: it waits
	Since    time.Time `json:"since"`   // it was asked for
	Done     uint64    `json:"done"`
	Total    uint64    `json:"total"` // 0: unknown
}

// active is a job on its way.
type active struct {
	info        Info
	running     atomic.Bool
	done, total atomic.Uint64
	cancel      context.CancelCauseFunc
}

// progress is the request's own, and lets others see it.
func (a *active) progress(tell func(done, total uint64)) func(done, total uint64) {
	return func(done, total uint64) {
		a.done.Store(done)
		a.total.Store(total)
		if tell != nil {
			tell(done, total)
		}
	}
}

// begin lists a job until end is called. Its context ends with the request's deadline, too.
func (d *Dispatcher) begin(ctx context.Context, r *Request) (_ context.Context, a *active, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	a = &active{cancel: cancel, info: Info{
		Unit: r.Unit, Op: r.Op, Priority: r.Priority.String(), Since: d.clock.Now(),
	}}
	if len(r.Inputs) > 0 {
		a.info.Input = cmp.Or(input.BaseName(r.Inputs[0].Name), input.BaseName(r.Inputs[0].Path))
	}
	stop := func() bool { return true }
	if !r.Deadline.IsZero() {
		stop = d.clock.AfterFunc(r.Deadline.Sub(a.info.Since), func() {
			cancel(fault.New(opRun, fault.Deadline, r.Unit+"."+r.Op, "its deadline has passed", "give it more time"))
		})
	}
	d.mu.Lock()
	d.lastID++
	a.info.ID = d.lastID
	d.active[a.info.ID] = a
	d.mu.Unlock()
	return ctx, a, func() {
		stop()
		cancel(nil)
		d.mu.Lock()
		delete(d.active, a.info.ID)
		d.mu.Unlock()
	}
}

// Jobs lists those that wait or run, in the order in which they came.
func (d *Dispatcher) Jobs() []Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Info, 0, len(d.active))
	for _, a := range d.active {
		i := a.info
		i.Running, i.Done, i.Total = a.running.Load(), a.done.Load(), a.total.Load()
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Info) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Cancel ends a job of the list; false: there is none of that number any more.
func (d *Dispatcher) Cancel(id uint64) bool {
	d.mu.Lock()
	a := d.active[id]
	d.mu.Unlock()
	if a == nil {
		return false
	}
	a.cancel(fault.New(opRun, fault.Canceled, a.info.Unit+"."+a.info.Op, "it was cancelled", ""))
	return true
}
