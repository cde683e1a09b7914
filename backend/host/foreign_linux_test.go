package host_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
	wasm "inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// foreignPlugin is a module by hand, as a file called villain.wasm.
func foreignPlugin(t *testing.T, m *wasm.Module) *host.Plugin {
	t.Helper()
	b := m.Bytes()
	made, err := manifest.ParseFile("villain.wasm", b)
	if err != nil {
		t.Fatal(err)
	}
	made.Limits.CallMs, made.Limits.MemoryBytes = 2000, 32<<20
	return &host.Plugin{Manifest: made, Digest: blake3.Sum256(b), Path: "villain.wasm", Wasm: b}
}

// extismOp is a plugin with the op `op`, which may call one function of Extism's host.
func extismOp(
	name string, s wasm.Signature, body func(call int) []byte,
) func(t *testing.T) *host.Plugin {
	return func(t *testing.T) *host.Plugin {
		m := wasm.New()
		f := m.ImportFrom("extism:host/env", name, s)
		m.Func("op", true, wasm.Sig("", "i"), "i", body(f), wasm.Const(0))
		return foreignPlugin(t, m)
	}
}

// wasiProgram is a command that may call one function of WASI.
func wasiProgram(
	name string, s wasm.Signature, body func(call int) []byte,
) func(t *testing.T) *host.Plugin {
	return func(t *testing.T) *host.Plugin {
		m := wasm.New()
		f := m.ImportFrom("wasi_snapshot_preview1", name, s)
		m.Func("_start", true, wasm.Sig("", ""), "i", body(f))
		return foreignPlugin(t, m)
	}
}

func calling(arguments ...[]byte) func(int) []byte {
	return func(f int) []byte { return wasm.Code(wasm.Code(arguments...), wasm.Call(f)) }
}

func endless(arguments ...[]byte) func(int) []byte {
	return func(f int) []byte { return wasm.Forever(calling(arguments...)(f)) }
}

// writing is a loop of fd_write with the iovec at 0, which stops at an error.
func writing(fd int32, length int32) func(int) []byte {
	return func(f int) []byte {
		return wasm.Code(
			wasm.Const(0), wasm.Const(64), wasm.Store, wasm.Const(4), wasm.Const(length), wasm.Store,
			wasm.While(wasm.Code(wasm.Const(fd), wasm.Const(0), wasm.Const(1), wasm.Const(16),
				wasm.Call(f), wasm.IsZero)))
	}
}

// manyVars sets 100,000 variables, each named by its number.
func manyVars(t *testing.T) *host.Plugin {
	m := wasm.New()
	alloc := m.ImportFrom("extism:host/env", "alloc", wasm.Sig("l", "l"))
	store := m.ImportFrom("extism:host/env", "store_u64", wasm.Sig("ll", ""))
	set := m.ImportFrom("extism:host/env", "var_set", wasm.Sig("ll", ""))
	block := wasm.Code(wasm.Const64(8), wasm.Call(alloc), wasm.Set(1))
	m.Func("op", true, wasm.Sig("", "i"), "ill", wasm.While(
		wasm.Code(wasm.Get(0), wasm.Const(100_000), wasm.Less),
		wasm.Const64(8), wasm.Call(alloc), wasm.Set(2), block,
		wasm.Get(1), wasm.Get(0), wasm.Extend, wasm.Call(store),
		wasm.Get(1), wasm.Get(2), wasm.Call(set),
		wasm.Get(0), wasm.Const(1), wasm.Add, wasm.Set(0)), wasm.Const(0))
	return foreignPlugin(t, m)
}

// bigOutput makes a block of 24 MiB its output.
func bigOutput(t *testing.T) *host.Plugin {
	m := wasm.New()
	alloc := m.ImportFrom("extism:host/env", "alloc", wasm.Sig("l", "l"))
	set := m.ImportFrom("extism:host/env", "output_set", wasm.Sig("ll", ""))
	m.Func("op", true, wasm.Sig("", "i"), "",
		wasm.Const64(24<<20), wasm.Call(alloc), wasm.Const64(24<<20), wasm.Call(set), wasm.Const(0))
	return foreignPlugin(t, m)
}

func growing() []byte {
	return wasm.Forever(wasm.Const(16), wasm.MemGrow, wasm.Const(-1), wasm.Equal,
		wasm.If(wasm.Unreachable))
}

// inputAt is where the only input lies in Extism's memory.
const inputAt = 0x68000000

