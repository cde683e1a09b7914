//go:build linux

package worker_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"inos/backend/wire"
)

// withoutEnv makes this test program an older system: it forbids itself the named features and
// becomes the worker.
const withoutEnv = "INOS_TEST_WITHOUT"

var features = map[string][]uint32{
	"seccomp": {unix.SYS_SECCOMP},
	"landlock": {
		unix.SYS_LANDLOCK_CREATE_RULESET, unix.SYS_LANDLOCK_ADD_RULE, unix.SYS_LANDLOCK_RESTRICT_SELF,
	},
}

// becomeOlder never returns.
func becomeOlder(names, program string) {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}}
	for _, name := range strings.Split(names, ",") {
		for _, nr := range features[name] {
			filter = append(filter,
				unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
				unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
		}
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW})
	if err := install(filter); err == nil {
		err = syscall.Exec(program, []string{program}, nil)
		fmt.Fprintln(os.Stderr, err)
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

func install(filter []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER,
		uintptr(unsafe.Pointer(&program)), 0, 0)
}

func TestWithoutSeccompNoPluginRuns(t *testing.T) {
	k, a := start(t, testPlugin().Bytes(), options{without: "seccomp"})
	if a == nil || a.Kind != wire.KindFailed || a.Failed.Kind != wire.FailSandbox {
		t.Fatalf("answer %+v, stderr %s", a, k.stderr.String())
	}
	if status := k.exit(); status.ExitStatus() != wire.ExitRefused {
		t.Errorf("status %v", status)
	}
}

func TestWithoutSeccompItSaysSo(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{without: "seccomp", lenient: true})
	if k.ready.Seccomp || k.ready.LandlockABI == 0 {
		t.Errorf("ready %+v", k.ready)
	}
	if r := k.result(wire.Call{Op: opFail}); r.Code != 7 {
		t.Errorf("result %+v", r)
	}
}

func TestWithoutLandlockSeccompHolds(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{without: "landlock"})
	if !k.ready.Seccomp || k.ready.LandlockABI != 0 {
		t.Errorf("ready %+v", k.ready)
	}
}
