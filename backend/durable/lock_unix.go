//go:build unix

package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file unless another one has it.
func tryLock(file *os.File) (bool, error) { return try(file, unix.LOCK_EX) }

// tryShare takes the lock of an open file beside others that share it.
func tryShare(file *os.File) (bool, error) { return try(file, unix.LOCK_SH) }

func try(file *os.File, how int) (bool, error) {
	err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return err == nil, err
}
