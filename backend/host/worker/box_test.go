//go:build linux

package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"inos/backend/wire"
)

// attempted is how many forbidden things the probing program tries at least.
const attempted = 40

func probing(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "inos-worker-probe")
	if err := build(program, "-tags", "probe"); err != nil {
		t.Fatal(err)
	}
	return program
}

func TestNothingGetsOutOfTheBox(t *testing.T) {
	program := probing(t)
	t.Run("refused", func(t *testing.T) {
		k := run(t, testPlugin().Bytes(), options{
			program: program, args: []string{"survive", fmt.Sprint(os.Getpid())},
		})
		if len(k.logs) < attempted {
			t.Fatalf("only %d attempts", len(k.logs))
		}
		for _, line := range k.logs {
			name, outcome, _ := strings.Cut(line.Text, ": ")
			if !refusals[outcome] {
				t.Errorf("%s: %s", name, outcome)
			}
		}
		// The box keeps the guest's own world whole.
		r := k.result(wire.Call{
			Op: opAdd, Results: 1, Params: []wire.Value{wire.NumberOf(1), wire.NumberOf(2)},
		})
		if r.Results[0] != 3 {
			t.Errorf("result %+v", r)
		}
	})
	// The program that is shipped ends at the first attempt.
	t.Run("ended", func(t *testing.T) {
		k, answer := start(t, testPlugin().Bytes(), options{
			program: program, args: []string{"end", fmt.Sprint(os.Getpid())},
		})
		if answer != nil || len(k.logs) > 0 {
			t.Fatalf("answer %+v, logs %v", answer, k.logs)
		}
		if status := k.exit(); status.Signal() != syscall.SIGSYS {
			t.Errorf("status %v", status)
		}
	})
}

// refusals are the outcomes of an attempt that failed because of the box.
var refusals = map[string]bool{
	"EPERM":  true,
	"ENOSYS": true, // clone3: Go then uses clone
	"EINVAL": true, // prctl: Go does without
	"open /etc/passwd: operation not permitted": true,
}

func TestTheShippedProgramCannotProbe(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{args: []string{"survive", "1"}})
	if len(k.logs) > 0 {
		t.Errorf("it said %v", k.logs)
	}
}

func TestStrayDescriptorsAreClosed(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{stray: true})
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", k.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", k.cmd.Process.Pid, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(target, "passwd") {
			t.Errorf("descriptor %s is %s", e.Name(), target)
		}
		t.Logf("%s -> %s", e.Name(), target)
	}
}
