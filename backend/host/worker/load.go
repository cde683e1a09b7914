package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"inos/backend/arena"
	"inos/backend/host/worker/box"
	"inos/backend/host/worker/foreign"
	"inos/backend/host/worker/guest"
	"inos/backend/host/worker/live"
	"inos/backend/host/worker/segv"
	"inos/backend/wire"
)

const (
	// maxModuleBytes bounds a plugin's file.
	maxModuleBytes = 64 << 20
	// dataBytes is private memory beside the guest's own pages: what Go's heap takes beside what it
	// has, and the call stacks of a deep recursion, which wazero ends at 240 MiB.
	dataBytes = 296 << 20
	// compileBytes and compileFactor bound the memory that compiling takes: so much, and so many
	// times the size of the module. Real code needs some 40 MiB and 20 times.
	compileBytes  = 256 << 20
	compileFactor = 32
	// garbageBytes after a cold compile are worth giving back to the system.
	garbageBytes = 8 << 20
	// maxPhases bounds the phases of a tick.
	maxPhases = 16
)

// refusal is an error with the kind that the kernel is told.
type refusal struct {
	kind wire.FailKind
	err  error
}

func (r *refusal) Error() string { return r.err.Error() }

// load takes the first message and answers it: ready, or why not.
func (s *session) load() bool {
	fds, err := s.conn.Recv(&s.in)
	if err != nil {
		return false // nobody is left to be told
	}
	ready, err := s.prepare(s.in.Kind, s.in.Load, fds)
	if err != nil {
		s.fail(s.in.ID, failed(err))
		return false
	}
	ready.TotalNs = uint64(time.Since(s.began))
	s.send(&wire.Message{ID: s.in.ID, Kind: wire.KindReady, Ready: ready})
	return true
}

func failed(err error) wire.Failed {
	var trap *guest.Trap
	if errors.As(err, &trap) {
		return trap.Failed
	}
	var r *refusal
	if errors.As(err, &r) {
		return wire.Failed{Kind: r.kind, Text: r.Error()}
	}
	return wire.Failed{Kind: wire.FailInvalidModule, Text: err.Error()}
}

// prepare goes from a message to instances. The order is binding: all that needs files or
// executable pages first, then the box, then code of the guest.
func (s *session) prepare(kind wire.Kind, l wire.Load, fds []int) (wire.Ready, error) {
	files, err := s.accept(kind, l, fds)
	if err != nil {
		return wire.Ready{}, &refusal{wire.FailProtocol, err}
	}
	ctx := context.Background()
	compiling := time.Now()
	made, err := compile(ctx, files.module, l)
	if err != nil {
		return wire.Ready{}, err
	}
	ready := made.ready()
	ready.CompileNs = uint64(time.Since(compiling))
	switch {
	case made.foreign != nil:
		l.Instances = foreign.Spaces
	case !made.own.HasTick:
		l.Instances = 1
	}
	space, cpus, err := s.enclose(&l, &ready)
	if err != nil {
		return wire.Ready{}, &refusal{wire.FailSandbox, err}
	}
	probe(s)
	if made.foreign != nil {
		return ready, s.startForeign(ctx, made.foreign, space, l)
	}
	return ready, s.start(ctx, made.own, space, l, files, cpus)
}

// compiled is a module of ours or a foreign one.
type compiled struct {
	own     *guest.Program
	foreign *foreign.Program
}

func (c compiled) ready() wire.Ready {
	if c.foreign != nil {
		return wire.Ready{HasCall: true}
	}
	return wire.Ready{HasCall: c.own.HasCall, HasTick: c.own.HasTick, HasInit: c.own.HasInit}
}

// granted are the descriptors of a load message, taken over.
type granted struct {
	module      []byte
	shared      int // -1: none
	sharedBytes int64
}

func (s *session) accept(kind wire.Kind, l wire.Load, fds []int) (granted, error) {
	want := 2
	if l.SharedBytes > 0 {
		want = 3
	}
	if kind != wire.KindLoad || len(fds) != want || l.Instances == 0 || l.Phases > maxPhases ||
		l.SharedBytes > guest.MaxSharedBytes {
		wire.CloseAll(fds)
		return granted{}, fmt.Errorf("%s with %d descriptors for %d instances of %d phases, %d shared bytes",
			kind, len(fds), l.Instances, l.Phases, l.SharedBytes)
	}
	g := granted{shared: -1}
	if want == 3 {
		g.shared = fds[2]
		g.sharedBytes = int64(l.SharedBytes+arena.PageBytes-1) / arena.PageBytes * arena.PageBytes
	}
	page, err := arena.Adopt(fds[1], arena.KindStatus, arena.StatusPageBytes, true)
	if err != nil {
		wire.CloseAll(fds[:1])
		return granted{}, fmt.Errorf("status page: %w", err)
	}
	if s.status, err = arena.OpenStatus(page); err != nil {
		wire.CloseAll(fds[:1])
		return granted{}, fmt.Errorf("status page: %w", err)
	}
	g.module, err = readModule(fds[0])
	return g, err
}

