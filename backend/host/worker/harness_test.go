//go:build linux

package worker_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/arena"
	"inos/backend/wire"
)

// patience is how long a test waits for an answer before it takes the worker for lost.
const patience = 30 * time.Second

// workerProgram is the real program, built once for all tests.
var workerProgram string

func TestMain(m *testing.M) {
	if names := os.Getenv(withoutEnv); names != "" {
		becomeOlder(names, os.Args[1])
	}
	dir, err := os.MkdirTemp("", "inos-worker-test")
	if err != nil {
		panic(err)
	}
	workerProgram = filepath.Join(dir, "inos-worker")
	if err := build(workerProgram); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// build makes the program as it is shipped: static, without the test's race detector.
func build(path string, flags ...string) error {
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, "inos/backend/cmd/inos-worker")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build of inos-worker: %w\n%s", err, out)
	}
	return nil
}

// worker is a running worker process with its kernel's side.
type worker struct {
	t      testing.TB
	arena  *arena.Arena
	conn   *wire.Conn
	cmd    *exec.Cmd
	stderr bytes.Buffer
	status *arena.Status
	nextID uint32

	messages chan *wire.Message // all that the worker says; closed at its end
	logs     []wire.Log
	ready    wire.Ready
	grant    func(wire.Need) (wire.Window, int)
}

// options are what a test changes about a load.
type options struct {
	program string
	load    wire.Load
	args    []string
	stray   bool   // hand over a descriptor by accident
	without string // features that the system lacks
	lenient bool   // run without seccomp if need be
}

// start runs a worker process up to its first answer, which may be a failure.
func start(t testing.TB, module []byte, o options) (*worker, *wire.Message) {
	t.Helper()
	k := &worker{t: t, arena: arena.New(1 << 30), messages: make(chan *wire.Message, 4096)}
	conn, child, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	k.conn = conn
	if o.program == "" {
		o.program = workerProgram
	}
	k.cmd = exec.Command(o.program, o.args...)
	k.cmd.Env = []string{"GODEBUG=asyncpreemptoff=1"}
	k.cmd.ExtraFiles = []*os.File{child}
	if o.without != "" {
		k.cmd.Path, k.cmd.Args = os.Args[0], []string{os.Args[0], o.program}
		k.cmd.Env = append(k.cmd.Env, withoutEnv+"="+o.without)
	}
	if o.stray {
		f, err := os.Open("/etc/passwd")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		k.cmd.ExtraFiles = append(k.cmd.ExtraFiles, f)
	}
	k.cmd.Stderr = &k.stderr
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child.Close()
	t.Cleanup(k.close)
	go k.read()
	o.load.RequireSeccomp = !o.lenient
	return k, k.load(module, o.load)
}

// run is start for a worker that has to become ready.
func run(t testing.TB, module []byte, o options) *worker {
	t.Helper()
	k, answer := start(t, module, o)
	if answer == nil || answer.Kind != wire.KindReady {
		t.Fatalf("not ready: %+v, stderr %s", answer, k.stderr.String())
	}
	k.ready = answer.Ready
	return k
}

func (k *worker) close() {
	k.conn.Close()
	k.cmd.Process.Kill()
	k.cmd.Wait()
	k.arena.Close()
}

func (k *worker) read() {
	for {
		m := new(wire.Message)
		if _, err := k.conn.Recv(m); err != nil {
			close(k.messages)
			return
		}
		k.messages <- m
	}
}

func (k *worker) load(module []byte, l wire.Load) *wire.Message {
	k.t.Helper()
	page := k.segment(arena.KindStatus, arena.StatusPageBytes)
	status, err := arena.OpenStatus(page)
	if err != nil {
		k.t.Fatal(err)
	}
	k.status = status
	file := k.file(module)
	fds := []int{int(file.Fd()), page.FD()}
	if l.SharedBytes > 0 {
		fds = append(fds, k.segment(arena.KindShared, int64(l.SharedBytes+4095)/4096*4096).FD())
	}
	l.MemoryBytes = max(l.MemoryBytes, 1<<20)
	l.Instances = max(l.Instances, 1)
	return k.ask(&wire.Message{Kind: wire.KindLoad, Load: l}, fds...)
}

func (k *worker) file(content []byte) *os.File {
	k.t.Helper()
	fd, err := unix.MemfdCreate("module", unix.MFD_CLOEXEC)
	if err != nil {
		k.t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "module")
	k.t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		k.t.Fatal(err)
	}
	return f
}

