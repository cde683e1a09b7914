//go:build linux

package worker_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

// wasiFunctions are all that a module may import of WASI.
func wasiFunctions(t *testing.T) map[string]api.FunctionDefinition {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	builder := r.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(builder)
	module, err := builder.Compile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return module.ExportedFunctions()
}

func letters(types []api.ValueType) string {
	text := ""
	for _, v := range types {
		text += map[api.ValueType]string{api.ValueTypeI32: "i", api.ValueTypeI64: "l"}[v]
	}
	return text
}

// constants are arguments of those types, the numbers over and over.
func constants(types []api.ValueType, numbers ...int32) []byte {
	var code []byte
	for i, v := range types {
		n := numbers[i%len(numbers)]
		if v == api.ValueTypeI64 {
			code = wasmtest.Code(code, wasmtest.Const64(int64(n)))
		} else {
			code = wasmtest.Code(code, wasmtest.Const(n))
		}
	}
	return code
}

// A system call that the box forbids would end the worker without an answer.
func TestNoFunctionOfWASILeavesTheBox(t *testing.T) {
	garbage := [][]int32{
		{0}, {-1}, {1}, {1, 64, 1, 128}, {0, 64, 2, 128}, {3, 0, 16}, {2, math.MaxInt32},
		{64, 512, 3, 1024}, {1, 0}, {3, 1, 64, 8, 0, -1, -1, 0, 128}, {256, math.MinInt32},
		{64, 512, 0x0600_0000, 1024},
	}
	m := wasmtest.New()
	functions := wasiFunctions(t)
	var names, ops []string
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	index := map[string]int{}
	for _, name := range names {
		def := functions[name]
		index[name] = m.ImportFrom(wasi_snapshot_preview1.ModuleName, name,
			wasmtest.Sig(letters(def.ParamTypes()), letters(def.ResultTypes())))
	}
	for _, name := range names {
		var body []byte
		for _, numbers := range garbage {
			body = wasmtest.Code(body, constants(functions[name].ParamTypes(), numbers...),
				wasmtest.Call(index[name]))
			if len(functions[name].ResultTypes()) > 0 {
				body = wasmtest.Code(body, wasmtest.Drop)
			}
		}
		m.Func("try_"+name, true, wasmtest.Sig("", ""), "", body)
		ops = append(ops, "try_"+name)
	}
	load := wire.Load{Foreign: wire.ForeignWASI, Entries: ops, Plugin: "wasi.garbage"}
	var k *worker
	for op, name := range ops {
		if k == nil {
			k = run(t, m.Bytes(), options{load: load})
		}
		segment, out := k.output(64 << 10)
		answer := k.call(wire.Call{Op: uint16(op), OutputCount: 1, Outputs: []wire.Window{out}},
			segment.FD())
		switch {
		case answer == nil:
			t.Fatalf("%s: the worker ended: %v", name, k.exit())
		case answer.Kind == wire.KindFailed:
			if strings.Contains(answer.Failed.Text, "goroutine") {
				t.Errorf("%s shows the host's own stack: %s", name, answer.Failed.Text)
			}
			k = nil // it ends after a trap
		case answer.Kind != wire.KindResult:
			t.Errorf("%s: %+v", name, answer)
		}
	}
}
