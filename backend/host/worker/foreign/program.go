// Package foreign runs modules that were made for another host inside a worker: plugins for Extism
// and commands of WASI preview 1. They are offered what those hosts offer as far as it needs no
// permission, under the limits of every plugin. They get plain memory: no windows, no growth to
// 2 GiB, since their allocators may count on one piece.
package foreign

import (
	"context"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// Spaces is how many memories a foreign module needs: its own, and one for what is lent to it.
const Spaces = 2

// Host is what the worker around a foreign module offers.
type Host struct {
	// Name is what a command is called by.
	Name string
	Log  *guest.Logger
	// OwnBytes hears about every change of the module's own memory.
	OwnBytes func(delta int64)
}

// Program is a compiled foreign module.
type Program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	kind     wire.Foreign
	entries  []string
}

// Compile translates a module and what it imports. It is the last step that needs files and
// executable pages.
func Compile(
	ctx context.Context, module []byte, cacheDir string, kind wire.Foreign, entries []string,
) (*Program, error) {
	offer := offerWASI
	switch kind {
	case wire.ForeignExtism:
		offer = offerBoth
	case wire.ForeignWASI:
	default:
		return nil, fmt.Errorf("foreign module of unknown kind %d", kind)
	}
	p := &Program{kind: kind, entries: entries}
	var err error
	if p.runtime, p.compiled, err = guest.Translate(ctx, module, cacheDir, offer); err != nil {
		return nil, err
	}
	for _, name := range entries {
		if p.compiled.ExportedFunctions()[name] == nil {
			return nil, fmt.Errorf("no export %q", name)
		}
	}
	return p, nil
}

func offerWASI(ctx context.Context, r wazero.Runtime) error {
	_, err := wasi_snapshot_preview1.Instantiate(ctx, r)
	return err
}

func offerBoth(ctx context.Context, r wazero.Runtime) error {
	if err := offerWASI(ctx, r); err != nil {
		return err
	}
	return offerExtism(ctx, r)
}

func (p *Program) firstBytes() int64 {
	const wasmPageBytes = 64 << 10
	for _, def := range p.compiled.ExportedMemories() {
		return int64(def.Min()) * wasmPageBytes
	}
	return 0
}

func (p *Program) imports(name string) bool {
	return slices.ContainsFunc(p.compiled.ImportedFunctions(), func(f api.FunctionDefinition) bool {
		_, imported, _ := f.Import()
		return imported == name
	})
}

// starters are the functions that make a plugin ready, as Extism's hosts know them: a reactor's
// own, else what runs its constructors.
func (p *Program) starters() []string {
	for _, name := range []string{"_initialize", "__wasm_call_ctors"} {
		if p.compiled.ExportedFunctions()[name] != nil {
			return []string{name}
		}
	}
	return nil
}
