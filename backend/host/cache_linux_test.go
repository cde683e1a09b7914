package host_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"inos/backend/host"
	"inos/backend/host/hosttest"
)

// largest is the biggest file below dir: the code of the plugin, beside that of the host functions.
func largest(t *testing.T, dir string) string {
	t.Helper()
	var path string
	var size int64
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Size() > size {
			path, size = p, info.Size()
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatalf("no code in %s: %v", dir, err)
	}
	return path
}

func TestAPluginRunsAgainAfterItsCachedCodeWasAnothers(t *testing.T) {
	w := newWorld(t, 1<<20)
	code := func(p *host.Plugin) string {
		w.cfg.CacheDir = t.TempDir()
		w.spawn(t, p).Close()
		return largest(t, w.cfg.CacheDir)
	}
	others, err := os.ReadFile(code(hosttest.Plugin(t, hosttest.Boids)))
	if err != nil {
		t.Fatal(err)
	}
	adder := hosttest.Plugin(t, hosttest.Adder)
	if err := os.WriteFile(code(adder), others, 0o600); err != nil {
		t.Fatal(err)
	}
	if worker, err := host.Spawn(context.Background(), w.cfg, w.arena, adder, 1); err == nil {
		worker.Close()
		t.Fatal("it started with the code of another plugin")
	}
	w.spawn(t, adder)
}
