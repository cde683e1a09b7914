package node

import (
	"errors"

	"golang.org/x/sys/unix"
)

// readOnly says that a file system refuses to be written.
func readOnly(err error) bool { return errors.Is(err, unix.EROFS) }
