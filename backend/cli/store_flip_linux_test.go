package cli

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inos/backend/store"
)

// flips is a store of which single bits are flipped.
type flips struct {
	storeWorld
	template string // the store as it was
	files    map[string][]byte
	version  string
	names    []string // of the store's files that are not empty
}

func newFlips(t *testing.T) *flips {
	f := &flips{storeWorld: storeIn(t, inMemory(t)), template: filepath.Join(t.TempDir(), "template"), files: map[string][]byte{}}
	for i := range 12 {
		f.files[string(rune('a'+i))] = proseOf(uint64(i), 50*i*i)
		f.files[string(rune('A'+i))] = noiseOf(uint64(i), 100*i*i)
	}
	source := filepath.Join(t.TempDir(), "source")
	writeFiles(t, source, f.files)
	f.version = f.put(t, source).ID
	f.store(t, nil, "pin", f.version) // some more packs and both epochs
	f.store(t, nil, "gc")
	f.store(t, nil, "check", "--read-data")
	copyFolder(t, f.folder(), f.template)
	err := filepath.WalkDir(f.template, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if info, err := e.Info(); err != nil || info.Size() == 0 {
			return err
		}
		name, err := filepath.Rel(f.template, path)
		f.names = append(f.names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *flips) folder() string { return filepath.Join(f.data, "store") }

// flip flips a bit of some file in the store as it was.
func (f *flips) flip(t *testing.T) (name string, at int64) {
	t.Helper()
	copyFolder(t, f.template, f.folder())
	if name = f.names[rand.IntN(len(f.names))]; rand.IntN(2) == 0 {
		name = f.pack()
	}
	path := filepath.Join(f.folder(), name)
	data := readFile(t, path)
	at = rand.Int64N(int64(len(data)))
	data[at] ^= 1 << rand.IntN(8)
	writeFile(t, path, data)
	return name, at
}

// pack is one of the packs: they are few and most of the store.
func (f *flips) pack() string {
	packs := slices.DeleteFunc(slices.Clone(f.names), func(name string) bool { return !isPack(name) })
	return packs[rand.IntN(len(packs))]
}

func isPack(name string) bool { return strings.Contains(name, "/packs/") }

// unreadable are the files that cannot be read. What is read is right.
func (f *flips) unreadable(t *testing.T, sp *store.Space) (names []string) {
	t.Helper()
	v, err := sp.Find(f.version)
	for name, want := range f.files {
		if err != nil {
			names = append(names, name)
			continue
		}
		if got, err := fileIn(sp, v, name); err != nil {
			names = append(names, name)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s has other bytes than those that were put", name)
		}
	}
	return names
}

// TestAnyBitThatFlipsIsFoundAndCostsOneBlock flips single bits of all files of a store. A check of every
// byte finds each, nothing ever reads wrong bytes, and a repair loses nothing that could be read before.
func TestAnyBitThatFlipsIsFoundAndCostsOneBlock(t *testing.T) {
	f := newFlips(t)
	lost := map[int]int{}
	for range 2 * rounds(t, 20) {
		name, at := f.flip(t)
		keyDamage := 0
		for _, c := range f.keys().Check(&f.master) {
			if c.Err != nil {
				keyDamage++
			}
		}
		sp := f.space(t)
		report, err := sp.Check(t.Context(), store.CheckOptions{ReadData: true})
		if err != nil || report.OK() == (keyDamage == 0) || keyDamage > 1 {
			t.Fatalf("byte %d of %s: %v, %+v and %d of the key", at, name, err, report, keyDamage)
		}
		for _, d := range report.Damages {
			if d.File != filepath.ToSlash(name) || d.To > 0 && (at < d.From || at >= d.To) {
				t.Errorf("byte %d of %s: found was %+v", at, name, d)
			}
		}
		before := f.unreadable(t, sp)
		lost[len(before)]++
		if len(before) != report.HitCount && len(before) < len(f.files) {
			t.Errorf("byte %d of %s: %v cannot be read, found was %+v", at, name, before, report.Hits)
		}
		f.repair(t, sp, name, before)
		sp.Close()
		if t.Failed() {
			t.Fatalf("that was byte %d of %s", at, name)
		}
	}
	t.Logf("flips by the number of files, of %d, that could not be read: %v", len(f.files), lost)
	if lost[0] == 0 || lost[1] == 0 {
		t.Error("no flip hit both what is there twice and a file, so this proves little")
	}
}

// repair is told what cannot be read: that, and no more, is what is lost.
func (f *flips) repair(t *testing.T, sp *store.Space, name string, before []string) {
	t.Helper()
	done, err := sp.Repair(t.Context(), func(string, int64, int64) {})
	if err != nil {
		t.Error(err)
		return
	}
	if len(done.Report.Damages) > 0 || (len(before) > 0) != (done.Report.HitCount+done.Report.Unknown > 0) {
		t.Errorf("after the repair: %+v; %d files could not be read before", done.Report, len(before))
	}
	if isPack(name) != (len(done.Quarantined) == 1) || len(done.Quarantined) > 1 {
		t.Errorf("%s was hit, set apart was %v", name, done.Quarantined)
	}
	if after := f.unreadable(t, sp); len(after) != len(before) {
		t.Errorf("%v cannot be read after the repair, %v before", after, before)
	}
}

// outcomeRead is what a script reads of a check or a repair.
type outcomeRead struct {
	OK bool
	errorDocumentRead
}

// TestTheProgramFindsAndMendsFlippedBits is the same by the real program, which mends the key's files too.
func TestTheProgramFindsAndMendsFlippedBits(t *testing.T) {
	f := newFlips(t)
	for range max(6, rounds(t, 0)*3/100) {
		name, at := f.flip(t)
		var found outcomeRead
		got := f.run(t, "store", "check", "--read-data", "--json")
		oneDocument(t, got.stdout, &found)
		if got.exit != ExitFailed || found.OK || found.Error.Kind != "damaged" {
			t.Errorf("byte %d of %s: check said %s%s", at, name, got.stdout, got.stderr)
		}
		out := t.TempDir()
		got = f.run(t, "store", "get", f.version, "-o", out)
		for file, want := range f.files {
			data, err := os.ReadFile(filepath.Join(out, "source", file))
			if err == nil && !bytes.Equal(data, want) || err != nil && got.exit == ExitOK {
				t.Errorf("byte %d of %s: get wrote %d of %d bytes of %s, exit %d, %v", at, name, len(data), len(want), file, got.exit, err)
			}
		}
		var mended outcomeRead
		repair := f.run(t, "store", "repair", "--json")
		oneDocument(t, repair.stdout, &mended)
		if repair.exit != got.exit || mended.OK != (got.exit == ExitOK) {
			t.Errorf("byte %d of %s: get ended with %d, repair with %d: %s", at, name, got.exit, repair.exit, repair.stdout)
		}
		writeFiles(t, filepath.Join(out, "source"), f.files)
		f.store(t, nil, "put", filepath.Join(out, "source"))
		if mended.OK {
			f.store(t, nil, "check", "--read-data")
		}
	}
}

func TestTheIndexIsMadeFromThePacksAlone(t *testing.T) {
	f := newFlips(t)
	index, err := filepath.Glob(filepath.Join(f.folder(), "spaces", "*", "index"))
	if err != nil || len(index) != 1 {
		t.Fatal(index, err)
	}
	list := func() string { return f.run(t, "store", "ls", f.version, "--json").stdout }
	stat := func() string { return f.run(t, "store", "stat", "--json").stdout }
	listed, figures := list(), stat()
	if err := os.Remove(index[0]); err != nil {
		t.Fatal(err)
	}
	if got := list(); got != listed || !strings.Contains(got, `"a"`) {
		t.Errorf("without the index: %s, before %s", got, listed)
	}
	if got := stat(); got != figures {
		t.Errorf("without the index: %s, before %s", got, figures)
	}
	f.store(t, nil, "repair")
	if _, err := os.Stat(index[0]); err != nil {
		t.Error(err)
	}
	if got := stat(); got != figures || list() != listed {
		t.Errorf("with the new index: %s, before %s", got, figures)
	}
	if sp := f.space(t); len(f.unreadable(t, sp)) > 0 {
		t.Error("files cannot be read")
	}
}