func TestEveryAttackOfAForeignModuleEndsWithItsName(t *testing.T) {
	for _, a := range []struct {
		name    string
		plugin  func(t *testing.T) *host.Plugin
		kind    fault.Kind
		message string
	}{
		{"an endless loop", extismOp("input_length", wasm.Sig("", "l"), func(f int) []byte {
			return wasm.Forever(wasm.Call(f), wasm.Drop)
		}),
			fault.Deadline, "the call ran longer than its 2s"},
		{"an endless program", wasiProgram("sched_yield", wasm.Sig("", "i"), func(f int) []byte {
			return wasm.Forever(wasm.Call(f), wasm.Drop)
		}), fault.Deadline, "the call ran longer than its 2s"},
		{"a memory bomb", extismOp("input_length", wasm.Sig("", "l"), func(int) []byte {
			return growing()
		}), fault.Memory, "the limit is 33554432"},
		{"a memory bomb of a program", wasiProgram("sched_yield", wasm.Sig("", "i"), func(int) []byte {
			return growing()
		}), fault.Memory, "the limit is 33554432"},
		{"4 GiB at once", wasiProgram("sched_yield", wasm.Sig("", "i"), func(int) []byte {
			return wasm.Code(wasm.Const(65000), wasm.MemGrow, wasm.Drop, wasm.Unreachable)
		}), fault.Memory, "the limit is 33554432"},
		{"a block of 4 GiB", extismOp("alloc", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Code(wasm.Const64(4<<30), wasm.Call(f), wasm.Drop)
		}), fault.Memory, "the limit is 33554432"},
		{"a block of all bytes", extismOp("alloc", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Code(wasm.Const64(-1), wasm.Call(f), wasm.Drop)
		}), fault.Memory, "the limit is 33554432"},
		{"blocks without end", extismOp("alloc", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Forever(wasm.Const64(1<<20), wasm.Call(f), wasm.Drop)
		}), fault.Memory, "the limit is 33554432"},
		{"crumbs without end", extismOp("alloc", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Forever(wasm.Const64(1), wasm.Call(f), wasm.Drop)
		}), fault.Trap, "more than 262144 blocks"},
		{"a load out of bounds", extismOp("load_u64", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Code(wasm.Const64(1<<40), wasm.Call(f), wasm.Drop)
		}), fault.Trap, "8 bytes at offset 1099511627776 of Extism's memory cannot be read"},
		{"a load at the end", extismOp("load_u8", wasm.Sig("l", "i"), func(f int) []byte {
			return wasm.Code(wasm.Const64(math.MaxUint32), wasm.Call(f), wasm.Drop)
		}), fault.Trap, "cannot be read"},
		{"a store out of bounds", extismOp("store_u64", wasm.Sig("ll", ""),
			calling(wasm.Const64(1<<20), wasm.Const64(7))), fault.Trap, "cannot be written"},
		{"a store into the input", extismOp("store_u8", wasm.Sig("li", ""),
			calling(wasm.Const64(inputAt), wasm.Const(7))), fault.Trap, "cannot be written"},
		{"a read behind the input", extismOp("input_load_u64", wasm.Sig("l", "l"), func(f int) []byte {
			return wasm.Code(wasm.Const64(3), wasm.Call(f), wasm.Drop)
		}), fault.Trap, "8 bytes at 3 of an input of 6 bytes"},
		{"a read far before the input", extismOp("input_load_u8", wasm.Sig("l", "i"), func(f int) []byte {
			return wasm.Code(wasm.Const64(-1), wasm.Call(f), wasm.Drop)
		}), fault.Trap, "of an input of 6 bytes"},
		{"an output that is not there", extismOp("output_set", wasm.Sig("ll", ""),
			calling(wasm.Const64(1<<30), wasm.Const64(1<<30))), fault.Trap, "cannot be read"},
		{"a line that is not there", extismOp("log_info", wasm.Sig("l", ""),
			calling(wasm.Const64(4711))), fault.Trap, "no block at offset 4711"},
		{"100,000 variables", manyVars, fault.Other, "its variables would take"},
		{"an output bomb", bigOutput, fault.Budget, "its output does not fit"},
		{"an output bomb of a program", wasiProgram("fd_write", wasm.Sig("iiii", "i"),
			writing(1, 60_000)), fault.Budget, "its output does not fit"},
		{"a log flood", extismOp("log_info", wasm.Sig("l", ""), endless(wasm.Const64(0))),
			fault.LogFlood, "log lines within a second"},
		{"a log flood of a program", wasiProgram("fd_write", wasm.Sig("iiii", "i"),
			writing(2, 60_000)), fault.LogFlood, "log lines within a second"},
		{"endless recursion", func(t *testing.T) *host.Plugin {
			m := wasm.New()
			m.ImportFrom("extism:host/env", "input_length", wasm.Sig("", "l"))
			m.Func("op", true, wasm.Sig("", "i"), "", wasm.Call(m.Next()))
			p := foreignPlugin(t, m)
			p.Manifest.Limits.CallMs = 10_000 // the runtime doubles its stack up to its ceiling first
			return p
		}, fault.Trap, "endless recursion"},
		{"a request that is none", extismOp("http_request", wasm.Sig("ll", "l"), func(f int) []byte {
			return wasm.Code(wasm.Const64(0), wasm.Const64(0), wasm.Call(f), wasm.Drop)
		}), fault.Other, "its request is not as Extism has it"},
	} {
		t.Run(a.name, func(t *testing.T) {
			w, p := newWorld(t, 16<<20), a.plugin(t)
			worker := w.spawn(t, p)
			begin := time.Now()
			_, err := call(worker, p, p.Manifest.Units[0].Ops[0].Name, nil, []byte("victim"))
			f := fault.As(err)
			if f == nil || f.Kind != a.kind || !strings.Contains(f.Message(), a.message) {
				t.Fatalf("got %v (%s), want %s with %q", err, fault.KindOf(err), a.kind, a.message)
			}
			if f.Subject != p.Manifest.ID {
				t.Errorf("the error names %q", f.Subject)
			}
			limit := time.Duration(p.Manifest.Limits.CallMs) * time.Millisecond
			if took := time.Since(begin); took > limit+slack {
				t.Errorf("it ended after %s", took)
			}
		})
	}
}

