package arena

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// MaxEntries is how many channels the page can see at once.
const MaxEntries = KernelSegmentDirectoryCount

// readPatience bounds a reader against a writer that dies half-way: its epoch stays odd.
const readPatience = 200 * time.Millisecond

// Kernel is the kernel segment: the directory of channels, metrics and events. The kernel writes
// it, the page reads it. Safe for concurrent use.
type Kernel struct {
	seg *Segment
	mem []byte
	mu  sync.Mutex // one writer at a time
	// eventTimes are the times of the last events, for the rate limit.
	burst burst
}

// Entry is one line of the directory.
type Entry struct {
	Segment    uint32 // id; 0: free
	Generation uint32 // changes when another segment takes the place
	FD         int    // in the kernel process; -1: not for the page
	Kind       SegmentKind
	Look       uint16 // Look of compute/plugin.capnp
	ByteLen    int64
	Unit       string // up to 40 bytes
}

// SystemMetrics are the figures of the whole node. Percent are of one core.
type SystemMetrics struct {
	ArenaUsed, ArenaLimit      int64 // bytes
	KernelCPUPct, WorkerCPUPct float32
	KernelRSS                  int64 // bytes
	Workers, Cores             int
}

// UnitMetrics are the figures of one live unit. Percent are of one core.
type UnitMetrics struct {
	Ticks, Published                  uint64
	StepP50Ms, StepP95Ms, StepMaxMs   float32 // over the last StepRing ticks
	TickHz, WorkerCPUPct              float32
	WorkerRSS                         int64 // bytes
	Shards, Elements, Restarts, State uint32
	BytesPublished                    uint64
}

// NewKernel makes the kernel segment of an arena.
func (a *Arena) NewKernel() (*Kernel, error) {
	s, err := a.Create(KindKernel, "kernel", KernelSegmentBytes)
	if err != nil {
		return nil, err
	}
	k := &Kernel{seg: s, mem: s.mem}
	store32(k.mem, KernelSegmentKernelPidAt, uint32(os.Getpid()))
	for i := range MaxEntries {
		store32(k.mem, entryAt(i)+DirectoryEntryFdAt, ^uint32(0))
	}
	return k, nil
}

// OpenKernel makes a view of another process's kernel segment, for reading.
func OpenKernel(s *Segment) (*Kernel, error) {
	if err := checkHeader(s, KindKernel, KernelSegmentBytes); err != nil {
		return nil, err
	}
	return &Kernel{seg: s, mem: s.mem}, nil
}

// Segment is the memory under it.
func (k *Kernel) Segment() *Segment { return k.seg }

func entryAt(i int) int { return KernelSegmentDirectoryAt + i*DirectoryEntryBytes }
func unitAt(i int) int  { return KernelSegmentUnitsAt + i*UnitMetricsBytes }

// write runs change with the epoch at epochAt odd (rule K-1).
func (k *Kernel) write(epochAt int, change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	store32(k.mem, epochAt, load32(k.mem, epochAt)+1)
	change()
	store32(k.mem, epochAt, load32(k.mem, epochAt)+1)
}

// read runs get until it saw one even epoch all along.
func (k *Kernel) read(epochAt int, get func()) error {
	start := Monotonic()
	for {
		before := load32(k.mem, epochAt)
		if before&1 == 0 {
			get()
			if load32(k.mem, epochAt) == before {
				return nil
			}
		}
		if Monotonic()-start > uint64(readPatience) {
			break
		}
		runtime.Gosched()
	}
	return fmt.Errorf("the kernel segment is being written for ever")
}

// SetEntry fills line i of the directory; its generation is raised.
func (k *Kernel) SetEntry(i int, e Entry) {
	k.write(KernelSegmentDirectoryEpochAt, func() {
		at := entryAt(i)
		store32(k.mem, at+DirectoryEntrySegmentAt, e.Segment)
		store32(k.mem, at+DirectoryEntryGenerationAt, load32(k.mem, at+DirectoryEntryGenerationAt)+1)
		store32(k.mem, at+DirectoryEntryFdAt, uint32(int32(e.FD)))
		store16(k.mem, at+DirectoryEntryKindAt, uint16(e.Kind))
		store16(k.mem, at+DirectoryEntryLookAt, e.Look)
		store64(k.mem, at+DirectoryEntryByteLenAt, uint64(e.ByteLen))
		putText(k.mem[at+DirectoryEntryUnitAt:][:DirectoryEntryUnitCount], e.Unit)
	})
}

// ClearEntry frees line i and zeroes its metrics.
func (k *Kernel) ClearEntry(i int) {
	k.SetEntry(i, Entry{FD: -1})
	k.UpdateUnit(i, UnitMetrics{})
}

// Entry reads line i of the directory.
func (k *Kernel) Entry(i int) (e Entry, err error) {
	err = k.read(KernelSegmentDirectoryEpochAt, func() {
		at := entryAt(i)
		e = Entry{
			Segment:    load32(k.mem, at+DirectoryEntrySegmentAt),
			Generation: load32(k.mem, at+DirectoryEntryGenerationAt),
			FD:         int(int32(load32(k.mem, at+DirectoryEntryFdAt))),
			Kind:       SegmentKind(load16(k.mem, at+DirectoryEntryKindAt)),
			Look:       load16(k.mem, at+DirectoryEntryLookAt),
			ByteLen:    int64(load64(k.mem, at+DirectoryEntryByteLenAt)),
			Unit:       getText(k.mem[at+DirectoryEntryUnitAt:][:DirectoryEntryUnitCount]),
		}
	})
	return e, err
}

