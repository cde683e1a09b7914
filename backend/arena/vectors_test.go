package arena

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden vectors anew")

// sparse renders memory as lines "offset hex" of the 16-byte rows that are not all zero, after a
// first line "bytes N". Go, Rust and TypeScript read the same files.
func sparse(mem []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "bytes %d\n", len(mem))
	for at := 0; at < len(mem); at += 16 {
		row := mem[at:min(at+16, len(mem))]
		if !bytes.Equal(row, make([]byte, len(row))) {
			fmt.Fprintf(&b, "%06x %s\n", at, hex.EncodeToString(row))
		}
	}
	return b.Bytes()
}

func compareVector(t *testing.T, name string, mem []byte) {
	t.Helper()
	path := filepath.Join("..", "..", "schemas", "vectors", name)
	got := sparse(mem)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if the layout was meant to change, run the test with -update\ngot:\n%s", name, got)
	}
}

func TestTheKernelSegmentMatchesItsGoldenVector(t *testing.T) {
	k := newTestKernel(t)
	k.SetEntry(2, Entry{Segment: 5, FD: 33, Kind: KindChannel, Look: 1, ByteLen: 110592, Unit: "boids"})
	k.UpdateSystem(SystemMetrics{ArenaUsed: 241664, ArenaLimit: 16 << 20, KernelCPUPct: 2.5, WorkerCPUPct: 87.25, KernelRSS: 31 << 20, Workers: 1, Cores: 4})
	k.UpdateUnit(2, UnitMetrics{
		Ticks: 1234, Published: 1230, StepP50Ms: 1.5, StepP95Ms: 2.25, StepMaxMs: 9.75, TickHz: 59.5,
		WorkerCPUPct: 87.25, WorkerRSS: 12 << 20, Shards: 2, Elements: 1000, Restarts: 3,
		State: LiveStateRunning, BytesPublished: 1230 * 32000,
	})
	k.Emit(Event{Kind: EventKindUnitRestarted, Severity: Warning, Unit: "boids", Text: "boids was started again", Time: time.UnixMilli(1_700_000_000_123)})
	store32(k.mem, KernelSegmentKernelPidAt, 4711)
	compareVector(t, "kernel.hex", k.mem)
}

func TestAChannelMatchesItsGoldenVector(t *testing.T) {
	c := newTestChannel(t, 100, InstanceBytes)
	for tick := range uint64(2) {
		slot, buf := c.Begin()
		for i := range 3 {
			putInstance(buf[i*InstanceBytes:], float32(i)+float32(tick)/2)
		}
		c.Publish(slot, 3, tick+1, 1_000_000_007*(tick+1))
	}
	c.Acquire()
	compareVector(t, "channel.hex", c.mem)
}

// putInstance writes x y z a vx vy vz b as base, base+1, ... base+7.
func putInstance(b []byte, base float32) {
	for i, at := range []int{InstanceXAt, InstanceYAt, InstanceZAt, InstanceAAt, InstanceVxAt, InstanceVyAt, InstanceVzAt, InstanceBAt} {
		bits := math.Float32bits(base + float32(i))
		b[at], b[at+1], b[at+2], b[at+3] = byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24)
	}
}
