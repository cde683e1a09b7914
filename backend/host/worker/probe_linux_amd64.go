//go:build probe

package worker

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"inos/backend/host/worker/box"
	"inos/backend/wire"
)

// This file is in no program that is shipped. A test builds it in, to try from inside the closed
// box what code that has broken out of a guest might try.

func init() {
	if len(os.Args) > 1 && os.Args[1] == "survive" {
		box.Survive()
	}
}

// probe runs after the box is closed and tells each attempt's outcome in a log line: the name of
// an error, or "ALLOWED".
func probe(s *session) {
	if len(os.Args) < 2 {
		return
	}
	var parent uintptr // getppid is forbidden by now
	if _, err := fmt.Sscan(os.Args[2], &parent); err != nil {
		panic(err)
	}
	for _, a := range attempts(parent) {
		s.send(&wire.Message{Kind: wire.KindLog, Log: wire.Log{Text: a.name + ": " + a.try()}})
	}
}

type attempt struct {
	name string
	try  func() string
}

func outcome(number uintptr, args ...uintptr) string {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return unix.ErrnoName(errno)
	}
	return "ALLOWED"
}

func address[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }

func text(s string) uintptr { return address(unsafe.StringData(s + "\x00")) }

const (
	here        = ^uintptr(99) // AT_FDCWD
	anonymous   = unix.MAP_PRIVATE | unix.MAP_ANON
	executable  = unix.PROT_READ | unix.PROT_EXEC
	noFD        = ^uintptr(0)
	page        = 4096
	tcpAddress  = "\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
	openHowSize = 24
)

func attempts(parent uintptr) []attempt {
	path, program := text("/etc/passwd"), text("/bin/true")
	argv := &[2]uintptr{program, 0}
	zeros := &[512]byte{}
	limit := &unix.Rlimit{Cur: 1024, Max: 1024}
	call := func(name string, number uintptr, args ...uintptr) attempt {
		return attempt{name, func() string { return outcome(number, args...) }}
	}
	return []attempt{
		call("open", unix.SYS_OPEN, path, 0),
		call("openat", unix.SYS_OPENAT, here, path, 0),
		call("openat2", unix.SYS_OPENAT2, here, path, address(zeros), openHowSize),
		call("unlink", unix.SYS_UNLINK, path),
		call("mkdir", unix.SYS_MKDIR, path, 0),
		call("stat", unix.SYS_STAT, path, address(zeros)),
		call("inet socket", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 0),
		call("unix socket", unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM, 0),
		call("socketpair", unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, address(zeros)),
		call("connect", unix.SYS_CONNECT, 3, text(tcpAddress), uintptr(len(tcpAddress))),
		call("execve", unix.SYS_EXECVE, program, address(argv), 0),
		call("execveat", unix.SYS_EXECVEAT, here, program, address(argv), 0, 0),
		call("ptrace the kernel", unix.SYS_PTRACE, unix.PTRACE_ATTACH, parent, 0, 0),
		call("ptrace me", unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0),
		call("read the kernel's memory", unix.SYS_PROCESS_VM_READV, parent, 0, 0, 0, 0, 0),
		call("kill", unix.SYS_KILL, parent, 0),
		call("tgkill", unix.SYS_TGKILL, parent, parent, 0),
		call("pidfd_open", unix.SYS_PIDFD_OPEN, parent, 0),
		call("fork", unix.SYS_FORK),
		call("clone as a process", unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0),
		call("clone with a namespace", unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD), 0, 0, 0, 0),
		call("clone3", unix.SYS_CLONE3, address(zeros), 88),
		call("unshare", unix.SYS_UNSHARE, unix.CLONE_NEWUSER),
		call("mmap executable", unix.SYS_MMAP, 0, page, executable, anonymous, noFD, 0),
		{"mprotect executable", func() string { return protectExecutable(unix.SYS_MPROTECT) }},
		{"pkey_mprotect executable", func() string { return protectExecutable(unix.SYS_PKEY_MPROTECT) }},
		call("memfd_create", unix.SYS_MEMFD_CREATE, path, 0),
		call("bpf", unix.SYS_BPF, 0, 0, 0),
		call("io_uring_setup", unix.SYS_IO_URING_SETUP, 1, address(zeros)),
		call("userfaultfd", unix.SYS_USERFAULTFD, 0),
		call("prctl", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1),
		call("ioctl", unix.SYS_IOCTL, 2, unix.TIOCSTI, path),
		call("fcntl", unix.SYS_FCNTL, 2, unix.F_DUPFD, 0),
		call("dup", unix.SYS_DUP, 2),
		call("read stdin", unix.SYS_READ, 0, address(zeros), 0),
		call("write stdout", unix.SYS_WRITE, 1, path, 0),
		call("rt_sigaction", unix.SYS_RT_SIGACTION, uintptr(unix.SIGUSR1), 0, 0, 8),
		call("prlimit64", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, address(limit), 0),
		call("setpriority", unix.SYS_SETPRIORITY, 0, 0, 0),
		call("setuid", unix.SYS_SETUID, 0),
		call("chroot", unix.SYS_CHROOT, path),
		call("mount", unix.SYS_MOUNT, path, path, 0, 0, 0),
		call("perf_event_open", unix.SYS_PERF_EVENT_OPEN, address(zeros), 0, 0, noFD, 0),
		call("affinity of another", unix.SYS_SCHED_SETAFFINITY, parent, 128, address(zeros)),
		{"openat from a later thread", laterThread},
		{"os.Open", func() string {
			_, err := os.Open("/etc/passwd")
			return fmt.Sprint(err)
		}},
	}
}

func protectExecutable(number uintptr) string {
	b, err := unix.Mmap(-1, 0, page, unix.PROT_READ|unix.PROT_WRITE, anonymous)
	if err != nil {
		return "ALLOWED, but for a page: " + err.Error()
	}
	return outcome(number, address(&b[0]), page, executable, noFD)
}

// laterThread makes a thread after the filter was installed.
func laterThread() string {
	answer := make(chan string)
	go func() {
		runtime.LockOSThread()
		answer <- outcome(unix.SYS_OPENAT, here, text("/etc/passwd"), 0)
	}()
	return <-answer
}
