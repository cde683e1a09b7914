// Package disk is what the store asks of a file system. It is little, so that a test can count each
// write, fsync and rename, break it, and replay what a crash would have left.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"inos/backend/durable"
)

// FS is one folder with everything below it. Names are slash-separated and relative to it. Errors are
// those of package os; a name that is not there is fs.ErrNotExist. Safe for concurrent use.
type FS interface {
	// Open opens a file to be read. What is no regular file, like a pipe or a link, is ErrForeign.
	Open(name string) (File, error)
	// Create makes a new file, 0600, to be written from its start; fs.ErrExist when it is there.
	Create(name string) (Output, error)
	// Rename gives a file another name, in place of one that has it. It lasts after SyncFolder.
	Rename(from, to string) error
	// Remove deletes a file, or a folder that holds nothing. It lasts after SyncFolder.
	Remove(name string) error
	// Mkdir makes a folder, 0700; one that is there is no error. It lasts when it returns.
	Mkdir(name string) error
	// List is what lies in a folder, sorted by name; a folder that is not there holds nothing.
	List(folder string) ([]Info, error)
	// SyncFolder makes names that came or went in a folder last.
	SyncFolder(folder string) error
	// Lock takes the lock of a file that is made when it is not there, shared or alone; taken is false
	// when somebody else has it. It is given back by unlock, or when the process ends.
	Lock(name string, alone bool) (unlock func(), taken bool, err error)
}

// File is open to be read, at any place, by several at once.
type File interface {
	io.ReaderAt
	io.Closer
	Size() (int64, error)
}

// Output is a file that grows. What was written lasts after Sync.
type Output interface {
	io.Writer
	io.Closer
	Sync() error
}

// Info is one entry of a folder.
type Info struct {
	Name   string
	Folder bool
	Size   int64
	// Foreign says that it is neither a folder nor a regular file. INOS makes no such thing.
	Foreign bool
}

// ErrForeign is for what is no regular file.
var ErrForeign = errors.New("it is a pipe, a device, a link or a folder, and no file")

// Dir is the file system's own folder of that path, which is made when something is written.
func Dir(path string) FS { return dir(path) }

type dir string

func (d dir) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

type file struct{ *os.File }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (d dir) Open(name string) (File, error) {
	f, err := os.OpenFile(d.path(name), os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, openError(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: d.path(name), Err: ErrForeign}
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return nil, err
	}
	return file{f}, nil
}

func (d dir) Create(name string) (Output, error) {
	return os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d dir) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d dir) Remove(name string) error { return os.Remove(d.path(name)) }

func (d dir) Mkdir(name string) error {
	path := d.path(name)
	if err := mkdir(path); err != nil {
		return err
	}
	// A lock, or somebody who was killed, may have made it without making it last.
	for at := path; ; at = filepath.Dir(at) {
		if err := durable.SyncFolder(filepath.Dir(at)); err != nil || at == filepath.Clean(string(d)) {
			return err
		}
	}
}

// mkdir makes a folder that lasts, and those above it: each is a name in its parent.
func mkdir(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: fs.ErrExist}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(path)
	if parent == path { // a volume that is not there
		return err
	}
	if err := mkdir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return durable.SyncFolder(parent)
}

func (d dir) List(folder string) ([]Info, error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]Info, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Info{e.Name(), e.IsDir(), info.Size(), !e.IsDir() && !info.Mode().IsRegular()})
	}
	return out, nil
}

func (d dir) SyncFolder(folder string) error { return durable.SyncFolder(d.path(folder)) }

func (d dir) Lock(name string, alone bool) (unlock func(), taken bool, err error) {
	return durable.Try(d.path(name), alone)
}
