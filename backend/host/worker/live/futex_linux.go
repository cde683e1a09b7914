package live

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	futexWaitBitset = 9
	futexWake       = 1
	futexPrivate    = 128
	futexAnyBit     = ^uintptr(0) >> 32
)

// sleep blocks the thread while *word is value, at most until a point of CLOCK_MONOTONIC in
// nanoseconds (0: no end). It may return for no reason. A sleep in the futex keeps a deadline as
// well as clock_nanosleep does, and can be cut short.
func sleep(word *uint32, value uint32, untilNs uint64) {
	var until *unix.Timespec
	if untilNs != 0 {
		ts := unix.NsecToTimespec(int64(untilNs))
		until = &ts
	}
	syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitBitset|futexPrivate,
		uintptr(value), uintptr(unsafe.Pointer(until)), 0, futexAnyBit)
}

// wake ends all sleeps on the word.
func wake(word *uint32) {
	const everybody = 1 << 30
	syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake|futexPrivate,
		everybody, 0, 0, 0)
}