func TestAForeignModuleThatLoopsAtItsStartIsStopped(t *testing.T) {
	m := wasm.New()
	m.ImportFrom("extism:host/env", "input_length", wasm.Sig("", "l"))
	m.Func("op", true, wasm.Sig("", "i"), "", wasm.Const(0))
	m.Func("_initialize", true, wasm.Sig("", ""), "", wasm.Forever())
	p := foreignPlugin(t, m)
	p.Manifest.Limits.CallMs = 200
	w := newWorld(t, 1<<20)
	_, err := host.Spawn(context.Background(), w.cfg, w.arena, p, 1)
	if fault.KindOf(err) != fault.Deadline || !strings.Contains(err.Error(), "at load") {
		t.Errorf("got %v", err)
	}
}

func TestWhatAForeignModuleLeavesIsGoneInTheNextCall(t *testing.T) {
	w := newWorld(t, 16<<20)
	p := hosttest.Plugin(t, hosttest.Foreign("upper"))
	worker := w.spawn(t, p)
	for _, c := range []struct{ args, input, want string }{
		{"", "loud", "LOUD"}, {"--file", "x", ""}, {"a", "", "[a]"}, {`'b c' "d"`, "e", "[b c][d]E"},
	} {
		res, err := call(worker, p, "run", map[string]any{"args": c.args}, []byte(c.input))
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), "it ended with code 5: no file: right") {
				t.Errorf("%s: %v", c.args, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := string(res.Outputs[0].Bytes()); got != c.want {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
		res.Release()
	}
	var after host.Ticks
	if worker.ReadTicks(&after); after.GuestBytes != 0 {
		t.Errorf("%d bytes of memory are left after the calls", after.GuestBytes)
	}
	_, err := call(worker, p, "run", map[string]any{"args": `"open`}, nil)
	if err == nil || !strings.Contains(err.Error(), "a quote is not closed") {
		t.Errorf("an open quote: %v", err)
	}
	if !worker.Alive() {
		t.Error("the worker ended")
	}
}

func TestBytesOfAnySizePassThroughAForeignPlugin(t *testing.T) {
	w := newWorld(t, 64<<20)
	p := hosttest.Plugin(t, hosttest.Foreign("ledger"))
	worker := w.spawn(t, p)
	for _, n := range []int{0, 1, 7, 8, 9, 65535, 65536, 65537, 3 << 20, 1, 16 << 20} {
		input := make([]byte, n)
		for i := range input {
			input[i] = byte(i * i >> 3)
		}
		res, err := call(worker, p, "reverse", nil, input)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		want := make([]byte, n)
		for i := range input {
			want[n-1-i] = input[i]
		}
		if !bytes.Equal(res.Outputs[0].Bytes(), want) {
			t.Errorf("%d bytes came back differently", n)
		}
		res.Release()
	}
}

func TestVariablesOfAPluginLastAsLongAsItsWorker(t *testing.T) {
	w := newWorld(t, 16<<20)
	p := hosttest.Plugin(t, hosttest.Foreign("memo"))
	worker := w.spawn(t, p)
	say := func(worker *host.Worker, op string) string {
		t.Helper()
		res, err := call(worker, p, op, nil, []byte{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Release()
		return string(res.Outputs[0].Bytes())
	}
	for i := range 3 {
		if got, want := say(worker, "sum"), fmt.Sprintf("6 in call %d", i+1); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	say(worker, "forget")
	if got := say(worker, "sum"); got != "6 in call 1" {
		t.Errorf("forgotten: %q", got)
	}
	if got := say(w.spawn(t, p), "sum"); got != "6 in call 1" {
		t.Errorf("in another worker: %q", got)
	}
}
