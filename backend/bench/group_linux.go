package bench

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup keeps a terminal's Ctrl+C from a program that is started: this process hears it, keeps
// what was measured, and ends the program by its context.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// keepOrphans makes descendants that outlive their parents, as WebKit's processes do for a moment,
// children of this process: else what they took would count as other programs' work.
func keepOrphans() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
