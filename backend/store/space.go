package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/disk"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// compressBudget is what one processor may spend on a MiB while something is put.
const compressBudget = 16 * time.Millisecond

// Space is one set of content with keys of its own. Safe for concurrent use.
type Space struct {
	ID      string
	store   *Store
	fs      disk.FS
	file    state[identity]
	keys    *seal.Keys
	encoder *codec.Encoder

	mu     sync.Mutex
	doc    document[identity]
	copies [2]disk.Copy
	// Of those that were read:
	roots    map[tree.Name]*record
	removals map[tree.Name][]tree.Name // IDs of versions

	loading sync.Mutex
	table   *index.Table // nil: not read yet
	blind   error        // why there are packs that the table lacks
	readers readers
}

func newSpace(fsys disk.FS, id string, file state[identity], doc document[identity], keys *seal.Keys) *Space {
	return &Space{
		ID: id, fs: fsys, file: file, doc: doc, keys: keys, encoder: codec.NewEncoder(compressBudget),
		roots: map[tree.Name]*record{}, removals: map[tree.Name][]tree.Name{}, readers: readers{fs: fsys, keys: keys, open: map[pack.ID]*pack.Reader{}},
	}
}

// refresh brings the table up to what lies in the folder now. Packs are written once, so one that is
// known is not read again.
func (s *Space) refresh() (*index.Table, error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.table == nil {
		var err error
		if s.table, err = index.Read(s.fs, s.keys); err != nil { // all of it is in the packs
			s.table = index.New()
		}
	}
	for range maxMoves {
		present, err := s.packs()
		if err != nil {
			return nil, err
		}
		if s.update(present) {
			return s.table, nil
		}
	}
	return nil, inUse()
}

// update takes packs in that are new, and out that are gone. Of one that cannot be read nothing is
// known until it can; false: one went just now, so what it held may lie in one that was not present.
func (s *Space) update(present map[pack.ID]int64) bool {
	s.table.Drop(func(id pack.ID) bool {
		_, ok := present[id]
		return !ok
	})
	s.blind = nil
	for id, size := range present {
		if s.table.Knows(id) {
			continue
		}
		scan, err := s.scan(id)
		if errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if err != nil {
			s.blind = unavailable("pack "+id.String(), err)
			continue
		}
		p := index.Pack{ID: id, Epoch: scan.Epoch, Bytes: max(size, 1), Lost: len(scan.Lost)+len(scan.Cut) > 0}
		s.table.Add(p, scan.Entries)
	}
	return true
}

// whole fails if there may be blocks that the table does not know of.
func (s *Space) whole(table *index.Table) error {
	s.loading.Lock()
	blind := s.blind
	s.loading.Unlock()
	if blind != nil {
		return blind
	}
	for _, p := range table.Packs() {
		if p.Lost {
			return fault.New(opStore, fault.Damaged, "pack "+p.ID.String(), "what lies in a part of it cannot be known",
				"inos store check says what is hit, inos store repair sets it apart")
		}
	}
	return nil
}

// packs are the finished ones, with their lengths. A list that is made while a collection puts one in
// the place of another may have neither; the next one, made after nothing went, has it.
func (s *Space) packs() (map[pack.ID]int64, error) {
	last, err := s.list()
	for range maxMoves {
		if err != nil {
			return nil, err
		}
		before := last
		last, err = s.list()
		if within(before, last) {
			return last, err
		}
	}
	return nil, inUse()
}

func within(a, b map[pack.ID]int64) bool {
	for id := range a {
		if _, ok := b[id]; !ok {
			return false
		}
	}
	return true
}

func (s *Space) list() (map[pack.ID]int64, error) {
	entries, err := s.fs.List(pack.Folder)
	if err != nil {
		return nil, unavailable("space "+s.ID, err)
	}
	out := make(map[pack.ID]int64, len(entries))
	for _, e := range entries {
		if id, ok := pack.ParseID(e.Name); ok && !e.Folder && !e.Foreign {
			out[id] = e.Size
		}
	}
	return out, nil
}

func (s *Space) scan(id pack.ID) (pack.Scan, error) {
	r, err := pack.Open(s.fs, s.keys, id)
	if err != nil {
		return pack.Scan{}, err
	}
	defer r.Close()
	return r.Scan(false)
}

// sealed are buffers for blocks as they lie on the disk.
var sealed = sync.Pool{New: func() any { return new([]byte) }}

