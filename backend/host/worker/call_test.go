//go:build linux

package worker_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"inos/backend/arena"
	"inos/backend/host/worker/guest"
	"inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

func TestAWorkerSaysWhatItIs(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	r := k.ready
	if !r.Seccomp || !r.HasCall || !r.HasTick || !r.HasInit || r.TotalNs < r.CompileNs {
		t.Errorf("ready %+v", r)
	}
	if k.status.GuestPages() != 1 {
		t.Errorf("%d pages of guest memory, 1 expected", k.status.GuestPages())
	}
}

func TestAnOpAddsTwoNumbers(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	for range 3 {
		r := k.result(wire.Call{
			Op: opAdd, Results: 2, Params: []wire.Value{wire.NumberOf(1.5), wire.IntegerOf(40)},
		})
		if r.Code != 0 || r.Results[0] != 41.5 || wire.Reported(r.Results[1]) || r.GuestNs == 0 {
			t.Errorf("result %+v", r)
		}
	}
	r := k.result(wire.Call{Op: opAdd, Results: 1, Params: []wire.Value{wire.TextOf("x")}})
	if !math.IsNaN(r.Results[0]) || !wire.Reported(r.Results[0]) {
		t.Errorf("a text and a missing parameter add up to %v", r.Results)
	}
}

func TestInputsAndOutputsAreWindows(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	content := bytes.Repeat([]byte("starling "), 1000)
	_, in, fd := k.input(content)
	dst, out := k.output(16 << 10)
	call := wire.Call{Op: opCopy, Inputs: []wire.Window{in}, Outputs: []wire.Window{out}, OutputCount: 1}
	check := func() {
		t.Helper()
		r := k.result(call, fd, dst.FD())
		want := wire.Output{Segment: dst.ID(), Length: uint64(len(content)), Media: mediaText}
		if len(r.Outputs) != 1 || r.Outputs[0] != want {
			t.Fatalf("outputs %+v", r.Outputs)
		}
		if !bytes.Equal(dst.Bytes()[:len(content)], content) {
			t.Error("the output is not the input")
		}
	}
	check()
	// A pooled segment needs no descriptor, and sees what the kernel wrote meanwhile.
	clear(dst.Bytes())
	call.Inputs[0].IsNew, call.Outputs[0].IsNew = false, false
	r := k.result(call)
	if len(r.Outputs) != 1 || !bytes.Equal(dst.Bytes()[:len(content)], content) {
		t.Errorf("a pooled window: %+v", r.Outputs)
	}
}

func TestAnOutputGrowsAndKeepsItsContent(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	first, out := k.output(4096)
	var second *arena.Segment
	k.grant = func(n wire.Need) (wire.Window, int) {
		s, w := k.output(int64(n.Length+4095) / 4096 * 4096)
		second = s
		return w, s.FD()
	}
	const length = 3 << 20
	r := k.result(wire.Call{
		Op: opGrow, Results: 1, Params: integers(length),
		Outputs: []wire.Window{out}, OutputCount: 1,
	}, first.FD())
	if r.Results[0] != 42 || len(r.Outputs) != 1 || r.Outputs[0].Segment != second.ID() ||
		r.Outputs[0].Length != length {
		t.Fatalf("result %+v", r)
	}
	if b := second.Bytes(); b[0] != 42 || b[length-1] != 7 {
		t.Errorf("content %d ... %d", b[0], b[length-1])
	}
}

func TestARefusedOutputIsExplained(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	k.grant = func(wire.Need) (wire.Window, int) { return wire.Window{}, -1 }
	r := k.result(wire.Call{Op: opRefused, Params: integers(1 << 20), OutputCount: 1})
	if r.Code != 11 || !strings.Contains(r.Error, "1048576 bytes was refused") {
		t.Errorf("result %+v", r)
	}
}

func TestALargeInputIsSeenInRanges(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	const byteLen, far = 520 << 20, 519<<20 + 4093
	s := k.segment(arena.KindPayload, byteLen)
	s.Bytes()[far], s.Bytes()[5] = 77, 66
	fd, err := s.ReadOnlyFD()
	if err != nil {
		t.Fatal(err)
	}
	in := wire.Window{Segment: s.ID(), Length: byteLen, ByteLen: byteLen, IsNew: true}
	r := k.result(wire.Call{
		Op: opRange, Results: 2, Params: integers(far), Inputs: []wire.Window{in},
	}, fd)
	wire.CloseAll([]int{fd})
	if r.Results[0] != 77 || r.Results[1] != 66 {
		t.Errorf("bytes %v", r.Results)
	}
}

func TestTextParametersAreCopiedWithinBounds(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	dst, out := k.output(4096)
	r := k.result(wire.Call{
		Op: opText, Results: 3, Params: []wire.Value{wire.TextOf("murmuration"), wire.NumberOf(1)},
		Outputs: []wire.Window{out}, OutputCount: 1,
	}, dst.FD())
	if r.Results[0] != 11 || r.Results[1] != -1 || r.Results[2] != -1 {
		t.Errorf("lengths %v: 11, then -1 for a number and for a bad pointer", r.Results)
	}
	if got := string(dst.Bytes()[:11]); got != "murmuration" {
		t.Errorf("text %q", got)
	}
}

func TestGrownMemoryLiesAboveTheWindows(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	r := k.result(wire.Call{Op: opHigh, Results: 2})
	if r.Results[0] != guest.HighBase/65536 || r.Results[1] != 99 {
		t.Errorf("page %v, content %v", r.Results[0], r.Results[1])
	}
	if k.status.GuestPages() != 2 {
		t.Errorf("%d pages, 2 expected: windows do not count", k.status.GuestPages())
	}
}