// readModule reads a descriptor from its start, whoever read it before, and closes it.
func readModule(fd int) ([]byte, error) {
	f := os.NewFile(uintptr(fd), "module")
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("module: %w", err)
	}
	if info.Size() > maxModuleBytes {
		return nil, fmt.Errorf("module of %d bytes, at most %d", info.Size(), maxModuleBytes)
	}
	module := make([]byte, info.Size())
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, info.Size()), module); err != nil {
		return nil, fmt.Errorf("module: %w", err)
	}
	return module, nil
}

func compile(ctx context.Context, module []byte, l wire.Load) (c compiled, err error) {
	if err := box.BoundData(compileBytes + compileFactor*uint64(len(module))); err != nil {
		return c, &refusal{wire.FailSandbox, err}
	}
	before := heapBytes()
	if l.Foreign == wire.ForeignNone {
		c.own, err = guest.Compile(ctx, module, l.CacheDir)
	} else {
		c.foreign, err = foreign.Compile(ctx, module, l.CacheDir, l.Foreign, l.Entries)
	}
	if heapBytes() > before+garbageBytes {
		debug.FreeOSMemory()
	}
	return c, err
}

// enclose reserves addresses, puts the fault handler in place and closes the box.
func (s *session) enclose(l *wire.Load, ready *wire.Ready) (*guest.Space, []int, error) {
	space, err := guest.NewSpace(int(l.Instances))
	if err != nil {
		return nil, nil, err
	}
	report, err := wire.NewFaultTemplate()
	if err != nil {
		return nil, nil, err
	}
	low, high := space.Bounds()
	if err := segv.Install(low, high, s.conn.FD(), report); err != nil {
		return nil, nil, err
	}
	var cpus []int
	if l.Pin {
		cpus = live.CPUs()
	}
	// Room for the main goroutine beside shards that cannot be preempted.
	runtime.GOMAXPROCS(max(runtime.NumCPU(), int(l.Instances)+2))
	closed, err := box.Close(s.conn.FD(), box.Limits{
		DataBytes: dataBytes + uint64(l.Instances)*l.MemoryBytes,
	})
	if err != nil {
		return nil, nil, err
	}
	if !closed.Seccomp && l.RequireSeccomp {
		return nil, nil, fmt.Errorf("no seccomp: %w", closed.SeccompErr)
	}
	ready.LandlockABI, ready.Seccomp = uint32(closed.LandlockABI), closed.Seccomp
	return space, cpus, nil
}

// start makes the instances and, for a live unit, its loop.
func (s *session) start(ctx context.Context, program *guest.Program, space *guest.Space,
	l wire.Load, files granted, cpus []int) error {
	s.channels = guest.NewChannels()
	s.ownBytes.status = s.status
	host := &guest.Host{
		SharedBytes: int64(l.SharedBytes),
		Channels:    s.channels,
		Log:         s.logger(),
		Progress:    s.progress,
		Refused:     s.status.AddRefusal,
		OwnBytes:    s.ownBytes.add,
	}
	mapShared := func(m *guest.Memory) error {
		if files.shared < 0 {
			return nil
		}
		return m.Map(guest.SharedBase, files.sharedBytes, files.shared, 0, guest.ReadWrite)
	}
	for n := range int(l.Instances) {
		s.status.SetBusySince(arena.Monotonic()) // the kernel has a deadline for code at load
		instance, err := program.Instantiate(ctx, guest.Config{
			Space:       space,
			Number:      n,
			MemoryBytes: int64(min(l.MemoryBytes, guest.HighBase)),
			Host:        host,
			Map:         mapShared,
		})
		s.status.SetBusySince(0)
		if err != nil {
			return err
		}
		s.instances = append(s.instances, instance)
	}
	if files.shared >= 0 {
		wire.CloseAll([]int{files.shared})
	}
	s.segments = guest.NewSegments(s.instances[0].Memory())
	s.job = guest.NewJob(s.segments, s.need, s.ask)
	if program.HasCall {
		s.code = s.instances[0]
	}
	if program.HasTick {
		s.startLoop(int(l.Phases), cpus)
	}
	return nil
}

func (s *session) logger() *guest.Logger {
	return &guest.Logger{
		Send: func(line wire.Log) { s.send(&wire.Message{Kind: wire.KindLog, Log: line}) },
		Drop: s.status.AddLogDropped,
		Now:  arena.Monotonic,
	}
}

func (s *session) progress(done, total uint64) bool {
	s.status.SetProgress(done, total)
	return s.status.Cancel()
}

// ownBytes keeps the status page's count of the guest's own memory; shards grow at any time.
type ownBytes struct {
	total  atomic.Int64
	status *arena.Status
}

const wasmPageBytes = 64 << 10

func (o *ownBytes) add(delta int64) {
	o.status.SetGuestPages(uint32(o.total.Add(delta) / wasmPageBytes))
}
