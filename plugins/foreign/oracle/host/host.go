package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// The exports of plugins/foreign/rust/mirror.
const (
	reflectExport = "reflect"
	hangExport    = "hang"
)

// host runs one plugin file.
type host struct {
	wasm extism.WasmFile
	open map[uint64]*extism.Plugin // by timeout: what `call` calls
	idle []*extism.Plugin
}

func (h *host) do(c command, a *answer) error {
	var input []byte
	if c.Input != "" {
		var err error
		if input, err = os.ReadFile(c.Input); err != nil {
			return err
		}
	}
	switch c.Do {
	case "load":
		return h.measureLoad(c, input, a)
	case "call":
		return h.measureCalls(c, input, a)
	case "hang":
		return h.measureHang(c, a)
	case "idle":
		return h.keepIdle(c, input)
	}
	return fmt.Errorf("there is no %q", c.Do)
}

// load makes a plugin as an app does, with the machine code of earlier runs.
func (h *host) load(c command) (*extism.Plugin, error) {
	cache, err := wazero.NewCompilationCacheWithDir(c.Cache)
	if err != nil {
		return nil, err
	}
	return extism.NewPlugin(context.Background(),
		extism.Manifest{Wasm: []extism.Wasm{h.wasm}, Timeout: c.TimeoutMs},
		extism.PluginConfig{EnableWasi: true,
			RuntimeConfig: wazero.NewRuntimeConfig().WithCompilationCache(cache)}, nil)
}

// measureLoad is from the file to the first answer.
func (h *host) measureLoad(c command, input []byte, a *answer) error {
	start := time.Now()
	plugin, err := h.load(c)
	if err != nil {
		return err
	}
	defer plugin.Close(context.Background())
	output, err := reflectOnce(plugin, input)
	a.TookNs = append(a.TookNs, time.Since(start).Nanoseconds())
	sum := sha256.Sum256(output)
	a.Sum = hex.EncodeToString(sum[:])
	return err
}

func (h *host) measureCalls(c command, input []byte, a *answer) error {
	plugin, found := h.open[c.TimeoutMs]
	if !found {
		var err error
		if plugin, err = h.load(c); err != nil {
			return err
		}
		h.open[c.TimeoutMs] = plugin
	}
	sum := sha256.New()
	for range c.Times {
		start := time.Now()
		output, err := reflectOnce(plugin, input)
		if err != nil {
			return err
		}
		a.TookNs = append(a.TookNs, time.Since(start).Nanoseconds())
		sum.Write(output)
	}
	a.Sum = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func reflectOnce(plugin *extism.Plugin, input []byte) ([]byte, error) {
	code, output, err := plugin.Call(reflectExport, input)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s returned %d", reflectExport, code)
	}
	return output, err
}

// measureHang is a whole call, up to where the SDK has ended it.
func (h *host) measureHang(c command, a *answer) error {
	plugin, err := h.load(c)
	if err != nil {
		return err
	}
	defer plugin.Close(context.Background())
	start := time.Now()
	_, _, err = plugin.Call(hangExport, nil)
	a.TookNs = append(a.TookNs, time.Since(start).Nanoseconds())
	if err == nil {
		return errors.New("the call that hangs has returned")
	}
	return nil
}

// keepIdle leaves so many plugins that have answered once. Each has a cache of its own, since
// different plugins share no code; what the loading left is given back first.
func (h *host) keepIdle(c command, input []byte) error {
	for range c.Times {
		plugin, err := h.load(c)
		if err != nil {
			return err
		}
		h.idle = append(h.idle, plugin)
		if _, err := reflectOnce(plugin, input); err != nil {
			return err
		}
	}
	debug.FreeOSMemory()
	return nil
}
