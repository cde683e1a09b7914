//go:build unix

package main

import (
	"os"
	"syscall"
)

// replace becomes another program.
func replace(path string, args []string) error {
	return syscall.Exec(path, append([]string{path}, args...), os.Environ())
}
