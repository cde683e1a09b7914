package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

const villain = "org.example.villain"

// hardToLoad is a plugin with one op that a test makes hard to load.
func hardToLoad(callMs uint32, change func(*wasmtest.Module)) *host.Plugin {
	m := wasmtest.New()
	change(m)
	if !strings.Contains(string(m.Bytes()), "inos_abi") {
		m.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(1))
	}
	m.Func("inos_call", true, wasmtest.Sig("i", "i"), "", wasmtest.Const(0))
	wasm := m.Bytes()
	return &host.Plugin{
		Wasm: wasm, Digest: blake3.Sum256(wasm),
		Manifest: &manifest.Manifest{ID: villain, Limits: manifest.Limits{CallMs: callMs}},
	}
}

func forever(name, results string) func(*wasmtest.Module) {
	return func(m *wasmtest.Module) {
		m.Func(name, true, wasmtest.Sig("", results), "", wasmtest.Forever(), wasmtest.Unreachable)
	}
}

// slack is what a busy machine may add to a start that is measured from its spawn.
const slack = 2 * time.Second

func TestCodeAtLoadHasADeadline(t *testing.T) {
	w := newWorld(t, 1<<20)
	for _, c := range []struct {
		name   string
		callMs uint32
		limit  time.Duration
		change func(*wasmtest.Module)
	}{
		{"start section", 200, 200 * time.Millisecond, func(m *wasmtest.Module) {
			forever("spin", "")(m)
			m.Start(m.Next() - 1)
		}},
		{"_initialize", 200, 200 * time.Millisecond, forever("_initialize", "")},
		{"inos_abi", 200, 200 * time.Millisecond, forever("inos_abi", "i")},
		{"long calls do not allow a long start", 60_000, host.StartTime, forever("inos_abi", "i")},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			_, err := host.Spawn(context.Background(), w.cfg, w.arena, hardToLoad(c.callMs, c.change), 1)
			took := time.Since(begin)
			f := fault.As(err)
			if f == nil || f.Kind != fault.Deadline || f.Subject != villain ||
				!strings.Contains(f.Message(), "its code at load") ||
				!strings.Contains(f.Message(), c.limit.String()) {
				t.Errorf("%v", err)
			}
			if took < c.limit || took > c.limit+slack {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// bombs are small modules that take a compiler for ever, or all memory.
var bombs = map[string]func(*wasmtest.Module){
	"time": func(m *wasmtest.Module) { // a compiler that looks at each enclosing block
		const depth = 200_000
		m.Func("nest", false, wasmtest.Sig("", ""), "",
			bytes.Repeat([]byte{0x02, 0x40}, depth), bytes.Repeat([]byte{0x0b}, depth))
	},
	"memory": func(m *wasmtest.Module) {
		m.Func("hoard", false, wasmtest.Sig("", ""), strings.Repeat("l", 20_000_000))
	},
}

func TestCompilingHasADeadlineAndAMemoryLimit(t *testing.T) {
	w := newWorld(t, 1<<20)
	for name, want := range map[string]struct {
		kind    fault.Kind
		message string
		within  time.Duration
	}{
		"time":   {fault.Deadline, "compiling it took longer than its", time.Minute},
		"memory": {fault.Memory, "compiling it takes too much memory", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			_, err := host.Spawn(context.Background(), w.cfg, w.arena, hardToLoad(0, bombs[name]), 1)
			f := fault.As(err)
			if f == nil || f.Kind != want.kind || f.Subject != villain ||
				!strings.Contains(f.Message(), want.message) || f.Next == "" {
				t.Errorf("%v", err)
			}
			if took := time.Since(begin); took > want.within {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A worker that gets no processor is late by the clock and not to blame.
func TestAStarvedWorkerIsGivenTimeToCompile(t *testing.T) {
	w := newWorld(t, 1<<20)
	slow := filepath.Join(t.TempDir(), "slow")
	script := fmt.Sprintf("#!/bin/sh\nsleep 7\nexec '%s' \"$@\"\n", w.cfg.WorkerPath)
	if err := os.WriteFile(slow, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	w.cfg.WorkerPath = slow
	begin := time.Now()
	worker := w.spawn(t, hosttest.Plugin(t, hosttest.Adder))
	if took := time.Since(begin); worker == nil || took < 6*time.Second {
		t.Errorf("it took %s, no longer than it may by the clock", took)
	}
}

func TestAStartCanBeGivenUpWhileItCompiles(t *testing.T) {
	w := newWorld(t, 1<<20)
	ctx, cancel := context.WithTimeoutCause(context.Background(), 300*time.Millisecond,
		errors.New("the user has gone"))
	defer cancel()
	begin := time.Now()
	_, err := host.Spawn(ctx, w.cfg, w.arena, hardToLoad(0, bombs["time"]), 1)
	if fault.KindOf(err) != fault.Canceled || !strings.Contains(err.Error(), "the user has gone") {
		t.Errorf("%v", err)
	}
	if took := time.Since(begin); took > slack {
		t.Errorf("it took %s", took)
	}
	if n := hosttest.Children(t); n != 0 {
		t.Errorf("%d processes are left", n)
	}
}

// What compiling took must not be missing to the guest.
func TestACompilersMemoryIsNotTheGuests(t *testing.T) {
	w := newWorld(t, 1<<20)
	p := hardToLoad(0, func(m *wasmtest.Module) {
		sum := wasmtest.Code(wasmtest.Get(0), wasmtest.Const(1), wasmtest.Add, wasmtest.Drop)
		m.Func("long", false, wasmtest.Sig("", ""), "i", bytes.Repeat(sum, 700_000))
		m.Func("_initialize", true, wasmtest.Sig("", ""), "",
			wasmtest.Const(16_000), wasmtest.MemGrow, wasmtest.Const(-1), wasmtest.Equal,
			wasmtest.If(wasmtest.Unreachable))
	})
	p.Manifest.Limits.MemoryBytes = 1 << 30
	worker, err := host.Spawn(context.Background(), w.cfg, w.arena, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	worker.Close()
}
