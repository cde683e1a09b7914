package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FamilyMemory is the proportional set size in bytes of a process and all its descendants, by name
// (of 15 letters at most): pages that several processes map are divided among them. A process that
// ends meanwhile counts nothing.
func FamilyMemory(pid int) (map[string]int64, error) {
	sum := map[string]int64{}
	for _, member := range family(pid) {
		dir := fmt.Sprintf("/proc/%d", member)
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			continue
		}
		bytes, err := processMemory(member)
		if err != nil && member == pid {
			return nil, err
		}
		sum[strings.TrimSpace(string(name))] += bytes
	}
	return sum, nil
}

// processMemory is the proportional set size of one process in bytes.
func processMemory(pid int) (int64, error) {
	path := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	bytes, ok := proportionalBytes(string(text))
	if !ok {
		return 0, fmt.Errorf("%s has no proportional set size", path)
	}
	return bytes, nil
}

// proportionalBytes finds the line "Pss: 123 kB".
func proportionalBytes(rollup string) (int64, bool) {
	for line := range strings.Lines(rollup) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Pss:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}

// family is a process with all its descendants.
func family(pid int) []int {
	members := []int{pid}
	for i := 0; i < len(members); i++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", members[i]))
		for _, list := range lists {
			text, err := os.ReadFile(list)
			if err != nil {
				continue // the thread has just ended
			}
			for _, field := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(field); err == nil {
					members = append(members, child)
				}
			}
		}
	}
	return members
}
