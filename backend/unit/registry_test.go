package unit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host/hosttest"
)

// place copies a plugin of the build into a folder.
func place(t testing.TB, dir, name, fromRoot string) string {
	t.Helper()
	b, err := os.ReadFile(hosttest.Path(t, fromRoot))
	if err != nil {
		t.Fatal(err)
	}
	return write(t, dir, name, b)
}

func write(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheRegistryListsWhatLiesInTheFolders(t *testing.T) {
	bundled, dropIn := t.TempDir(), t.TempDir()
	var refused []PluginInfo
	r := NewRegistry([]Folder{{bundled, true}, {dropIn, false}, {"/nonexistent", false}}, "",
		func(p PluginInfo) { refused = append(refused, p) })
	if n := len(r.Plugins()); n != 0 {
		t.Errorf("%d plugins in empty folders", n)
	}
	place(t, bundled, "boids.wasm", hosttest.Boids)
	place(t, dropIn, "adder.wasm", hosttest.Adder)
	place(t, dropIn, "again.wasm", hosttest.Boids)
	write(t, dropIn, "garbage.wasm", []byte("MZ"))
	write(t, dropIn, "notes.txt", []byte("no plugin"))
	write(t, dropIn, ".hidden.wasm", []byte("half a copy"))
	if err := os.Mkdir(filepath.Join(dropIn, "folder.wasm"), 0o700); err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, p := range r.Plugins() {
		why[filepath.Base(p.Path)] = p.Refused
		if p.Refused == "" && (len(p.Digest) != 64 || p.Bytes == 0 || p.Manifest == nil) {
			t.Errorf("%s: %+v", p.Path, p)
		}
	}
	for name, want := range map[string]string{
		"boids.wasm": "", "adder.wasm": "", "again.wasm": "is there already",
		"garbage.wasm": "no WebAssembly", "folder.wasm": "no regular file",
	} {
		if got, there := why[name]; !there || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(why) != 5 {
		t.Errorf("listed: %v", why)
	}
	units := r.Units()
	if len(units) != 2 || units[0].Name != "adder" || units[1].Name != "boids" ||
		units[1].Live == nil {
		t.Errorf("units: %+v", units)
	}
	if r.Plugins(); len(refused) != 3 {
		t.Errorf("%d refusals were told, want each once: %v", len(refused), refused)
	}
}

func TestAFileThatAppearsOrGoesIsNoticed(t *testing.T) {
	dir := t.TempDir()
	r := NewRegistry([]Folder{{dir, false}}, filepath.Join(t.TempDir(), "index.json"), nil)
	_, _, err := r.Find("adder")
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "no plugins") {
		t.Errorf("empty folder: %v", err)
	}
	path := place(t, dir, "adder.wasm", hosttest.Adder)
	info, u, err := r.Find("adder")
	if err != nil || u.FindOp("add") == nil {
		t.Fatalf("after the drop: %v", err)
	}
	if p, err := r.Load(info); err != nil || len(p.Wasm) != int(info.Bytes) {
		t.Errorf("load: %v", err)
	}
	_, _, err = r.Find("nothing")
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "the units are adder") {
		t.Errorf("unknown unit: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err = r.Find("adder"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after its removal: %v", err)
	}
}

// An unchanged file is not read again: proved by one that was changed behind its time stamp. The
// lie is found out before anything of the file runs.
func TestTheIndexSparesUnchangedFilesAndLoadTrustsNothing(t *testing.T) {
	dir, index := t.TempDir(), filepath.Join(t.TempDir(), "index.json")
	path := place(t, dir, "adder.wasm", hosttest.Adder)
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *Registry { return NewRegistry([]Folder{{dir, false}}, index, nil) }
	if len(open().Units()) != 1 {
		t.Fatal("not found at first")
	}
	write(t, dir, "adder.wasm", make([]byte, st.Size()))
	if err := os.Chtimes(path, st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	r := open()
	info, _, err := r.Find("adder")
	if err != nil {
		t.Fatalf("the file was read again: %v", err)
	}
	if _, err := r.Load(info); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("a file with another content was loaded: %v", err)
	}
	if err := os.Chtimes(path, st.ModTime().Add(1), st.ModTime().Add(1)); err != nil {
		t.Fatal(err)
	}
	if p := open().Plugins(); len(p) != 1 || p[0].Refused == "" {
		t.Errorf("with a new time stamp: %+v", p)
	}
}

func TestABrokenIndexIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "adder.wasm", hosttest.Adder)
	for name, content := range map[string]string{
		"garbage": "{", "another program": `{"program":"x","files":{}}`, "null": `null`,
		"a wrong entry": `{"program":"` + programStamp() + `","files":{"` +
			filepath.Join(dir, "adder.wasm") + `":{"info":{"bytes":1}}}}`,
	} {
		index := write(t, t.TempDir(), "index.json", []byte(content))
		r := NewRegistry([]Folder{{dir, false}}, index, nil)
		if n := len(r.Units()); n != 1 {
			t.Errorf("%s: %d units", name, n)
		}
		if b, err := os.ReadFile(index); err != nil || !strings.Contains(string(b), "dev.inos.adder") {
			t.Errorf("%s: it was not written anew: %v", name, err)
		}
	}
}

func BenchmarkUnitsWithAnIndex(b *testing.B) {
	dir, index := b.TempDir(), filepath.Join(b.TempDir(), "index.json")
	place(b, dir, "adder.wasm", hosttest.Adder)
	place(b, dir, "boids.wasm", hosttest.Boids)
	for b.Loop() {
		if len(NewRegistry([]Folder{{dir, false}}, index, nil).Units()) != 2 {
			b.Fatal("not found")
		}
	}
}

// A copy that keeps the time of its original can hide a change from the index.
func TestAChangeOfEqualSizeAndTimeIsFoundWhenTheFileIsLoaded(t *testing.T) {
	dir, at := t.TempDir(), time.Unix(1_600_000_000, 0)
	indexPath := filepath.Join(t.TempDir(), "index.json")
	path := place(t, dir, "adder.wasm", hosttest.Adder)
	open := func() (*Registry, PluginInfo) {
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		r := NewRegistry([]Folder{{dir, false}}, indexPath, nil)
		p, _, err := r.Find("adder")
		if err != nil {
			t.Fatal(err)
		}
		return r, p
	}
	open()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at2 := strings.LastIndex(string(b), "Add")
	if at2 < 0 {
		t.Fatal("nothing to change")
	}
	b[at2] = 'a'
	write(t, dir, "adder.wasm", b)
	r, p := open()
	if _, err := r.Load(p); err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("a changed file was loaded as what it was: %v", err)
	}
	r, p = open()
	if _, err := r.Load(p); err != nil {
		t.Errorf("the next time: %v", err)
	}
}
