package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"inos/backend/fault"
)

const (
	// extismPatience bounds an answer of the other program, and each of its calls where it can.
	extismPatience = 30 * time.Second
	// maxAnswer bounds one line of it, in bytes.
	maxAnswer = 64 << 10
)

// extismProgram is plugins/foreign/oracle/host: Extism's Go SDK in a program of its own, since INOS
// does not depend on it.
type extismProgram struct{ path, plugin, sha256, cache string }

// extismHost is that program as it runs. It measures by itself, so the pipes cost nothing.
type extismHost struct {
	program  extismProgram
	command  *exec.Cmd
	commands io.WriteCloser
	answers  *bufio.Scanner
	reasons  *bytes.Buffer
	versions ExtismVersions
	timeout  time.Duration // of its calls; 0: none
}

// start runs the program until close, or until ctx ends.
func (p extismProgram) start(ctx context.Context) (*extismHost, error) {
	h := &extismHost{program: p, reasons: new(bytes.Buffer)}
	h.command = exec.CommandContext(ctx, p.path, p.plugin, p.sha256)
	h.command.Stderr, h.command.WaitDelay = h.reasons, time.Second
	ownGroup(h.command)
	var err error
	if h.commands, err = h.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.answers = bufio.NewScanner(out)
	h.answers.Buffer(nil, maxAnswer)
	if err := h.command.Start(); err != nil {
		return nil, err
	}
	if err := h.read(&h.versions); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *extismHost) close() {
	_ = h.commands.Close()
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}

// extismCommand and extismAnswer are the lines of the conversation.
type extismCommand struct {
	Do        string `json:"do"`
	Cache     string `json:"cache"`
	Input     string `json:"input"`
	Times     int    `json:"times"`
	TimeoutMs int64  `json:"timeout_ms"`
}

type extismAnswer struct {
	TookNs []int64 `json:"took_ns"`
	Sum    string  `json:"sum"`
	Error  string  `json:"error"`
}

// ask sends a command and awaits an answer with so many times in it.
func (h *extismHost) ask(c extismCommand, times int) (*extismAnswer, error) {
	line, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	if _, err := h.commands.Write(append(line, '\n')); err != nil {
		return nil, h.ended(err)
	}
	a := &extismAnswer{}
	if err := h.read(a); err != nil {
		return nil, err
	}
	switch {
	case a.Error != "":
		return nil, fault.Newf("bench.host", fault.Other, "Extism", "%.*s", maxReason, a.Error)
	case len(a.TookNs) != times:
		return nil, fault.Newf("bench.host", fault.Protocol, h.name(), "it tells %d times, not %d",
			len(a.TookNs), times)
	}
	return a, nil
}

func (h *extismHost) read(into any) error {
	patience := time.AfterFunc(extismPatience, func() { _ = h.command.Process.Kill() })
	defer patience.Stop()
	if !h.answers.Scan() {
		return h.ended(h.answers.Err())
	}
	if err := json.Unmarshal(h.answers.Bytes(), into); err != nil {
		return fault.Wrap("bench.host", fault.Protocol, h.name(), err, "")
	}
	return nil
}

// ended is why there is no answer.
func (h *extismHost) ended(err error) error {
	if err == nil {
		err = io.EOF
	}
	h.close() // its last words are whole then
	return fmt.Errorf("%s ended: %w: %s", h.name(), err, lastLine(h.reasons.String()))
}

func (h *extismHost) name() string { return filepath.Base(h.program.path) }

func (h *extismHost) load(_ context.Context, cache string, in *hostInput) (float64, error) {
	a, err := h.ask(extismCommand{Do: "load", Cache: cache, Input: in.path}, 1)
	if err != nil {
		return 0, err
	}
	return float64(a.TookNs[0]) / 1e6, in.check("Extism", a.Sum)
}

func (h *extismHost) call(_ context.Context, in *hostInput) (took []float64, err error) {
	a, err := h.ask(extismCommand{Do: "call", Cache: h.program.cache, Input: in.path, Times: in.times,
		TimeoutMs: h.timeout.Milliseconds()}, in.times)
	if err != nil {
		return nil, err
	}
	for _, ns := range a.TookNs {
		took = append(took, float64(ns)/1e3)
	}
	return took, in.check("Extism", a.Sum)
}

func (h *extismHost) hang(_ context.Context, deadline time.Duration) (float64, error) {
	a, err := h.ask(extismCommand{Do: "hang", Cache: h.program.cache,
		TimeoutMs: deadline.Milliseconds()}, 1)
	if err != nil {
		return 0, err
	}
	late := float64(a.TookNs[0]-deadline.Nanoseconds()) / 1e6
	if late < 0 {
		return 0, errors.New("the call that hangs ended before its deadline")
	}
	return late, nil
}

// idle is by how much a fresh program grows.
func (h *extismHost) idle(ctx context.Context, plugins int, in *hostInput) (int64, error) {
	fresh, err := h.program.start(ctx)
	if err != nil {
		return 0, err
	}
	defer fresh.close()
	before, err := processMemory(fresh.command.Process.Pid)
	if err != nil {
		return 0, err
	}
	c := extismCommand{Do: "idle", Cache: h.program.cache, Input: in.path, Times: plugins}
	if _, err := fresh.ask(c, 0); err != nil {
		return 0, err
	}
	after, err := processMemory(fresh.command.Process.Pid)
	return after - before, err
}
