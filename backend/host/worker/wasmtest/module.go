// Package wasmtest writes small WebAssembly modules by hand, for tests: no toolchain, no file.
package wasmtest

import (
	"bytes"
	"encoding/binary"
)

// Value types.
const (
	I32 = 0x7f
	I64 = 0x7e
	F64 = 0x7c
)

// Signature is a function's type.
type Signature struct{ Params, Results []byte }

// Sig makes a signature from two strings of the letters i (i32), l (i64) and d (f64).
func Sig(params, results string) Signature { return Signature{types(params), types(results)} }

func types(letters string) []byte {
	var list []byte
	for _, c := range letters {
		list = append(list, map[rune]byte{'i': I32, 'l': I64, 'd': F64}[c])
	}
	return list
}

// Module is a module in the making. Imports come before functions.
type Module struct {
	signatures []Signature
	imports    []imported
	functions  []function
	data       []segment
	// Pages is the initial memory, MaxPages its declared maximum (0: none).
	Pages, MaxPages uint32
	// MemoryName is what the memory is exported as.
	MemoryName string
	globals    int
	start      []byte // content of the start section; empty: none
}

type imported struct {
	module, name string
	signature    int
}

type function struct {
	name      string
	exported  bool
	signature int
	locals    []byte
	body      []byte
}

type segment struct {
	at    uint32
	bytes []byte
}

// New returns a module with one page of memory.
func New() *Module { return &Module{Pages: 1, MemoryName: "memory"} }

// Import declares a function of module `inos` and returns its index.
func (m *Module) Import(name string, s Signature) int { return m.ImportFrom("inos", name, s) }

// ImportFrom declares a function of another module.
func (m *Module) ImportFrom(module, name string, s Signature) int {
	m.imports = append(m.imports, imported{module, name, m.signature(s)})
	return len(m.imports) - 1
}

// Next is the index that the next Func will have: a body may call itself.
func (m *Module) Next() int { return len(m.imports) + len(m.functions) }

// Func adds a function with locals (letters as in Sig) and returns its index. Every function has
// its name in the name section.
func (m *Module) Func(name string, exported bool, s Signature, locals string, body ...[]byte) int {
	f := function{name: name, exported: exported, signature: m.signature(s), locals: types(locals)}
	for _, part := range body {
		f.body = append(f.body, part...)
	}
	m.functions = append(m.functions, f)
	return m.Next() - 1
}

// Start makes a function run when the module is instantiated.
func (m *Module) Start(function int) { m.start = Unsigned(uint64(function)) }

// Global adds a mutable i32 and returns its index.
func (m *Module) Global() int {
	m.globals++
	return m.globals - 1
}

// Data puts bytes into the memory at the start.
func (m *Module) Data(at uint32, bytes string) {
	m.data = append(m.data, segment{at, []byte(bytes)})
}

func (m *Module) signature(s Signature) int {
	for i, t := range m.signatures {
		if string(t.Params) == string(s.Params) && string(t.Results) == string(s.Results) {
			return i
		}
	}
	m.signatures = append(m.signatures, s)
	return len(m.signatures) - 1
}

// Bytes is the binary module.
func (m *Module) Bytes() []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = append(b, section(1, m.typeSection())...)
	b = append(b, section(2, m.importSection())...)
	b = append(b, section(3, m.functionSection())...)
	b = append(b, section(5, m.memorySection())...)
	b = append(b, section(6, m.globalSection())...)
	b = append(b, section(7, m.exportSection())...)
	if len(m.start) > 0 {
		b = append(b, section(8, m.start)...)
	}
	b = append(b, section(10, m.codeSection())...)
	b = append(b, section(11, m.dataSection())...)
	return append(b, section(0, m.nameSection())...)
}

func section(id byte, content []byte) []byte {
	return append([]byte{id}, sized(content)...)
}

func (m *Module) typeSection() []byte {
	b := Unsigned(uint64(len(m.signatures)))
	for _, s := range m.signatures {
		b = append(b, 0x60)
		b = append(b, sized(s.Params)...)
		b = append(b, sized(s.Results)...)
	}
	return b
}

func (m *Module) importSection() []byte {
	b := Unsigned(uint64(len(m.imports)))
	for _, i := range m.imports {
		b = append(b, sized([]byte(i.module))...)
		b = append(b, sized([]byte(i.name))...)
		b = append(b, 0)
		b = append(b, Unsigned(uint64(i.signature))...)
	}
	return b
}

func (m *Module) functionSection() []byte {
	b := Unsigned(uint64(len(m.functions)))
	for _, f := range m.functions {
		b = append(b, Unsigned(uint64(f.signature))...)
	}
	return b
}

func (m *Module) memorySection() []byte {
	b := []byte{1, 0}
	if m.MaxPages > 0 {
		b[1] = 1
	}
	b = append(b, Unsigned(uint64(m.Pages))...)
	if m.MaxPages > 0 {
		b = append(b, Unsigned(uint64(m.MaxPages))...)
	}
	return b
}

func (m *Module) globalSection() []byte {
	b := Unsigned(uint64(m.globals))
	for range m.globals {
		b = append(b, I32, 1, 0x41, 0, 0x0b)
	}
	return b
}

func (m *Module) exportSection() []byte {
	var list []byte
	count := uint64(1)
	list = append(list, sized([]byte(m.MemoryName))...)
	list = append(list, 2, 0)
	for i, f := range m.functions {
		if f.exported {
			count++
			list = append(list, sized([]byte(f.name))...)
			list = append(list, 0)
			list = append(list, Unsigned(uint64(len(m.imports)+i))...)
		}
	}
	return append(Unsigned(count), list...)
}

func (m *Module) codeSection() []byte {
	b := Unsigned(uint64(len(m.functions)))
	for _, f := range m.functions {
		code := append(localGroups(f.locals), f.body...)
		code = append(code, 0x0b)
		b = append(b, sized(code)...)
	}
	return b
}

// localGroups declares locals; equal neighbours make a group.
func localGroups(locals []byte) []byte {
	groups, list := 0, []byte(nil)
	for at := 0; at < len(locals); groups++ {
		n := len(locals[at:]) - len(bytes.TrimLeft(locals[at:], string(locals[at])))
		list = append(append(list, Unsigned(uint64(n))...), locals[at])
		at += n
	}
	return append(Unsigned(uint64(groups)), list...)
}

func (m *Module) dataSection() []byte {
	b := Unsigned(uint64(len(m.data)))
	for _, d := range m.data {
		b = append(b, 0)
		b = append(b, Const(int32(d.at))...)
		b = append(b, 0x0b)
		b = append(b, sized(d.bytes)...)
	}
	return b
}

func (m *Module) nameSection() []byte {
	names := Unsigned(uint64(len(m.functions)))
	for i, f := range m.functions {
		names = append(names, Unsigned(uint64(len(m.imports)+i))...)
		names = append(names, sized([]byte(f.name))...)
	}
	return append(sized([]byte("name")), section(1, names)...)
}

func sized(b []byte) []byte { return append(Unsigned(uint64(len(b))), b...) }

// Unsigned is LEB128.
func Unsigned(v uint64) []byte { return binary.AppendUvarint(nil, v) }

// Signed is signed LEB128.
func Signed(v int64) []byte {
	var b []byte
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
