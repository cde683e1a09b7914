package fault

import (
	"errors"
	"io/fs"
	"syscall"
)

// DiskRemedy is what the user can do about a file or a folder that could not be written; empty: it
// is not for want of room or of a right.
func DiskRemedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "make room on the disk"
	case errors.Is(err, syscall.EDQUOT):
		return "your quota of the disk is used up: make room"
	case errors.Is(err, syscall.EROFS):
		return "the disk can only be read: choose another folder"
	case errors.Is(err, fs.ErrPermission):
		return "you may not write there: change its permissions, or choose another folder"
	}
	return ""
}
