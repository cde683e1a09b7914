//go:build linux && (amd64 || arm64)

package box

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestRulesFitTheLandlockTheyAreFor(t *testing.T) {
	for _, c := range []struct {
		abi          int
		size         uintptr
		last         uint64 // the newest filesystem right that the ABI knows
		network, ipc bool
	}{
		{1, 8, unix.LANDLOCK_ACCESS_FS_MAKE_SYM, false, false},
		{2, 8, unix.LANDLOCK_ACCESS_FS_REFER, false, false},
		{3, 8, unix.LANDLOCK_ACCESS_FS_TRUNCATE, false, false},
		{4, 16, unix.LANDLOCK_ACCESS_FS_TRUNCATE, true, false},
		{5, 16, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, false},
		{6, 24, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, true},
		{99, 24, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, true},
	} {
		r, size := rulesFor(c.abi)
		if size != c.size || r.filesystem != c.last*2-1 || (r.network != 0) != c.network ||
			(r.scoped != 0) != c.ipc {
			t.Errorf("ABI %d: %+v in %d bytes", c.abi, r, size)
		}
	}
}

// run is what the kernel does with a filter.
func run(t *testing.T, p []unix.SockFilter, data map[uint32]uint32) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(p); pc++ {
		i := p[pc]
		jump := func(yes bool) {
			if yes {
				pc += int(i.Jt)
			} else {
				pc += int(i.Jf)
			}
		}
		switch i.Code {
		case load:
			a = data[i.K]
		case jumpEqual:
			jump(a == i.K)
		case jumpAbove:
			jump(a >= i.K)
		case jumpSet:
			jump(a&i.K != 0)
		case ret:
			return i.K
		default:
			t.Fatalf("instruction %#x", i.Code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

func TestTheFilterLooksAtArguments(t *testing.T) {
	const sock, deny = 3, 0xdead
	p := filter(sock, pollFDs{epoll: 4, event: 5}, deny)
	call := func(number uint32, args ...uint32) map[uint32]uint32 {
		data := map[uint32]uint32{numberAt: number, archAt: auditArch}
		for i, v := range args {
			data[argumentAt(uint32(i))] = v
		}
		return data
	}
	foreign := call(unix.SYS_GETPID)
	foreign[archAt]++
	for name, c := range map[string]struct {
		data map[uint32]uint32
		want uint32
	}{
		"futex":                  {call(unix.SYS_FUTEX), unix.SECCOMP_RET_ALLOW},
		"another architecture":   {foreign, unix.SECCOMP_RET_KILL_PROCESS},
		"a send on the socket":   {call(unix.SYS_SENDMSG, sock), unix.SECCOMP_RET_ALLOW},
		"a send elsewhere":       {call(unix.SYS_SENDMSG, 7), deny},
		"stderr":                 {call(unix.SYS_WRITE, 2), unix.SECCOMP_RET_ALLOW},
		"stdout":                 {call(unix.SYS_WRITE, 1), deny},
		"a mapping":              {call(unix.SYS_MMAP, 0, 0, unix.PROT_READ), unix.SECCOMP_RET_ALLOW},
		"an executable mapping":  {call(unix.SYS_MMAP, 0, 0, unix.PROT_EXEC), deny},
		"an executable mprotect": {call(unix.SYS_MPROTECT, 0, 0, unix.PROT_EXEC|1), deny},
		"a thread":               {call(unix.SYS_CLONE, threadFlags), unix.SECCOMP_RET_ALLOW},
		"a process":              {call(unix.SYS_CLONE, uint32(unix.SIGCHLD)), deny},
		"a traced thread":        {call(unix.SYS_CLONE, threadFlags|unix.CLONE_PTRACE), deny},
		"seals":                  {call(unix.SYS_FCNTL, 9, unix.F_GET_SEALS), unix.SECCOMP_RET_ALLOW},
		"a duplicate":            {call(unix.SYS_FCNTL, 9, unix.F_DUPFD), deny},
		"clone3":                 {call(unix.SYS_CLONE3), unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		"openat":                 {call(unix.SYS_OPENAT), deny},
		"socket":                 {call(unix.SYS_SOCKET), deny},
		"an unknown call":        {call(9999), deny},
	} {
		if got := run(t, p, c.data); got != c.want {
			t.Errorf("%s: %#x, want %#x", name, got, c.want)
		}
	}
}
