// Package files is the store's side towards the file system: it reads folders and files to be put,
// and restores them. Both ways no symbolic link is ever followed below what the user named.
//
// What is kept: names of any bytes, content with its holes, permission bits, times of change, symbolic
// links, hard links. On purpose left out: owners and groups, extended attributes, access control lists,
// times of access; they mean little on another machine, and restoring them takes an administrator.
// Holes, hard links and stamps are kept on Linux only, for the time being.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// ErrSkipped is in the chain of errors about what holds nothing that could be stored: a fifo, a
// socket, a device.
var ErrSkipped = errors.New("it holds nothing to store")

// ErrChanged is in the chain of errors about what changed while it was read.
var ErrChanged = errors.New("it changed while it was read")

// Folder is an open folder that is being read. It may change meanwhile: each name that went or
// changed is an error of its own.
type Folder struct {
	dir   dir
	path  string
	depth int
	now   func() time.Time
}

// Found is one name in a folder, as it was when it was looked at.
type Found struct {
	// Entry has all but the content. Its Size is 0 unless it is a file.
	Entry tree.Entry
	// name is what the system calls it, seen what it was.
	name string
	seen seen
}

// seen recognises a file and its state. Where a system does not say a part of it, it is 0.
type seen struct {
	mode                  fs.FileMode
	device, inode         uint64
	names, blocks         uint64
	size                  int64
	sec, nsec             int64
	changedSec, changedNs int64
}

// same is about which file it is, not about what is in it.
func (a seen) same(b seen) bool {
	return a.device == b.device && a.inode == b.inode && a.mode.Type() == b.mode.Type()
}

// Find looks at what the user named, and opens the folder that it lies in. Links on the way there are
// followed, the last name is not. The top of a file system is called "root".
func Find(path string) (*Folder, Found, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, Found{}, problem(path, err)
	}
	d, err := openParent(filepath.Dir(path))
	if err != nil {
		return nil, Found{}, problem(path, err)
	}
	folder := &Folder{dir: d, path: filepath.Dir(path), now: time.Now}
	name := filepath.Base(path)
	if path == folder.path {
		name = "."
	}
	found, err := folder.look(name)
	if err != nil {
		_ = folder.Close() // only read
		return nil, Found{}, err
	}
	return folder, found, nil
}

// Path is where the folder was found, for messages.
func (f *Folder) Path() string { return f.path }

// Close closes it.
func (f *Folder) Close() error { return f.dir.close() }

// Entries are what lies in the folder, by their names' bytes. An error is about the Found beside it,
// of which only Entry.Name is set; without a name it is about the folder, and the last.
func (f *Folder) Entries() iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		names, err := f.dir.names()
		if err != nil {
			yield(Found{}, problem(f.path, err))
			return
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(f.look(name)) {
				return
			}
		}
	}
}

func (f *Folder) look(name string) (Found, error) {
	found := Found{name: name, Entry: tree.Entry{Name: []byte(name)}}
	if name == "." {
		found.Entry.Name = []byte("root")
	}
	now := f.now()
	s, err := f.dir.look(name)
	if err == nil {
		err = found.fill(s, now)
	}
	if err == nil && found.Entry.Kind == tree.Symlink {
		var target string
		target, err = f.dir.readlink(name)
		found.Entry.Target = []byte(target)
	}
	if err == nil {
		err = found.Entry.CheckAttributes()
	}
	if err != nil {
		return Found{Entry: tree.Entry{Name: found.Entry.Name}}, problem(f.join(name), err)
	}
	return found, nil
}

// fill takes over what the system said at the time now.
func (found *Found) fill(s seen, now time.Time) error {
	e := &found.Entry
	found.seen = s
	switch s.mode.Type() {
	case 0:
		e.Kind, e.Size = tree.File, uint64(s.size)
	case fs.ModeDir:
		e.Kind = tree.Folder
	case fs.ModeSymlink:
		e.Kind = tree.Symlink
	default:
		return fmt.Errorf("%s: %w", special(s.mode), ErrSkipped)
	}
	e.Mode, e.Sec, e.Nsec = posixMode(s.mode), s.sec, uint32(s.nsec)
	if e.Kind == tree.File {
		e.Stamp = s.stamp(now)
	}
	if e.Kind == tree.File && s.names > 1 {
		e.Group = hash(s.device, s.inode)
	}
	return nil
}

// Enter opens a folder that was found, if it is still the same.
func (f *Folder) Enter(found Found) (*Folder, error) {
	path := f.join(found.name)
	if f.depth == tree.MaxDepth {
		return nil, fault.Newf("files.read", fault.Invalid, path,
			"it lies more than %d folders deep", tree.MaxDepth)
	}
	d, err := f.dir.enter(found.name)
	if err != nil {
		return nil, problem(path, err)
	}
	if s, err := d.look("."); err != nil || !s.same(found.seen) {
		_ = d.close() // only read
		return nil, problem(path, errors.Join(ErrChanged, err))
	}
	return &Folder{d, path, f.depth + 1, f.now}, nil
}

// Open opens a file that was found, if it still is the same file, and brings found up to date.
func (f *Folder) Open(found *Found) (*os.File, error) {
	path := f.join(found.name)
	file, err := f.dir.open(found.name, path)
	if err != nil {
		return nil, problem(path, err)
	}
	now := f.now()
	s, err := lookAt(file)
	if err == nil && !s.same(found.seen) {
		err = ErrChanged
	}
	if err == nil {
		err = found.fill(s, now)
	}
	if err != nil {
		_ = file.Close() // only read
		return nil, problem(path, err)
	}
	return file, nil
}

// Unchanged fails if a file that was opened is not what it was then: what was read may be a part of
// the old and a part of the new content.
func (found Found) Unchanged(file *os.File) error {
	s, err := lookAt(file)
	s.blocks = found.seen.blocks // they come late
	if err == nil && s != found.seen {
		err = ErrChanged
	}
	return problem(file.Name(), err)
}

func (f *Folder) join(name string) string {
	if name == "." {
		return f.path
	}
	return filepath.Join(f.path, name)
}

// problem names what could not be read; nil stays nil.
func problem(path string, err error) error {
	kind, next := fault.Unavailable, ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		kind = fault.NotFound
	case errors.Is(err, fs.ErrPermission):
		kind, next = fault.Denied, "you may not read it: change its permissions"
	case errors.Is(err, ErrChanged):
		next = "put it again when nobody writes to it"
	}
	return fault.Wrap("files.read", kind, path, fault.Bare(err), next)
}

func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a fifo"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "neither a file nor a folder nor a link"
}

// posixMode and goMode translate permission bits with setuid, setgid and sticky.
func posixMode(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for _, b := range modeBits {
		if mode&b.mode != 0 {
			bits |= b.posix
		}
	}
	return bits
}

func goMode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for _, b := range modeBits {
		if bits&b.posix != 0 {
			mode |= b.mode
		}
	}
	return mode
}

var modeBits = [...]struct {
	posix uint32
	mode  fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}
