package disktest

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// Kind is what an operation does.
type Kind string

// The operations. Those from Create on change the disk.
const (
	Open       Kind = "open"
	Read       Kind = "read"
	Size       Kind = "size"
	List       Kind = "list"
	Lock       Kind = "lock"
	Create     Kind = "create"
	Write      Kind = "write"
	Sync       Kind = "sync"
	Close      Kind = "close" // of a file that was written
	Rename     Kind = "rename"
	Remove     Kind = "remove"
	Mkdir      Kind = "mkdir"
	SyncFolder Kind = "sync folder"
)

// Op is one operation that somebody asked for. N counts them from 0.
type Op struct {
	N        int
	Kind     Kind
	Name, To string
	Bytes    int
}

func (o Op) String() string {
	return fmt.Sprintf("%d: %s %s", o.N, o.Kind, changeText(o.Name, o.To))
}

func changeText(name, to string) string {
	if to == "" {
		return name
	}
	return name + " to " + to
}

// NeedsRoom says that a full disk refuses it.
func (o Op) NeedsRoom() bool {
	switch o.Kind {
	case Create, Write, Mkdir, Rename, Lock:
		return true
	}
	return false
}

// ErrStopped is what everything fails with after the kill that Stop stands for.
var ErrStopped = errors.New("the process was killed")

// errGone is what is asked for by a process that is no more.
var errGone = fmt.Errorf("%w before", ErrStopped)

// At lets the n-th operation alone fail.
func At(n int, err error) func(Op) error {
	return func(op Op) error {
		if op.N == n {
			return err
		}
		return nil
	}
}

// Full is a disk that is full from the n-th operation on.
func Full(n int) func(Op) error {
	return func(op Op) error {
		if op.N >= n && op.NeedsRoom() {
			return syscall.ENOSPC
		}
		return nil
	}
}

// Stop kills at the n-th operation: a write does half of it, and all that comes later does nothing.
// Restart is what the next process finds.
func Stop(n int) func(Op) error {
	return func(op Op) error {
		switch {
		case op.N == n:
			return ErrStopped
		case op.N > n:
			return errGone
		}
		return nil
	}
}

// record is what was done since Begin.
type record struct {
	start  state
	ops    []Op
	events []event
}

// event is one thing that happened to the disk, or a note.
type event struct {
	kind     Kind
	name, to string
	file     int
	data     []byte
	after    int // operations that were asked for until then
}

// What happens to a disk without being asked for.
const (
	noted         Kind = "note"
	put           Kind = "put"
	failedSync    Kind = "failed sync"
	removedFolder Kind = "remove folder"
)

// happen lets something happen, and remembers it.
func (m *Memory) happen(e event) {
	e.after = len(m.ops)
	m.events = append(m.events, e)
	m.now.apply(e)
}

// Break makes operations fail: fault is asked before each, with the disk's turn taken, and what it
// returns, the operation returns. nil ends that. See At, Full and Stop.
func (m *Memory) Break(fault func(Op) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

// Begin forgets what was recorded, and counts operations from 0 again. What is there now lasts.
func (m *Memory) Begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.settle()
	m.record = record{start: m.now.clone()}
}

// Note marks a moment, like "acknowledged": every later Crash has it among its notes.
func (m *Memory) Note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.happen(event{kind: noted, name: text})
}

// Ops are the operations since Begin.
func (m *Memory) Ops() []Op {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ops)
}
