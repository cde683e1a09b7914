package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
)

// The ops of the plugin mirror.
const (
	reflectOp = "reflect"
	hangOp    = "hang"
)

// inosHost runs the plugin in workers.
type inosHost struct {
	stage *stage
	path  string
	kept  *host.Worker // of call; nil: none yet
}

func (h *inosHost) close() {
	if h.kept != nil {
		h.kept.Close()
	}
}

// start is all that it takes to have a plugin of a file.
func (h *inosHost) start(ctx context.Context, cache string) (*host.Worker, error) {
	wasm, err := os.ReadFile(h.path)
	if err != nil {
		return nil, err
	}
	m, err := manifest.ParseFile(h.path, wasm)
	if err != nil {
		return nil, err
	}
	config := h.stage.config
	config.CacheDir = cache
	return host.Spawn(ctx, config, h.stage.arena,
		&host.Plugin{Manifest: m, Digest: blake3.Sum256(wasm), Path: h.path, Wasm: wasm}, 1)
}

func (h *inosHost) load(ctx context.Context, cache string, in *hostInput) (float64, error) {
	start := time.Now()
	w, err := h.start(ctx, cache)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	output, err := reflectBytes(ctx, w, in.bytes)
	took := time.Since(start)
	if err != nil {
		return 0, err
	}
	return millis(took), in.check("INOS", sumOf(output))
}

// reflectBytes calls the plugin with a caller's bytes. The output is copied, as Extism does: the
// worker could change what is shared.
func reflectBytes(ctx context.Context, w *host.Worker, input []byte) ([]byte, error) {
	payload, err := w.NewInput(int64(len(input)))
	if err != nil {
		return nil, err
	}
	defer payload.Release()
	copy(payload.Bytes(), input)
	result, err := callMirror(ctx, w, reflectOp, host.Call{Inputs: []*host.Payload{payload}})
	if err != nil {
		return nil, err
	}
	defer result.Release()
	if len(result.Outputs) != 1 {
		return nil, fmt.Errorf("%s has %d outputs", reflectOp, len(result.Outputs))
	}
	return bytes.Clone(result.Outputs[0].Bytes()), nil
}

func callMirror(
	ctx context.Context, w *host.Worker, name string, c host.Call,
) (*host.Result, error) {
	op := w.Plugin().Manifest.Units[0].FindOp(name)
	if op == nil {
		return nil, fmt.Errorf("the plugin has no op %s", name)
	}
	c.Op, c.Outputs, c.Results = op.Number, len(op.Outputs), len(op.Results)
	return w.Call(ctx, c)
}

func (h *inosHost) call(ctx context.Context, in *hostInput) (took []float64, err error) {
	if h.kept == nil {
		if h.kept, err = h.start(ctx, h.stage.config.CacheDir); err != nil {
			return nil, err
		}
	}
	sum := sha256.New()
	for range in.times {
		start := time.Now()
		output, err := reflectBytes(ctx, h.kept, in.bytes)
		if err != nil {
			return nil, err
		}
		took = append(took, micros(time.Since(start)))
		sum.Write(output)
	}
	return took, in.check("INOS", hex.EncodeToString(sum.Sum(nil)))
}

func (h *inosHost) hang(ctx context.Context, deadline time.Duration) (float64, error) {
	w, err := h.start(ctx, h.stage.config.CacheDir)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	start := time.Now()
	_, err = callMirror(ctx, w, hangOp, host.Call{Limit: deadline})
	late := time.Since(start) - deadline
	if fault.KindOf(err) != fault.Deadline {
		return 0, fmt.Errorf("the call that hangs ended otherwise: %w", err)
	}
	return millis(late), nil
}

// idle is the workers' memory and what this process has more than before, its garbage not counted.
func (h *inosHost) idle(ctx context.Context, plugins int, in *hostInput) (int64, error) {
	debug.FreeOSMemory()
	before, err := processMemory(os.Getpid())
	if err != nil {
		return 0, err
	}
	sum := -before
	pids := []int{os.Getpid()}
	for range plugins {
		w, err := h.start(ctx, h.stage.config.CacheDir)
		if err != nil {
			return 0, err
		}
		defer w.Close()
		if _, err := reflectBytes(ctx, w, in.bytes); err != nil {
			return 0, err
		}
		pids = append(pids, w.PID())
	}
	debug.FreeOSMemory()
	for _, pid := range pids {
		bytes, err := processMemory(pid)
		if err != nil {
			return 0, err
		}
		sum += bytes
	}
	return sum, nil
}

func sumOf(output []byte) string {
	sum := sha256.Sum256(output)
	return hex.EncodeToString(sum[:])
}
