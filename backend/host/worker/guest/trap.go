package guest

import (
	"errors"
	"fmt"
	"strings"

	"inos/backend/wire"
)

// Explain turns an error of Call, Init or Tick into what the kernel is told: the cause in a
// sentence, with the guest's own words where it gave some, then the wasm stack with names.
func (i *Instance) Explain(err error) wire.Failed { return Explain(err, i.text, i.memory) }

// Explain does it for code whose own words were said and that has these memories.
func Explain(err error, said string, memories ...*Memory) wire.Failed {
	cause, stack := split(err)
	kind := wire.FailTrap
	switch {
	case errors.Is(err, ErrLogFlood):
		kind, cause = wire.FailLogFlood, ErrLogFlood.Error()
	case strings.HasSuffix(cause, stackOverflow):
		kind, cause = wire.FailStackOverflow, "the call stack is exhausted: endless recursion?"
	case cause == outOfBounds && endless(stack):
		// A compiler that keeps a stack of its own in memory runs out of that one first.
		kind, cause = wire.FailStackOverflow,
			"the call stack left the memory: endless recursion? ("+outOfBounds+")"
	default:
		for _, m := range memories {
			if wanted := m.Refused(); wanted > 0 {
				kind, cause = wire.FailMemoryLimit, fmt.Sprintf(
					"%d bytes of memory needed, the limit is %d (%s)", wanted, m.limit, cause)
				break
			}
		}
	}
	if said != "" {
		cause = said + " (" + cause + ")"
	}
	if stack != "" {
		cause += "\n" + stack
	}
	return wire.Failed{Kind: kind, Text: Clean(cause, wire.MaxFailedBytes)}
}

// wazero's words; the errors themselves are internal to it.
const (
	stackOverflow = "stack overflow"
	outOfBounds   = "out of bounds memory access"
	errorPrefix   = "wasm error: "
	stackHeading  = "\nwasm stack trace:\n\t"
	// After a runtime error of Go in a host function; wazero has one for odd arguments of WASI.
	goStackHeading = "\n\nGo runtime stack trace:\n"
	moreFrames     = "... maybe followed by omitted frames"
)

// IsTrap says whether an error came from code of the guest.
func IsTrap(err error) bool {
	text := err.Error()
	return strings.Contains(text, errorPrefix) || strings.Contains(text, stackHeading) ||
		strings.HasSuffix(text, stackOverflow)
}

func split(err error) (cause, stack string) {
	cause, stack, _ = strings.Cut(err.Error(), stackHeading)
	stack, _, _ = strings.Cut(stack, goStackHeading) // ours, and no business of the plugin's
	cause = strings.TrimPrefix(cause, errorPrefix)
	return strings.TrimSuffix(cause, " (recovered by wazero)"), strings.ReplaceAll(stack, "\n\t", "\n")
}

// maxCycle is how many functions an endless recursion may go through and still be taken for one.
const maxCycle = 4

// endless says whether a full stack trace shows the same few functions over and over.
func endless(stack string) bool {
	names := map[string]bool{}
	for line := range strings.Lines(stack) {
		names[strings.TrimSpace(line)] = true
	}
	full := names[moreFrames]
	delete(names, moreFrames)
	return full && len(names) <= maxCycle
}
