//go:build linux && (amd64 || arm64)

package box

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxFDs is how many descriptors a worker may have open; the segments of one call need the most.
const maxFDs = 64

// CloseStrayFDs closes every descriptor above last: whatever the process inherited by accident.
// It must come first, before anything of the program has opened one.
func CloseStrayFDs(last int) error {
	return os.NewSyscallError("close_range", unix.CloseRange(uint(last+1), ^uint(0), 0))
}

// Close closes the box around all threads, now and later; sock stays usable. Only a failure that
// leaves less than seccomp is an error; where there is no seccomp, the report says so and the
// caller decides.
func Close(sock int, limits Limits) (Report, error) {
	poll, err := startNetpoller()
	if err != nil {
		return Report{}, err
	}
	if err := setLimits(limits); err != nil {
		return Report{}, err
	}
	if err := noNewPrivileges(); err != nil {
		return Report{}, err
	}
	abi, err := landlock()
	if err != nil {
		return Report{}, err
	}
	report := Report{LandlockABI: abi}
	report.SeccompErr = install(filter(sock, poll, denied))
	report.Seccomp = report.SeccompErr == nil
	return report, nil
}

// BoundData bounds the private writable memory that the process may take beside what it has, until
// Close sets the final bound.
func BoundData(more uint64) error {
	var bound unix.Rlimit
	have, err := dataBytes()
	if err != nil {
		return err
	}
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &bound); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	bound.Cur = min(have+more, bound.Max)
	return os.NewSyscallError("setrlimit", unix.Setrlimit(unix.RLIMIT_DATA, &bound))
}

// dataBytes is what counts against RLIMIT_DATA; the kernel's figure holds the stack, too.
func dataBytes() (uint64, error) {
	const dataField = 5 // of /proc/self/statm, in pages
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) <= dataField {
		return 0, fmt.Errorf("/proc/self/statm: %q", text)
	}
	pages, err := strconv.ParseUint(fields[dataField], 10, 64)
	return pages * uint64(os.Getpagesize()), err
}

func setLimits(l Limits) error {
	have, err := dataBytes()
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_MEMLOCK, 0},
		{unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_NOFILE, maxFDs},
		{unix.RLIMIT_DATA, have + l.DataBytes},
	} {
		bound := unix.Rlimit{Cur: limit.value, Max: limit.value}
		if err := unix.Setrlimit(limit.resource, &bound); err != nil {
			return fmt.Errorf("resource limit %d: %w", limit.resource, err)
		}
	}
	return nil
}

func noNewPrivileges() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	return nil
}

// pollFDs are the descriptors of Go's netpoller.
type pollFDs struct{ epoll, event int }

// startNetpoller makes Go open its poller now: doing it later would be forbidden, and Go ends the
// process when it fails.
func startNetpoller() (pollFDs, error) {
	time.AfterFunc(time.Hour, func() {}).Stop()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return pollFDs{}, err
	}
	null.Close()
	fds := pollFDs{-1, -1}
	for fd := range maxFDs {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		switch {
		case err != nil:
		case strings.HasSuffix(target, "[eventpoll]"):
			fds.epoll = fd
		case strings.HasSuffix(target, "[eventfd]"):
			fds.event = fd
		}
	}
	if fds.epoll < 0 || fds.event < 0 {
		return fds, fmt.Errorf("the runtime's poller was not found")
	}
	return fds, nil
}

// ruleset is struct landlock_ruleset_attr.
type ruleset struct{ filesystem, network, scoped uint64 }

const (
	// filesystemRights are those of landlock ABI 1.
	filesystemRights = 1<<13 - 1
	// scopedRights are abstract sockets and signals.
	scopedRights = 1<<0 | 1<<1
)

// landlock handles every right that the running kernel knows and allows none of them. ABI 0: the
// kernel has none (ENOSYS) or it is switched off (EOPNOTSUPP).
func landlock() (abi int, err error) {
	version, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0,
		unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno == unix.ENOSYS || errno == unix.EOPNOTSUPP {
		return 0, nil
	}
	if errno != 0 {
		return 0, fmt.Errorf("landlock: %w", errno)
	}
	rules, size := rulesFor(int(version))
	fd, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&rules)), size, 0)
	if errno != 0 {
		return 0, fmt.Errorf("landlock ruleset: %w", errno)
	}
	defer unix.Close(int(fd))
	_, _, errno = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0)
	if errno != 0 {
		return 0, fmt.Errorf("landlock restrict: %w", errno)
	}
	return int(version), nil
}

func rulesFor(abi int) (r ruleset, size uintptr) {
	r.filesystem, size = filesystemRights, 8
	if abi >= 2 {
		r.filesystem |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		r.filesystem |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 4 {
		r.network = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size = 16
	}
	if abi >= 5 {
		r.filesystem |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if abi >= 6 {
		r.scoped, size = scopedRights, 24
	}
	return r, size
}
