package arena

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// Words of shared memory. Control words go through atomics only: the other side may change them at
// any time, and compilers hoist plain loads out of loops. Offsets come from layout_gen.go, and
// every mem was checked to be at least as long as its layout.

func word32(mem []byte, at int) *uint32 { return (*uint32)(unsafe.Pointer(&mem[at])) }
func word64(mem []byte, at int) *uint64 { return (*uint64)(unsafe.Pointer(&mem[at])) }

func load32(mem []byte, at int) uint32     { return atomic.LoadUint32(word32(mem, at)) }
func store32(mem []byte, at int, v uint32) { atomic.StoreUint32(word32(mem, at), v) }
func load64(mem []byte, at int) uint64     { return atomic.LoadUint64(word64(mem, at)) }
func store64(mem []byte, at int, v uint64) { atomic.StoreUint64(word64(mem, at), v) }

func loadFloat64(mem []byte, at int) float64     { return math.Float64frombits(load64(mem, at)) }
func storeFloat64(mem []byte, at int, v float64) { store64(mem, at, math.Float64bits(v)) }
func loadFloat32(mem []byte, at int) float32     { return math.Float32frombits(load32(mem, at)) }
func storeFloat32(mem []byte, at int, v float32) { store32(mem, at, math.Float32bits(v)) }

func load16(mem []byte, at int) uint16     { return uint16(mem[at]) | uint16(mem[at+1])<<8 }
func store16(mem []byte, at int, v uint16) { mem[at], mem[at+1] = byte(v), byte(v>>8) }
