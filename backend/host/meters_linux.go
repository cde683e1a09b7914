package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// processClock is the CPU clock of another process: no file, no parsing, nanoseconds
// (clock_getcpuclockid(3)). 0 is this process.
func processClock(pid int) int32 {
	if pid == 0 {
		return unix.CLOCK_PROCESS_CPUTIME_ID
	}
	return int32(^pid)<<3 | 2
}

func processCPU(pid int) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(processClock(pid), &ts) != nil {
		return 0 // the process has just ended
	}
	return time.Duration(ts.Nano())
}

func processRSS(pid int) int64 {
	name := "self"
	if pid != 0 {
		name = strconv.Itoa(pid)
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%s/statm", name))
	if err != nil {
		return 0 // the process has just ended
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
