package wasmtest

import (
	"encoding/binary"
	"math"
)

// Code joins instructions.
func Code(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Const is i32.const.
func Const(v int32) []byte { return append([]byte{0x41}, Signed(int64(v))...) }

// Const64 is i64.const.
func Const64(v int64) []byte { return append([]byte{0x42}, Signed(v)...) }

// ConstF is f64.const.
func ConstF(v float64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{0x44}, math.Float64bits(v))
}

// Get is local.get.
func Get(local int) []byte { return append([]byte{0x20}, Unsigned(uint64(local))...) }

// Set is local.set.
func Set(local int) []byte { return append([]byte{0x21}, Unsigned(uint64(local))...) }

// GetGlobal is global.get.
func GetGlobal(global int) []byte { return append([]byte{0x23}, Unsigned(uint64(global))...) }

// SetGlobal is global.set.
func SetGlobal(global int) []byte { return append([]byte{0x24}, Unsigned(uint64(global))...) }

// Call is call.
func Call(function int) []byte { return append([]byte{0x10}, Unsigned(uint64(function))...) }

// Loads and stores, without offset or alignment.
var (
	Load    = []byte{0x28, 0, 0}
	Load8   = []byte{0x2d, 0, 0}
	Store   = []byte{0x36, 0, 0}
	Store8  = []byte{0x3a, 0, 0}
	StoreF  = []byte{0x39, 0, 0}
	Copy    = []byte{0xfc, 10, 0, 0}
	MemGrow = []byte{0x40, 0}
)

// Plain instructions.
var (
	Unreachable = []byte{0x00}
	Return      = []byte{0x0f}
	Drop        = []byte{0x1a}
	Add         = []byte{0x6a}
	Sub         = []byte{0x6b}
	Mul         = []byte{0x6c}
	Equal       = []byte{0x46}
	IsZero      = []byte{0x45}
	Less        = []byte{0x48}
	AddF        = []byte{0xa0}
	Wrap        = []byte{0xa7} // i32.wrap_i64
	Extend      = []byte{0xad} // i64.extend_i32_u
	ToF         = []byte{0xb7} // f64.convert_i32_s
)

// If runs the body when the top of the stack is not 0.
func If(body ...[]byte) []byte { return Code([]byte{0x04, 0x40}, Code(body...), []byte{0x0b}) }

// Forever repeats the body.
func Forever(body ...[]byte) []byte {
	return Code([]byte{0x03, 0x40}, Code(body...), []byte{0x0c, 0, 0x0b})
}

// While repeats the body as long as the condition leaves something other than 0.
func While(condition []byte, body ...[]byte) []byte {
	return Code([]byte{0x02, 0x40, 0x03, 0x40}, condition, IsZero, []byte{0x0d, 1}, Code(body...),
		[]byte{0x0c, 0, 0x0b, 0x0b})
}
