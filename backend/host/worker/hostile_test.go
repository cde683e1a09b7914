//go:build linux

package worker_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// within is how soon after the cause a worker has to be through with a hostile guest; the product
// promises 100 ms on a quiet machine.
const within = 2 * time.Second

func TestWhatAGuestDoesWrongIsNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		op    uint16
		kind  wire.FailKind
		words []string
	}{
		{"a trap", opTrap, wire.FailTrap, []string{"unreachable", "boom", "inos_call"}},
		{"a panic", opPanic, wire.FailTrap, []string{failText, "unreachable", "boom"}},
		{"endless recursion", opRecurse, wire.FailStackOverflow, []string{"recursion"}},
		{"endless recursion on a stack in memory", opShadowRecurse, wire.FailStackOverflow,
			[]string{"recursion", "shadow_recurse"}},
		{"a memory bomb", opBomb, wire.FailMemoryLimit, []string{"the limit is 8388608", "boom"}},
		{"a log flood", opFlood, wire.FailLogFlood, []string{"10000 log lines", "inos_call"}},
		{"an access beyond the memory", opPeek, wire.FailTrap, []string{"out of bounds"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := run(t, testPlugin().Bytes(), options{load: wire.Load{MemoryBytes: 8 << 20}})
			begin := time.Now()
			a := k.call(wire.Call{Op: c.op, Results: 1, Params: integers(0xfff0_0000)})
			took := time.Since(begin)
			if a == nil || a.Kind != wire.KindFailed || a.Failed.Kind != c.kind {
				t.Fatalf("answer %+v, stderr %s", a, k.stderr.String())
			}
			for _, word := range c.words {
				if !strings.Contains(a.Failed.Text, word) {
					t.Errorf("%q is not in %q", word, a.Failed.Text)
				}
			}
			if took > within {
				t.Errorf("took %s", took)
			}
			t.Logf("%s: %s", took.Round(10*time.Microsecond), strings.SplitN(a.Failed.Text, "\n", 2)[0])
			if status := k.exit(); status.ExitStatus() != wire.ExitTrap {
				t.Errorf("status %v after a trap", status)
			}
		})
	}
}

func TestAFaultNamesItsAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		op      uint16
		at      uint32
		write   bool
		granted bool
	}{
		{"a write into an input", opPokeInput, guest.PayloadBase + 8, true, true},
		{"a read between memory and windows", opPeek, 0x2000_1234, false, false},
		{"a write between memory and windows", opPoke, 0x2000_1235, true, false},
		{"a read where no window is", opPeek, guest.PayloadBase + 4<<20, false, true},
		{"a write where no channel is", opPoke, guest.ChannelBase, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := run(t, testPlugin().Bytes(), options{})
			call := wire.Call{Op: c.op, Results: 1, Params: integers(int64(c.at))}
			var fds []int
			if c.granted {
				_, w, fd := k.input(make([]byte, 4096))
				call.Inputs, fds = []wire.Window{w}, []int{fd}
			}
			begin := time.Now()
			k.send(&wire.Message{Kind: wire.KindCall, Call: call}, fds...)
			m := k.next()
			took := time.Since(begin)
			if m == nil || m.Kind != wire.KindFault {
				t.Fatalf("message %+v, stderr %s", m, k.stderr.String())
			}
			f := m.Fault
			if f.Address != c.at || f.Instance != 0 || f.IsWrite() != c.write || f.IP == 0 {
				t.Errorf("fault %+v, want a fault at %#x, write %t", f, c.at, c.write)
			}
			if status := k.exit(); status.ExitStatus() != wire.ExitFault || k.stderr.Len() > 0 {
				t.Errorf("status %v, stderr %s", status, k.stderr.String())
			}
			if took > within {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestAReleasedSegmentIsGone(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	s, in, fd := k.input([]byte("now you see it"))
	peek := wire.Call{Op: opPeek, Results: 1, Params: integers(guest.PayloadBase)}
	cp := wire.Call{Op: opCopy, Inputs: []wire.Window{in}, OutputCount: 1}
	dst, out := k.output(4096)
	cp.Outputs = []wire.Window{out}
	k.result(cp, fd, dst.FD())
	window := peek
	if r := k.result(window); r.Results[0] != 'n' && r.Results[0] != 0 {
		t.Fatalf("byte %v at the first window", r.Results[0])
	}
	k.done(&wire.Message{Kind: wire.KindRelease, Release: s.ID()})
	k.done(&wire.Message{Kind: wire.KindRelease, Release: dst.ID()})
	k.done(&wire.Message{Kind: wire.KindRelease, Release: 12345})
	k.send(&wire.Message{Kind: wire.KindCall, Call: peek})
	if m := k.next(); m == nil || m.Kind != wire.KindFault || m.Fault.Address != guest.PayloadBase {
		t.Errorf("message %+v", m)
	}
}

func TestASegmentThatBecomesAnInputCannotBeWritten(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	_, in, fd := k.input([]byte("chained"))
	dst, out := k.output(4096)
	k.result(wire.Call{
		Op: opCopy, Inputs: []wire.Window{in}, Outputs: []wire.Window{out}, OutputCount: 1,
	}, fd, dst.FD())
	out.IsNew = false
	k.send(&wire.Message{Kind: wire.KindCall, Call: wire.Call{
		Op: opPokeInput, Inputs: []wire.Window{out},
	}})
	if m := k.next(); m == nil || m.Kind != wire.KindFault || !m.Fault.IsWrite() {
		t.Errorf("message %+v", m)
	}
}

func TestAHangEndsWithTheProcess(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	k.send(&wire.Message{Kind: wire.KindCall, Call: wire.Call{Op: opHang}})
	begin := time.Now()
	if err := k.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	status := k.exit()
	if took := time.Since(begin); took > within {
		t.Errorf("took %s", took)
	}
	if status.Signal() != syscall.SIGKILL {
		t.Errorf("status %v", status)
	}
}

func TestAWorkerEndsWithItsKernel(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	k.conn.Close()
	if status := k.exit(); status.ExitStatus() != 0 {
		t.Errorf("status %v, stderr %s", status, k.stderr.String())
	}
}

func TestQuestionsThatCannotBeAreRefused(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	_, in, fd := k.input(make([]byte, 100))
	unknown := wire.Window{Segment: 4711, Length: 1, ByteLen: 4096}
	odd := wire.Window{Segment: 1, Length: 1, ByteLen: 100, IsNew: true}
	for name, m := range map[string]*wire.Message{
		"a second load":       {Kind: wire.KindLoad},
		"an answer":           {Kind: wire.KindReady},
		"a missing fd":        {Kind: wire.KindCall, Call: wire.Call{Inputs: []wire.Window{in}}},
		"an unknown segment":  {Kind: wire.KindCall, Call: wire.Call{Inputs: []wire.Window{unknown}}},
		"too much room":       {Kind: wire.KindCall, Call: wire.Call{Outputs: make([]wire.Window, 3)}},
		"a channel out of it": {Kind: wire.KindChannel, Channel: wire.Channel{ByteLen: 4096}},
	} {
		if a := k.ask(m); a == nil || a.Kind != wire.KindFailed || a.Failed.Kind != wire.FailProtocol {
			t.Errorf("%s: answer %+v", name, a)
		}
	}
	a := k.call(wire.Call{Inputs: []wire.Window{odd}}, fd)
	if a == nil || a.Kind != wire.KindFailed {
		t.Errorf("a segment of odd length: answer %+v", a)
	}
	if r := k.result(wire.Call{Op: opFail}); r.Code != 7 {
		t.Errorf("the worker does not go on: %+v", r)
	}
}
