// Package job runs ops: one request, one answer. It finds the op, checks its parameters, lends the
// inputs to a worker as shared memory, and takes copies of what comes back. Workers are kept for a
// short time after a job, so that the next one starts at once.
//
// The package knows neither processes nor files of plugins: node hands it a Catalogue and an
// Engine.
package job

import (
	"context"
	"os"
	"time"

	"inos/backend/input"
	"inos/backend/manifest"
)

// Request asks for one run of an op.
type Request struct {
	Unit, Op string
	// Params by name; a value may be a string, as from a command line. Absent ones take their
	// defaults.
	Params map[string]any
	// Inputs in the manifest's order. Optional ones at the end may be left out.
	Inputs []Input
	// Places is for how many outputs the caller has a place; more than the op has are refused
	// before it runs.
	Places int
	// Priority says which of those that wait runs first.
	Priority Priority
	// Deadline is when the job ends, whether it waits or runs; zero: it has none of its own. Of those that
	// are as urgent the one with the earliest runs first.
	Deadline time.Time
	// Hold leaves outputs in shared memory, each with a Held for the caller to release.
	Hold bool
	// NoCache: the op runs, and its result is not kept.
	NoCache bool
	// Progress is called from one goroutine while the op runs, some ten times a second; total 0
	// means unknown. May be nil.
	Progress func(done, total uint64)

	started func(bool) // it runs, or waits again
}

// Input is a file, a stream, an earlier output or bytes. Exactly one of them is used.
type Input struct {
	// Path is a regular file, or a pipe that somebody writes into.
	Path string
	// Stream is read to its end once the op is found and its worker runs.
	Stream *input.Source
	Bytes  []byte
	// Held is an output of an earlier job; it is read where it lies.
	Held Held
	// Name is what a plugin is told that it is called, made safe by input.BaseName; empty: the name of the
	// file, and of anything else none.
	Name string
}

// Result is what an op gave back. All of it is copied out of shared memory.
type Result struct {
	Unit    string         `json:"unit"`
	Op      string         `json:"op"`
	Plugin  string         `json:"plugin"`
	Digest  string         `json:"digest"` // BLAKE3 of the plugin's file, hex
	Params  map[string]any `json:"params"`
	Outputs []Output       `json:"outputs,omitempty"`
	Results []Figure       `json:"results,omitempty"`
	GuestNs uint64         `json:"guest_ns"` // time inside the guest
	WallNs  uint64         `json:"wall_ns"`  // from request to result
	Started bool           `json:"started"`  // a worker was started for it
	// FromCache is where a result came from that was kept; GuestNs is then the time that it took.
	FromCache *Origin `json:"from_cache,omitempty"`

	// Copied are the bytes of each input that were copied into shared memory: 0 of what is mapped or lent.
	Copied []int64 `json:"-"`

	made time.Time
}

// Output is one output of the op. Outputs that the op left out are not listed.
type Output struct {
	Index int    `json:"-"` // in the manifest
	Name  string `json:"name"`
	Media string `json:"media"` // as the op says; empty: unknown
	Bytes []byte `json:"-"`
	Len   int64  `json:"bytes"`
	// Held is set where the request asked for it and the output was not in the cache: Bytes is then a view
	// of it, until Release.
	Held Held `json:"-"`
}

// Held is an output that stays in shared memory, beyond its worker, until Release.
type Held interface {
	Bytes() []byte
	Release()
}

// Target is an op, found.
type Target struct {
	Unit   string
	Op     *manifest.Op
	Plugin string // id
	Digest [32]byte
	// Version is the plugin's own.
	Version string
	// Pure: nothing reaches the op but its parameters and inputs, neither a permission nor a setting.
	Pure bool
	// Acts: the op may change something outside, by a permission.
	Acts bool
}

// Catalogue knows which plugin offers an op. The error is a fault of kind NotFound that names what
// there is instead.
type Catalogue interface {
	FindOp(unit, op string) (Target, error)
}

// Engine starts a worker for a plugin. The context bounds the start only.
type Engine interface {
	StartWorker(ctx context.Context, t Target) (Worker, error)
}

// Worker runs one op at a time. After an error of kind Trap, Deadline, Fault, Crash, Protocol or
// Canceled it may be dead: Alive says so.
type Worker interface {
	// NewInput is memory for an input of that many bytes, until Release.
	NewInput(byteLen int64) (Memory, error)
	// MapInput is a file that the worker maps itself, until Release; the caller may close f. No byte of
	// it comes into this process. False: it must be copied.
	MapInput(f *os.File) (Memory, bool)
	// LendInput is an earlier output, which the caller keeps until the call has ended.
	LendInput(h Held) (Memory, error)
	// Budget is more than any input can have, in bytes.
	Budget() int64
	Call(ctx context.Context, c Call) (*Reply, error)
	Alive() bool
	// Trim gives idle shared memory back.
	Trim()
	// Close ends the worker and frees all it has; it does not wait for a guest.
	Close()
}

// Memory is a piece of shared memory, or a file that is mapped.
type Memory interface {
	// Bytes is none of a file.
	Bytes() []byte
	Release()
}

// Call is one op, ready for the ABI.
type Call struct {
	Op       *manifest.Op
	Params   []manifest.Value
	Inputs   []Memory
	Names    []string // of inputs
	Progress func(done, total uint64)
}

// Reply is what the guest gave back: views of shared memory, valid until Release.
type Reply struct {
	Outputs []ReplyOutput
	Results []Reading // in the manifest's order
	GuestNs uint64
	Release func()
}

// Reading is one result of the op.
type Reading struct {
	Value    float64
	Reported bool
}

// ReplyOutput is a view of one output; the worker may still change the bytes.
type ReplyOutput struct {
	Index int
	Bytes []byte
	Media string
	// Hold keeps it beyond Release.
	Hold func() Held
}

// Clock is what the dispatcher knows of time.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once after d, in a goroutine of its own, unless stop is called first.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}
