package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock of an open file unless another one has it.
func tryLock(file *os.File) (bool, error) { return try(file, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// tryShare takes the lock of an open file beside others that share it.
func tryShare(file *os.File) (bool, error) { return try(file, 0) }

func try(file *os.File, how uint32) (bool, error) {
	how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), how, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
