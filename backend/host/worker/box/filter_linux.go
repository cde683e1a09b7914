//go:build linux && (amd64 || arm64)

package box

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allowed are the system calls that Go's runtime and the worker need after the box is closed, and
// that can do no harm whatever their arguments. Found with Go 1.26 and wazero 1.12; those with
// arguments to check stand in filter.
var allowed = []uint32{
	unix.SYS_FUTEX, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_SCHED_YIELD,
	unix.SYS_RESTART_SYSCALL, unix.SYS_CLOCK_GETTIME,
	unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_CLOSE, unix.SYS_FSTAT,
	unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}

// threadFlags are exactly what Go passes to clone; any other use of it starts no process.
const threadFlags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND |
	unix.CLONE_SYSVSEM | unix.CLONE_THREAD | threadTLS

const stderr = 2

// filter is the program that the system runs for every system call; deny is what it returns for
// those not allowed.
func filter(sock int, poll pollFDs, deny uint32) []unix.SockFilter {
	var p program
	p.architecture()
	for _, nr := range allowed {
		p.allow(nr)
	}
	p.allowEqual(unix.SYS_RECVMSG, 0, uint32(sock))
	p.allowEqual(unix.SYS_SENDMSG, 0, uint32(sock))
	p.allowEqual(unix.SYS_WRITE, 0, uint32(sock)) // the fault report
	p.allowEqual(unix.SYS_WRITE, 0, stderr)       // Go's last words
	p.allowEqual(unix.SYS_EPOLL_PWAIT, 0, uint32(poll.epoll))
	p.allowEqual(unix.SYS_WRITE, 0, uint32(poll.event))
	p.allowEqual(unix.SYS_READ, 0, uint32(poll.event))
	p.allowEqual(unix.SYS_FCNTL, 1, unix.F_GET_SEALS) // of a granted segment
	p.allowClear(unix.SYS_MMAP, 2, unix.PROT_EXEC)
	p.allowClear(unix.SYS_MPROTECT, 2, unix.PROT_EXEC)
	p.allowEqual(unix.SYS_TGKILL, 0, uint32(os.Getpid())) // Go's preemption and crash
	p.allowEqual(unix.SYS_SCHED_SETAFFINITY, 0, 0)        // of the calling thread
	p.allowEqual(unix.SYS_CLONE, 0, threadFlags)
	p.answer(unix.SYS_CLONE3, unix.ENOSYS)
	p.answer(unix.SYS_PRCTL, unix.EINVAL) // Go names its mappings
	p.end(deny)
	return p
}

// program is a seccomp filter in the making: classic BPF over struct seccomp_data.
type program []unix.SockFilter

// Offsets in struct seccomp_data.
const (
	numberAt = 0
	archAt   = 4
)

// argumentAt is the lower half of an argument, on a little-endian machine.
func argumentAt(i uint32) uint32 { return 16 + 8*i }

const (
	load      = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	jumpEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpAbove = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jumpSet   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret       = unix.BPF_RET | unix.BPF_K
)

func (p *program) add(code uint16, k uint32) { p.jump(code, k, 0, 0) }

func (p *program) jump(code uint16, k uint32, yes, no uint8) {
	*p = append(*p, unix.SockFilter{Code: code, Jt: yes, Jf: no, K: k})
}

// architecture ends the process that makes a system call of another architecture, whose numbers
// mean something else.
func (p *program) architecture() {
	p.add(load, archAt)
	p.jump(jumpEqual, auditArch, 1, 0)
	p.add(ret, unix.SECCOMP_RET_KILL_PROCESS)
	p.add(load, numberAt)
	p.jump(jumpAbove, firstForeign, 0, 1)
	p.add(ret, unix.SECCOMP_RET_KILL_PROCESS)
}

func (p *program) allow(nr uint32) {
	p.jump(jumpEqual, nr, 0, 1)
	p.add(ret, unix.SECCOMP_RET_ALLOW)
}

// allowEqual allows nr if an argument has the value.
func (p *program) allowEqual(nr, argument, value uint32) {
	p.jump(jumpEqual, nr, 0, 4)
	p.add(load, argumentAt(argument))
	p.jump(jumpEqual, value, 0, 1)
	p.add(ret, unix.SECCOMP_RET_ALLOW)
	p.add(load, numberAt)
}

// allowClear allows nr if an argument has none of the bits.
func (p *program) allowClear(nr, argument, bits uint32) {
	p.jump(jumpEqual, nr, 0, 4)
	p.add(load, argumentAt(argument))
	p.jump(jumpSet, bits, 1, 0)
	p.add(ret, unix.SECCOMP_RET_ALLOW)
	p.add(load, numberAt)
}

// answer lets nr fail with an error that Go copes with.
func (p *program) answer(nr uint32, errno unix.Errno) {
	p.jump(jumpEqual, nr, 0, 1)
	p.add(ret, unix.SECCOMP_RET_ERRNO|uint32(errno))
}

func (p *program) end(deny uint32) { p.add(ret, deny) }

// install puts the filter on all threads at once.
func install(p []unix.SockFilter) error {
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("seccomp: thread %d could not be synchronised", thread)
	}
	return nil
}
