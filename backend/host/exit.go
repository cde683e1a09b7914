package host

import (
	"fmt"
	"strings"
	"time"

	"inos/backend/fault"
	"inos/backend/wire"
)

// exitRuntime is the exit status of Go's own fatal errors and panics.
const exitRuntime = 2

// Guest addresses of the window region (plugins/SPEC.md).
const (
	windowsFrom  = 0x4000_0000
	payloadsFrom = 0x6800_0000
	windowsTo    = 0x8000_0000
)

// faultPresent is bit 0 of the x86-64 page-fault error code: the page was there, the right was not.
const faultPresent = 1

// exitStatus is how a process ended, free of any one system's types.
type exitStatus struct {
	code         int  // exit status, -1 when a signal ended it
	killed       bool // by SIGKILL
	badSyscall   bool // by SIGSYS: the sandbox
	signal       string
	stderr       string
	stderrMissed int // bytes that were not kept
	cpu          time.Duration
}

// explain says why the worker ended. The caller holds w.mu.
func (w *Worker) explain(x exitStatus) error {
	switch {
	case w.reason != nil && (x.killed || x.code == 0 || x.code == wire.ExitTrap):
		return w.reason
	case w.failed != nil && x.code == wire.ExitTrap:
		return w.failed
	case x.code == wire.ExitFault && w.guest != nil:
		return w.fault(w.faultText())
	case x.badSyscall:
		return w.death(fault.Denied, "it tried a forbidden system call; the sandbox ended it",
			"the plugin may have broken out of its runtime; remove it unless you trust it")
	case x.killed:
		return w.death(fault.Crash, "its worker was killed from outside",
			"the system kills when memory runs out; see dmesg")
	case x.code == exitRuntime && x.outOfMemory():
		if w.compiling() {
			return w.death(fault.Memory, "compiling it takes too much memory", smallFunctions)
		}
		return w.death(fault.Memory, "its worker ran out of memory", "")
	case w.reason != nil:
		return w.reason
	}
	return w.death(fault.Crash, "its worker crashed: "+w.confided.hide(x.describe()), "")
}

func (w *Worker) death(kind fault.Kind, message, next string) error {
	return fault.New(opEnd, kind, w.plugin.Manifest.ID, message, next)
}

func (w *Worker) fault(message string) error {
	return fault.New(opEnd, fault.Fault, w.plugin.Manifest.ID, message, "")
}

// faultText tells what the guest did. Only once a page had been touched does the processor say for
// certain that it was read-only; before, a write among the payloads of a call with inputs may have
// hit one of them, or have missed every window.
func (w *Worker) faultText() string {
	f := w.guest
	at := fmt.Sprintf("guest address %#x", f.Address)
	window := f.Address >= windowsFrom && f.Address < windowsTo
	switch {
	case f.IsWrite() && f.Code&faultPresent != 0:
		return "it wrote to a read-only window at " + at
	case f.IsWrite() && f.Address >= payloadsFrom && window && w.inputs:
		return "it wrote to a read-only window at " + at + ", or past the end of a window"
	case f.IsWrite() && window:
		return "it wrote outside its windows at " + at
	case f.IsWrite():
		return "it wrote to memory that is not its own at " + at
	case window:
		return "it read outside its windows at " + at
	default:
		return "it read memory that is not its own at " + at
	}
}

// outOfMemory knows the words of Go's runtime.
func (x exitStatus) outOfMemory() bool {
	return strings.Contains(x.stderr, "out of memory") ||
		strings.Contains(x.stderr, "cannot allocate memory")
}

// describe is the end in words, with the worker's last words where it had any.
func (x exitStatus) describe() string {
	how := fmt.Sprintf("exit status %d", x.code)
	if x.signal != "" {
		how = "signal " + x.signal
	}
	first, _, _ := strings.Cut(strings.TrimSpace(cleanText(x.stderr)), "\n")
	if first == "" {
		return how
	}
	return how + ": " + first
}
