package frames

import (
	"encoding/binary"

	"inos/backend/arena"
	"inos/backend/fault"
)

// Kind is StreamKind of schemas/compute/frame.capnp.
type Kind uint16

// What a message is about.
const (
	KindKernel Kind = arena.StreamKindKernel
	KindFrame  Kind = arena.StreamKindFrame
	KindGone   Kind = arena.StreamKindGone
)

// Request is what the page asks for: StreamRequest of schemas/compute/frame.capnp.
type Request struct {
	Kind Kind
	// Entry is the directory index, below arena.KernelSegmentDirectoryCount.
	Entry int
	// LastEpoch and Generation are what the page has; it is answered when either changed.
	LastEpoch, Generation uint32
}

// ParseRequest reads one message of the page. A *fault.Error of kind Protocol says what is wrong.
func ParseRequest(b []byte) (Request, error) {
	if len(b) != arena.StreamRequestBytes {
		return Request{}, refuse("a request has %d bytes, this has %d", arena.StreamRequestBytes, len(b))
	}
	le := binary.LittleEndian
	if magic := le.Uint32(b[arena.StreamRequestMagicAt:]); magic != arena.StreamMagic {
		return Request{}, refuse("magic %#x is not ours", magic)
	}
	r := Request{
		Kind:       Kind(le.Uint16(b[arena.StreamRequestKindAt:])),
		Entry:      int(le.Uint16(b[arena.StreamRequestEntryAt:])),
		LastEpoch:  le.Uint32(b[arena.StreamRequestLastEpochAt:]),
		Generation: le.Uint32(b[arena.StreamRequestGenerationAt:]),
	}
	switch {
	case r.Kind != KindKernel && r.Kind != KindFrame:
		return Request{}, refuse("kind %d cannot be asked for", r.Kind)
	case r.Entry >= arena.KernelSegmentDirectoryCount:
		return Request{}, refuse("entry %d is outside the directory", r.Entry)
	}
	return r, nil
}

// AppendRequest writes r as the page does; tests and benchmarks ask with it.
func AppendRequest(dst []byte, r Request) []byte {
	var b [arena.StreamRequestBytes]byte
	le := binary.LittleEndian
	le.PutUint32(b[arena.StreamRequestMagicAt:], arena.StreamMagic)
	le.PutUint16(b[arena.StreamRequestKindAt:], uint16(r.Kind))
	le.PutUint16(b[arena.StreamRequestEntryAt:], uint16(r.Entry))
	le.PutUint32(b[arena.StreamRequestLastEpochAt:], r.LastEpoch)
	le.PutUint32(b[arena.StreamRequestGenerationAt:], r.Generation)
	return append(dst, b[:]...)
}

// Header is the head of an answer: StreamHeader of schemas/compute/frame.capnp.
type Header struct {
	Kind              Kind
	Entry             int
	Generation, Epoch uint32
	Count, Stride     uint32
	// ByteLen is the length of the payload behind the header.
	ByteLen       uint32
	StampNs, Tick uint64
}

// put writes h into the first bytes of b, which has room for it.
func (h Header) put(b []byte) {
	clear(b[:arena.StreamHeaderBytes])
	le := binary.LittleEndian
	le.PutUint32(b[arena.StreamHeaderMagicAt:], arena.StreamMagic)
	le.PutUint16(b[arena.StreamHeaderKindAt:], uint16(h.Kind))
	le.PutUint16(b[arena.StreamHeaderEntryAt:], uint16(h.Entry))
	le.PutUint32(b[arena.StreamHeaderGenerationAt:], h.Generation)
	le.PutUint32(b[arena.StreamHeaderEpochAt:], h.Epoch)
	le.PutUint32(b[arena.StreamHeaderCountAt:], h.Count)
	le.PutUint32(b[arena.StreamHeaderStrideAt:], h.Stride)
	le.PutUint32(b[arena.StreamHeaderByteLenAt:], h.ByteLen)
	le.PutUint64(b[arena.StreamHeaderStampNsAt:], h.StampNs)
	le.PutUint64(b[arena.StreamHeaderTickAt:], h.Tick)
}

// ParseHeader reads the head of an answer; the payload is what follows arena.StreamHeaderBytes.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < arena.StreamHeaderBytes {
		return Header{}, refuse("an answer of %d bytes has no header", len(b))
	}
	le := binary.LittleEndian
	if magic := le.Uint32(b[arena.StreamHeaderMagicAt:]); magic != arena.StreamMagic {
		return Header{}, refuse("magic %#x is not ours", magic)
	}
	h := Header{
		Kind:       Kind(le.Uint16(b[arena.StreamHeaderKindAt:])),
		Entry:      int(le.Uint16(b[arena.StreamHeaderEntryAt:])),
		Generation: le.Uint32(b[arena.StreamHeaderGenerationAt:]),
		Epoch:      le.Uint32(b[arena.StreamHeaderEpochAt:]),
		Count:      le.Uint32(b[arena.StreamHeaderCountAt:]),
		Stride:     le.Uint32(b[arena.StreamHeaderStrideAt:]),
		ByteLen:    le.Uint32(b[arena.StreamHeaderByteLenAt:]),
		StampNs:    le.Uint64(b[arena.StreamHeaderStampNsAt:]),
		Tick:       le.Uint64(b[arena.StreamHeaderTickAt:]),
	}
	if int(h.ByteLen) != len(b)-arena.StreamHeaderBytes {
		return Header{}, refuse("the header promises %d bytes, %d follow", h.ByteLen, len(b)-arena.StreamHeaderBytes)
	}
	return h, nil
}

func refuse(format string, args ...any) error {
	return fault.Newf("frames", fault.Protocol, "", format, args...)
}
