package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"inos/backend/fault"
)

// newFileMode is what a file gets that did not exist; one that did keeps its own.
const newFileMode = 0o644

// writeWhole writes a file so that nobody sees half of it, whatever happens. It follows links and
// writes into what is no regular file (a device, a pipe) as it stands, never over it.
func writeWhole(ctx context.Context, path string, data []byte) error {
	if path == "" {
		return errors.New("an empty name is no file")
	}
	mode := fs.FileMode(newFileMode)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if there, err := os.Stat(path); err == nil {
		if there.IsDir() {
			return errors.New("is a folder")
		}
		if !there.Mode().IsRegular() {
			return interruptible(ctx, func() error { return writeInto(path, data) })
		}
		mode = there.Mode().Perm()
	}
	return replaceFile(path, data, mode)
}

// interruptible runs f, which may wait for somebody who reads, and leaves it alone when ctx ends:
// the process is about to.
func interruptible(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func writeAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return fault.Bare(err)
}

func writeInto(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fault.Bare(err)
	}
	if err := writeAll(file, data); err != nil {
		_ = file.Close() // the write's error says more
		return err
	}
	return fault.Bare(file.Close())
}

func replaceFile(path string, data []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fault.Bare(err)
	}
	defer os.Remove(file.Name()) // gone already when the rename worked
	if err := writeAll(file, data); err != nil {
		_ = file.Close() // the write's error says more
		return err
	}
	if err := file.Chmod(mode); err != nil {
		_ = file.Close()
		return fault.Bare(err)
	}
	if err := file.Close(); err != nil {
		return fault.Bare(err)
	}
	return fault.Bare(os.Rename(file.Name(), path))
}
