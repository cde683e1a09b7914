package hostile

import (
	"fmt"

	"capnproto.org/go/capnp/v3"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
	"inos/backend/wire/gen/plugin"
)

// manifestJSON is that of a plugin with one op; %[1]s is its name, %[2]s what its limits and
// permissions are.
const manifestJSON = `{"id": "org.evil.%[1]s", "name": "%[1]s", "version": "1.0.0", "abi": 1,
"author": "nobody", "licence": "MIT", "doc": "Evil.", "units": [{"name": "%[1]s", "doc": "Evil.",
"ops": [{"number": 0, "name": "run", "doc": "Attacks.", "determinism": "bitExact"}]}]%[2]s}`

// packed is a plugin that INOS lists: a module with the manifest of that name.
func packed(name, more string, module []byte, change ...func(*manifest.Manifest)) ([]byte, error) {
	m, err := manifest.ParseJSON(fmt.Appendf(nil, manifestJSON, name, more))
	if err != nil {
		return nil, err
	}
	for _, f := range change {
		f(m)
	}
	return manifest.Pack(module, m)
}

// calm is a module that does nothing at all.
func calm() *wasmtest.Module {
	m := wasmtest.New()
	m.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(1))
	m.Func("inos_call", true, wasmtest.Sig("i", "i"), "", wasmtest.Const(0))
	return m
}

// lying is a calm module whose manifest is written without anybody looking at it.
func lying(write func(plugin.Manifest) error) ([]byte, error) {
	_, segment := capnp.NewSingleSegmentMessage(nil)
	m, err := plugin.NewRootManifest(segment)
	if err != nil {
		return nil, err
	}
	for _, set := range []error{
		m.SetId("org.evil.liar"), m.SetName("Liar"), m.SetVersion("1.0.0"), m.SetAuthor("nobody"),
		m.SetLicence("MIT"), m.SetDoc("Lies."),
	} {
		if set != nil {
			return nil, set
		}
	}
	m.SetAbi(1)
	units, err := m.NewUnits(1)
	if err != nil {
		return nil, err
	}
	if err := units.At(0).SetName("liar"); err != nil {
		return nil, err
	}
	ops, err := units.At(0).NewOps(1)
	if err != nil {
		return nil, err
	}
	if err := ops.At(0).SetName("run"); err != nil {
		return nil, err
	}
	if err := write(m); err != nil {
		return nil, err
	}
	return custom(calm().Bytes(), manifest.SectionName, segment.Data()), nil
}

// custom adds a custom section to a module.
func custom(wasm []byte, name string, body []byte) []byte {
	return section(wasm, 0, append(sized([]byte(name)), body...))
}

// section adds any section to a module.
func section(wasm []byte, id byte, content []byte) []byte {
	return append(append(wasm[:len(wasm):len(wasm)], id), sized(content)...)
}

func sized(b []byte) []byte { return append(wasmtest.Unsigned(uint64(len(b))), b...) }
