package store

import (
	"errors"
	"io/fs"
	"os"
	"sync"
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
const compressBudget = 12 * time.Millisecond

// Space is one set of content with keys of its own. Safe for concurrent use.
type Space struct {
	ID      string
	fs      disk.FS
	file    state[identity]
	keys    *seal.Keys
	encoder *codec.Encoder

	mu     sync.Mutex
	doc    document[identity]
	copies [2]disk.Copy
	roots  map[tree.Name]*record // of those that were read

	loading sync.Mutex
	table   *index.Table // nil: not read yet
	readers readers
}

func newSpace(fsys disk.FS, id string, file state[identity], doc document[identity], keys *seal.Keys) *Space {
	return &Space{
		ID: id, fs: fsys, file: file, doc: doc, keys: keys, encoder: codec.NewEncoder(compressBudget),
		roots: map[tree.Name]*record{}, readers: readers{fs: fsys, keys: keys, open: map[pack.ID]*pack.Reader{}},
	}
}

// refresh brings the table up to what lies in the folder now. Packs are written once, so one that is
// known is not read again.
func (s *Space) refresh() (*index.Table, error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	present, err := s.packs()
	if err != nil {
		return nil, err
	}
	if s.table == nil {
		s.table, err = index.Read(s.fs, s.keys)
		if err != nil { // all of it is in the packs
			s.table = index.New()
		}
	}
	s.table.Drop(func(id pack.ID) bool {
		size, ok := present[id]
		return !ok || size < 0
	})
	for id, size := range present {
		if s.table.Knows(id) {
			continue
		}
		scan, err := s.scan(id, false)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a collection took it just now
		}
		if err != nil {
			return nil, unavailable("pack "+id.String(), err)
		}
		s.table.Add(index.Pack{ID: id, Epoch: scan.Epoch, Bytes: max(size, 1)}, scan.Entries)
	}
	return s.table, nil
}

// packs are the finished ones, with their lengths.
func (s *Space) packs() (map[pack.ID]int64, error) {
	entries, err := s.fs.List(pack.Folder)
	if err != nil {
		return nil, unavailable("space "+s.ID, err)
	}
	out := make(map[pack.ID]int64, len(entries))
	for _, e := range entries {
		if id, ok := pack.ParseID(e.Name); ok && !e.Folder {
			out[id] = e.Size
		}
	}
	return out, nil
}

func (s *Space) scan(id pack.ID, thorough bool) (pack.Scan, error) {
	r, err := pack.Open(s.fs, s.keys, id)
	if err != nil {
		return pack.Scan{}, err
	}
	defer r.Close()
	return r.Scan(thorough)
}

// writeIndex spares the next one who opens the space the reading of all packs. What goes wrong loses
// nothing.
func (s *Space) writeIndex(table *index.Table) {
	unlock, taken, err := s.fs.Lock(lockFile, true)
	if err != nil || !taken {
		return
	}
	defer unlock()
	_ = table.Write(s.fs, s.keys)
}

// sealed are buffers for blocks as they lie on the disk.
var sealed = sync.Pool{New: func() any { return new([]byte) }}

// load appends what the block of that name holds. Size is how much that must be; less than 0: any.
func (s *Space) load(dst []byte, name tree.Name, kind seal.Kind, size int64) ([]byte, error) {
	table, err := s.opened()
	if err != nil {
		return nil, err
	}
	place, ok := table.Find(name)
	if !ok { // another process may have written it
		if table, err = s.refresh(); err != nil {
			return nil, err
		}
		if place, ok = table.Find(name); !ok {
			return nil, missing(name)
		}
	}
	out, err := s.read(dst, table, name, kind, place)
	if errors.Is(err, fs.ErrNotExist) { // a collection moved it
		if table, err = s.refresh(); err != nil {
			return nil, err
		}
		if place, ok = table.Find(name); !ok {
			return nil, missing(name)
		}
		out, err = s.read(dst, table, name, kind, place)
	}
	if err == nil && size >= 0 && int64(len(out)-len(dst)) != size {
		err = broken(name, "it is longer or shorter than what refers to it says")
	}
	return out, err
}

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
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, unavailable("pack "+table.Pack(p).String(), err)
	}
	return s.unseal(dst, block, name, kind, p.Raw)
}

func (s *Space) unseal(dst, block []byte, name tree.Name, kind seal.Kind, raw uint32) ([]byte, error) {
	way, payload, err := s.keys.Open(block, name, kind)
	if err != nil {
		return nil, broken(name, err.Error())
	}
	out, err := codec.Decode(dst, codec.Codec(way), payload, int(raw))
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
