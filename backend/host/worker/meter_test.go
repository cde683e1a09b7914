//go:build linux

package worker_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/wire"
)

// restTime is how long a worker that ought to rest is watched.
const restTime = 500 * time.Millisecond

// cpuTime is the processor time that a process has used.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	// The clock of another process: its number, then "process-wide, scheduler's count".
	clock := int32(^uint32(pid)<<3 | 2)
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// cpuOver is what a process uses while nobody asks it for anything.
func cpuOver(t *testing.T, pid int) time.Duration {
	t.Helper()
	before := cpuTime(t, pid)
	<-time.After(restTime)
	return cpuTime(t, pid) - before
}

// privateBytes is the memory that a process shares with nobody.
func privateBytes(t *testing.T, pid int) int {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int
		if n, _ := fmt.Sscanf(lines.Text(), "Private_Dirty: %d kB", &kib); n == 1 {
			total += kib << 10
		}
		if n, _ := fmt.Sscanf(lines.Text(), "Private_Clean: %d kB", &kib); n == 1 {
			total += kib << 10
		}
	}
	return total
}

func TestAnIdleWorkerIsSmallAndStill(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{load: wire.Load{CacheDir: t.TempDir()}})
	k.result(wire.Call{Op: opFail})
	idle := cpuOver(t, k.cmd.Process.Pid)
	private := privateBytes(t, k.cmd.Process.Pid)
	t.Logf("%s of processor time in %s, %.1f MB private", idle, restTime, float64(private)/1e6)
	if idle > restTime/100 {
		t.Errorf("an idle worker took %s in %s", idle, restTime)
	}
	const most = 15e6
	if private > most {
		t.Errorf("%d private bytes, at most %d", private, int(most))
	}
}

func TestTheFirstAnswerComesSoonWithAWarmCache(t *testing.T) {
	cache := t.TempDir()
	module := testPlugin().Bytes()
	var took []time.Duration
	for n := range 6 {
		begin := time.Now()
		k := run(t, module, options{load: wire.Load{CacheDir: cache}})
		k.result(wire.Call{Op: opFail})
		if n > 0 {
			took = append(took, time.Since(begin))
		}
		k.close()
	}
	slices.Sort(took)
	t.Logf("spawn to first answer: %v", took)
	const most = 40 * time.Millisecond
	if took[0] > most {
		t.Errorf("the fastest of %d took %s, at most %s", len(took), took[0], most)
	}
}

// BenchmarkCall is an op that adds two numbers, from the kernel's question to its result.
func BenchmarkCall(b *testing.B) {
	k := run(b, testPlugin().Bytes(), options{})
	call := &wire.Message{Kind: wire.KindCall, Call: wire.Call{
		Op: opAdd, Results: 1, Params: []wire.Value{wire.NumberOf(1), wire.NumberOf(2)},
	}}
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		if a := k.ask(call); a == nil || a.Kind != wire.KindResult {
			b.Fatalf("answer %+v", a)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/10].Nanoseconds()), "p10-ns/op")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns/op")
}
