package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	wasm "inos/backend/host/worker/wasmtest"
	"inos/backend/trust"
)

func TestPackAndInspectAgree(t *testing.T) {
	s := newStand(t)
	s.dir = newWorld(t).programs
	plugin := s.install(t, "echo.wasm")
	first := s.inos(t.Context(), "plugin", "inspect", plugin, "--json")
	if first.exit != ExitOK {
		t.Fatalf("inspect: exit %d, %q", first.exit, first.stderr)
	}
	manifest := filepath.Join(s.data, "echo.json")
	writeFile(t, manifest, []byte(strings.Replace(first.stdout, `"1.0.0"`, `"1.0.1"`, 1)))
	out := filepath.Join(s.data, "packed.wasm")
	packed := s.inos(t.Context(), "plugin", "pack", plugin, "--manifest", manifest, "-o", out,
		"--json")
	document := map[string]any{}
	oneDocument(t, packed.stdout, &document)
	requireFields(t, document, map[string]any{"path": "", "id": "", "bytes": 1})
	second := s.inos(t.Context(), "plugin", "inspect", out, "--json")
	if want := strings.Replace(first.stdout, `"1.0.0"`, `"1.0.1"`, 1); second.stdout != want {
		t.Errorf("packed with %s\ninspect says %s", want, second.stdout)
	}
}

const loadManifest = `{
  "id": "test.load", "name": "Load", "version": "1.0.0", "abi": 1,
  "units": [{"name": "load", "ops": [{"name": "nop"}]}],
  "limits": {"sharedBytes": 67108864}
}`

// loadGuest is a module that loads when its inos_abi returns 1 and its inos_call is well.
func loadGuest(abi, call []byte) *wasm.Module {
	m := wasm.New()
	m.Func("inos_abi", true, wasm.Sig("", "i"), "", abi)
	m.Func("inos_call", true, wasm.Sig("i", "i"), "", call)
	return m
}

// packed packs a module and returns what came of it, and the files that it left.
func (w world) packed(t *testing.T, module []byte) (outcome, []os.DirEntry) {
	t.Helper()
	folder, out := t.TempDir(), t.TempDir()
	source, manifest := filepath.Join(folder, "load.wasm"), filepath.Join(folder, "load.json")
	writeFile(t, source, module)
	writeFile(t, manifest, []byte(loadManifest))
	got := w.run(t, "plugin", "pack", source, "--manifest", manifest, "-o",
		filepath.Join(out, "plugin.wasm"))
	left, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	return got, left
}

func TestPackRefusesWhatWouldNotLoad(t *testing.T) {
	w := newWorld(t)
	good := loadGuest(wasm.Const(1), wasm.Const(0))
	tailCall := []byte{0x12, 0x01} // return_call 1, which takes what stands on the stack
	starts := loadGuest(wasm.Const(1), wasm.Const(0))
	starts.Func("_initialize", true, wasm.Sig("", ""), "", wasm.Unreachable)
	names := good.Bytes()
	names[bytes.Index(names, []byte("\x04name\x01"))+7] = 0x7f // so many names are not there
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"a tail call":           {loadGuest(wasm.Const(1), wasm.Code(wasm.Get(0), tailCall)).Bytes(), "tail-call"},
		"another ABI":           {loadGuest(wasm.Const(2), wasm.Const(0)).Bytes(), "inos_abi is 2"},
		"a trap in inos_abi":    {loadGuest(wasm.Unreachable, wasm.Const(0)).Bytes(), "unreachable"},
		"a trap in _initialize": {starts.Bytes(), "unreachable"},
		"a broken name section": {names, "section custom"},
		"a body of no type":     {loadGuest(wasm.Const(1), wasm.Add).Bytes(), "i32.add"},
	} {
		got, left := w.packed(t, c.module)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, c.want) ||
			!strings.Contains(got.stderr, "load.wasm") || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", name, got.exit, got.stderr)
		}
		if len(left) != 0 {
			t.Errorf("%s: it left %v behind", name, left)
		}
	}
	if got, left := w.packed(t, good.Bytes()); got.exit != ExitOK || len(left) != 1 {
		t.Errorf("the good one: exit %d, %q", got.exit, got.stderr)
	}
}

func TestPackSaysThatASignatureIsGone(t *testing.T) {
	s := newStand(t)
	s.dir = newWorld(t).programs
	secret, _ := s.publisher(t, "ada")
	plugin := s.signed(t, "echo.wasm", secret)
	manifest := filepath.Join(s.data, "echo.json")
	writeFile(t, manifest, []byte(s.inos(t.Context(), "plugin", "inspect", plugin, "--json").stdout))
	for _, c := range []struct {
		module string
		gone   bool
	}{{plugin, true}, {s.install(t, "bare.wasm"), false}} {
		out := filepath.Join(s.data, "packed.wasm")
		args := []string{"plugin", "pack", c.module, "--manifest", manifest, "-o", out}
		if got := s.inos(t.Context(), args...); strings.Contains(got.stderr, "sign it again") != c.gone {
			t.Errorf("%s: %q", c.module, got.stderr)
		}
		document := map[string]any{}
		oneDocument(t, s.inos(t.Context(), append(args, "--json")...).stdout, &document)
		if (document["unsigned"] == true) != c.gone {
			t.Errorf("%s: %v", c.module, document)
		}
		if v, _ := s.verify(t, out); v.Signature.State != trust.Unsigned {
			t.Errorf("%s: packed it is %s", c.module, v.Signature.State)
		}
	}
}
