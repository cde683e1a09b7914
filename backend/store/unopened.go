package store

import (
	"errors"
	"path"
	"strings"

	"inos/backend/fault"
	"inos/backend/store/disk"
)

// unopened is why a space cannot be opened: nobody knows its name, so it is called by its folder.
func unopened(id string, err error) error {
	subject, folder := "space "+id, path.Join(spacesFolder, id)
	if remedy := fault.DiskRemedy(err); remedy != "" || !errors.Is(err, disk.ErrDamaged) {
		return fault.Wrap(opStore, fault.Unavailable, subject, line{err, ": "}, remedy)
	}
	return fault.Wrap(opStore, fault.Damaged, subject, line{err, ": "}, "restore space.a or space.b of the folder "+
		folder+" from a backup: without it the content of that space cannot be read")
}

// several makes one error of those of several spaces.
func several(errs []error) error {
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	kind := fault.KindOf(errs[0])
	return fault.Wrap(opStore, kind, "the store", line{errors.Join(errs...), "; "}, "")
}

// line is an error in one line.
type line struct {
	error
	joint string
}

func (l line) Error() string { return strings.ReplaceAll(l.error.Error(), "\n", l.joint) }
func (l line) Unwrap() error { return l.error }
