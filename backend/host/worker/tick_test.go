//go:build linux

package worker_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"inos/backend/arena"
	"inos/backend/wire"
)

const (
	elements = 61
	stride   = 32
)

// flock is a worker with a channel, loaded for a number of instances.
func flock(t *testing.T, instances int) (*worker, *arena.Channel) {
	t.Helper()
	k := run(t, testPlugin().Bytes(), options{load: wire.Load{
		SharedBytes: 4096, Instances: uint16(instances), Phases: 2, Pin: instances > 1,
	}})
	k.setParams(1, 0)
	return k, k.attach(elements)
}

func (k *worker) setParams(values ...int64) {
	k.t.Helper()
	k.done(&wire.Message{Kind: wire.KindParams, Params: integers(values...)})
}

func (k *worker) attach(capacity int) *arena.Channel {
	k.t.Helper()
	c, err := k.arena.NewChannel("test", capacity, stride, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	k.done(&wire.Message{Kind: wire.KindChannel, Channel: wire.Channel{
		Segment: c.Segment().ID(), ByteLen: uint64(c.Segment().Len()),
	}}, c.Segment().FD())
	return c
}

// tick runs a number of ticks to their end and returns what finished says.
func (k *worker) tick(l wire.Live) uint64 {
	k.t.Helper()
	l.Run = true
	k.done(&wire.Message{Kind: wire.KindLive, Live: l})
	m := k.next()
	if m == nil || m.Kind != wire.KindFinished {
		k.t.Fatalf("instead of finished: %+v, stderr %s", m, k.stderr.String())
	}
	return m.Finished
}

// expected is what the test plugin's words are after a number of ticks.
func expected(ticks, seed, count int) []uint32 {
	words := make([]uint32, count)
	for range ticks {
		for i := range words {
			words[i] = words[i]*3 + uint32(i) + uint32(seed)
		}
	}
	return words
}

func checkFrame(t *testing.T, c *arena.Channel, tick uint64, want []uint32) {
	t.Helper()
	f, ok := c.Acquire()
	if !ok {
		t.Fatal("nothing published")
	}
	defer c.Release()
	if f.Tick != tick || f.Count != len(want) || f.StampNs == 0 {
		t.Errorf("frame of tick %d with %d elements, want %d with %d", f.Tick, f.Count, tick, len(want))
	}
	for i := range f.Count {
		got := binary.LittleEndian.Uint32(f.Data[i*stride:])
		if mirrored := want[len(want)-1-i]; got != mirrored {
			t.Fatalf("element %d is %d, want %d", i, got, mirrored)
		}
	}
}

func TestTicksDoNotDependOnTheShards(t *testing.T) {
	for _, c := range []struct {
		name      string
		instances int
		shards    uint16
	}{
		{"one shard", 1, 1},
		{"two shards", 2, 2},
		{"two instances, one shard", 2, 1},
		{"three shards", 3, 3},
		{"as many as pay", 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, channel := flock(t, c.instances)
			const ticks = 40
			if n := k.tick(wire.Live{Ticks: ticks, DtUs: 16667, Shards: c.shards}); n != ticks {
				t.Errorf("finished after %d ticks", n)
			}
			checkFrame(t, channel, ticks, expected(ticks, 1, elements))
			s := k.status
			if s.Ticks() != ticks || s.Published() != ticks || s.BusySince() != 0 {
				t.Errorf("%d ticks, %d published, busy since %d", s.Ticks(), s.Published(), s.BusySince())
			}
			if c.shards != 0 && s.Shards() != uint32(c.shards) {
				t.Errorf("%d shards, want %d", s.Shards(), c.shards)
			}
			steps, _ := s.Steps(nil)
			for _, ns := range steps {
				if ns == 0 {
					t.Errorf("a tick took no time: %v", steps)
					break
				}
			}
		})
	}
}

func TestAUnitStepsAndResets(t *testing.T) {
	k, channel := flock(t, 1)
	for n := uint64(1); n <= 3; n++ {
		if done := k.tick(wire.Live{Ticks: 1}); done != n {
			t.Errorf("%d ticks after %d steps", done, n)
		}
	}
	checkFrame(t, channel, 3, expected(3, 1, elements))
	// The plugin's reset zeroes the first word.
	want := expected(3, 1, elements)
	want[0] = 0
	for i := range want {
		want[i] = want[i]*3 + uint32(i) + 1
	}
	k.tick(wire.Live{Ticks: 1, Reset: true})
	checkFrame(t, channel, 4, want)
}

