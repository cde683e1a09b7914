package manifest

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"capnproto.org/go/capnp/v3"

	"inos/backend/fault"
	"inos/backend/wire/gen/plugin"
)

func TestCheckRefusesModulesThatDoNotFit(t *testing.T) {
	export := func(m *moduleSpec, name string) int {
		for i := range m.exports {
			if m.exports[i].name == name {
				return i
			}
		}
		return -1
	}
	for _, c := range []struct {
		name, message string
		spoil         func(m *moduleSpec)
	}{
		{"an import from elsewhere", "only module", func(m *moduleSpec) {
			m.addImport("wasi_snapshot_preview1", "fd_write", ">")
		}},
		{"an import that is not in the ABI", "no function of ABI 1",
			func(m *moduleSpec) { m.addImport("inos", "open_file", ">") }},
		{"an import of another type", "another type",
			func(m *moduleSpec) { m.imports[0].at = m.typeOf("\x7f>\x7f") }},
		{"an imported memory", "no function", func(m *moduleSpec) { m.imports[0].kind = externMemory }},
		{"no inos_abi", "does not export inos_abi",
			func(m *moduleSpec) { m.exports[export(m, "inos_abi")].name = "x" }},
		{"ops without inos_call", "does not export inos_call",
			func(m *moduleSpec) { m.exports[export(m, "inos_call")].name = "x" }},
		{"a live unit without inos_tick", "does not export inos_tick",
			func(m *moduleSpec) { m.exports[export(m, "inos_tick")].name = "x" }},
		{"inos_call of another type", "inos_call has another type",
			func(m *moduleSpec) { m.functions[1] = m.typeOf(">") }},
		{"no memory", "one memory", func(m *moduleSpec) { m.memory = nil }},
		{"a memory that is not exported", "one memory",
			func(m *moduleSpec) { m.exports[export(m, "memory")].name = "mem" }},
		{"a memory with a maximum", "maximum", func(m *moduleSpec) { m.memory = []byte{1, 1, 2} }},
		{"a shared memory", "shared", func(m *moduleSpec) { m.memory = []byte{3, 1, 2} }},
		{"a memory of 64 bits", "64-bit", func(m *moduleSpec) { m.memory = []byte{4, 1} }},
		{"a memory that starts over its limit", "starts with",
			func(m *moduleSpec) { m.memory = []byte{0, 17} }},
		{"a memory that starts beyond counting", "starts with", func(m *moduleSpec) {
			m.memory = []byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}
		}},
		{"an export of a function that is not there", "names function",
			func(m *moduleSpec) { m.exports[export(m, "inos_abi")].at = 99 }},
		{"an export twice", "twice", func(m *moduleSpec) { m.exports[1].name = m.exports[2].name }},
		{"a function of a type that is not there", "type 99",
			func(m *moduleSpec) { m.functions[0] = 99 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := goodModule()
			c.spoil(m)
			_, err := Pack(m.bytes(), goodManifest())
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %q", err, c.message)
			}
		})
	}
	if err := Check(goodModule().bytes(), goodManifest()); err != nil {
		t.Errorf("the good one: %v", err)
	}
	open := goodModule()
	open.memory = []byte{1, 1, 0x80, 0x80, 4} // a maximum of 65536 pages is none
	if err := Check(open.bytes(), goodManifest()); err != nil {
		t.Errorf("a maximum of 65536 pages: %v", err)
	}
}

func TestParseRefusesFilesThatAreNoPlugins(t *testing.T) {
	good, err := Pack(goodModule().bytes(), goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	section := func(body []byte) []byte {
		return appendCustom(goodModule().bytes(), SectionName, body)
	}
	for name, c := range map[string]struct {
		wasm    []byte
		message string
	}{
		"nothing":                   {nil, "no WebAssembly"},
		"a picture":                 {[]byte("\x89PNG\r\n"), "no WebAssembly"},
		"a component":               {[]byte("\x00asm\x0d\x00\x01\x00"), "no WebAssembly"},
		"a module without manifest": {goodModule().bytes(), "no manifest"},
		"two manifests": {appendCustom(good, SectionName, []byte("12345678")),
			"two sections"},
		"a section cut short":        {good[:len(good)-1], "cut short"},
		"a section that is too long": {section(make([]byte, maxSectionBytes+8)), "multiple of 8"},
		"an odd section":             {section(make([]byte, 9)), "multiple of 8"},
		"an empty message":           {section(make([]byte, 8)), "id"},
		"sections without end": {append(good, bytes.Repeat([]byte{0, 1, 0}, maxSections+1)...),
			"more than"},
	} {
		_, err := Parse(c.wasm)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: got %v, want %q", name, err, c.message)
		}
	}
}

func TestDecodeIsBoundedWhateverTheMessageClaims(t *testing.T) {
	body, err := encode(goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	// The root's first list pointer becomes a list of 2^29 - 1 elements of no size.
	huge := append([]byte(nil), body...)
	at := unitsPointer(t, huge)
	binary.LittleEndian.PutUint64(huge[at:], 1|uint64(0)<<32|uint64(1<<29-1)<<35)
	if _, err := decode(huge); err == nil {
		t.Error("a list of half a billion units was read")
	}
	// Every unit's op list points at the same ops, whose parameters are the same again.
	if _, err := decode(fan(t, maxUnits, maxOps, maxParams)); err == nil {
		t.Error("a message of a few KiB was read as millions of parameters")
	}
}

// unitsPointer is the offset of the root's pointer to its units.
func unitsPointer(t *testing.T, body []byte) int {
	t.Helper()
	root := binary.LittleEndian.Uint64(body)
	dataWords := int(root >> 32 & 0xffff)
	const unitsAt = 6 // id, name, version, author, licence, doc come before
	return 8 + (dataWords+unitsAt)*8
}

// fan builds a message in which lists are shared, so that it reads far bigger than it is.
func fan(t *testing.T, units, ops, params int32) []byte {
	t.Helper()
	msg, seg := capnp.NewSingleSegmentMessage(nil)
	root, err := plugin.NewRootManifest(seg)
	must(t, err)
	ps, err := plugin.NewParam_List(seg, params)
	must(t, err)
	os, err := plugin.NewOp_List(seg, ops)
	must(t, err)
	for i := range os.Len() {
		must(t, os.At(i).SetParams(ps))
	}
	us, err := root.NewUnits(units)
	must(t, err)
	for i := range us.Len() {
		must(t, us.At(i).SetOps(os))
	}
	first, err := msg.Segment(0)
	must(t, err)
	return append([]byte(nil), first.Data()...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
