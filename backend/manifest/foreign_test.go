package manifest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"inos/backend/fault"
)

func extismModule() *moduleSpec {
	m := &moduleSpec{memory: []byte{0, 1}}
	m.addImport(extismModuleName, "input_length", ">"+i64)
	for _, name := range []string{"countVowels", "_initialize", "asyncify_get_state", "count_vowels"} {
		m.addExport(name, ">"+i32)
	}
	m.addExport("reset", ">")
	return m.addExport("takes", i32+">"+i32)
}

func wasiModule() *moduleSpec {
	m := &moduleSpec{memory: []byte{0, 1}}
	m.addImport(wasiModuleName, "fd_write", foreignFunctions[wasiModuleName]["fd_write"])
	return m.addExport("_start", ">")
}

func TestAnExtismPluginIsAUnitWithItsExportsAsOps(t *testing.T) {
	m, err := ParseFile("/some/where/My Plugin v2.wasm", extismModule().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != "extism.my-plugin-v2" || m.Name != "My Plugin v2" || m.Units[0].Name != "my_plugin_v2" {
		t.Errorf("id %q, name %q, unit %q", m.ID, m.Name, m.Units[0].Name)
	}
	want := &Foreign{Extism, []string{"countVowels", "count_vowels", "reset"}}
	if !reflect.DeepEqual(m.Foreign, want) {
		t.Errorf("%+v, want %+v", m.Foreign, want)
	}
	var names []string
	for i, op := range m.Units[0].Ops {
		names = append(names, op.Name)
		if int(op.Number) != i || op.Determinism != 0 || !op.Inputs[0].Optional {
			t.Errorf("op %+v", op)
		}
	}
	if got := strings.Join(names, " "); got != "count_vowels count_vowels_2 reset" {
		t.Errorf("ops %s", got)
	}
}

func TestAWASICommandIsAUnitWithOneOp(t *testing.T) {
	m, err := ParseFile("wc.wasm", wasiModule().bytes())
	if err != nil {
		t.Fatal(err)
	}
	op := m.Units[0].FindOp("run")
	if m.ID != "wasi.wc" || op == nil || op.Params[0].Name != "args" || op.Params[0].Kind != Text {
		t.Errorf("%+v", m)
	}
}

func TestAForeignModuleThatINOSCannotRunIsRefusedWithTheReason(t *testing.T) {
	long := strings.Repeat("x", maxExportName+1)
	for _, c := range []struct {
		name, message string
		module        *moduleSpec
	}{
		{"a module for nobody", "nor is it a plugin for Extism", goodModule()},
		{"a function of its user", `"make_coffee" of module "extism:host/user"`,
			extismModule().addImport("extism:host/user", "make_coffee", i64+">"+i64)},
		{"the old names", `"extism_alloc" of module "env"`,
			extismModule().addImport("env", "extism_alloc", i64+">"+i64)},
		{"a function that Extism keeps for itself", `"reset"`,
			extismModule().addImport(extismModuleName, "reset", ">")},
		{"another type", "another type", extismModule().addImport(extismModuleName, "alloc", ">")},
		{"no WASI function", `"fd_open"`, wasiModule().addImport(wasiModuleName, "fd_open", ">")},
		{"a function of ours", `"log" of module "inos"`, wasiModule().addImport("inos", "log", ">")},
		{"a library", "nor is it", (&moduleSpec{}).addImport(wasiModuleName, "fd_write", ">")},
		{"no ops", "exports 0 functions", (&moduleSpec{}).addImport(extismModuleName, "alloc", i64+">"+i64)},
		{"a long name", "longer than 128", extismModule().addExport(long, ">"+i32)},
		{"a name that writes on the terminal", "control characters",
			extismModule().addExport("a\x1b[2J", ">"+i32)},
		{"an empty name", "empty", extismModule().addExport("", ">"+i32)},
		{"a shared memory", "shared", memory(extismModule(), 3, 1, 1)},
		{"a memory of 64 bits", "64-bit", memory(wasiModule(), 4, 1)},
		{"4 GiB at the start", "more than 256 MiB", memory(wasiModule(), 0, 0x80, 0x80, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseFile("x.wasm", c.module.bytes())
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %q", err, c.message)
			}
		})
	}
}

func memory(m *moduleSpec, section ...byte) *moduleSpec {
	m.memory = section
	return m
}

func TestAForeignModuleHasAtMost256Ops(t *testing.T) {
	m := extismModule()
	for i := range 253 {
		m.addExport(fmt.Sprintf("op%d", i), ">"+i32)
	}
	if _, err := ParseFile("x.wasm", m.bytes()); err != nil {
		t.Errorf("256 ops: %v", err)
	}
	m.addExport("one_more", ">"+i32)
	if _, err := ParseFile("x.wasm", m.bytes()); err == nil || !strings.Contains(err.Error(), "257") {
		t.Errorf("257 ops: %v", err)
	}
}

func TestAnyFileNameMakesNamesThatFit(t *testing.T) {
	for file, want := range map[string]string{
		"a.wasm": "a", "countVowels.wasm": "count_vowels", "ABC.wasm": "abc", "1-2.3.wasm": "1_2_3",
		".wasm": "plugin", "日本.wasm": "plugin", "..wasm": "plugin", "x\x1b[2J\xff.wasm": "x_2j",
		"a_very_long_name_that_does_not_fit.wasm": "a_very_long_name_that_d",
		strings.Repeat("ä", 300) + ".wasm":        "plugin",
		"12345678901234567890123_.wasm":           "12345678901234567890123",
		"1234567890123456789012_34.wasm":          "1234567890123456789012",
	} {
		m, err := ParseFile(file, wasiModule().bytes())
		if err != nil || m.Units[0].Name != want {
			t.Errorf("%q: %v, %+v", file, err, m)
		}
	}
}

func TestNobodyPacksAForeignManifest(t *testing.T) {
	m := goodManifest()
	m.Foreign = &Foreign{Extism, []string{"x"}}
	if _, err := ParseJSON(mustJSON(t, m)); err == nil || !strings.Contains(err.Error(), "foreign") {
		t.Errorf("as JSON: %v", err)
	}
	made, err := ParseFile("x.wasm", extismModule().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(extismModule().bytes(), made); err == nil {
		t.Error("it was packed")
	}
}

func TestAMadeUpManifestThatWasTamperedWithIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(m *Manifest){
		"kind":        func(m *Manifest) { m.Foreign.Kind = "docker" },
		"more ops":    func(m *Manifest) { m.Foreign.Exports = m.Foreign.Exports[:1] },
		"a long name": func(m *Manifest) { m.Foreign.Exports[0] = strings.Repeat("x", 129) },
		"op numbers":  func(m *Manifest) { m.Units[0].Ops[0].Number = 300 },
		"two units":   func(m *Manifest) { m.Units = append(m.Units, goodManifest().Units[0]) },
	} {
		m, err := ParseFile("x.wasm", extismModule().bytes())
		if err != nil {
			t.Fatal(err)
		}
		spoil(m)
		if m.Validate() == nil {
			t.Errorf("%s: it was accepted", name)
		}
	}
}

// The worker offers as many; its own test says that they are the same.
func TestTheseAreAllForeignFunctions(t *testing.T) {
	if e, w := len(foreignFunctions[extismModuleName]), len(foreignFunctions[wasiModuleName]); e != 29 || w != 46 {
		t.Errorf("%d functions of Extism, %d of WASI", e, w)
	}
}
