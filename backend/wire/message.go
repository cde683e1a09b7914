// Package wire turns Go values into Cap'n Proto control messages and back, with every bound
// checked, and carries them with file descriptors over a SOCK_SEQPACKET socket.
//
// The kernel treats all that a worker says as hostile: Decode refuses whatever exceeds the limits
// of limits.go, whatever the length words inside the message claim.
package wire

// Message is one control message of schemas/system/control.capnp. Only the field that Kind names
// is meaningful; Decode keeps the capacity of the slices in the others for later messages.
type Message struct {
	// ID is chosen by the asker and repeated in the answer. 0: unasked.
	ID   uint32
	Kind Kind

	// Kernel to worker.
	Load    Load
	Channel Channel
	Params  []Value
	Live    Live
	Call    Call
	Release uint32
	Grant   Window
	Reply   Reply

	// Worker to kernel.
	Ready    Ready
	Result   Result
	Failed   Failed
	Need     Need
	Log      Log
	Fault    Fault
	Finished uint64
	Ask      Ask
}

// Kind names the variant of a message. The numbers are those of the schema's union.
type Kind uint16

const (
	KindLoad Kind = iota
	KindChannel
	KindParams
	KindLive
	KindCall
	KindRelease
	KindGrant
	KindReady
	KindDone
	KindResult
	KindFailed
	KindNeed
	KindLog
	KindFault
	KindFinished
	KindAsk
	KindReply
)

var kindNames = [...]string{
	"load", "channel", "params", "live", "call", "release", "grant",
	"ready", "done", "result", "failed", "need", "log", "fault", "finished",
	"ask", "reply",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Load is the first message to a worker. Descriptors: module, status page, and the shared
// segment when SharedBytes is not 0.
type Load struct {
	CacheDir       string
	MemoryBytes    uint64
	SharedBytes    uint64
	Instances      uint16
	Phases         uint8
	RequireSeccomp bool
	Plugin         string
	Pin            bool
	Foreign        Foreign
	// Entries are the exports behind the ops of a foreign module, by op number.
	Entries []string
}

// Foreign says what a module was made for. The numbers are those of the schema.
type Foreign uint16

const (
	ForeignNone Foreign = iota // for INOS
	ForeignExtism
	ForeignWASI
)

// Ready is the worker's answer to Load.
type Ready struct {
	// LandlockABI is 0 where this system has no landlock.
	LandlockABI uint32
	Seccomp     bool
	CompileNs   uint64
	TotalNs     uint64
	HasCall     bool
	HasTick     bool
	HasInit     bool
}

// Channel attaches or replaces a channel of the live unit. Descriptor: its segment.
type Channel struct {
	Index   uint16
	Segment uint32
	ByteLen uint64
}

// Live runs, pauses, steps or resets the live unit.
type Live struct {
	Run bool
	// RateHz is ticks per second; 0: as fast as it goes.
	RateHz float32
	// DtUs is the simulated time of one tick in microseconds.
	DtUs uint32
	// Shards 0 lets the worker measure what pays.
	Shards uint16
	// Ticks is how many more to run; 0: no end.
	Ticks uint64
	Reset bool
}

// Window is a segment that a call may use.
type Window struct {
	Segment uint32
	// Length is the number of bytes that the guest may use; 0: no window.
	Length uint64
	// ByteLen is the length of the whole segment, a multiple of 4096.
	ByteLen uint64
	// IsNew: a descriptor comes with it; otherwise the worker has it mapped.
	IsNew bool
	// IsFile: the descriptor is a file of the user's, and the window ends with the call. Segment is
	// then FileWindows and the input's index.
	IsFile bool
}

// FileWindows is where the numbers of windows begin that are no segments of the arena.
const FileWindows = 1 << 31

// Entry is what a Call enters. The numbers are those of the schema.
type Entry uint16

const (
	EntryOp   Entry = iota
	EntrySave       // inos_save: output 0 is the live unit's state
	EntryLoad       // inos_load: input 0 is the state
)

// Call runs an op, or lets a live unit hand its state on. Descriptors: one for each window with IsNew, inputs first, in order.
type Call struct {
	Op          uint16
	Params      []Value
	Inputs      []Window
	Outputs     []Window
	Results     uint16
	OutputCount uint16
	Entry       Entry
	// InputNames are by input; fewer than inputs: the others have none.
	InputNames []string
}

// Result answers a Call whose guest came back.
type Result struct {
	// Code is what inos_call returned; 0: success.
	Code    int32
	Error   string
	Outputs []Output
	// Results holds NotReported where the op set no value.
	Results []float64
	GuestNs uint64
}

// Output is one output that the op filled.
type Output struct {
	Index   uint16
	Segment uint32
	Length  uint64
	Media   string
}

// Failed answers a Load or a Call that did not end well, or reports (ID 0) a failed tick.
type Failed struct {
	Kind FailKind
	Text string
}

// FailKind says why a worker failed. The numbers are those of the schema.
type FailKind uint16

const (
	FailUnknown FailKind = iota
	FailInvalidModule
	FailTrap
	FailMemoryLimit
	FailStackOverflow
	FailSandbox
	FailLogFlood
	FailProtocol
	FailCode
)

var failNames = [...]string{
	"unknown", "invalid module", "trap", "memory limit", "stack overflow", "sandbox",
	"log flood", "protocol", "error code",
}

func (k FailKind) String() string {
	if int(k) < len(failNames) {
		return failNames[k]
	}
	return failNames[FailUnknown]
}

// Need asks, inside a call, for an output of at least Length bytes. The answer is a grant.
type Need struct {
	Index  uint16
	Length uint64
}

// Log is one line of the guest. Level: 0 debug, 1 information, 2 warning, 3 error.
type Log struct {
	Level uint8
	Text  string
}

// Fault is what a worker's signal handler writes before the worker ends.
type Fault struct {
	// Address is the guest address; Instance the instance that touched it.
	Address  uint32
	Instance uint32
	// IP is the address of the machine instruction in the worker.
	IP uint64
	// Code is the processor's page-fault error code.
	Code uint32
	// Signal is the number of the signal that told of it.
	Signal uint32
}

// pageFaultWrite is bit 1 of the x86-64 page-fault error code.
const pageFaultWrite = 1 << 1

// IsWrite tells a write from a read.
func (f Fault) IsWrite() bool { return f.Code&pageFaultWrite != 0 }

// Value is a parameter's value. Flags and choices travel as numbers.
type Value struct {
	Kind    ValueKind
	Number  float64
	Integer int64
	Text    string
}

// ValueKind names the field of a Value that holds it.
type ValueKind uint8

const (
	ValueNumber ValueKind = iota
	ValueInteger
	ValueText
)

// NumberOf returns v as a number.
func NumberOf(v float64) Value { return Value{Kind: ValueNumber, Number: v} }

// IntegerOf returns v as an integer.
func IntegerOf(v int64) Value { return Value{Kind: ValueInteger, Integer: v} }

// TextOf returns v as a text.
func TextOf(v string) Value { return Value{Kind: ValueText, Text: v} }
