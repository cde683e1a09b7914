// Package hosttest finds the programs and plugins that tests run for real. They are built before
// the tests; where one is missing the test fails and says so.
package hosttest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/zeebo/blake3"

	"inos/backend/host"
	"inos/backend/manifest"
)

// Paths of what `make build` makes, from the module's root.
const (
	workerPath = "build/bin/inos-worker"
	Boids      = "build/bin/plugins/boids.wasm"
	Adder      = "build/bin/examples/adder.wasm"
	Hostile    = "build/test/hostile.wasm"
	Outside    = "build/bin/examples/outside.wasm"
	// OutsideRust is the same plugin, written with the SDK.
	OutsideRust = "build/test/outside-rust.wasm"
)

// Path is a file of the build.
func Path(t testing.TB, fromRoot string) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("where is the module's root?")
	}
	root := filepath.Join(filepath.Dir(self), "..", "..", "..")
	path := filepath.Join(root, fromRoot)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing; run make build", fromRoot)
	}
	return path
}

// Worker is the worker program.
func Worker(t testing.TB) string { t.Helper(); return Path(t, workerPath) }

// Plugin is a plugin of the build, ready to run.
func Plugin(t testing.TB, fromRoot string) *host.Plugin {
	t.Helper()
	path := Path(t, fromRoot)
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.ParseFile(path, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return &host.Plugin{Manifest: m, Digest: blake3.Sum256(wasm), Path: path, Wasm: wasm}
}

// Edition is a plugin of the build with another manifest.
func Edition(t testing.TB, fromRoot string, change func(*manifest.Manifest)) []byte {
	t.Helper()
	p := Plugin(t, fromRoot)
	m := *p.Manifest
	change(&m)
	wasm, err := manifest.Pack(p.Wasm, &m)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// Folder makes a plugin folder with links to the given files of the build.
func Folder(t testing.TB, fromRoot ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range fromRoot {
		if err := os.Symlink(Path(t, p), filepath.Join(dir, filepath.Base(p))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// FDs counts the open descriptors of this process.
func FDs(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Children counts the child processes of this process, dead ones that nobody reaped included.
func Children(t testing.TB) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, task := range tasks {
		b, err := os.ReadFile(filepath.Join("/proc/self/task", task.Name(), "children"))
		if err != nil {
			continue // the thread has just ended
		}
		n += len(strings.Fields(string(b)))
	}
	return n
}

// Foreign is a module of the build that was made for another host, by its name.
func Foreign(name string) string { return "build/test/foreign/" + name + ".wasm" }
