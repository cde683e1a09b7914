package manifest

// Little wasm modules, written by hand: a test says which imports, exports and memory it wants.

type moduleSpec struct {
	types   []string // "params>results" in wasm's letters
	imports []struct {
		module, name string
		kind         byte
		at           uint32
	}
	functions []uint32 // type numbers
	memory    []byte   // the memory section's one entry; nil: no memory
	exports   []struct {
		name string
		kind byte
		at   uint32
	}
	custom map[string]string
}

func (m *moduleSpec) addImport(module, name string, sig signature) *moduleSpec {
	m.imports = append(m.imports, struct {
		module, name string
		kind         byte
		at           uint32
	}{module, name, externFunction, m.typeOf(sig)})
	return m
}

func (m *moduleSpec) addExport(name string, sig signature) *moduleSpec {
	m.functions = append(m.functions, m.typeOf(sig))
	at := uint32(len(m.imports) + len(m.functions) - 1)
	m.exports = append(m.exports, struct {
		name string
		kind byte
		at   uint32
	}{name, externFunction, at})
	return m
}

func (m *moduleSpec) typeOf(sig signature) uint32 {
	m.types = append(m.types, string(sig))
	return uint32(len(m.types) - 1)
}

func (m *moduleSpec) bytes() []byte {
	out := append([]byte(nil), wasmHeader...)
	var body []byte
	name := func(s string) { body = append(appendU32(body, uint32(len(s))), s...) }
	flush := func(id byte, n int) {
		if n == 0 {
			body = nil
			return
		}
		counted := append(appendU32(nil, uint32(n)), body...)
		out = append(append(out, id), appendU32(nil, uint32(len(counted)))...)
		out, body = append(out, counted...), nil
	}
	for _, t := range m.types {
		body = append(body, 0x60)
		params, results := t[:indexByte(t, '>')], t[indexByte(t, '>')+1:]
		name(params)
		name(results)
	}
	flush(sectionType, len(m.types))
	for _, i := range m.imports {
		name(i.module)
		name(i.name)
		body = appendU32(append(body, i.kind), i.at)
	}
	flush(sectionImport, len(m.imports))
	for _, f := range m.functions {
		body = appendU32(body, f)
	}
	flush(sectionFunction, len(m.functions))
	if m.memory != nil {
		body = m.memory
		flush(sectionMemory, 1)
	}
	for _, e := range m.exports {
		name(e.name)
		body = appendU32(append(body, e.kind), e.at)
	}
	flush(sectionExport, len(m.exports))
	for n, text := range m.custom {
		out = appendCustom(out, n, []byte(text))
	}
	return out
}

func indexByte(s string, b byte) int {
	for i := range s {
		if s[i] == b {
			return i
		}
	}
	return -1
}

// goodModule has all that goodManifest calls for.
func goodModule() *moduleSpec { return moduleImporting("param_f64") }

// moduleImporting imports this host function: imports come before all else.
func moduleImporting(name string) *moduleSpec {
	m := &moduleSpec{memory: []byte{0, 1}}
	m.addImport(ImportModule, name, hostFunctions[name])
	m.exports = append(m.exports, struct {
		name string
		kind byte
		at   uint32
	}{"memory", externMemory, 0})
	for _, n := range []string{"inos_abi", "inos_call", "inos_tick"} {
		m.addExport(n, guestFunctions[n])
	}
	return m
}
