package job

import (
	"context"
	"slices"
	"time"
)

// Bounds of the idle workers.
const (
	// IdleWorkerLife is how long a worker waits for the next job: long enough for somebody who
	// tries values in a form.
	IdleWorkerLife = 30 * time.Second
	// trimAfter is when an idle worker gives its shared memory back to the arena.
	trimAfter = 5 * time.Second
)

type idleWorker struct {
	Worker
	digest   [32]byte
	stopTrim func() bool
	stopEnd  func() bool
}

// worker takes an idle worker of the plugin or starts one.
func (d *Dispatcher) worker(ctx context.Context, t Target) (*idleWorker, bool, error) {
	for {
		w := d.takeIdle(t.Digest)
		if w == nil {
			break
		}
		if w.Alive() {
			return w, false, nil
		}
		w.Close()
	}
	w, err := d.engine.StartWorker(ctx, t)
	if err != nil {
		return nil, false, err
	}
	return &idleWorker{Worker: w, digest: t.Digest}, true, nil
}

func (d *Dispatcher) takeIdle(digest [32]byte) *idleWorker {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[digest]
	if len(list) == 0 {
		return nil
	}
	w := list[len(list)-1]
	d.idle[digest] = list[:len(list)-1]
	w.stopTrim()
	w.stopEnd()
	return w
}

// giveBack keeps a live worker for the next job.
func (d *Dispatcher) giveBack(w *idleWorker) {
	d.keep(w, IdleWorkerLife)
}

// keep puts a worker among the idle ones for that long, or ends it. Its shared memory is given
// back on the way, if there is time enough.
func (d *Dispatcher) keep(w *idleWorker, life time.Duration) {
	if !w.Alive() || !d.shelve(w, life) {
		w.Close()
	}
}

func (d *Dispatcher) shelve(w *idleWorker, life time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.idle[w.digest] = append(d.idle[w.digest], w)
	w.stopTrim = func() bool { return true }
	if life > trimAfter {
		w.stopTrim = d.clock.AfterFunc(trimAfter, func() { d.trim(w, life-trimAfter) })
	}
	w.stopEnd = d.clock.AfterFunc(life, func() { d.retire(w) })
	return true
}

// trim takes the worker out while it asks it to let go of memory: that takes a message each way.
func (d *Dispatcher) trim(w *idleWorker, left time.Duration) {
	if d.remove(w) {
		w.stopEnd()
		w.Trim()
		d.keep(w, left)
	}
}

func (d *Dispatcher) retire(w *idleWorker) {
	if d.remove(w) {
		w.stopTrim()
		w.Close()
	}
}

// Retire ends the idle workers of a plugin's file that was replaced. Calls that run go on with it.
func (d *Dispatcher) Retire(digest [32]byte) {
	d.mu.Lock()
	list := slices.Clone(d.idle[digest])
	d.mu.Unlock()
	for _, w := range list {
		if d.remove(w) {
			w.stopEnd()
			w.stopTrim()
			w.Close()
		}
	}
}

// remove takes the worker out of the idle ones; false: somebody else has it.
func (d *Dispatcher) remove(w *idleWorker) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[w.digest]
	i := slices.Index(list, w)
	if i < 0 {
		return false
	}
	d.idle[w.digest] = slices.Delete(list, i, i+1)
	return true
}

// Relieve ends idle workers, so that their memory can be used elsewhere. It reports whether there
// were any.
func (d *Dispatcher) Relieve() bool {
	d.mu.Lock()
	var all []*idleWorker
	for digest, list := range d.idle {
		all = append(all, list...)
		delete(d.idle, digest)
	}
	d.mu.Unlock()
	for _, w := range all {
		w.stopTrim()
		w.stopEnd()
		w.Close()
	}
	return len(all) > 0
}
