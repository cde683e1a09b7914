//go:build !linux

package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// dir is an open folder. Nothing outside of it is reached, whatever links lead out.
type dir struct{ root *os.Root }

func openDir(path string) (dir, error) {
	root, err := os.OpenRoot(path)
	return dir{root}, err
}

func openParent(path string) (dir, error) { return openDir(path) }

func (d dir) close() error { return d.root.Close() }

// enter refuses a link, also one that is put there between the two looks.
func (d dir) enter(name string) (dir, error) {
	before, err := d.root.Lstat(name)
	if err != nil {
		return dir{}, err
	}
	if !before.IsDir() {
		return dir{}, syscall.ENOTDIR
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return dir{}, err
	}
	if after, err := root.Stat("."); err != nil || !os.SameFile(before, after) {
		_ = root.Close() // only read
		return dir{}, errors.Join(ErrChanged, err)
	}
	return dir{root}, nil
}

func (d dir) names() ([]string, error) {
	file, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Readdirnames(-1)
}

func (d dir) open(name, _ string) (*os.File, error) {
	before, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, ErrChanged
	}
	file, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	if after, err := file.Stat(); err != nil || !os.SameFile(before, after) {
		_ = file.Close() // only read
		return nil, errors.Join(ErrChanged, err)
	}
	return file, nil
}

func (d dir) look(name string) (seen, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return seen{}, err
	}
	return seenOf(info), nil
}

func lookAt(file *os.File) (seen, error) {
	info, err := file.Stat()
	if err != nil {
		return seen{}, err
	}
	return seenOf(info), nil
}

func seenOf(info fs.FileInfo) seen {
	t := info.ModTime()
	return seen{mode: info.Mode(), size: info.Size(), sec: t.Unix(), nsec: int64(t.Nanosecond())}
}

func (d dir) readlink(name string) (string, error) { return d.root.Readlink(name) }

const tellsHoles = false

func nextData(_ *os.File, at, size int64) (start, end int64, err error) { return at, size, nil }

func (d dir) mkdir(name string) error { return d.root.Mkdir(name, 0o700) }

func (d dir) create(name string) (*os.File, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// abandoned does not know, so nothing is swept.
func (d dir) abandoned(string) bool { return false }

// rename looks first; between that and the renaming somebody may make the name.
func (d dir) rename(from, to string, replace bool) error {
	if !replace {
		if _, err := d.root.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, err)
		}
	}
	return d.root.Rename(from, to)
}

// link is not there: os.Root links within one folder only.
func (d dir) link(dir, string, string) error { return errors.ErrUnsupported }

func (d dir) symlink(target, name string) error { return d.root.Symlink(target, name) }

func (d dir) remove(name string) error { return d.root.Remove(name) }

func (d dir) setTime(name string, sec int64, nsec uint32) error {
	if info, err := d.root.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return err // a link's own time cannot be set
	}
	t := time.Unix(sec, int64(nsec))
	return d.root.Chtimes(name, t, t)
}

func (d dir) chmod(mode fs.FileMode) error { return d.root.Chmod(".", mode) }
