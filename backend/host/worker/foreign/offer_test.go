package foreign

import (
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// What a worker offers and what a manifest may ask for are two lists of the same functions: each of
// these is accepted there, and TestTheseAreAllForeignFunctions counts them.
func TestAllThatIsOfferedMayBeImported(t *testing.T) {
	m := wasmtest.New()
	for name, f := range extismFunctions {
		m.ImportFrom(extismModule, name, wasmtest.Sig(f.params, f.results))
	}
	for name, def := range wasiFunctions(t) {
		m.ImportFrom(wasi_snapshot_preview1.ModuleName, name,
			wasmtest.Sig(typeLetters(def.ParamTypes()), typeLetters(def.ResultTypes())))
	}
	m.Func("op", true, wasmtest.Sig("", "i"), "", wasmtest.Const(0))
	if _, err := manifest.ParseFile("all.wasm", m.Bytes()); err != nil {
		t.Error(err)
	}
	if len(extismFunctions) != 29 || len(wasiFunctions(t)) != 46 {
		t.Errorf("%d and %d functions are offered", len(extismFunctions), len(wasiFunctions(t)))
	}
}

func wasiFunctions(t *testing.T) map[string]api.FunctionDefinition {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { _ = r.Close(t.Context()) })
	builder := r.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(builder)
	module, err := builder.Compile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return module.ExportedFunctions()
}

func typeLetters(types []api.ValueType) string {
	text := ""
	for _, v := range types {
		text += map[api.ValueType]string{i32: "i", i64: "l"}[v]
	}
	return text
}
