//go:build unix

package disk

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// openFlags keep a pipe or a device from being waited for, and a link from leading elsewhere.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW

// openError says what a link, or a socket, is.
func openError(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) && (errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.ENXIO)) {
		return &fs.PathError{Op: at.Op, Path: at.Path, Err: ErrForeign}
	}
	return err
}
