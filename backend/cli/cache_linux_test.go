package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"inos/backend/host/hosttest"
	"inos/backend/manifest"
)

type cachedRead struct {
	Outputs   []struct{ Bytes int64 }
	FromCache *struct {
		Plugin, Version, Unit, Op string
		Params                    map[string]any
		Inputs                    []struct {
			Name  string
			Bytes int64
		}
	} `json:"from_cache"`
}

// runInto runs an op into a file and tells what it wrote and what the program said.
func (w world) runInto(t *testing.T, args ...string) ([]byte, cachedRead) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	got := w.run(t, append([]string{"run", "--json", "-o", out}, args...)...)
	if got.exit != ExitOK {
		t.Fatalf("%v: exit %d, %s", args, got.exit, got.stdout)
	}
	var document cachedRead
	oneDocument(t, got.stdout, &document)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b, document
}

// entries are the files of the cache.
func (w world) entries(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(w.data, "results", "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(w.data, "results", ".*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(list, hidden...)
}

func TestTheSameJobTwiceIsFromCacheAndAnyOtherIsNot(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	flock := filepath.Join(t.TempDir(), "flock.bin")
	content, _ := w.runInto(t, "boids.init", "-p", "count=3000", "-p", "seed=7")
	writeFile(t, flock, content)
	step := []string{"boids.step", "-i", flock, "-p", "steps=20"}
	want, first := w.runInto(t, step...)
	got, second := w.runInto(t, step...)
	if first.FromCache != nil || second.FromCache == nil || !bytes.Equal(got, want) {
		t.Fatalf("first %+v, second %+v, equal is %t", first, second, bytes.Equal(got, want))
	}
	if from := second.FromCache; from.Plugin != "dev.inos.boids" || from.Op != "step" || from.Params["steps"] != 20.0 ||
		len(from.Inputs) != 1 || from.Inputs[0].Name != "flock.bin" || from.Inputs[0].Bytes != int64(len(content)) {
		t.Errorf("it says that it comes from %+v", from)
	}
	if text := w.run(t, append([]string{"run", "-o", filepath.Join(t.TempDir(), "o")}, step...)...); !strings.Contains(text.stdout, "from cache, made 2") {
		t.Errorf("for people: %s", text.stdout)
	}
	if got, document := w.runInto(t, append(step, "--no-cache")...); document.FromCache != nil || !bytes.Equal(got, want) {
		t.Errorf("--no-cache: %+v", document)
	}
	if _, document := w.runInto(t, "boids.step", "-i", flock, "-p", "steps=21"); document.FromCache != nil {
		t.Error("another parameter")
	}
	other := filepath.Join(t.TempDir(), "other.bin")
	writeFile(t, other, content)
	if _, document := w.runInto(t, "boids.step", "-i", other, "-p", "steps=20"); document.FromCache != nil {
		t.Error("another name")
	}
	info, err := os.Stat(flock)
	if err != nil {
		t.Fatal(err)
	}
	content[5] ^= 1
	writeFile(t, flock, content)
	if err := os.Chtimes(flock, info.ModTime(), info.ModTime()); err != nil { // nobody looks at the time
		t.Fatal(err)
	}
	if got, document := w.runInto(t, step...); document.FromCache != nil || bytes.Equal(got, want) {
		t.Errorf("another byte: %+v", document)
	}
	content[5] ^= 1
	writeFile(t, flock, content)
	if got, document := w.runInto(t, step...); document.FromCache == nil || !bytes.Equal(got, want) {
		t.Errorf("the first content again: %+v", document)
	}
	newer := hosttest.Edition(t, hosttest.Boids, func(m *manifest.Manifest) { m.Doc += " Changed." })
	changed := newWorld(t)
	writeFile(t, filepath.Join(changed.data, "plugins", "boids.wasm"), newer)
	if err := os.CopyFS(filepath.Join(changed.data, "results"), os.DirFS(filepath.Join(w.data, "results"))); err != nil {
		t.Fatal(err)
	}
	if got, document := changed.runInto(t, step...); document.FromCache != nil || !bytes.Equal(got, want) {
		t.Errorf("another file of the plugin: %+v", document)
	}
}

func TestAKilledWriterAndADamagedEntryCostNothingButTime(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	job := []string{"boids.init", "-p", "count=200000", "-p", "seed=3"} // 6.4 MB
	want, _ := w.runInto(t, append(job, "--no-cache")...)
	for range 25 {
		p := w.start(t, nil, append([]string{"run", "-o", filepath.Join(t.TempDir(), "o")}, job...)...)
		time.Sleep(rand.N(120 * time.Millisecond))
		_ = p.Process.Kill()
		p.end()
		if got, _ := w.runInto(t, job...); !bytes.Equal(got, want) {
			t.Fatal("a kill spoilt a result")
		}
		if got := w.run(t, "cache", "clear"); got.exit != ExitOK {
			t.Fatal(got.stderr)
		}
	}
	w.runInto(t, job...)
	list, err := filepath.Glob(filepath.Join(w.data, "results", "*.result"))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, at := range []int64{20, 3_000_000} {
		file, err := os.OpenFile(list[0], os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := file.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		b[0] ^= 0x10
		if _, err := file.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		if got, document := w.runInto(t, job...); document.FromCache != nil || !bytes.Equal(got, want) {
			t.Errorf("a damaged entry was used: %+v", document)
		}
		if got, document := w.runInto(t, job...); document.FromCache == nil || !bytes.Equal(got, want) {
			t.Errorf("it was not replaced: %+v", document)
		}
	}
}

func TestManyProcessesShareTheCache(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	job := []string{"boids.init", "-p", "count=50000"}
	want, _ := w.runInto(t, append(job, "--no-cache")...)
	folder := t.TempDir()
	var all sync.WaitGroup
	for i := range 8 {
		p := w.start(t, nil, append([]string{"run", "-o", filepath.Join(folder, fmt.Sprint(i))}, job...)...)
		all.Go(func() {
			if got := p.end(); got.exit != ExitOK {
				t.Errorf("exit %d, %s", got.exit, got.stderr)
			}
		})
	}
	all.Wait()
	for i := range 8 {
		if got, err := os.ReadFile(filepath.Join(folder, fmt.Sprint(i))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("process %d: %v", i, err)
		}
	}
	if list := w.entries(t); len(list) != 1 {
		t.Errorf("the cache has %v", list)
	}
	if _, document := w.runInto(t, job...); document.FromCache == nil {
		t.Error("it is not used")
	}
}

// TestNoSecretComesIntoTheCache has a plugin whose op is deterministic and takes a text, which is secret
// in one version of its manifest and not in the other.
func TestNoSecretComesIntoTheCache(t *testing.T) {
	const planted = "planted-3f9c1d"
	for _, secret := range []bool{false, true} {
		w := newWorld(t)
		wasm := hosttest.Edition(t, hosttest.Hostile, func(m *manifest.Manifest) {
			op := m.Units[0].FindOp("lies")
			op.Determinism = manifest.BitExact
			op.Params[0].Secret, op.Params[0].Default = secret, ""
		})
		writeFile(t, filepath.Join(w.data, "plugins", "hostile.wasm"), wasm)
		input := filepath.Join(t.TempDir(), "input")
		writeFile(t, input, []byte("any"))
		for range 2 {
			w.runInto(t, "hostile.lies", "-i", input, "-p", "text="+planted)
		}
		found := holds(t, w.data, planted)
		if secret == found || secret == (len(w.entries(t)) > 0) {
			t.Errorf("secret is %t: in the data folder is %t, entries %v", secret, found, w.entries(t))
		}
		out := filepath.Join(t.TempDir(), "out")
		before := len(w.entries(t))
		got := w.start(t, strings.NewReader(planted), "run", "hostile.names", "-i", "-", "-o", out).end()
		if got.exit != ExitOK || len(w.entries(t)) != before {
			t.Errorf("of the standard input something is kept: exit %d, %v", got.exit, w.entries(t))
		}
	}
}

// holds tells whether a text is in a file of a folder, or in its name.
func holds(t *testing.T, folder, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text)) || strings.Contains(path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAFullDiskKeepsNoResultAndLosesNone(t *testing.T) {
	needsMounts(t)
	w := newWorld(t).withPlugins(t)
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	inos := w.command(ctx)
	shell := exec.CommandContext(ctx, "bash", "-euc", `
inos=$0 data=$1 out=$2
"$inos" --data "$data" run boids.init -p count=100000 -o "$out/want"
mkdir -p "$data/results"
mount -t tmpfs -o size=1m tmpfs "$data/results"
for i in 1 2; do "$inos" --data "$data" run boids.init -p count=100000 -o "$out/got"; cmp "$out/want" "$out/got"; done
[ -z "$(ls -A "$data/results")" ]
"$inos" --data "$data" run boids.init -p count=1000 -o "$out/small"
[ "$(ls -A "$data/results" | wc -l)" = 1 ]
! head -c 2000000 /dev/zero >"$data/results/fill"
"$inos" --data "$data" run boids.init -p count=1000 -o "$out/small2" | grep "from cache"
cmp "$out/small" "$out/small2"
`, filepath.Join(w.programs, "inos"), w.data, t.TempDir())
	shell.Env = inos.Env
	shell.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAResultIsExplainedLimitedAndCleared(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	content, _ := w.runInto(t, "boids.init", "-p", "count=100", "-p", "seed=42")
	path := filepath.Join(t.TempDir(), "flock.bin")
	writeFile(t, path, content)
	got := w.run(t, "cache", "explain", path)
	for _, want := range []string{"boids.init of dev.inos.boids", "seed = 42", "birds, 3.1KiB"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("it does not say %q: %s%s", want, got.stdout, got.stderr)
		}
	}
	var document explainDocument
	oneDocument(t, w.run(t, "cache", "explain", path, "--json").stdout, &document)
	if len(document.Found) != 1 || document.Found[0].Version == "" {
		t.Fatalf("%+v", document)
	}
	if got := w.run(t, "cache", "explain", document.Found[0].Digest.String()); got.exit != ExitOK {
		t.Errorf("by its digest: exit %d, %s", got.exit, got.stderr)
	}
	writeFile(t, path, append(content, 0))
	if got := w.run(t, "cache", "explain", path); got.exit != ExitFailed || !strings.Contains(got.stderr, "no result") {
		t.Errorf("of another content: exit %d, %s", got.exit, got.stderr)
	}
	if got := w.run(t, "cache", "limit", "0"); got.exit != ExitOK || len(w.entries(t)) != 0 {
		t.Errorf("a limit of 0: exit %d, %s, %v", got.exit, got.stderr, w.entries(t))
	}
	w.runInto(t, "boids.init", "-p", "count=100", "-p", "seed=42")
	if len(w.entries(t)) != 0 {
		t.Error("with a limit of 0 something is kept")
	}
	if got := w.run(t, "cache", "limit", "10MiB", "--json"); got.exit != ExitOK || !strings.Contains(got.stdout, `"limit_bytes": 10485760`) {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
	for _, wrong := range []string{"much", "-1", "2TiB", ""} {
		if got := w.run(t, "cache", "limit", wrong); got.exit != ExitUsage {
			t.Errorf("%q: exit %d, %s", wrong, got.exit, got.stderr)
		}
	}
}
