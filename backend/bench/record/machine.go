package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// machine is what the figures were taken on.
type machine struct {
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"` // processors that the system sees
	MemoryBytes int64  `json:"memory_bytes"`
	System      string `json:"system"` // linux/amd64
	Kernel      string `json:"kernel"`
}

// thisMachine leaves empty what the system does not tell.
func thisMachine() machine {
	read := func(path string) string {
		text, _ := os.ReadFile(path) // absent on other systems than Linux
		return string(text)
	}
	return machine{
		CPU:         field(read("/proc/cpuinfo"), "model name"),
		Cores:       runtime.NumCPU(),
		MemoryBytes: kibibytes(field(read("/proc/meminfo"), "MemTotal")),
		System:      runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:      strings.TrimSpace(read("/proc/sys/kernel/osrelease")),
	}
}

// field is the value of the first line "name : value".
func field(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func kibibytes(text string) int64 {
	number, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return number << 10
}

// slug is the machine in a file's name: amd-epyc-2c.
func (m machine) slug() string {
	name := regexp.MustCompile(`\((r|tm)\)|[^a-z0-9]+`).ReplaceAllString(strings.ToLower(m.CPU), "-")
	name = strings.Trim(regexp.MustCompile(`-+`).ReplaceAllString(name, "-"), "-")
	if name == "" {
		name = strings.ReplaceAll(m.System, "/", "-")
	}
	return fmt.Sprintf("%s-%dc", name, m.Cores)
}

// versions are what was measured.
type versions struct {
	Commit string `json:"commit"`
	Go     string `json:"go"`
	Wazero string `json:"wazero"`
}

// versionsOf reads them out of the program that runs the plugins.
func versionsOf(program, commit string) (versions, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return versions{}, err
	}
	v := versions{Commit: commit, Go: info.GoVersion}
	for _, module := range info.Deps {
		if module.Path == "github.com/tetratelabs/wazero" {
			v.Wazero = module.Version
		}
	}
	return v, nil
}
