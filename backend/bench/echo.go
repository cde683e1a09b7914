package bench

import (
	"context"
	"os"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
)

// echoPlugin packs the echo guest as any plugin is packed.
func echoPlugin() (*host.Plugin, error) {
	m, err := manifest.ParseJSON([]byte(echoManifest))
	if err != nil {
		return nil, err
	}
	wasm, err := manifest.Pack(echoModule(), m)
	if err != nil {
		return nil, err
	}
	return &host.Plugin{Manifest: m, Digest: blake3.Sum256(wasm), Path: "built in", Wasm: wasm}, nil
}

// EchoPlugin is the file of the built-in plugin that `inos doctor` and the benchmarks run.
func EchoPlugin() ([]byte, error) {
	plugin, err := echoPlugin()
	if err != nil {
		return nil, err
	}
	return plugin.Wasm, nil
}

// stage is what the benchmarks below the node need: an arena, a launcher and a compile cache of
// their own.
type stage struct {
	arena  *arena.Arena
	config host.Config
	folder string
}

// newStage makes one. workerPath is the inos-worker program.
func newStage(workerPath string, allowNoSeccomp bool) (*stage, error) {
	folder, err := os.MkdirTemp("", "inos-bench-")
	if err != nil {
		return nil, err
	}
	return &stage{
		arena:  arena.New(arena.MaxBudget),
		folder: folder,
		config: host.Config{WorkerPath: workerPath, CacheDir: folder,
			AllowNoSeccomp: allowNoSeccomp, Launcher: host.NewLauncher()},
	}, nil
}

func (s *stage) close() {
	s.config.Launcher.Close()
	_ = s.arena.Close()
	_ = os.RemoveAll(s.folder)
}

func (s *stage) spawn(ctx context.Context, p *host.Plugin) (*host.Worker, error) {
	return host.Spawn(ctx, s.config, s.arena, p, 1)
}

// firstAnswer spawns a worker and returns the time until its first answer.
func (s *stage) firstAnswer(ctx context.Context, p *host.Plugin) (time.Duration, error) {
	start := time.Now()
	worker, err := s.spawn(ctx, p)
	if err != nil {
		return 0, err
	}
	defer worker.Close()
	result, err := worker.Call(ctx, host.Call{Op: echoNop})
	if err != nil {
		return 0, err
	}
	elapsed := time.Since(start)
	result.Release()
	return elapsed, nil
}

// WorkerAnswers starts a worker with a built-in plugin, as `inos doctor` does, and returns the
// time until its first answer with nothing in the compile cache.
func WorkerAnswers(ctx context.Context, p Programs) (time.Duration, error) {
	s, err := newStage(p.Worker, p.AllowNoSeccomp)
	if err != nil {
		return 0, fault.Wrap("bench.worker", fault.Unavailable, "worker", err, "")
	}
	defer s.close()
	plugin, err := echoPlugin()
	if err != nil {
		return 0, fault.Wrap("bench.worker", fault.Internal, "worker", err, "")
	}
	return s.firstAnswer(ctx, plugin)
}
