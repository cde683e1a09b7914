//go:build linux

package worker_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"inos/backend/arena"
	"inos/backend/wire"
)

// repeats is how often a thing is done that must leave nothing behind.
const repeats = 200

// holdings counts what a process holds: descriptors and mappings.
func holdings(t *testing.T, pid int) (fds, mappings int) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries), bytes.Count(maps, []byte("/memfd:"))
}

// leavesNothing runs f once, so that what is kept on purpose is there, then over and over.
func leavesNothing(t *testing.T, k *worker, f func()) {
	t.Helper()
	f()
	fds, mappings := holdings(t, k.cmd.Process.Pid)
	for range repeats {
		f()
	}
	fdsAfter, mappingsAfter := holdings(t, k.cmd.Process.Pid)
	if fds != fdsAfter || mappings != mappingsAfter {
		t.Errorf("%d descriptors and %d segments became %d and %d", fds, mappings, fdsAfter, mappingsAfter)
	}
}

func TestCallsWithNewSegmentsLeaveNothing(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	leavesNothing(t, k, func() {
		src := k.segment(arena.KindPayload, 4096)
		dst := k.segment(arena.KindPayload, 4096)
		fd, err := src.ReadOnlyFD()
		if err != nil {
			t.Fatal(err)
		}
		whole := func(s *arena.Segment) wire.Window {
			return wire.Window{Segment: s.ID(), Length: 4096, ByteLen: 4096, IsNew: true}
		}
		k.result(wire.Call{
			Op: opCopy, OutputCount: 1,
			Inputs: []wire.Window{whole(src)}, Outputs: []wire.Window{whole(dst)},
		}, fd, dst.FD())
		unix.Close(fd)
		for _, s := range []*arena.Segment{src, dst} {
			k.done(&wire.Message{Kind: wire.KindRelease, Release: s.ID()})
			s.Close()
		}
	})
}

func TestRefusedCallsLeaveNothing(t *testing.T) {
	k := run(t, testPlugin().Bytes(), options{})
	s := k.segment(arena.KindPayload, 4096)
	good := wire.Window{Segment: s.ID(), Length: 4096, ByteLen: 4096, IsNew: true}
	odd := wire.Window{Segment: 4711, Length: 1, ByteLen: 100, IsNew: true}
	leavesNothing(t, k, func() {
		a := k.call(wire.Call{Op: opAdd, Inputs: []wire.Window{good, odd, good}}, s.FD(), s.FD(), s.FD())
		if a == nil || a.Kind != wire.KindFailed {
			t.Fatalf("answer %+v", a)
		}
		k.result(wire.Call{Op: opFail, Inputs: []wire.Window{good}}, s.FD())
		k.done(&wire.Message{Kind: wire.KindRelease, Release: s.ID()})
	})
}

func TestReplacedChannelsLeaveNothing(t *testing.T) {
	k, _ := flock(t, 2)
	n := 0
	leavesNothing(t, k, func() {
		n++
		c := k.attach(1 + n%300)
		k.tick(wire.Live{Ticks: 1, Shards: 2})
		if f, ok := c.Acquire(); !ok || f.Count != 1+n%300 {
			t.Fatalf("frame of %d elements, %d expected", f.Count, 1+n%300)
		}
		c.Close()
	})
}
