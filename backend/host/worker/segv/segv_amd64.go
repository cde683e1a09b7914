//go:build linux && amd64

package segv

//lint:file-ignore U1000 the assembly reads these variables and is the handler

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"inos/backend/wire"
)

// maxReport bounds the report, which must lie where it never moves.
const maxReport = 256

// What the handler reads. It runs on the signal stack of any thread, possibly in the middle of
// machine code that Go knows nothing of, so it touches nothing else.
var (
	low, high, sock, chained     uintptr
	report                       [maxReport]byte
	reportLen                    uintptr
	addressWord, ipWord, errWord uintptr
)

func handler()

// handlerAddress returns the handler's own address, not that of a Go wrapper.
func handlerAddress() uintptr

// kernelAction is struct sigaction as the kernel has it.
type kernelAction struct{ handler, flags, restorer, mask uintptr }

// signalSetBytes is the size of the kernel's signal set.
const signalSetBytes = 8

// Install puts the handler before Go's for SIGSEGV and SIGBUS. A fault at an address in [from, to)
// is reported on the socket, any other goes on to Go's handler. It keeps Go's flags, so that the
// handler runs on Go's signal stacks, and is called once.
func Install(from, to uintptr, socket int, t wire.FaultTemplate) error {
	if len(t.Bytes) > maxReport {
		return fmt.Errorf("fault report of %d bytes, at most %d", len(t.Bytes), maxReport)
	}
	low, high, sock = from, to, uintptr(socket)
	reportLen = uintptr(copy(report[:], t.Bytes))
	base := uintptr(unsafe.Pointer(&report))
	addressWord = base + uintptr(t.AddressAt)
	ipWord = base + uintptr(t.IPAt)
	errWord = base + uintptr(t.CodeAt)
	for _, signal := range []unix.Signal{unix.SIGSEGV, unix.SIGBUS} {
		if err := replace(signal); err != nil {
			return fmt.Errorf("handler of %v: %w", signal, err)
		}
	}
	return nil
}

func replace(signal unix.Signal) error {
	var action kernelAction
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), 0,
		uintptr(unsafe.Pointer(&action)), signalSetBytes, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("rt_sigaction", errno)
	}
	if action.handler == handlerAddress() {
		return nil
	}
	chained = action.handler // Go has one for all signals
	action.handler = handlerAddress()
	_, _, errno = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal),
		uintptr(unsafe.Pointer(&action)), 0, signalSetBytes, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("rt_sigaction", errno)
	}
	return nil
}
