package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// windowLimit bounds one benchmark of the window; the longest is that of its memory.
const windowLimit = 2 * time.Minute

// maxReason bounds how much of a failed program's last words is passed on.
const maxReason = 300

// Programs are the executables that take part.
type Programs struct {
	Inos    string // this program
	Worker  string // inos-worker
	Desktop string // inos-desktop
	Native  string // the flock built for this processor
	Extism  string // what runs a plugin with Extism's SDK
	// Folders are the flags --data and --plugins of this run, for the programs that it starts.
	Folders []string
	// AllowNoSeccomp runs workers where the system cannot filter their system calls.
	AllowNoSeccomp bool
	Getenv         func(string) string
	// Note hears what is being measured, for people who wait; may be nil.
	Note func(what string)
}

func (p Programs) note(format string, args ...any) {
	if p.Note != nil {
		p.Note(fmt.Sprintf(format, args...))
	}
}

// pagePart is the window's part of a benchmark: its JSON, or why there is none.
func (p Programs) pagePart(ctx context.Context, name string) (json.RawMessage, string) {
	document, err := p.windowBench(ctx, name)
	switch {
	case ctx.Err() != nil:
		return nil, "interrupted"
	case err != nil:
		return nil, err.Error()
	}
	return document, ""
}

// windowBench runs the window's part of a benchmark in inos-desktop and returns its JSON as it is.
func (p Programs) windowBench(ctx context.Context, name string) (json.RawMessage, error) {
	if _, err := os.Stat(p.Desktop); err != nil {
		return nil, errors.New(filepath.Base(p.Desktop) + " is not built")
	}
	p.note("%s, window", name)
	ctx, cancel := context.WithTimeout(ctx, windowLimit)
	defer cancel()
	d, err := openDisplay(ctx, p.Getenv)
	if err != nil {
		return nil, err
	}
	defer d.close()
	command := exec.CommandContext(ctx, p.Desktop, append([]string{"--bench", name, "--json"},
		p.Folders...)...)
	command.Env = d.environment(os.Environ())
	ownGroup(command)
	return jsonOutput(command)
}

// jsonOutput runs a program that prints one JSON document.
func jsonOutput(command *exec.Cmd) (json.RawMessage, error) {
	var out, reasons bytes.Buffer
	command.Stdout, command.Stderr = &out, &reasons
	command.WaitDelay = time.Second // grandchildren may keep the pipes open
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(command.Path), err,
			lastLine(reasons.String()))
	}
	if !json.Valid(out.Bytes()) {
		return nil, fmt.Errorf("%s printed no JSON: %s", filepath.Base(command.Path),
			lastLine(out.String()))
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// lastLine is where a program says why it ended.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	line := lines[len(lines)-1]
	return line[:min(len(line), maxReason)]
}
