// Package disktest has a disk in memory that records what is done to it, fails where it is told to,
// and shows every state that a kill or a power cut may leave.
package disktest

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"inos/backend/store/disk"
)

// Memory is a disk.FS. A test breaks it with Break, and looks at what a crash leaves with Restart
// and Crashes.
type Memory struct {
	mu    sync.Mutex
	now   state
	locks map[string]*holders
	fault func(Op) error
	record
}

// holders are those who have a lock.
type holders struct {
	shared int
	alone  bool
}

// New is an empty disk.
func New() *Memory { return over(newState()) }

func over(s state) *Memory {
	return &Memory{now: s, locks: map[string]*holders{}, record: record{start: s.clone()}}
}

// Restart is the disk as the next process finds it after a kill: nothing is lost, not even what was
// never synced, and nobody holds a lock. This one is of no use any more.
func (m *Memory) Restart() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return over(m.now.clone())
}

// Files are the names of all files, sorted.
func (m *Memory) Files() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.now.names))
}

// Bytes is a copy of what a file holds; nil: it is not there.
func (m *Memory) Bytes(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	number, there := m.now.names[name]
	if !there {
		return nil
	}
	return append([]byte{}, m.now.files[number].data...)
}

// Put changes a file behind everybody's back, as a broken disk or a thief does: it is no operation,
// and is not lost in a crash. The folder must be there.
func (m *Memory) Put(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.happen(event{kind: put, name: name, data: slices.Clone(data)})
}

// begin records an operation and asks whether it fails.
func (m *Memory) begin(op Op) error {
	op.N = len(m.ops)
	m.ops = append(m.ops, op)
	if m.fault == nil {
		return nil
	}
	if err := m.fault(op); err != nil {
		return refused(op.Kind, op.Name, err)
	}
	return nil
}

func refused(kind Kind, name string, err error) error {
	return &fs.PathError{Op: string(kind), Path: name, Err: err}
}

// clean is a name as the state has it.
func clean(kind Kind, name string) (string, error) {
	if name = path.Clean(name); !fs.ValidPath(name) {
		return "", refused(kind, name, fs.ErrInvalid)
	}
	return name, nil
}

// enter takes the turn for one operation; leave gives it back, whatever it returned.
func (m *Memory) enter(kind Kind, name, to string, bytes int) (string, error) {
	m.mu.Lock()
	name, err := clean(kind, name)
	if err == nil {
		err = m.begin(Op{Kind: kind, Name: name, To: to, Bytes: bytes})
	}
	return name, err
}

// Open implements disk.FS.
func (m *Memory) Open(name string) (disk.File, error) {
	name, err := m.enter(Open, name, "", 0)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	number, err := m.now.find(Open, name)
	if err != nil {
		return nil, err
	}
	return &file{m: m, name: name, number: number}, nil
}

// Create implements disk.FS.
func (m *Memory) Create(name string) (disk.Output, error) {
	name, err := m.enter(Create, name, "", 0)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := m.now.free(Create, name); err != nil {
		return nil, err
	}
	number := m.now.next()
	m.happen(event{kind: Create, name: name})
	return &output{m: m, name: name, number: number}, nil
}

