//go:build unix

package hostile

import "syscall"

// pipe makes a named pipe that nobody writes into: who opens it to read waits for ever.
func pipe(path string) error { return syscall.Mkfifo(path, 0o600) }
