package disk

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Half marks the name of a file that is not whole yet.
const Half = ".new-"

// maxTwinBytes bounds the small files that are kept twice.
const maxTwinBytes = 1 << 20

// ErrDamaged says that neither of two copies can be read.
var ErrDamaged = errors.New("both copies of it are damaged")

// Twin is a small file that is kept twice, as name.a and name.b, so that one damaged byte loses
// nothing. Decode refuses what it did not write: it checks a seal or a digest over all bytes. Of two
// copies that differ, the one of the higher generation counts.
type Twin[T any] struct {
	FS     FS
	Name   string
	Decode func(data []byte) (value T, generation uint64, err error)
}

// Copy is how one of the two copies was found.
type Copy struct {
	Name string
	// Err is nil, fs.ErrNotExist, or why Decode refused it.
	Err        error
	Generation uint64
}

// Read returns the newest copy that Decode takes, and how both were found. It fails with
// fs.ErrNotExist when there is none, and with ErrDamaged, joined with Decode's error, when there is no good one.
func (t Twin[T]) Read() (T, [2]Copy, error) {
	var best T
	var copies [2]Copy
	found := -1
	for i := range copies {
		c := Copy{Name: t.Name + suffix[i]}
		var value T
		value, c.Generation, c.Err = t.read(c.Name)
		if c.Err == nil && (found < 0 || c.Generation > copies[found].Generation) {
			best, found = value, i
		}
		copies[i] = c
	}
	switch {
	case found >= 0:
		return best, copies, nil
	case errors.Is(copies[0].Err, fs.ErrNotExist) && errors.Is(copies[1].Err, fs.ErrNotExist):
		return best, copies, copies[0].Err
	case errors.Is(copies[0].Err, fs.ErrNotExist):
		return best, copies, errors.Join(ErrDamaged, copies[1].Err)
	}
	return best, copies, errors.Join(ErrDamaged, copies[0].Err)
}

var suffix = [2]string{".a", ".b"}

func (t Twin[T]) read(name string) (value T, generation uint64, err error) {
	data, err := ReadAll(t.FS, name, maxTwinBytes)
	if err != nil {
		return value, 0, err
	}
	return t.Decode(data)
}

// Write replaces both copies, one after the other. After an error, or a kill, the old value or the
// new one is read; when it returns nil, the new one lasts and the old one is gone.
func (t Twin[T]) Write(data []byte) error {
	for _, s := range suffix {
		if err := Replace(t.FS, t.Name+s, data); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes both copies for good.
func (t Twin[T]) Remove() error {
	for _, s := range suffix {
		if err := t.FS.Remove(t.Name + s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return t.FS.SyncFolder(path.Dir(t.Name))
}

// Replace writes a file as a whole: after a crash it is the old one or the new one.
func Replace(fsys FS, name string, data []byte) error {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	half := name + Half + hex.EncodeToString(random[:])
	out, err := fsys.Create(half)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = fsys.Rename(half, name)
	}
	if err != nil {
		_ = fsys.Remove(half) // half written; the error above is the one that counts
		return err
	}
	return fsys.SyncFolder(path.Dir(name))
}

// ReadAll reads a file of at most limit bytes.
func ReadAll(fsys FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, errors.New("it is larger than any that INOS writes")
	}
	data := make([]byte, size)
	if n, err := f.ReadAt(data, 0); err != nil && (!errors.Is(err, io.EOF) || int64(n) < size) {
		return nil, err
	}
	return data, nil
}

// Sweep removes what writers that were killed left half written in a folder. Nobody may be writing
// there meanwhile.
func Sweep(fsys FS, folder string) error {
	entries, err := fsys.List(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Folder && strings.Contains(e.Name, Half) {
			if err := fsys.Remove(path.Join(folder, e.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