// Rename implements disk.FS.
func (m *Memory) Rename(from, to string) error {
	to, bad := clean(Rename, to)
	from, err := m.enter(Rename, from, to, 0)
	defer m.mu.Unlock()
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	if _, err := m.now.find(Rename, from); err != nil {
		return err
	}
	if err := m.now.free(Rename, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if m.now.folders[to] {
		return refused(Rename, to, fs.ErrExist)
	}
	m.happen(event{kind: Rename, name: from, to: to})
	return nil
}

// Remove implements disk.FS.
func (m *Memory) Remove(name string) error {
	name, err := m.enter(Remove, name, "", 0)
	defer m.mu.Unlock()
	if err == nil && m.now.folders[name] && name != "." {
		if len(m.now.list(name)) > 0 {
			return refused(Remove, name, fs.ErrExist)
		}
		m.happen(event{kind: removedFolder, name: name})
		return nil
	}
	if err == nil {
		_, err = m.now.find(Remove, name)
	}
	if err != nil {
		return err
	}
	m.happen(event{kind: Remove, name: name})
	return nil
}

// Mkdir implements disk.FS.
func (m *Memory) Mkdir(name string) error {
	name, err := m.enter(Mkdir, name, "", 0)
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	for at := name; at != "."; at = path.Dir(at) {
		if _, isFile := m.now.names[at]; isFile {
			return refused(Mkdir, at, errors.New("not a directory"))
		}
	}
	m.happen(event{kind: Mkdir, name: name})
	return nil
}

// List implements disk.FS.
func (m *Memory) List(folder string) ([]disk.Info, error) {
	folder, err := m.enter(List, folder, "", 0)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return m.now.list(folder), nil
}

// SyncFolder implements disk.FS.
func (m *Memory) SyncFolder(folder string) error {
	folder, err := m.enter(SyncFolder, folder, "", 0)
	defer m.mu.Unlock()
	if err == nil && !m.now.folders[folder] {
		err = refused(SyncFolder, folder, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	m.happen(event{kind: SyncFolder, name: folder})
	return nil
}

// Lock implements disk.FS. Its folder is made, as by disk.Dir.
func (m *Memory) Lock(name string, alone bool) (unlock func(), taken bool, err error) {
	name, err = m.enter(Lock, name, "", 0)
	defer m.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	if m.now.folders[name] {
		return nil, false, refused(Lock, name, errors.New("is a directory"))
	}
	if _, there := m.now.names[name]; !there {
		m.happen(event{kind: Mkdir, name: path.Dir(name)})
		m.happen(event{kind: Create, name: name})
	}
	h := m.locks[name]
	if h == nil {
		h = &holders{}
		m.locks[name] = h
	}
	if h.alone || alone && h.shared > 0 {
		return nil, false, nil
	}
	h.take(alone, 1)
	return sync.OnceFunc(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		h.take(alone, -1)
	}), true, nil
}

func (h *holders) take(alone bool, n int) {
	if alone {
		h.alone = n > 0
		return
	}
	h.shared += n
}

// file is open to be read.
type file struct {
	m      *Memory
	name   string
	number int
	mu     sync.Mutex
	closed bool
}

func (f *file) enter(kind Kind, bytes int) ([]byte, error) {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	_, err := f.m.enter(kind, f.name, "", bytes)
	defer f.m.mu.Unlock()
	if closed {
		err = refused(kind, f.name, fs.ErrClosed)
	}
	return f.m.now.files[f.number].data, err
}

func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	data, err := f.enter(Read, len(p))
	switch {
	case err != nil:
		return 0, err
	case offset < 0:
		return 0, refused(Read, f.name, errors.New("negative offset"))
	case offset >= int64(len(data)) && len(p) > 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n := copy(p, data[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) Size() (int64, error) {
	data, err := f.enter(Size, 0)
	return int64(len(data)), err
}

func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return refused(Close, f.name, fs.ErrClosed)
	}
	f.closed = true
	return nil
}

// output is a file that grows.
type output struct {
	m      *Memory
	name   string
	number int
	closed bool
}

func (o *output) enter(kind Kind, bytes int) error {
	_, err := o.m.enter(kind, o.name, "", bytes)
	if o.closed {
		err = refused(kind, o.name, fs.ErrClosed)
	}
	return err
}

// Write that fails has written half: a disk that is full is not full between two calls.
func (o *output) Write(p []byte) (int, error) {
	err := o.enter(Write, len(p))
	defer o.m.mu.Unlock()
	if o.closed || errors.Is(err, errGone) {
		return 0, err
	}
	if err != nil {
		p = p[:len(p)/2]
	}
	if len(p) > 0 {
		o.m.happen(event{kind: Write, file: o.number, data: slices.Clone(p)})
	}
	return len(p), err
}

// Sync that fails leaves what it should have kept in doubt for ever: the system forgets that it was
// never written, and a second Sync says nothing about it.
func (o *output) Sync() error {
	err := o.enter(Sync, 0)
	defer o.m.mu.Unlock()
	switch {
	case err == nil:
		o.m.happen(event{kind: Sync, file: o.number})
	case !o.closed && !errors.Is(err, ErrStopped):
		o.m.happen(event{kind: failedSync, file: o.number})
	}
	return err
}

func (o *output) Close() error {
	err := o.enter(Close, 0)
	defer o.m.mu.Unlock()
	o.closed = true
	return err
}