// load appends what the block of that name holds. Size is how much that must be; less than 0: any.
func (s *Space) load(dst []byte, name tree.Name, kind seal.Kind, size int64) ([]byte, error) {
	table, err := s.opened()
	for tries := 0; err == nil; tries++ {
		place, ok := table.Find(name)
		if ok {
			var out []byte
			out, err = s.read(dst, table, name, kind, place)
			if err == nil && size >= 0 && int64(len(out)-len(dst)) != size {
				return nil, broken(name, "it is longer or shorter than what refers to it says")
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return out, err
			}
		}
		switch { // another process may have written it, or its collection moved it
		case !ok && tries > 0:
			return nil, missing(name)
		case tries == maxMoves:
			return nil, inUse()
		}
		table, err = s.refresh()
	}
	return nil, err
}

// found is where a block lies, as far as is known.
func (s *Space) found(name tree.Name) (b index.Block, ok bool) {
	table, err := s.opened()
	if err != nil {
		return b, false
	}
	place, ok := table.Find(name)
	if ok {
		b = index.Block{Name: name, Place: place, In: table.Pack(place)}
	}
	return b, ok
}

// maxMoves is how many collections in a row a reader is overtaken by before it gives up.
const maxMoves = 16

func (s *Space) opened() (*index.Table, error) {
	s.loading.Lock()
	table := s.table
	s.loading.Unlock()
	if table != nil {
		return table, nil
	}
	return s.refresh()
}

// read appends the content of a block that lies there, of which every byte is checked.
func (s *Space) read(dst []byte, table *index.Table, name tree.Name, kind seal.Kind, p index.Place) ([]byte, error) {
	if p.Kind != kind {
		return nil, broken(name, "it is of another kind than what refers to it says")
	}
	buf := sealed.Get().(*[]byte)
	defer sealed.Put(buf)
	if cap(*buf) < int(p.Stored) {
		*buf = make([]byte, p.Stored)
	}
	block := (*buf)[:p.Stored]
	if err := s.readers.block(table.Pack(p), block, p.Offset); err != nil {
		return nil, unreadable(table.Pack(p), name, err)
	}
	return s.unseal(dst, block, name, kind, p.Raw)
}

// unreadable is why the bytes of a block could not be had. That its pack is gone, it leaves as it is.
func unreadable(id pack.ID, name tree.Name, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return broken(name, "its pack "+id.String()+" ends before it")
	case errors.Is(err, disk.ErrForeign):
		return broken(name, "its pack "+id.String()+" is no file")
	case errors.Is(err, syscall.EIO): // a bad sector is damage like any other
		return broken(name, "the disk cannot read its pack "+id.String())
	}
	return unavailable("pack "+id.String(), err)
}

func (s *Space) unseal(dst, block []byte, name tree.Name, kind seal.Kind, raw uint32) ([]byte, error) {
	way, payload, err := s.keys.Open(block, name, kind)
	if err != nil {
		return nil, broken(name, err.Error())
	}
	out, err := codec.Decode(dst, codec.Codec(way), payload, int(raw))
	if errors.Is(err, codec.ErrNewer) {
		return nil, fault.Wrap(opStore, fault.Unavailable, "block "+name.String()[:16], err, "use the newer INOS that wrote it")
	}
	if err != nil {
		return nil, broken(name, err.Error())
	}
	if s.keys.Name(kind, out[len(dst):]) != name {
		return nil, broken(name, "it holds something else")
	}
	return out, nil
}

func broken(name tree.Name, why string) error {
	return fault.New(opStore, fault.Damaged, "block "+name.String()[:16], why,
		"inos store check says what is hit, inos store repair sets it apart")
}

func missing(name tree.Name) error {
	return broken(name, "it is not in the store")
}

// maxOpen bounds how many packs are held open.
const maxOpen = 64

// readers are packs that are open.
type readers struct {
	fs   disk.FS
	keys *seal.Keys

	mu   sync.Mutex
	open map[pack.ID]*pack.Reader
}

// block reads one. A pack that somebody closed meanwhile is opened again.
func (r *readers) block(id pack.ID, buf []byte, offset uint32) error {
	for {
		p, err := r.get(id)
		if err != nil {
			return err
		}
		if err = p.Block(buf, offset); !errors.Is(err, os.ErrClosed) {
			return err
		}
	}
}

func (r *readers) get(id pack.ID) (*pack.Reader, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.open[id]; p != nil {
		return p, nil
	}
	p, err := pack.Open(r.fs, r.keys, id)
	if err != nil {
		return nil, err
	}
	for other := range r.open {
		if len(r.open) < maxOpen {
			break
		}
		r.forget(other)
	}
	r.open[id] = p
	return p, nil
}

// forget closes one; mu is held.
func (r *readers) forget(id pack.ID) {
	_ = r.open[id].Close() // it was only read
	delete(r.open, id)
}

// drop closes those of packs that are gone.
func (r *readers) drop(gone func(pack.ID) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.open {
		if gone(id) {
			r.forget(id)
		}
	}
}

// Close lets all files go. The space may be used again.
func (s *Space) Close() { s.readers.drop(func(pack.ID) bool { return true }) }
