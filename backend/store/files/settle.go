package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"inos/backend/store/tree"
)

// tempPrefix and 24 hex digits are the name of what is not whole yet.
const tempPrefix = ".inos-restore-"

var (
	errOther = errors.New("something else of that name is there")
	errKept  = errors.New("something else of that name is there and was kept")
)

func (r *restoring) temporary() string {
	return fmt.Sprintf("%s%s%08x", tempPrefix, r.token, uint32(r.serial.Add(1)))
}

func isTemporary(name string) bool {
	digits, ok := strings.CutPrefix(name, tempPrefix)
	return ok && len(digits) == 24 && strings.Trim(digits, "0123456789abcdef") == ""
}

// sweep removes what a restoring that was killed left in a folder.
func (r *restoring) sweep(p *place) {
	names, err := p.dir.names()
	if err != nil {
		return // it costs room, no more
	}
	for _, name := range names {
		if isTemporary(name) && p.dir.abandoned(name) {
			_ = p.dir.remove(name) // as above
		}
	}
}

// settle gives what is whole its name, or removes it. What has that name gives way if it has the same
// content, or if the user said so.
func (r *restoring) settle(p *place, temp, name string) error {
	err := p.dir.rename(temp, name, r.options.Overwrite)
	switch {
	case err == nil:
		return nil
	case isFolder(p.dir, name):
		err = errOther
	case errors.Is(err, fs.ErrExist):
		if err = errKept; sameContent(p.dir, temp, name) {
			err = p.dir.rename(temp, name, true)
		}
	}
	if err != nil {
		_ = p.dir.remove(temp) // the error above is the one that counts
	}
	return err
}

// isFolder is about what never gives way.
func isFolder(d dir, name string) bool {
	s, err := d.look(name)
	return err == nil && s.mode.IsDir()
}

// sameContent compares two files; what is no file has no content.
func sameContent(d dir, a, b string) bool {
	first, err := d.open(a, a)
	if err != nil {
		return false
	}
	defer first.Close()
	second, err := d.open(b, b)
	if err != nil {
		return false
	}
	defer second.Close()
	s, err := lookAt(first)
	t, err2 := lookAt(second)
	if err != nil || err2 != nil || !s.mode.IsRegular() || !t.mode.IsRegular() || s.size != t.size {
		return false
	}
	return sameBytes(first, second, s.size)
}

// sameBytes passes over what is a hole in both.
func sameBytes(a, b *os.File, size int64) bool {
	first, second := make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(first)) {
		from, _, err := nextData(a, at, size)
		from2, _, err2 := nextData(b, at, size)
		if at = min(from, from2); err != nil || err2 != nil {
			return false
		}
		n := min(int64(len(first)), size-at)
		got, _ := a.ReadAt(first[:n], at) // an error shows in its length
		got2, _ := b.ReadAt(second[:n], at)
		if int64(got) != n || int64(got2) != n || !bytes.Equal(first[:n], second[:n]) {
			return false
		}
	}
	return true
}

// symlink writes a link, whose target is a text here and nothing more.
func (r *restoring) symlink(p *place, e *tree.Entry) {
	if r.ctx.Err() != nil {
		return
	}
	name, target := string(e.Name), string(e.Target)
	err := p.dir.symlink(target, name)
	if errors.Is(err, fs.ErrExist) {
		err = r.replaceLink(p, name, target)
	}
	if err == nil {
		err = p.dir.setTime(name, e.Sec, e.Nsec)
	}
	if err != nil {
		r.fail(p, name, err)
		return
	}
	r.count(0, 0, 1, 0)
}

func (r *restoring) replaceLink(p *place, name, target string) error {
	if there, err := p.dir.readlink(name); err == nil && there == target {
		return nil
	}
	switch {
	case isFolder(p.dir, name):
		return errOther
	case !r.options.Overwrite:
		return errKept
	}
	temp := r.temporary()
	if err := p.dir.symlink(target, temp); err != nil {
		return err
	}
	return r.settle(p, temp, name)
}
