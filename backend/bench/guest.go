package bench

import "bytes"

// The guest of the epoch benchmark and of `inos doctor` is assembled here, because it must be
// there when no plugin is, and must do nothing beside what is timed: an atomic load and an atomic
// store in the slot of its channel, and a loop.

// echoManifest is the manifest of the echo guest, as `inos plugin pack` reads it.
const echoManifest = `{
  "id": "dev.inos.echo",
  "name": "Echo",
  "version": "1.0.0",
  "abi": 1,
  "author": "INOS",
  "licence": "MIT",
  "doc": "Answers a word in shared memory with the same word; measures the machine.",
  "limits": {"memoryBytes": 65536, "tickMs": 10000},
  "units": [{
    "name": "echo",
    "doc": "Words through shared memory.",
    "ops": [{"number": 0, "name": "nop", "doc": "Returns at once.", "determinism": "bitExact"}],
    "live": {
      "doc": "Copies the first word of its slot to the second line, again and again.",
      "channels": [{"name": "words", "look": "points", "capacity": 4}],
      "phases": 1, "maxShards": 1, "rateHz": 60
    }
  }]
}`

// echoNop is the op of the echo guest.
const echoNop = 0

// Where the words lie in the slot, in bytes: one cache line each.
const (
	echoAskAt    = 0
	echoAnswerAt = 64
)

// echoSpins bounds the loop of one tick (about 0.2 ms); the worker starts the next one at once.
const echoSpins = 100_000

// Wasm opcodes and types that the guest needs.
const (
	opLoop, opIf, opEnd                = 0x03, 0x04, 0x0b
	opBrIf, opReturn, opCall           = 0x0d, 0x0f, 0x10
	opLocalGet, opLocalSet, opLocalTee = 0x20, 0x21, 0x22
	opI32Const                         = 0x41
	opI32Eqz, opI32Ne, opI32Sub        = 0x45, 0x47, 0x6b
	opAtomic                           = 0xfe
	atomicLoad32, atomicStore32        = 0x10, 0x17
	typeI32, typeNone, typeFunc        = 0x7f, 0x40, 0x60
	kindFunc, kindMemory               = 0x00, 0x02
	align32                            = 2 // log2 of the bytes
)

// echoModule is the echo guest without its manifest.
func echoModule() []byte {
	const (
		typeNullary, typeUnary, typeTick = 0, 1, 2
		channel, abi, call, tick         = 0, 1, 2, 3 // function indices
	)
	i32 := func(n int) []byte { return bytes.Repeat([]byte{typeI32}, n) }
	module := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	module = section(module, 1, vector(
		functype(i32(0), i32(1)), functype(i32(1), i32(1)), functype(i32(4), i32(1))))
	module = section(module, 2, vector(imported("channel", typeUnary)))
	module = section(module, 3, []byte{3, typeNullary, typeUnary, typeTick})
	module = section(module, 5, []byte{1, 0, 1}) // one memory: one page, no maximum
	module = section(module, 7, vector(
		exported("memory", kindMemory, 0),
		exported("inos_abi", kindFunc, abi),
		exported("inos_call", kindFunc, call),
		exported("inos_tick", kindFunc, tick),
	))
	return section(module, 10, vector(
		sized([]byte{0, opI32Const, 1, opEnd}),
		sized([]byte{0, opI32Const, 0, opEnd}),
		sized(tickBody(channel)),
	))
}

// tickBody is inos_tick: 1 when it has no channel, else 0 after echoSpins looks at the question.
func tickBody(channel byte) []byte {
	const slot, last, word, left = 4, 5, 6, 7 // locals behind the four parameters
	body := []byte{1, 4, typeI32}
	body = append(body, opI32Const, 0, opCall, channel, opLocalTee, slot)
	body = append(body, opI32Eqz, opIf, typeNone, opI32Const, 1, opReturn, opEnd)
	body = append(body, opLocalGet, slot, opAtomic, atomicLoad32, align32)
	body = append(append(body, unsigned(echoAnswerAt)...), opLocalSet, last)
	body = append(append(body, opI32Const), signed(echoSpins)...)
	body = append(body, opLocalSet, left, opLoop, typeNone)
	body = append(body, opLocalGet, slot, opAtomic, atomicLoad32, align32, echoAskAt)
	body = append(body, opLocalTee, word, opLocalGet, last, opI32Ne, opIf, typeNone)
	body = append(body, opLocalGet, slot, opLocalGet, word, opLocalTee, last)
	body = append(body, opAtomic, atomicStore32, align32)
	body = append(append(body, unsigned(echoAnswerAt)...), opEnd)
	body = append(body, opLocalGet, left, opI32Const, 1, opI32Sub, opLocalTee, left)
	return append(body, opBrIf, 0, opEnd, opI32Const, 0, opEnd)
}

func section(module []byte, id byte, content []byte) []byte {
	return append(append(module, id), sized(content)...)
}

func sized(content []byte) []byte { return append(unsigned(len(content)), content...) }

func vector(items ...[]byte) []byte {
	out := unsigned(len(items))
	for _, item := range items {
		out = append(out, item...)
	}
	return out
}

func functype(params, results []byte) []byte {
	return append(append([]byte{typeFunc}, sized(params)...), sized(results)...)
}

func imported(name string, functype byte) []byte {
	out := append(sized([]byte("inos")), sized([]byte(name))...)
	return append(out, kindFunc, functype)
}

func exported(name string, kind, index byte) []byte {
	return append(sized([]byte(name)), kind, index)
}

// unsigned is n in LEB128.
func unsigned(n int) []byte {
	var out []byte
	for n >= 0x80 {
		out = append(out, byte(n)|0x80)
		n >>= 7
	}
	return append(out, byte(n))
}

// signed is a non-negative n in signed LEB128.
func signed(n int) []byte {
	var out []byte
	for n >= 0x40 {
		out = append(out, byte(n&0x7f)|0x80)
		n >>= 7
	}
	return append(out, byte(n))
}
