package wire

import (
	"bytes"
	"encoding/binary"
)

// FaultTemplate is an encoded fault message with holes. A signal handler can fill in three words
// and send it; it can do nothing else, least of all encode.
type FaultTemplate struct {
	Bytes []byte
	// Byte offsets of the three 64-bit little-endian words in Bytes. The address word holds the
	// guest address + instance number * 2^32.
	AddressAt, IPAt, CodeAt int
}

// NewFaultTemplate finds the holes by encoding values that occur nowhere else in the message, so
// it stays right when the schema grows.
func NewFaultTemplate() (FaultTemplate, error) {
	const address, ip, code = 0xa1a2a3a4_a5a6a7a8, 0xb1b2b3b4_b5b6b7b8, 0xc1c2c3c4_c5c6c7c8
	m := Message{Kind: KindFault, Fault: Fault{
		Address:  address & 0xffffffff,
		Instance: address >> 32,
		IP:       ip,
		Code:     code & 0xffffffff,
		Signal:   code >> 32,
	}}
	b, err := Encode(make([]byte, 0, 512), &m)
	if err != nil {
		return FaultTemplate{}, err
	}
	t := FaultTemplate{Bytes: bytes.Clone(b)}
	for _, hole := range []struct {
		at    *int
		value uint64
	}{{&t.AddressAt, address}, {&t.IPAt, ip}, {&t.CodeAt, code}} {
		if *hole.at = bytes.Index(b, binary.LittleEndian.AppendUint64(nil, hole.value)); *hole.at < 0 {
			return FaultTemplate{}, invalid("fault template without word %#x", hole.value)
		}
	}
	return t, nil
}
