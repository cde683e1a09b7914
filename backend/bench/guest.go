package bench

// The guest of the epoch benchmark and of `inos doctor` is assembled here, because it must be
// there when no plugin is, and must do nothing beside what is timed: an atomic load from a
// read-only input window, an atomic store into an output window, and a loop.

// EchoManifest is the manifest of the echo guest, as `inos plugin pack` reads it.
const EchoManifest = `{
  "id": "dev.inos.echo",
  "name": "Echo",
  "version": "1.0.0",
  "abi": 1,
  "author": "INOS",
  "licence": "MIT",
  "doc": "Answers a word in shared memory with the same word; measures the machine.",
  "limits": {"memoryBytes": 65536, "callMs": 30000},
  "units": [{
    "name": "echo",
    "doc": "Words through shared memory.",
    "ops": [
      {"number": 0, "name": "nop", "doc": "Returns at once.", "determinism": "bitExact"},
      {"number": 1, "name": "spin",
       "doc": "Copies the first word of the input to the output until the word is 4294967295.",
       "inputs": [{"name": "ask", "doc": "The word to copy."}],
       "outputs": [{"name": "answer", "doc": "The copied word."}]}
    ]
  }]
}`

// Ops of the echo guest.
const (
	EchoNop  = 0
	EchoSpin = 1
)

// echoStop is the word that ends the spin.
const echoStop = 0xffffffff

// echoWindow is how many bytes of input and output the guest maps.
const echoWindow = 4096

// echoSpins bounds the guest's loop (some seconds), should nobody ever send echoStop.
const echoSpins = 2_000_000_000

// Wasm opcodes and types that the guest needs.
const (
	opBlock, opLoop, opIf, opEnd         = 0x02, 0x03, 0x04, 0x0b
	opBr, opBrIf, opReturn, opCall       = 0x0c, 0x0d, 0x0f, 0x10
	opLocalGet, opLocalSet, opLocalTee   = 0x20, 0x21, 0x22
	opI32Const, opI64Const               = 0x41, 0x42
	opI32Eqz, opI32Eq, opI32Ne, opI32Sub = 0x45, 0x46, 0x47, 0x6b
	opI32Or                              = 0x72
	opAtomic                             = 0xfe
	atomicLoad32, atomicStore32          = 0x10, 0x17
	typeI32, typeI64, typeNone, typeFunc = 0x7f, 0x7e, 0x40, 0x60
	kindFunc, kindMemory                 = 0x00, 0x02
)

// EchoModule is the echo guest without a manifest.
func EchoModule() []byte {
	const (
		typeInputMap, typeOutputMap, typeABI, typeCallOp = 0, 1, 2, 3
		inputMap, outputMap, abi, call                   = 0, 1, 2, 3 // function indices
	)
	module := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	module = section(module, 1, vector(
		functype([]byte{typeI32, typeI64, typeI32}, []byte{typeI32}),
		functype([]byte{typeI32, typeI64}, []byte{typeI32}),
		functype(nil, []byte{typeI32}),
		functype([]byte{typeI32}, []byte{typeI32}),
	))
	module = section(module, 2, vector(
		imported("input_map", typeInputMap),
		imported("output_map", typeOutputMap),
	))
	module = section(module, 3, []byte{2, typeABI, typeCallOp})
	module = section(module, 5, []byte{1, 0x00, 1}) // one memory, one page, no maximum
	module = section(module, 7, vector(
		exported("memory", kindMemory, 0),
		exported("inos_abi", kindFunc, abi),
		exported("inos_call", kindFunc, call),
	))
	return section(module, 10, vector(
		sized([]byte{0, opI32Const, 1, opEnd}),
		sized(spinBody(inputMap, outputMap)),
	))
}

// spinBody is inos_call(op): 0 at once for nop; the echo for spin, which returns 1 when it got no
// windows and 2 when nobody stopped it.
func spinBody(inputMap, outputMap byte) []byte {
	const op, in, out, last, word, left = 0, 1, 2, 3, 4, 5
	body := []byte{1, 5, typeI32} // five locals
	body = append(body, opLocalGet, op, opI32Eqz, opIf, typeNone, opI32Const, 0, opReturn, opEnd)
	body = append(body, opI32Const, 0, opI64Const, 0)
	body = append(append(body, opI32Const), signed(echoWindow)...)
	body = append(body, opCall, inputMap, opLocalTee, in, opI32Eqz)
	body = append(append(body, opI32Const, 0, opI64Const), signed(echoWindow)...)
	body = append(body, opCall, outputMap, opLocalTee, out, opI32Eqz)
	body = append(body, opI32Or, opIf, typeNone, opI32Const, 1, opReturn, opEnd)
	body = append(append(body, opI32Const), signed(echoSpins)...)
	body = append(body, opLocalSet, left, opLoop, typeNone)
	body = append(body, opLocalGet, in, opAtomic, atomicLoad32, 2, 0, opLocalTee, word)
	body = append(body, opLocalGet, last, opI32Ne, opIf, typeNone)
	body = append(body, opLocalGet, out, opLocalGet, word, opLocalTee, last)
	body = append(body, opAtomic, atomicStore32, 2, 0)
	body = append(body, opLocalGet, word, opI32Const, 0x7f, opI32Eq) // 0x7f: -1 in LEB128
	body = append(body, opIf, typeNone, opI32Const, 0, opReturn, opEnd, opEnd)
	body = append(body, opLocalGet, left, opI32Const, 1, opI32Sub, opLocalTee, left)
	return append(body, opBrIf, 0, opEnd, opI32Const, 2, opEnd)
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