// UpdateSystem publishes the figures of the node.
func (k *Kernel) UpdateSystem(m SystemMetrics) {
	k.write(KernelSegmentMetricsEpochAt, func() {
		const at = KernelSegmentSystemAt
		storeFloat64(k.mem, at+SystemMetricsArenaUsedAt, float64(m.ArenaUsed))
		storeFloat64(k.mem, at+SystemMetricsArenaLimitAt, float64(m.ArenaLimit))
		storeFloat32(k.mem, at+SystemMetricsKernelCpuPctAt, m.KernelCPUPct)
		storeFloat32(k.mem, at+SystemMetricsWorkerCpuPctAt, m.WorkerCPUPct)
		storeFloat64(k.mem, at+SystemMetricsKernelRssAt, float64(m.KernelRSS))
		store32(k.mem, at+SystemMetricsWorkersAt, uint32(m.Workers))
		store32(k.mem, at+SystemMetricsCoresAt, uint32(m.Cores))
	})
}

// System reads the figures of the node.
func (k *Kernel) System() (m SystemMetrics, err error) {
	err = k.read(KernelSegmentMetricsEpochAt, func() {
		const at = KernelSegmentSystemAt
		m = SystemMetrics{
			ArenaUsed:    int64(loadFloat64(k.mem, at+SystemMetricsArenaUsedAt)),
			ArenaLimit:   int64(loadFloat64(k.mem, at+SystemMetricsArenaLimitAt)),
			KernelCPUPct: loadFloat32(k.mem, at+SystemMetricsKernelCpuPctAt),
			WorkerCPUPct: loadFloat32(k.mem, at+SystemMetricsWorkerCpuPctAt),
			KernelRSS:    int64(loadFloat64(k.mem, at+SystemMetricsKernelRssAt)),
			Workers:      int(load32(k.mem, at+SystemMetricsWorkersAt)),
			Cores:        int(load32(k.mem, at+SystemMetricsCoresAt)),
		}
	})
	return m, err
}

// UpdateUnit publishes the figures of the live unit in line i of the directory.
func (k *Kernel) UpdateUnit(i int, m UnitMetrics) {
	k.write(KernelSegmentMetricsEpochAt, func() {
		at := unitAt(i)
		storeFloat64(k.mem, at+UnitMetricsTicksAt, float64(m.Ticks))
		storeFloat64(k.mem, at+UnitMetricsPublishedAt, float64(m.Published))
		storeFloat32(k.mem, at+UnitMetricsStepP50MsAt, m.StepP50Ms)
		storeFloat32(k.mem, at+UnitMetricsStepP95MsAt, m.StepP95Ms)
		storeFloat32(k.mem, at+UnitMetricsStepMaxMsAt, m.StepMaxMs)
		storeFloat32(k.mem, at+UnitMetricsTickHzAt, m.TickHz)
		storeFloat32(k.mem, at+UnitMetricsWorkerCpuPctAt, m.WorkerCPUPct)
		store32(k.mem, at+UnitMetricsShardsAt, m.Shards)
		storeFloat64(k.mem, at+UnitMetricsWorkerRssAt, float64(m.WorkerRSS))
		store32(k.mem, at+UnitMetricsElementsAt, m.Elements)
		store32(k.mem, at+UnitMetricsRestartsAt, m.Restarts)
		store32(k.mem, at+UnitMetricsStateAt, m.State)
		storeFloat64(k.mem, at+UnitMetricsBytesPublishedAt, float64(m.BytesPublished))
	})
}

// Unit reads the figures of the live unit in line i of the directory.
func (k *Kernel) Unit(i int) (m UnitMetrics, err error) {
	err = k.read(KernelSegmentMetricsEpochAt, func() {
		at := unitAt(i)
		m = UnitMetrics{
			Ticks:          uint64(loadFloat64(k.mem, at+UnitMetricsTicksAt)),
			Published:      uint64(loadFloat64(k.mem, at+UnitMetricsPublishedAt)),
			StepP50Ms:      loadFloat32(k.mem, at+UnitMetricsStepP50MsAt),
			StepP95Ms:      loadFloat32(k.mem, at+UnitMetricsStepP95MsAt),
			StepMaxMs:      loadFloat32(k.mem, at+UnitMetricsStepMaxMsAt),
			TickHz:         loadFloat32(k.mem, at+UnitMetricsTickHzAt),
			WorkerCPUPct:   loadFloat32(k.mem, at+UnitMetricsWorkerCpuPctAt),
			Shards:         load32(k.mem, at+UnitMetricsShardsAt),
			WorkerRSS:      int64(loadFloat64(k.mem, at+UnitMetricsWorkerRssAt)),
			Elements:       load32(k.mem, at+UnitMetricsElementsAt),
			Restarts:       load32(k.mem, at+UnitMetricsRestartsAt),
			State:          load32(k.mem, at+UnitMetricsStateAt),
			BytesPublished: uint64(loadFloat64(k.mem, at+UnitMetricsBytesPublishedAt)),
		}
	})
	return m, err
}

// Ping is the word that `bench epoch` asks with, Echo the one the page answers with.
func (k *Kernel) Ping() *uint32 { return word32(k.mem, KernelSegmentPagePingAt) }

// Echo is the page's answer to Ping. The page may write anything there.
func (k *Kernel) Echo() *uint32 { return word32(k.mem, KernelSegmentPageEchoAt) }
