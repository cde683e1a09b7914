package store

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// session writes blocks on behalf of one put, or another change. What it wrote counts from commit on;
// whole packs that were finished before remain for the next try if it is given up. Safe for
// concurrent use.
type session struct {
	space     *Space
	table     *index.Table
	epoch     epoch
	condemned map[pack.ID]bool
	leave     func()

	mu       sync.Mutex
	out      *pack.Writer
	placed   []pack.Entry         // of out
	claimed  map[tree.Name]uint64 // names that are on their way, by the number of their pack
	number   uint64
	most     int64 // how long a pack becomes
	room     int64 // what the quota leaves; less than 0: no bound
	err      error
	finished errgroup.Group // packs that are on their way to the disk

	tally Tally
}

// Tally is what a change wrote.
type Tally struct {
	// Chunks are pieces of content, NewChunks those that were not there.
	Chunks, NewChunks uint64
	// Stored is by how many bytes the space grew.
	Stored int64
}

// finishing bounds how many full packs wait for the disk, each with the memory of a group.
const finishing = 2

func (s *Space) begin(ctx context.Context) (*session, error) {
	e, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	table, err := s.refresh()
	if err != nil {
		leave()
		return nil, err
	}
	w := s.session(table, e, leave)
	if quota := s.Settings().Quota; quota > 0 {
		w.room = max(0, quota-used(table))
	}
	return w, nil
}

func (s *Space) session(table *index.Table, e epoch, leave func()) *session {
	w := &session{
		space: s, table: table, epoch: e, condemned: e.condemned(), leave: leave,
		claimed: map[tree.Name]uint64{}, most: pack.MaxBytes, room: -1,
	}
	w.finished.SetLimit(finishing)
	return w
}

func used(table *index.Table) (sum int64) {
	for _, p := range table.Packs() {
		sum += p.Bytes
	}
	return sum
}

// put stores a block, unless it is there, and returns its name.
func (w *session) put(kind seal.Kind, plain []byte) (tree.Name, error) {
	name := w.space.keys.Name(kind, plain)
	if !w.claim(name, kind) {
		return name, w.failed()
	}
	buf := sealed.Get().(*[]byte)
	defer sealed.Put(buf)
	*buf = w.space.encoder.Encode((*buf)[:0], plain)
	e := pack.Entry{Name: name, Kind: kind, Codec: codec.Codec((*buf)[0]), Raw: uint32(len(plain))}
	return name, w.add(e, seal.Sealed(*buf), func(room []byte) { w.space.keys.Seal(room[:0], name, kind, *buf) })
}

// has says that a block is there to stay.
func (w *session) has(name tree.Name) bool {
	p, ok := w.table.Find(name)
	return ok && !w.condemned[w.table.Pack(p)]
}

// claim says that the caller, and nobody else, has to write the block.
func (w *session) claim(name tree.Name, kind seal.Kind) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, taken := w.claimed[name]
	fresh := !taken && !w.has(name)
	if kind == seal.Data {
		w.tally.Chunks++
		if fresh {
			w.tally.NewChunks++
		}
	}
	if fresh {
		w.claimed[name] = 0
	}
	return fresh
}

func (w *session) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// add makes room for a block of n bytes in the pack that is being written, and has it filled: only the
// first is done alone.
func (w *session) add(e pack.Entry, n int, fill func(room []byte)) error {
	w.mu.Lock()
	var room pack.Room
	if w.err == nil {
		room, w.err = w.append(e, n)
	}
	err := w.err
	var full func() error
	if err == nil && w.out.Bytes() >= w.most {
		full = w.detach()
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	fill(room.Bytes)
	room.Filled()
	if full != nil {
		w.finished.Go(full) // waits while too many are on their way
	}
	return nil
}

// copy gives a block that is sealed already to the pack that is being written.
func (w *session) copy(e pack.Entry, block []byte) error {
	return w.add(e, len(block), func(room []byte) { copy(room, block) })
}

func (w *session) append(e pack.Entry, n int) (room pack.Room, err error) {
	if w.room >= 0 && w.tally.Stored+int64(n) > w.room {
		return room, w.full()
	}
	if w.out == nil {
		out, err := pack.Create(w.space.fs, w.space.keys, w.epoch.Number)
		if err != nil {
			return room, unavailable("the store", err)
		}
		w.out, w.number = out, w.number+1
	}
	w.claimed[e.Name] = w.number
	w.tally.Stored += int64(n)
	room, placed, err := w.out.Add(e, n)
	if err != nil {
		return room, unavailable("the store", err)
	}
	w.placed = append(w.placed, placed...)
	return room, nil
}

func (w *session) full() error {
	set := w.space.Settings()
	return &fault.Error{Op: opStore, Kind: fault.Budget, Subject: "space " + set.Name,
		Err:    errQuota,
		Next:   "raise it by inos store space set " + set.Name + " --quota SIZE, or remove something and run inos store gc",
		Needed: w.tally.Stored, Limit: set.Quota}
}

// detach takes the pack that is being written away; what it returns sends it to the disk. mu is held.
func (w *session) detach() (finish func() error) {
	out, placed, number := w.out, w.placed, w.number
	w.out, w.placed = nil, nil
	return func() error {
		more, err := out.Finish()
		if err != nil {
			out.Discard()
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if err != nil {
			if w.err == nil {
				w.err = unavailable("the store", err)
			}
			return w.err
		}
		w.table.Add(index.Pack{ID: out.ID, Epoch: w.epoch.Number, Bytes: out.Bytes()}, append(placed, more...))
		for name, n := range w.claimed { // the table has them now
			if n == number {
				delete(w.claimed, name)
			}
		}
		return nil
	}
}

// commit stores the block that refers to all others, and returns when everything lasts.
func (w *session) commit(kind seal.Kind, plain []byte) (tree.Name, error) {
	if err := w.settle(); err != nil { // else the last pack could last without those before it
		w.abort()
		return tree.Name{}, err
	}
	name, err := w.put(kind, plain)
	if err != nil {
		w.abort()
		return tree.Name{}, err
	}
	return name, w.end()
}

// last sends what is still being written to the disk, and waits until all of it lasts. Nothing is sent
// after an error: what a pack has then is not what was meant.
func (w *session) last() error {
	w.mu.Lock()
	var full func() error
	if w.out != nil && w.err == nil {
		full = w.detach()
	}
	w.mu.Unlock()
	if full != nil {
		w.finished.Go(full)
	}
	return w.settle()
}

// end makes what was written last, or gives up.
func (w *session) end() error {
	if err := w.last(); err != nil {
		w.abort()
		return err
	}
	w.leave()
	if w.table.Stale() {
		w.space.writeIndex()
	}
	return nil
}

// settle waits for the packs that are on their way.
func (w *session) settle() error {
	if err := w.finished.Wait(); err != nil {
		return err
	}
	return w.failed()
}

// abort gives up. Packs that were finished stay: they spare the next try their blocks, or the next
// collection takes them.
func (w *session) abort() {
	_ = w.finished.Wait() // its error led here
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = errGivenUp
	}
	if w.out != nil {
		w.out.Discard()
		w.out = nil
	}
	w.leave()
}
