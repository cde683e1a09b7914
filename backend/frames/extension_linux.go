package frames

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"inos/backend/fault"
)

const extensionFile = "libinos_webext.so"

// extensionDir is a folder that holds the web process extension and nothing else, since WebKit
// loads every library that it finds there.
type extensionDir struct {
	path      string
	temporary bool
}

// installExtension writes the library where this user alone can write and programs may run:
// below cacheDir, where it is found again at the next start, or in a new folder below tempDir.
func installExtension(library []byte, cacheDir, tempDir string) (*extensionDir, error) {
	lasting, err := installLasting(library, cacheDir)
	if err == nil {
		return lasting, nil
	}
	path, tempErr := os.MkdirTemp(tempDir, "inos-webext-")
	if tempErr == nil {
		tempErr = fill(path, library)
	}
	if tempErr == nil {
		tempErr = check(path, library)
	}
	if tempErr != nil {
		_ = os.RemoveAll(path) // empty or ours; the error that counts is the one below
		return nil, fault.Wrap("frames", fault.Unavailable, "web process extension",
			errors.Join(err, tempErr), "mount the cache folder or the temporary folder without noexec")
	}
	return &extensionDir{path: path, temporary: true}, nil
}

func installLasting(library []byte, cacheDir string) (*extensionDir, error) {
	digest := sha256.Sum256(library)
	parent := filepath.Join(cacheDir, "inos")
	path := filepath.Join(parent, "webext-"+hex.EncodeToString(digest[:]))
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := place(path, parent, library); err != nil {
			return nil, err
		}
	}
	if err := check(path, library); err != nil {
		return nil, err
	}
	return &extensionDir{path: path}, nil
}

// place fills a folder aside and renames it, so that another start never sees half of it.
func place(path, parent string, library []byte) error {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(parent, "webext-new-")
	if err != nil {
		return err
	}
	if err = fill(aside, library); err == nil {
		err = os.Rename(aside, path)
	}
	if err != nil {
		_ = os.RemoveAll(aside) // ours, and of no use now
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTEMPTY) {
		return nil // another start was faster; the caller checks what it left
	}
	return err
}

func fill(dir string, library []byte) error {
	return os.WriteFile(filepath.Join(dir, extensionFile), library, 0o500)
}

// check refuses a folder that somebody else could have changed, or that may not run programs.
func check(dir string, library []byte) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm() != 0o700 || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a private folder of this user", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) != 1 || entries[0].Name() != extensionFile || !entries[0].Type().IsRegular() {
		return fmt.Errorf("%s holds more than the extension", dir)
	}
	return checkLibrary(filepath.Join(dir, extensionFile), library)
}

func checkLibrary(path string, library []byte) error {
	found, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(found, library) {
		return fmt.Errorf("%s was changed", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// What the web process's loader will do; noexec mounts and policies refuse it.
	code, err := unix.Mmap(int(file.Fd()), 0, len(found), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("%s may not be run: %w", path, err)
	}
	return unix.Munmap(code)
}

// remove deletes a temporary folder; a lasting one stays for the next start.
func (d *extensionDir) remove() error {
	if !d.temporary {
		return nil
	}
	return os.RemoveAll(d.path)
}