func TestPauseHolds(t *testing.T) {
	k, _ := flock(t, 2)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Shards: 2}})
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: false, Shards: 2}})
	// The answer comes between ticks, so nothing ticks after it.
	ticks := k.status.Ticks()
	before := cpuTime(t, k.cmd.Process.Pid)
	k.result(wire.Call{Op: opFail})
	if k.status.Ticks() != ticks {
		t.Errorf("%d ticks at the pause, %d later", ticks, k.status.Ticks())
	}
	idle := cpuOver(t, k.cmd.Process.Pid)
	t.Logf("%s of processor time before, %s in %s of rest", before, idle, restTime)
	if idle > restTime/100 {
		t.Errorf("a paused worker took %s in %s", idle, restTime)
	}
}

func TestParametersAndChannelsChangeBetweenTicks(t *testing.T) {
	k, small := flock(t, 2)
	k.tick(wire.Live{Ticks: 2, Shards: 2})
	checkFrame(t, small, 2, expected(2, 1, elements))
	big := k.attach(200)
	k.setParams(5, 0)
	k.tick(wire.Live{Ticks: 1, Shards: 2})
	want := append(expected(2, 1, elements), make([]uint32, 200-elements)...)
	for i := range want {
		want[i] = want[i]*3 + uint32(i) + 5
	}
	checkFrame(t, big, 3, want)
	if f, ok := small.Acquire(); !ok || f.Tick != 2 {
		t.Errorf("the replaced channel has a frame of tick %d", f.Tick)
	}
}

func TestCallsAndTicksTakeTurns(t *testing.T) {
	k, _ := flock(t, 2)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Shards: 2}})
	// Calls follow each other closely: where the machine is busy, 50 of them may be done before a tick.
	const least, most = 50, 100_000
	for i := 0; i < least || k.status.Ticks() == 0; i++ {
		if i == most {
			t.Fatal("no ticks beside the calls")
		}
		r := k.result(wire.Call{
			Op: opAdd, Results: 1, Params: []wire.Value{wire.NumberOf(1), wire.NumberOf(2)},
		})
		if r.Results[0] != 3 {
			t.Fatalf("result %+v", r)
		}
	}
}

func TestThePaceIsKept(t *testing.T) {
	k, _ := flock(t, 1)
	const rate, ticks = 200, 40
	begin := arena.Monotonic()
	k.tick(wire.Live{Ticks: ticks, RateHz: rate, Shards: 1})
	took := float64(arena.Monotonic()-begin) / 1e9
	if took < (ticks-1)/float64(rate) {
		t.Errorf("%d ticks at %d Hz took %.3f s", ticks, rate, took)
	}
	t.Logf("%d ticks at %d Hz took %.3f s; the last was late by %d us", ticks, rate, took,
		k.status.LateNs()/1000)
}

func TestASlowPaceCanBeChangedAtOnce(t *testing.T) {
	k, _ := flock(t, 1)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, RateHz: 0.001}})
	if n := k.tick(wire.Live{Ticks: 3}); n < 3 {
		t.Errorf("%d ticks", n)
	}
}

func TestATickThatFailsStops(t *testing.T) {
	k, _ := flock(t, 2)
	k.tick(wire.Live{Ticks: 1, Shards: 2})
	k.setParams(1, 2)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Shards: 2}})
	m := k.next()
	if m == nil || m.ID != 0 || m.Failed.Kind != wire.FailCode || m.Failed.Text != failText {
		t.Fatalf("message %+v", m)
	}
	if k.status.Published() != 1 {
		t.Errorf("%d frames published, the failed tick's among them", k.status.Published())
	}
	// An error code leaves the guest whole.
	k.setParams(1, 0)
	if n := k.tick(wire.Live{Ticks: 1, Shards: 2}); n != 2 {
		t.Errorf("%d ticks", n)
	}
}

func TestATickThatTrapsEndsTheWorker(t *testing.T) {
	k, _ := flock(t, 2)
	k.setParams(1, 1)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Shards: 2}})
	m := k.next()
	if m == nil || m.ID != 0 || m.Failed.Kind != wire.FailTrap ||
		!strings.Contains(m.Failed.Text, "inos_tick") {
		t.Fatalf("message %+v", m)
	}
	if status := k.exit(); status.ExitStatus() != wire.ExitTrap {
		t.Errorf("status %v", status)
	}
}

func TestAFaultNamesItsInstance(t *testing.T) {
	k, _ := flock(t, 2)
	k.setParams(1, 3)
	k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Shards: 2}})
	m := k.next()
	if m == nil || m.Kind != wire.KindFault || m.Fault.Address != hole || m.Fault.Instance != 1 {
		t.Fatalf("message %+v", m)
	}
	if status := k.exit(); status.ExitStatus() != wire.ExitFault {
		t.Errorf("status %v", status)
	}
}
