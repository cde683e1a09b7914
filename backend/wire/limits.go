package wire

import (
	"errors"
	"fmt"
)

// The bounds of a control message. A message that exceeds one of them is refused by both Encode
// and Decode, so a worker cannot send what the kernel would not.
const (
	// MaxMessageBytes bounds the whole datagram.
	MaxMessageBytes = 64 << 10
	// MaxDescriptors bounds the descriptors that come with one message.
	MaxDescriptors = 16
	// MaxValues bounds the parameters of an op or a live unit.
	MaxValues = 256
	// MaxValueBytes bounds one text parameter.
	MaxValueBytes = 16 << 10
	// MaxWindows bounds the inputs, and the outputs, of one call.
	MaxWindows = 16
	// MaxNameBytes bounds the name of an input.
	MaxNameBytes = 255
	// MaxResults bounds the numbers that an op reports.
	MaxResults = 256
	// MaxLogBytes bounds one log line.
	MaxLogBytes = 1 << 10
	// MaxErrorBytes bounds the text that a guest gives with `fail`.
	MaxErrorBytes = 4 << 10
	// MaxFailedBytes bounds the text of a failure, wasm stack included.
	MaxFailedBytes = 8 << 10
	// MaxMediaBytes bounds a media type.
	MaxMediaBytes = 255
	// MaxAskTextBytes, MaxWhyBytes and MaxDataBytes bound a question to the world and its answer.
	MaxAskTextBytes = 4 << 10
	MaxWhyBytes     = 1 << 10
	MaxDataBytes    = 32 << 10
	// MaxPathBytes bounds the cache directory.
	MaxPathBytes = 4095
	// MaxPluginBytes bounds a plugin id.
	MaxPluginBytes = 128
	// MaxEntries bounds the exports of a foreign module that are ops, MaxEntryBytes the name of one.
	MaxEntries    = 256
	MaxEntryBytes = 128
	// MaxInstances bounds the instances of one worker; each reserves 4 GiB of addresses.
	MaxInstances = 64
)

// traverseBytes bounds what Decode reads of one message: lists that point at the same bytes again
// and again cost no more than this.
const traverseBytes = 2 * MaxMessageBytes

// ErrInvalid is the cause of every refusal of a message.
var ErrInvalid = errors.New("invalid control message")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func checkCount(what string, n, limit int) error {
	if n > limit {
		return invalid("%d %s, at most %d", n, what, limit)
	}
	return nil
}
