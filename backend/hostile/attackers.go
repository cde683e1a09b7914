package hostile

import (
	"bytes"
	"fmt"

	wasm "inos/backend/host/worker/wasmtest"
)

// attackers are plugins that pass for good ones until they are loaded.
func (d *drops) attackers() {
	none := wasm.Sig("", "")
	for name, module := range map[string]func() []byte{
		"starts": func() []byte {
			m := calm()
			m.Start(m.Func("spin", false, none, "", wasm.Forever(), wasm.Unreachable))
			return m.Bytes()
		},
		"traps": func() []byte {
			m := calm()
			m.Start(m.Func("fall", false, none, "", wasm.Unreachable))
			return m.Bytes()
		},
		"abi":    func() []byte { return answering(2, wasm.Const(0)) },
		"silent": func() []byte { return answering(1, wasm.Code(wasm.Forever(), wasm.Unreachable)) },
		"claims": func() []byte {
			m := calm()
			m.Pages = 16 // of which the data claims more
			m.Data(0xffff_0000, "beyond")
			return m.Bytes()
		},
		"grows": func() []byte {
			grow := wasm.Code(wasm.Const(60_000), []byte{0x40, 0}, wasm.Drop)
			return answering(1, wasm.Code(grow, grow, wasm.Unreachable))
		},
		"invalid": func() []byte { return answering(1, wasm.Code([]byte{0xff, 0xff})) },
		"locals":  func() []byte { return localsBomb() },
		"nested":  func() []byte { return answering(1, nested(200_000)) },
	} {
		file, err := packed(name, `, "limits": {"memoryBytes": 67108864, "callMs": 200}`, module())
		d.put(name+".wasm", "", file, err)
	}
}

// answering is a module whose inos_abi returns that and whose op runs that code.
func answering(abi int32, call []byte) []byte {
	m := wasm.New()
	m.Func("inos_abi", true, wasm.Sig("", "i"), "", wasm.Const(abi))
	m.Func("inos_call", true, wasm.Sig("i", "i"), "", call)
	return m.Bytes()
}

// nested is that many blocks in each other.
func nested(depth int) []byte {
	return wasm.Code(bytes.Repeat([]byte{0x02, 0x40}, depth), bytes.Repeat([]byte{0x0b}, depth), wasm.Const(0))
}

// localsBomb is a function that claims four billion locals in a few bytes.
func localsBomb() []byte {
	const calls = "\x04\x01\xff\xff\xff\xff\x0f\x7f" // one group of 2^32-1 i32
	m := calm().Bytes()
	at := bytes.LastIndex(m, []byte{0x41, 0x00, 0x0b}) // inos_call's body
	head := bytes.LastIndex(m[:at], []byte{0x0a})
	code := []byte{2, 4, 0, 0x41, 1, 0x0b} // two bodies; the first is inos_abi's
	body := append([]byte(calls[1:]), 0x41, 0x00, 0x0b)
	code = append(code, sized(body)...)
	rest := m[at+3:]
	return append(append(m[:head:head], append([]byte{0x0a}, sized(code)...)...), rest...)
}

// exports is a calm module with that many exports.
func exports(n int) []byte {
	m := calm()
	for i := range n - 3 {
		m.Func(fmt.Sprintf("e%d", i), true, wasm.Sig("", ""), "")
	}
	wasm, err := unchecked("exports", m.Bytes())
	if err != nil {
		panic(err) // a constant
	}
	return wasm
}

// exportedTwice exports one name for two things.
func exportedTwice() []byte {
	m := calm()
	m.Func("inos_call", true, wasm.Sig("i", "i"), "", wasm.Const(7))
	wasm, err := unchecked("twice", m.Bytes())
	if err != nil {
		panic(err) // a constant
	}
	return wasm
}
