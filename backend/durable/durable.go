// Package durable writes files so that a crash, a kill or a full disk leaves either what was there
// or what should be, and what was acknowledged is on the disk.
package durable

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// aside marks files that are not whole yet. Their names begin with a dot, so that nobody who lists
// plugins takes one for a plugin.
const aside = ".new-"

// Write replaces a file as a whole, readable by this user alone. The folder must exist.
func Write(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+aside) // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // half written; the error above is the one that counts
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Remove deletes a file for good. One that is gone already is no error.
func Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, SyncFolder(filepath.Dir(path)))
}

// SyncFolder makes names that were added to a folder, or taken from it, last.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" { // which cannot, and whose renames last by themselves
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Sweep removes what writers that were killed left of files with that ending. Nobody may be writing
// one meanwhile.
func Sweep(folder, ending string) {
	entries, _ := os.ReadDir(folder) // none: nothing to sweep
	for _, e := range entries {
		if name, _, half := strings.Cut(e.Name(), aside); half && strings.HasPrefix(name, ".") &&
			strings.HasSuffix(name, ending) {
			_ = os.Remove(filepath.Join(folder, e.Name())) // the next one tries again
		}
	}
}
