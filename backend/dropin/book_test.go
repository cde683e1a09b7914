package dropin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"inos/backend/fault"
)

const id = "dev.inos.thing"

func file(version, content string) File {
	return File{ID: id, Version: version, Digest: DigestOf([]byte(content)), Name: "thing.wasm", Wasm: []byte(content)}
}

func install(t *testing.T, b *Book, f File, replace bool) Change {
	t.Helper()
	c, err := b.Install(f, replace)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func expect(t *testing.T, b *Book, version, content string) {
	t.Helper()
	s, err := b.Read()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(b.Path("thing.wasm"))
	if string(got) != content || content == "" && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder has %q, %v; want %q", got, err, content)
	}
	if p := s.Plugins[id]; p.Version.Version != version || p.Pending {
		t.Errorf("the state says %+v, want %s", p, version)
	}
	if left, _ := filepath.Glob(filepath.Join(b.data, "*", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAPluginIsInstalledUpdatedRolledBackAndRemoved(t *testing.T) {
	b := Open(t.TempDir())
	install(t, b, file("1.0.0", "one"), false)
	expect(t, b, "1.0.0", "one")
	if c := install(t, b, file("1.1.0", "two"), false); c.From != "1.0.0" || c.To != "1.1.0" {
		t.Errorf("%+v", c)
	}
	expect(t, b, "1.1.0", "two")
	if c := install(t, b, file("1.1.0", "two"), false); !c.Unchanged {
		t.Errorf("the same again: %+v", c)
	}
	for _, want := range [][2]string{{"1.0.0", "one"}, {"1.1.0", "two"}} {
		if _, err := b.Rollback(id); err != nil {
			t.Fatal(err)
		}
		expect(t, b, want[0], want[1])
	}
	if _, err := b.Remove(id); err != nil {
		t.Fatal(err)
	}
	expect(t, b, "", "")
	if _, err := b.Remove(id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := b.Rollback(id); err != nil {
		t.Fatal(err)
	}
	expect(t, b, "1.1.0", "two")
}

func TestOnlyThreeEarlierVersionsAreKeptWithTheirFiles(t *testing.T) {
	b := Open(t.TempDir())
	for i := range 8 {
		install(t, b, file(fmt.Sprintf("1.%d.0", i), fmt.Sprint("content ", i)), false)
	}
	s, _ := b.Read()
	kept, _ := os.ReadDir(filepath.Join(b.data, "versions"))
	if n := len(s.Plugins[id].Earlier); n != 3 || len(kept) != 4 || s.Plugins[id].Earlier[0].Version != "1.6.0" {
		t.Errorf("%d earlier ones, %d files", n, len(kept))
	}
}

func TestAnInstallTakesNothingBackUnlessTold(t *testing.T) {
	other := File{ID: "dev.other", Version: "1.0.0", Digest: DigestOf([]byte("o")), Name: "thing.wasm", Wasm: []byte("o")}
	for name, c := range map[string]struct {
		before func(t *testing.T, b *Book)
		next   File
		want   string
	}{
		"an older version": {func(*testing.T, *Book) {}, file("0.9.0", "old"), "which is newer than 0.9.0"},
		"another's file":   {func(*testing.T, *Book) {}, other, "is the file of another plugin, " + id},
		"a stranger's file": {func(t *testing.T, b *Book) {
			if _, err := b.Remove(id); err != nil || os.WriteFile(b.Path("thing.wasm"), []byte("?"), 0o600) != nil {
				t.Fatal(err)
			}
		}, file("2.0.0", "new"), "another file is there under that name"},
	} {
		b := Open(t.TempDir())
		install(t, b, file("1.0.0", "one"), false)
		c.before(t, b)
		was, _ := os.ReadFile(b.Path("thing.wasm"))
		if _, err := b.Install(c.next, false); fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if is, _ := os.ReadFile(b.Path("thing.wasm")); string(is) != string(was) {
			t.Errorf("%s: the folder has %q", name, is)
		}
		install(t, b, c.next, true)
		if is, _ := os.ReadFile(b.Path("thing.wasm")); string(is) != string(c.next.Wasm) {
			t.Errorf("%s: told to, the folder has %q", name, is)
		}
	}
}

func TestAPinnedPluginStaysUntilItIsUnpinned(t *testing.T) {
	b := Open(t.TempDir())
	install(t, b, file("1.0.0", "one"), false)
	if _, err := b.SetPinned(id, true); err != nil {
		t.Fatal(err)
	}
	for _, replace := range []bool{false, true} {
		if _, err := b.Install(file("2.0.0", "two"), replace); fault.KindOf(err) != fault.Denied {
			t.Errorf("replace %t: %v", replace, err)
		}
	}
	expect(t, b, "1.0.0", "one")
	if _, err := b.SetPinned(id, false); err != nil {
		t.Fatal(err)
	}
	install(t, b, file("2.0.0", "two"), false)
}

func TestAFileThatSomebodyChangedIsNotDeleted(t *testing.T) {
	b := Open(t.TempDir())
	install(t, b, file("1.0.0", "one"), false)
	if err := os.WriteFile(b.Path("thing.wasm"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Remove(id); fault.KindOf(err) != fault.Denied {
		t.Errorf("%v", err)
	}
	if got, _ := os.ReadFile(b.Path("thing.wasm")); string(got) != "mine" {
		t.Errorf("%q", got)
	}
}

func TestADeletedFileComesBackByRollback(t *testing.T) {
	b := Open(t.TempDir())
	install(t, b, file("1.0.0", "one"), false)
	if err := os.Remove(b.Path("thing.wasm")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Rollback(id); err != nil {
		t.Fatal(err)
	}
	expect(t, b, "1.0.0", "one")
}

// What a process left that died between its note and the folder is done by the next one.
func TestWhatWasBegunIsFinished(t *testing.T) {
	b := Open(t.TempDir())
	install(t, b, file("1.0.0", "one"), false)
	install(t, b, file("1.1.0", "two"), false)
	pending := func(change func(*Plugin)) {
		t.Helper()
		s, err := b.Read()
		if err != nil {
			t.Fatal(err)
		}
		p := s.Plugins[id]
		change(&p)
		s.Plugins[id] = p
		if err := b.save(s); err != nil {
			t.Fatal(err)
		}
	}
	pending(func(p *Plugin) { p.succeed(p.Earlier[0]) })
	expect(t, b, "1.0.0", "one")
	pending(func(p *Plugin) { p.remove() })
	expect(t, b, "", "")
}

func TestADamagedStateIsSetAsideAndSaidSo(t *testing.T) {
	for name, text := range map[string]string{
		"garbage": "\x00\x01", "cut": `{"format":1,"plugins":{"dev.a.b":{`, "a list": "[]", "nothing": "", "null": "null",
		"a path":     `{"format":1,"plugins":{"dev.a.b":{"digest":"","file":"../../x.wasm","source":"dropped"}}}`,
		"a bad id":   `{"format":1,"plugins":{"../x":{"digest":"","file":"x.wasm","source":"dropped"}}}`,
		"a digest":   `{"format":1,"plugins":{"dev.a.b":{"digest":"../../etc","version":"1.0.0","file":"x.wasm","source":"dropped"}}}`,
		"too large":  strings.Repeat(" ", maxStateBytes+1),
		"an ancient": `{"format":0,"plugins":{}}`,
	} {
		b := Open(t.TempDir())
		if err := os.WriteFile(b.StatePath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := b.Read()
		if err != nil || s.Damaged == "" || len(s.Plugins) != 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
			continue
		}
		if aside, err := os.ReadFile(s.Damaged); err != nil || string(aside) != text {
			t.Errorf("%s: aside is %.20q, %v", name, aside, err)
		}
		n := b.Seen(file("1.0.0", ""), Plugin{})
		if s, err := b.Record([]Note{n}); err != nil || !s.Plugins[id].Disabled || s.Damaged != "" {
			t.Errorf("%s: found after that: %+v, %v", name, s, err)
		}
	}
}

func TestAStateOfANewerProgramIsLeftAlone(t *testing.T) {
	b := Open(t.TempDir())
	if err := os.WriteFile(b.StatePath(), []byte(`{"format":2,"plugins":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read(); err == nil || !strings.Contains(err.Error(), "newer INOS") {
		t.Errorf("%v", err)
	}
	if _, err := b.Install(file("1.0.0", "one"), true); err == nil {
		t.Error("it was written over")
	}
}

func TestTwoThatChangePluginsTakeTurns(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	const each = 10
	for i := range 4 {
		all.Go(func() {
			b := Open(dir) // as another process would
			for j := range each {
				name := fmt.Sprintf("p%d-%d", i, j)
				f := File{ID: "dev." + name, Version: "1.0.0", Digest: DigestOf([]byte(name)), Name: name + ".wasm", Wasm: []byte(name)}
				if _, err := b.Install(f, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if s, err := Open(dir).Read(); err != nil || len(s.Plugins) != 4*each {
		t.Errorf("%d plugins, %v", len(s.Plugins), err)
	}
}

func TestNamesThatMislead(t *testing.T) {
	for name, ok := range map[string]bool{
		"a.wasm": true, "Boids 2 (copy).wasm": true, "vögel.wasm": true,
		"": false, ".wasm": false, ".a.wasm": false, "a": false, "a.wasm.txt": false, "../a.wasm": false,
		"a/b.wasm": false, `a\b.wasm`: false, "c:a.wasm": false, "a\n.wasm": false, "a\x00.wasm": false,
		"a\u202emsaw.wasm": false, "\xff.wasm": false, strings.Repeat("a", 300) + ".wasm": false,
		"a\u200b.wasm": false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzTheStateIsReadOrRefusedWhole(f *testing.F) {
	b := Open(f.TempDir())
	if _, err := b.Install(file("1.0.0", "one"), false); err != nil {
		f.Fatal(err)
	}
	real, _ := os.ReadFile(b.StatePath())
	for _, seed := range []string{string(real), "{}", `{"format":1,"plugins":{}}`, "[", "null"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err != nil {
			return
		}
		for id, p := range s.Plugins {
			if CheckName(p.File) != nil || !p.Removed() && !IsDigest(p.Digest) {
				t.Errorf("%s: %+v", id, p)
			}
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decode(text); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v came back as %+v, %v", s, again, err)
		}
	})
}
