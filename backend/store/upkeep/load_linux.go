package upkeep

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Machine is how busy this machine was since the last look, and whether it runs on a battery.
func Machine() func() Load {
	var mu sync.Mutex
	var last ticks
	return func() Load {
		mu.Lock()
		defer mu.Unlock()
		text, _ := os.ReadFile("/proc/stat") // without it nothing is known
		now, ok := parseTicks(string(text))
		busy := now.since(last)
		if last = now; !ok {
			busy = -1
		}
		return Load{Busy: busy, Battery: onBattery("/sys/class/power_supply")}
	}
}

// ticks are of all processors, since the machine began.
type ticks struct{ all, idle uint64 }

// since is the part of the time between two looks in which processors worked.
func (t ticks) since(last ticks) float64 {
	all, idle := t.all-last.all, t.idle-last.idle
	if t.all <= last.all || idle > all {
		return 0
	}
	return 1 - float64(idle)/float64(all)
}

// parseTicks reads the first line of /proc/stat: user, nice, system, idle, iowait and others.
func parseTicks(text string) (t ticks, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[0] != "cpu" {
		return t, false
	}
	for i, f := range fields[1:min(len(fields), 9)] { // guests are counted in user already
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return ticks{}, false
		}
		t.all += n
		if i == 3 || i == 4 { // idle, and waiting for a disk
			t.idle += n
		}
	}
	return t, true
}

// onBattery says that there is one which is being emptied, other than that of a mouse.
func onBattery(folder string) bool {
	states, _ := filepath.Glob(filepath.Join(folder, "*", "status")) // none: no battery
	for _, path := range states {
		if word(path) == "Discharging" && word(filepath.Join(filepath.Dir(path), "scope")) != "Device" {
			return true
		}
	}
	return false
}

// word is what a file of the system says; empty: there is none.
func word(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}