func (k *worker) segment(kind arena.SegmentKind, byteLen int64) *arena.Segment {
	k.t.Helper()
	s, err := k.arena.Create(kind, "test", byteLen)
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// send sends a question and returns its id.
func (k *worker) send(m *wire.Message, fds ...int) uint32 {
	k.t.Helper()
	k.nextID++
	m.ID = k.nextID
	if err := k.conn.Send(m, fds...); err != nil {
		k.t.Fatalf("%v; stderr %s", err, k.stderr.String())
	}
	return m.ID
}

// ask sends a question and returns its answer, nil when the worker ended without one. Needs are
// granted, logs kept.
func (k *worker) ask(m *wire.Message, fds ...int) *wire.Message {
	k.t.Helper()
	return k.await(k.send(m, fds...))
}

func (k *worker) await(id uint32) *wire.Message {
	k.t.Helper()
	for {
		m := k.next()
		switch {
		case m == nil:
			return nil
		case m.Kind == wire.KindLog:
			k.logs = append(k.logs, m.Log)
		case m.Kind == wire.KindAsk: // a world that has all that is asked for
			room := max(min(m.Ask.Length, wire.MaxDataBytes), 0)
			answer := &wire.Message{ID: m.ID, Kind: wire.KindReply}
			answer.Reply = wire.Reply{Value: m.Ask.Length, Data: make([]byte, room)}
			if err := k.conn.Send(answer); err != nil {
				k.t.Fatal(err)
			}
		case m.Kind == wire.KindNeed:
			w, fd := k.grant(m.Need)
			answer := &wire.Message{ID: m.ID, Kind: wire.KindGrant, Grant: w}
			fds := []int{fd}
			if !w.IsNew {
				fds = nil
			}
			if err := k.conn.Send(answer, fds...); err != nil {
				k.t.Fatal(err)
			}
		case m.ID == id:
			return m
		default:
			k.t.Fatalf("unexpected %s %d while waiting for %d: %+v", m.Kind, m.ID, id, m)
		}
	}
}

// next returns the next message, nil at the worker's end.
func (k *worker) next() *wire.Message {
	k.t.Helper()
	select {
	case m := <-k.messages:
		return m
	case <-time.After(patience):
		k.t.Fatalf("no message within %s; stderr %s", patience, k.stderr.String())
		return nil
	}
}

// done asks something whose answer has to be done.
func (k *worker) done(m *wire.Message, fds ...int) {
	k.t.Helper()
	if a := k.ask(m, fds...); a == nil || a.Kind != wire.KindDone {
		k.t.Fatalf("%s: answer %+v, stderr %s", m.Kind, a, k.stderr.String())
	}
}

// call runs an op and returns the answer.
func (k *worker) call(c wire.Call, fds ...int) *wire.Message {
	k.t.Helper()
	return k.ask(&wire.Message{Kind: wire.KindCall, Call: c}, fds...)
}

// result is call for an op that has to come back.
func (k *worker) result(c wire.Call, fds ...int) wire.Result {
	k.t.Helper()
	a := k.call(c, fds...)
	if a == nil || a.Kind != wire.KindResult {
		k.t.Fatalf("op %d: answer %+v, stderr %s", c.Op, a, k.stderr.String())
	}
	return a.Result
}

// input makes a segment with the content and grants it read-only.
func (k *worker) input(content []byte) (*arena.Segment, wire.Window, int) {
	k.t.Helper()
	s := k.segment(arena.KindPayload, int64(len(content)+4095)/4096*4096)
	copy(s.Bytes(), content)
	fd, err := s.ReadOnlyFD()
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { unix.Close(fd) })
	return s, wire.Window{
		Segment: s.ID(), Length: uint64(len(content)), ByteLen: uint64(s.Len()), IsNew: true,
	}, fd
}

// output makes an empty segment and grants it.
func (k *worker) output(byteLen int64) (*arena.Segment, wire.Window) {
	k.t.Helper()
	s := k.segment(arena.KindPayload, byteLen)
	return s, wire.Window{
		Segment: s.ID(), Length: uint64(byteLen), ByteLen: uint64(byteLen), IsNew: true,
	}
}

// exit waits for the worker's end.
func (k *worker) exit() syscall.WaitStatus {
	k.t.Helper()
	for m := k.next(); m != nil; m = k.next() {
		k.t.Logf("on the way out: %s %+v", m.Kind, m)
	}
	k.cmd.Wait()
	return k.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func integers(values ...int64) []wire.Value {
	var list []wire.Value
	for _, v := range values {
		list = append(list, wire.IntegerOf(v))
	}
	return list
}
