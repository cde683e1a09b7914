package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// newFileMode is what a file gets that did not exist; one that did keeps its own.
const newFileMode = 0o644

// writeWhole writes a file so that nobody sees half of it, whatever happens. It follows links and
// writes into what is no regular file (a device, a pipe) as it stands, never over it.
func writeWhole(path string, data []byte) error {
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
			return writeInto(path, data)
		}
		mode = there.Mode().Perm()
	}
	return replaceFile(path, data, mode)
}

func writeInto(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return unwrapPath(err)
	}
	_, err = file.Write(data)
	return unwrapPath(errors.Join(err, file.Close()))
}

func replaceFile(path string, data []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return unwrapPath(err)
	}
	defer os.Remove(file.Name()) // gone already when the rename worked
	if _, err := file.Write(data); err != nil {
		_ = file.Close() // the write's error says more
		return unwrapPath(err)
	}
	if err := file.Chmod(mode); err != nil {
		_ = file.Close()
		return unwrapPath(err)
	}
	if err := file.Close(); err != nil {
		return unwrapPath(err)
	}
	return os.Rename(file.Name(), path)
}
