// Package statefile keeps small JSON documents that several processes of one user share: each
// change is whole and on the disk when it returns, and readers see it at once.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

const opRead, opWrite = "state.read", "state.write"

// File is one document of type T. The zero T stands for a file that is not there. Safe for
// concurrent use; the T that Read returns is shared and must not be changed.
type File[T any] struct {
	path  string
	limit int64
	check func(*T) error

	mu   sync.Mutex
	seen stamp
	now  *T
}

// stamp tells one version of a file from the next: each change makes a new inode.
type stamp struct {
	inode   uint64
	size    int64
	changed time.Time
}

// New is the document at path, of at most limit bytes. check refuses what nobody may have written;
// it may be nil.
func New[T any](path string, limit int64, check func(*T) error) *File[T] {
	return &File[T]{path: path, limit: limit, check: check}
}

// Read returns the document as it is now. The file is read only when it has changed.
func (f *File[T]) Read() (*T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *File[T]) read() (*T, error) {
	now, err := f.stamp()
	if errors.Is(err, fs.ErrNotExist) {
		f.seen, f.now = stamp{}, new(T)
		return f.now, nil
	}
	if err != nil {
		return nil, fault.Wrap(opRead, fault.Unavailable, f.path, fault.Bare(err), "")
	}
	if f.now != nil && now == f.seen {
		return f.now, nil
	}
	value, err := f.parse()
	if err != nil {
		return nil, fault.Wrap(opRead, fault.Invalid, f.path, err, "move it away to start anew")
	}
	f.seen, f.now = now, value
	return value, nil
}

func (f *File[T]) stamp() (stamp, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{inode(info), info.Size(), info.ModTime()}, nil
}

func (f *File[T]) parse() (*T, error) {
	text, err := input.ReadFile(f.path, f.limit)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return nil, errors.New("it holds no JSON object")
	}
	value := new(T)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a document of another kind would read as an empty one
	if err := d.Decode(value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	if f.check == nil {
		return value, nil
	}
	return value, f.check(value)
}

// Change reads the document anew, lets change alter a copy, and writes that, all while no other
// process may. An error of change's leaves everything as it was.
func (f *File[T]) Change(change func(*T) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	unlock, err := durable.Lock(f.path + ".lock")
	if err != nil {
		return f.failed(err)
	}
	defer unlock()
	f.now = nil // what was read before the lock may be old
	old, err := f.read()
	if err != nil {
		return err
	}
	f.now = nil // change alters it
	if err := change(old); err != nil {
		return err
	}
	text, err := json.MarshalIndent(old, "", "  ")
	if err == nil && int64(len(text)) > f.limit {
		return fault.Newf(opWrite, fault.Budget, f.path, "it would have %d bytes, at most %d are kept",
			len(text), f.limit)
	}
	if err == nil {
		err = durable.Write(f.path, append(text, '\n'))
	}
	return f.failed(err)
}

func (f *File[T]) failed(err error) error {
	return fault.Wrap(opWrite, fault.Unavailable, f.path, err, fault.DiskRemedy(err))
}
