//go:build linux && (amd64 || arm64) && probe

package box

import "golang.org/x/sys/unix"

// denied is a variable in the program that probes the box, which never leaves the test: it has to
// live on to try the next call.
var denied uint32 = unix.SECCOMP_RET_KILL_PROCESS

// Survive lets forbidden calls fail instead of ending the process.
func Survive() { denied = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM) }