func TestCancelReachesTheGuest(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	id := k.send(&wire.Message{Kind: wire.KindCall, Call: wire.Call{Op: opCancel}})
	if m := k.next(); m == nil || m.Kind != wire.KindLog {
		t.Fatalf("instead of a log line: %+v", m)
	}
	if done, total := k.status.Progress(); done != 3 || total != 10 {
		t.Errorf("progress %d of %d", done, total)
	}
	if k.status.BusySince() == 0 {
		t.Error("busy since never, in the middle of a call")
	}
	k.status.SetCancel(true)
	a := k.await(id)
	if a == nil || a.Result.Code != 5 {
		t.Errorf("answer %+v", a)
	}
	if k.status.BusySince() != 0 {
		t.Error("still busy after the call")
	}
}

func TestAnErrorCodeComesWithItsText(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	r := k.result(wire.Call{Op: opFail})
	if r.Code != 7 || r.Error != failText {
		t.Errorf("result %+v", r)
	}
	if r = k.result(wire.Call{Op: 99}); r.Code != -1 || r.Error != "" {
		t.Errorf("the next call has the text of the last: %+v", r)
	}
	if r = k.result(wire.Call{Op: opFailBeyond}); r.Code != 7 || r.Error != "" {
		t.Errorf("a text that leaves the memory: %+v", r)
	}
}

func TestLiesAreRefused(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{load: wire.Load{SharedBytes: 4096}})
	_, in, fd := k.input(make([]byte, 100))
	dst, out := k.output(4096)
	r := k.result(wire.Call{
		Op: opLie, Results: 2, OutputCount: 1,
		Inputs: []wire.Window{in}, Outputs: []wire.Window{out},
	}, fd, dst.FD())
	if r.Code != 0 || r.Results[0] != r.Results[1] || r.Results[1] < 10 {
		t.Errorf("%v of %v lies were refused", r.Results[0], r.Results[1])
	}
	if len(k.logs) != 0 {
		t.Errorf("log lines out of a hole: %v", k.logs)
	}
}

func TestChatterIsCutAndCounted(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	const lines = 1000
	k.result(wire.Call{Op: opChat, Params: integers(lines)})
	if len(k.logs) < 100 || len(k.logs) > 400 {
		t.Errorf("%d of %d lines were sent", len(k.logs), lines)
	}
	if int(k.status.LogDropped())+len(k.logs) != lines {
		t.Errorf("%d sent + %d dropped of %d", len(k.logs), k.status.LogDropped(), lines)
	}
	if l := k.logs[0]; l.Level != 1 || l.Text != failText {
		t.Errorf("line %+v", l)
	}
}

func TestModulesThatBreakTheABIAreRefused(t *testing.T) {
	abi := func(m *wasmtest.Module, version int32) {
		m.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(version))
	}
	call := func(m *wasmtest.Module) {
		m.Func("inos_call", true, wasmtest.Sig("i", "i"), "", wasmtest.Const(0))
	}
	for _, c := range []struct {
		name, want string
		kind       wire.FailKind
		make       func(m *wasmtest.Module)
	}{
		{"no ABI", "inos_abi", wire.FailInvalidModule, call},
		{"another ABI", "inos_abi is 2", wire.FailInvalidModule,
			func(m *wasmtest.Module) { abi(m, 2); call(m) }},
		{"nothing to do", "neither", wire.FailInvalidModule,
			func(m *wasmtest.Module) { abi(m, 1) }},
		{"no memory", `no export "memory"`, wire.FailInvalidModule,
			func(m *wasmtest.Module) { m.MemoryName = "mem"; abi(m, 1); call(m) }},
		{"a maximum", "maximum of 100 pages", wire.FailInvalidModule,
			func(m *wasmtest.Module) { m.MaxPages = 100; abi(m, 1); call(m) }},
		{"too much memory", "its limit is", wire.FailInvalidModule,
			func(m *wasmtest.Module) { m.Pages = 17; abi(m, 1); call(m) }},
		{"a wrong signature", "inos_call is () -> (i32), not (i32) -> (i32)", wire.FailInvalidModule,
			func(m *wasmtest.Module) {
				abi(m, 1)
				m.Func("inos_call", true, wasmtest.Sig("", "i"), "", wasmtest.Const(0))
			}},
		{"an unknown import", "import env.fopen is not offered", wire.FailInvalidModule,
			func(m *wasmtest.Module) {
				m.ImportFrom("env", "fopen", wasmtest.Sig("i", "i"))
				abi(m, 1)
				call(m)
			}},
		{"an import of another type", "import shared is (i32) -> (i32)", wire.FailInvalidModule,
			func(m *wasmtest.Module) {
				m.Import("shared", wasmtest.Sig("i", "i"))
				abi(m, 1)
				call(m)
			}},
		{"a trap at the start", "unreachable", wire.FailTrap,
			func(m *wasmtest.Module) {
				abi(m, 1)
				call(m)
				m.Func("_initialize", true, wasmtest.Sig("", ""), "", wasmtest.Unreachable)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := wasmtest.New()
			c.make(m)
			k, a := start(t, m.Bytes(), options{})
			if a == nil || a.Kind != wire.KindFailed || a.Failed.Kind != c.kind ||
				!strings.Contains(a.Failed.Text, c.want) {
				t.Errorf("answer %+v", a)
			}
			if status := k.exit(); status.ExitStatus() != wire.ExitRefused {
				t.Errorf("exit status %d", status.ExitStatus())
			}
		})
	}
	t.Run("no module at all", func(t *testing.T) {
		_, a := start(t, []byte("#!/bin/sh\n"), options{})
		if a == nil || a.Failed.Kind != wire.FailInvalidModule {
			t.Errorf("answer %+v", a)
		}
	})
}
