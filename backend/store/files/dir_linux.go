package files

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// dir is an open folder. Each name it is given lies directly in it, and a link of that name is never
// followed, whoever made it and when.
type dir struct {
	file *os.File
	fd   int
}

// openDir opens the folder that the user named, through links.
func openDir(path string) (dir, error) { return openDirAt(unix.AT_FDCWD, path, 0) }

// openParent opens a folder that need not be readable, only be passed through.
func openParent(path string) (dir, error) { return openDirAt(unix.AT_FDCWD, path, unix.O_PATH) }

func openDirAt(at int, name string, flags int) (dir, error) {
	fd, err := openAt(at, name, unix.O_RDONLY|unix.O_DIRECTORY|flags, 0)
	if err != nil {
		return dir{}, err
	}
	return dir{os.NewFile(uintptr(fd), name), fd}, nil
}

// openAt tries again when a signal came: slow file systems let it through.
func openAt(at int, name string, flags int, mode uint32) (fd int, err error) {
	for {
		fd, err = unix.Openat(at, name, flags|unix.O_CLOEXEC, mode)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

func (d dir) close() error { return d.file.Close() }

func (d dir) enter(name string) (dir, error) { return openDirAt(d.fd, name, unix.O_NOFOLLOW) }

func (d dir) names() ([]string, error) { return d.file.Readdirnames(-1) }

// open opens a file to be read, path is for messages; one that is a fifo by now does not block.
func (d dir) open(name, path string) (*os.File, error) {
	fd, err := openAt(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (d dir) look(name string) (seen, error) {
	var s unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return seen{}, err
	}
	return seenOf(&s), nil
}

func lookAt(file *os.File) (seen, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &s); err != nil {
		return seen{}, err
	}
	return seenOf(&s), nil
}

func seenOf(s *unix.Stat_t) seen {
	mode := goMode(s.Mode & 0o7777)
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	case unix.S_IFBLK, unix.S_IFCHR:
		mode |= fs.ModeDevice
	default:
		mode |= fs.ModeIrregular
	}
	return seen{
		mode: mode, device: uint64(s.Dev), inode: s.Ino, names: uint64(s.Nlink),
		blocks: uint64(s.Blocks), size: s.Size,
		sec: int64(s.Mtim.Sec), nsec: int64(s.Mtim.Nsec),
		changedSec: int64(s.Ctim.Sec), changedNs: int64(s.Ctim.Nsec),
	}
}

func (d dir) readlink(name string) (string, error) {
	var target [4096]byte
	n, err := unix.Readlinkat(d.fd, name, target[:])
	return string(target[:max(n, 0)]), err
}

const tellsHoles = true

// nextData is the next range of data from at on; start is size when there is none.
func nextData(file *os.File, at, size int64) (start, end int64, err error) {
	fd := int(file.Fd())
	start, err = unix.Seek(fd, at, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return size, size, nil
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return at, size, nil
	}
	if err != nil || start >= size {
		return start, size, err
	}
	if end, err = unix.Seek(fd, start, unix.SEEK_HOLE); err != nil {
		return 0, 0, err
	}
	// A file that is written to meanwhile may tell anything; each range goes on.
	return start, min(max(end, start+1), size), nil
}

func (d dir) mkdir(name string) error { return unix.Mkdirat(d.fd, name, 0o700) }

// create makes a file to be written, and holds its lock as long as it is open: whoever sweeps sees
// that it is not left over.
func (d dir) create(name string) (*os.File, error) {
	fd, err := openAt(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	_ = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) // where there are no locks, nothing is swept either
	return os.NewFile(uintptr(fd), name), nil
}

// abandoned says that nobody has the lock of a file that create made.
func (d dir) abandoned(name string) bool {
	file, err := d.open(name, name)
	if err != nil {
		return errors.Is(err, unix.ELOOP) // a link is made at once, so it is left over
	}
	defer file.Close()
	s, err := lookAt(file)
	return err == nil && s.mode.IsRegular() && unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// rename gives a name to what has another one, in place of what has it; without replace it fails with
// fs.ErrExist when there is something.
func (d dir) rename(from, to string, replace bool) error {
	if replace {
		return unix.Renameat(d.fd, from, d.fd, to)
	}
	err := unix.Renameat2(d.fd, from, d.fd, to, unix.RENAME_NOREPLACE)
	if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	// An old or a foreign file system: a second name is never made in place of another one.
	if err := d.link(d, from, to); err != nil {
		return err
	}
	return d.remove(from)
}

// link gives a file of another folder a name here too.
func (d dir) link(from dir, old, name string) error {
	return unix.Linkat(from.fd, old, d.fd, name, 0)
}

func (d dir) symlink(target, name string) error { return unix.Symlinkat(target, d.fd, name) }

func (d dir) remove(name string) error { return unix.Unlinkat(d.fd, name, 0) }

// setTime sets when it was changed, and last read; "." is the folder itself.
func (d dir) setTime(name string, sec int64, nsec uint32) error {
	t := unix.Timespec{Nsec: int64(nsec)}
	t.Sec = sec
	return unix.UtimesNanoAt(d.fd, name, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
}

func (d dir) chmod(mode fs.FileMode) error { return d.file.Chmod(mode) }
