//go:build unix

package frames

import "golang.org/x/sys/unix"

// duplicate gives a second descriptor of the same file, so that its owner may close the first.
func duplicate(fd int) (int, error) {
	return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
}
