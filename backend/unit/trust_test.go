package unit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// dropFolder is a registry over the drop-in folder of a data folder.
type dropFolder struct {
	*Registry
	book *dropin.Book
	told []string
}

func newDropFolder(t testing.TB, may MayReplace) *dropFolder {
	t.Helper()
	d := &dropFolder{book: dropin.Open(t.TempDir())}
	if err := os.MkdirAll(d.book.Folder(), 0o700); err != nil {
		t.Fatal(err)
	}
	d.open(may)
	return d
}

// open is what the next process does.
func (d *dropFolder) open(may MayReplace) {
	d.Registry = NewRegistry([]Folder{{Path: d.book.Folder()}}, "", nil)
	d.Keep(d.book, may, func(text string) { d.told = append(d.told, text) })
}

func (d *dropFolder) put(t testing.TB, name string, wasm []byte) string {
	t.Helper()
	return write(t, d.book.Folder(), name, wasm)
}

// refusals are why the files are not used, by name.
func (d *dropFolder) refusals() map[string]string {
	out := map[string]string{}
	for _, p := range d.Plugins() {
		out[filepath.Base(p.Path)] = p.Refused
	}
	return out
}

func (d *dropFolder) expect(t testing.TB, when string, want map[string]string) {
	t.Helper()
	got := d.refusals()
	for name, why := range want {
		if is, there := got[name]; !there || (why == "") != (is == "") || !strings.Contains(is, why) {
			t.Errorf("%s: %s is %q, want %q", when, name, is, why)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d: %v", when, len(got), len(want), got)
	}
}

func version(v string) func(*manifest.Manifest) { return func(m *manifest.Manifest) { m.Version = v } }

func TestADroppedFileIsRecordedAndAChangedOneRefused(t *testing.T) {
	d := newDropFolder(t, nil)
	first, second := hosttest.Edition(t, hosttest.Adder, version("1.0.0")), hosttest.Edition(t, hosttest.Adder, version("2.0.0"))
	path := d.put(t, "adder.wasm", first)
	d.expect(t, "first seen", map[string]string{"adder.wasm": ""})
	if p := d.Plugins()[0]; p.Dropped == nil || p.Dropped.Source != dropin.Dropped {
		t.Errorf("%+v", p.Dropped)
	}
	d.put(t, "adder.wasm", second)
	for range 2 {
		d.expect(t, "changed", map[string]string{"adder.wasm": "adder.wasm is not the file that was installed; " +
			"if you changed it, run inos plugin install " + path})
		if _, _, err := d.Find("adder"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a changed file offers its unit: %v", err)
		}
		d.open(nil)
	}
	if c, _, err := d.Install(path, false); err != nil || c.From != "1.0.0" || c.To != "2.0.0" {
		t.Errorf("%+v, %v", c, err)
	}
	d.expect(t, "installed", map[string]string{"adder.wasm": ""})
	if _, err := d.book.Rollback("dev.inos.adder"); err != nil {
		t.Fatal(err)
	}
	d.expect(t, "rolled back", map[string]string{"adder.wasm": ""})
	if got, _ := os.ReadFile(path); string(got) != string(first) {
		t.Error("it is not the first edition")
	}
}

func TestWhoMayReplaceAFileDoes(t *testing.T) {
	asked := 0
	d := newDropFolder(t, func(old dropin.Plugin, next PluginInfo) bool {
		asked++
		return old.Version.Version == "1.0.0" && next.Manifest.Version == "1.1.0"
	})
	d.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.Plugins()
	d.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.1.0")))
	d.expect(t, "allowed", map[string]string{"adder.wasm": ""})
	if d.expect(t, "again", map[string]string{"adder.wasm": ""}); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	s, err := d.book.Read()
	if p := s.Plugins["dev.inos.adder"]; err != nil || p.Version.Version != "1.1.0" || len(p.Earlier) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	d.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.2.0")))
	d.expect(t, "not allowed", map[string]string{"adder.wasm": "not the file that was installed"})
}

func TestOfTwoFilesOfOnePluginTheRecordedOneWins(t *testing.T) {
	d := newDropFolder(t, nil)
	adder := hosttest.Edition(t, hosttest.Adder, version("1.0.0"))
	path := d.put(t, "m.wasm", adder)
	d.Plugins()
	d.put(t, "a.wasm", adder)
	fork := d.put(t, "z.wasm", hosttest.Edition(t, hosttest.Adder, version("9.0.0")))
	d.expect(t, "two more", map[string]string{
		"m.wasm": "", "a.wasm": "is there already, in " + path, "z.wasm": "is there already, in " + path,
	})
	for _, gone := range []string{"m.wasm", "a.wasm"} {
		if err := os.Remove(filepath.Join(filepath.Dir(path), gone)); err != nil {
			t.Fatal(err)
		}
	}
	d.expect(t, "only the fork", map[string]string{"z.wasm": "not the file that was installed"})
	if err := os.Remove(fork); err != nil {
		t.Fatal(err)
	}
	d.put(t, "renamed.wasm", adder)
	d.expect(t, "renamed", map[string]string{"renamed.wasm": ""})
}

func TestAnotherPluginUnderARecordedNameIsRefused(t *testing.T) {
	d := newDropFolder(t, nil)
	d.put(t, "a.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.Plugins()
	d.put(t, "a.wasm", hosttest.Edition(t, hosttest.Boids, version("1.0.0")))
	d.expect(t, "swapped", map[string]string{"a.wasm": "was the file of dev.inos.adder, and now it is dev.inos.boids"})
}

func TestAnEarlierPluginKeepsItsUnitFromANewOne(t *testing.T) {
	d := newDropFolder(t, nil)
	path := d.put(t, "z.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.Plugins()
	d.put(t, "a.wasm", hosttest.Edition(t, hosttest.Adder, func(m *manifest.Manifest) { m.ID = "dev.evil.adder" }))
	d.expect(t, "a fork", map[string]string{"z.wasm": "", "a.wasm": "unit adder is there already, from " + path})
	if s, _ := d.book.Read(); len(s.Plugins) != 1 {
		t.Errorf("recorded: %v", s.Plugins)
	}
}

func TestADisabledPluginIsListedAndOffersNothing(t *testing.T) {
	d := newDropFolder(t, nil)
	d.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	if n := len(d.Units()); n != 1 {
		t.Fatalf("%d units", n)
	}
	for _, name := range []string{"adder", "dev.inos.adder", "Adder"} {
		book, id, err := d.Book(name)
		if err != nil || id != "dev.inos.adder" {
			t.Fatalf("%s: %q, %v", name, id, err)
		}
		if _, err := book.SetDisabled(id, true); err != nil {
			t.Fatal(err)
		}
		_, _, err = d.Find("adder")
		if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "disabled: dev.inos.adder") {
			t.Errorf("%v", err)
		}
		if d.expect(t, "disabled", map[string]string{"adder.wasm": ""}); !d.Plugins()[0].Disabled() || len(d.Units()) != 0 {
			t.Errorf("%+v", d.Plugins())
		}
		if _, err := book.SetDisabled(id, false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Find("adder"); err != nil {
			t.Error(err)
		}
	}
}

func TestAfterDamageEverythingIsDisabledAndSaidSo(t *testing.T) {
	d := newDropFolder(t, nil)
	d.put(t, "adder.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.Plugins()
	write(t, filepath.Dir(d.book.StatePath()), filepath.Base(d.book.StatePath()), []byte("{"))
	if n := len(d.Units()); n != 0 || len(d.told) != 1 || !strings.Contains(d.told[0], "was damaged; it lies in") {
		t.Errorf("%d units; told %q", n, d.told)
	}
	if d.open(nil); len(d.Units()) != 0 || !d.Plugins()[0].Disabled() {
		t.Error("the next start enabled it")
	}
	if _, err := d.book.SetDisabled("dev.inos.adder", false); err != nil || len(d.Units()) != 1 {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoPluginFileIsRefusedOrIgnored(t *testing.T) {
	d := newDropFolder(t, nil)
	dir := d.book.Folder()
	adder := hosttest.Edition(t, hosttest.Adder, version("1.0.0"))
	outside := write(t, t.TempDir(), "real.wasm", adder)
	for _, err := range []error{
		os.Symlink(outside, filepath.Join(dir, "link.wasm")),
		os.Symlink("/nowhere", filepath.Join(dir, "dangling.wasm")),
		os.Symlink(dir, filepath.Join(dir, "loop.wasm")),
		os.Mkdir(filepath.Join(dir, "folder.wasm"), 0o700),
		makeFIFO(filepath.Join(dir, "fifo.wasm")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	huge := d.put(t, "huge.wasm", adder)
	if err := os.Truncate(huge, dropin.MaxBytes+1); err != nil {
		t.Fatal(err)
	}
	d.put(t, "new\nline.wasm", adder)
	d.put(t, "back\\slash.wasm", adder)
	d.put(t, "\x1b[31m.wasm", adder)
	d.put(t, ".hidden.wasm", adder)
	d.put(t, "empty.wasm", nil)
	d.put(t, "half.wasm", adder[:len(adder)/2])
	d.expect(t, "attacks", map[string]string{
		"link.wasm": "this is a link", "dangling.wasm": "this is a link", "loop.wasm": "this is a link",
		"folder.wasm": "no regular file", "fifo.wasm": "no regular file", "huge.wasm": "more than 64 MiB",
		"new\nline.wasm": "cannot be shown", "back\\slash.wasm": "in it; rename it", "\x1b[31m.wasm": "cannot be shown",
		"empty.wasm": "no WebAssembly", "half.wasm": "cut short",
	})
}

func TestAFullFolderKeepsItsOwnAndSaysWhatItLeavesOut(t *testing.T) {
	d := newDropFolder(t, nil)
	d.put(t, "zzz.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.Plugins()
	for i := range maxPluginFiles + 50 {
		d.put(t, fmt.Sprintf("junk%04d.wasm", i), []byte("MZ"))
	}
	d.open(nil)
	got := d.refusals()
	if len(got) != maxPluginFiles+1 || got["zzz.wasm"] != "" || len(d.Units()) != 1 {
		t.Errorf("%d files, %q, %v", len(got), got["zzz.wasm"], d.Units())
	}
	if why := got[filepath.Base(d.book.Folder())]; !strings.Contains(why, "more than 1000 plugins") {
		t.Errorf("%q", why)
	}
}

func TestANameThatCouldMeanTwoIsRefused(t *testing.T) {
	d := newDropFolder(t, nil)
	d.put(t, "a.wasm", hosttest.Edition(t, hosttest.Adder, version("1.0.0")))
	d.put(t, "b.wasm", hosttest.Edition(t, hosttest.Boids, func(m *manifest.Manifest) { m.ID = "org.other.adder" }))
	if _, _, err := d.Book("adder"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "dev.inos.adder or org.other.adder") {
		t.Errorf("%v", err)
	}
	if _, id, err := d.Book("boids"); err != nil || id != "org.other.adder" {
		t.Errorf("%q, %v", id, err)
	}
	if _, _, err := d.Book("nobody"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

func TestOnlyTheSameKeyAndNoOlderVersionMayReplaceASignedFile(t *testing.T) {
	_, _, secret, err := trust.NewKey("")
	if err != nil {
		t.Fatal(err)
	}
	key, err := trust.OpenKey(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(v string) []byte {
		wasm, err := manifest.Sign(hosttest.Edition(t, hosttest.Adder, version(v)), key, "")
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	other, _ := signedAdder(t)
	d := newDropFolder(t, nil)
	for i, c := range []struct {
		wasm []byte
		want string
	}{
		{signed("1.1.0"), ""}, {signed("1.2.0"), ""}, {signed("1.0.0"), "is version 1.0.0, and 1.2.0 was installed"},
		{hosttest.Edition(t, hosttest.Adder, version("9.0.0")), "not the file that was installed"},
		{other, "not the file that was installed"}, {signed("1.3.0"), ""},
	} {
		path := d.put(t, "adder.wasm", c.wasm)
		if d.expect(t, fmt.Sprint("file ", i), map[string]string{"adder.wasm": c.want}); c.want == "" {
			continue
		}
		if _, _, err := d.Install(path, false); fault.KindOf(err) != fault.Denied {
			t.Errorf("file %d was installed: %v", i, err)
		}
	}
}
