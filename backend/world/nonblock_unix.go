//go:build unix

package world

import "syscall"

// nonBlocking keeps the opening of a pipe, put in place of a file in time, from waiting for ever.
const nonBlocking = syscall.O_NONBLOCK
