// Extism-call runs exports of a plugin one after the other with Extism's Go SDK:
//
//	extism-call CACHE FILE EXPORT... [KEY=VALUE]... <INPUT
//
// Each result is a line of JSON on the standard output. CACHE is a folder for machine code; keys are
// those of the plugin's configuration.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

type result struct {
	Code   uint32 `json:"code"`
	Output []byte `json:"output"`
	Error  string `json:"error"`
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(cacheDir, path string, exports []string) error {
	cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
	if err != nil {
		return err
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	config := map[string]string{}
	for len(exports) > 0 {
		key, value, valued := strings.Cut(exports[len(exports)-1], "=")
		if !valued {
			break
		}
		config[key], exports = value, exports[:len(exports)-1]
	}
	manifest := extism.Manifest{Wasm: []extism.Wasm{extism.WasmFile{Path: path}}, Config: config}
	plugin, err := extism.NewPlugin(context.Background(), manifest,
		extism.PluginConfig{
			EnableWasi: true, RuntimeConfig: wazero.NewRuntimeConfig().WithCompilationCache(cache),
		}, nil)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, export := range exports {
		var r result
		if r.Code, r.Output, err = plugin.Call(export, input); err != nil {
			r.Error = err.Error()
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
