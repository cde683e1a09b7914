package cli

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	wasm "inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// withGuest puts a plugin that a test wrote by hand into the world's drop-in folder.
func (w world) withGuest(t *testing.T, name, manifestText string, module *wasm.Module) world {
	t.Helper()
	m, err := manifest.ParseJSON([]byte(manifestText))
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := manifest.Pack(module.Bytes(), m)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(w.data, "plugins", name+".wasm"), plugin)
	return w
}

const edgesManifest = `{
  "id": "test.edges", "name": "Edges", "version": "1.0.0", "abi": 1,
  "units": [{"name": "edges", "ops": [{"number": 0, "name": "all", "results": [
    {"name": "above", "unit": "m"}, {"name": "below"}, {"name": "nan"}, {"name": "silent"},
    {"name": "many"}, {"name": "third"}
  ]}]}]
}`

// edgesGuest reports every kind of number but its result 3.
func edgesGuest() *wasm.Module {
	m := wasm.New()
	result := m.Import("result_f64", wasm.Sig("id", "i"))
	var body []byte
	for i, v := range map[int32]float64{
		0: math.Inf(1), 1: math.Inf(-1), 2: math.NaN(), 4: 5e6, 5: 0.1 + 0.2,
	} {
		body = wasm.Code(body, wasm.Const(i), wasm.ConstF(v), wasm.Call(result), wasm.Drop)
	}
	m.Func("inos_abi", true, wasm.Sig("", "i"), "", wasm.Const(1))
	m.Func("inos_call", true, wasm.Sig("i", "i"), "", body, wasm.Const(0))
	return m
}

func TestEveryNumberOfAnOpIsWritten(t *testing.T) {
	w := newWorld(t).withGuest(t, "edges", edgesManifest, edgesGuest())
	got := w.run(t, "run", "edges.all", "--json")
	var document struct {
		Results []struct {
			Name  string
			Value any
		}
	}
	oneDocument(t, got.stdout, &document)
	want := []any{"Infinity", "-Infinity", "NaN", nil, 5e6, 0.1 + 0.2}
	if got.exit != ExitOK || len(document.Results) != len(want) {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	for i, value := range want {
		if document.Results[i].Value != value {
			t.Errorf("%+v, want %v", document.Results[i], value)
		}
	}
	text := strings.Join(strings.Fields(w.run(t, "run", "edges.all").stdout), " ")
	for _, want := range []string{
		"above Infinity m ", "below -Infinity ", "nan NaN ", "silent not reported ",
		"many 5000000 ", "third 0.3 ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}
