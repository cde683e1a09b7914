package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Load is what else the machine did during a benchmark: who reads the figures can judge by it.
type Load struct {
	// Before and After are the load averages of one minute: tasks that ran or wanted to. After
	// has the benchmark's own tasks in it.
	Before float64 `json:"loadavg_before"`
	After  float64 `json:"loadavg_after"`
	// StealPct is the time in which a processor wanted to run and its host ran somebody else,
	// OtherPct what programs besides the benchmark took: percent of all processors together.
	StealPct float64 `json:"steal_pct"`
	OtherPct float64 `json:"other_pct"`
}

// counts are the system's counters at one moment, in ticks of 1/100 s.
type counts struct {
	loadAverage      float64
	all, busy, steal uint64 // of all processors together
	own              uint64 // of this process and all its descendants, ended ones included
}

// readCounts is nil where the system has no such files.
func readCounts() *counts {
	stat, errStat := os.ReadFile("/proc/stat")
	average, errAverage := os.ReadFile("/proc/loadavg")
	if errStat != nil || errAverage != nil {
		return nil
	}
	c, err := parseCounts(string(stat), string(average))
	if err != nil {
		return nil
	}
	for _, pid := range family(os.Getpid()) {
		if self, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
			c.own += ownTicks(string(self))
		}
	}
	return c
}

// parseCounts reads the first line of /proc/stat (user, nice, system, idle, iowait, irq, softirq,
// steal) and the first field of /proc/loadavg.
func parseCounts(stat, average string) (*counts, error) {
	const user, idle, iowait, steal, processorFields = 1, 4, 5, 8, 9
	line, _, _ := strings.Cut(stat, "\n")
	times, err := numbers(strings.Fields(line), user, processorFields)
	if err != nil {
		return nil, err
	}
	c := &counts{steal: times[steal-user]}
	for field, ticks := range times {
		c.all += ticks
		if field != idle-user && field != iowait-user && field != steal-user {
			c.busy += ticks
		}
	}
	first, _, _ := strings.Cut(average, " ")
	c.loadAverage, err = strconv.ParseFloat(first, 64)
	return c, err
}

// ownTicks are fields 14 to 17 of /proc/PID/stat: of the process and of its children that ended.
func ownTicks(stat string) uint64 {
	// The name in parentheses, field 2, may hold spaces; fields are counted from field 3 behind it.
	const first, end = 14 - 3, 18 - 3
	var sum uint64
	times, _ := numbers(strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]), first, end)
	for _, ticks := range times {
		sum += ticks
	}
	return sum
}

func numbers(fields []string, first, end int) ([]uint64, error) {
	if len(fields) < end {
		return nil, fmt.Errorf("%d fields, at least %d expected", len(fields), end)
	}
	var out []uint64
	for _, field := range fields[first:end] {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// loadBetween is nil when one of the two is, or when no time has passed.
func loadBetween(before, after *counts) *Load {
	if before == nil || after == nil || after.all <= before.all {
		return nil
	}
	percent := func(ticks int64) float64 {
		return Round(100*float64(max(ticks, 0))/float64(after.all-before.all), 1)
	}
	busy, own := int64(after.busy-before.busy), int64(after.own-before.own)
	return &Load{
		Before: before.loadAverage, After: after.loadAverage,
		StealPct: percent(int64(after.steal - before.steal)), OtherPct: percent(busy - own),
	}
}
