package bench

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps a terminal's Ctrl+C from a program that is started: this process hears it, keeps
// what was measured, and ends the program by its context.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
