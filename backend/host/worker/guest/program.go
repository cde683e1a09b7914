// Package guest runs a plugin's module inside a worker: its memory with windows, the host
// functions of module `inos`, calls and ticks. Nothing here opens a file or asks for an executable
// page once a program is compiled, so all but Compile works inside the sandbox.
package guest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// ABI is the version of the plugin ABI that this package offers.
const ABI = 1

const (
	exportMemory     = "memory"
	exportABI        = "inos_abi"
	exportCall       = "inos_call"
	exportTick       = "inos_tick"
	exportInit       = "inos_init"
	exportSave       = "inos_save"
	exportLoad       = "inos_load"
	exportInitialize = "_initialize"
)

var (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
	f64 = api.ValueTypeF64
)

type signature struct{ params, results []api.ValueType }

var exports = map[string]signature{
	exportABI:        {nil, []api.ValueType{i32}},
	exportCall:       {[]api.ValueType{i32}, []api.ValueType{i32}},
	exportTick:       {[]api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}},
	exportInit:       {nil, []api.ValueType{i32}},
	exportSave:       {nil, []api.ValueType{i32}},
	exportLoad:       {nil, []api.ValueType{i32}},
	exportInitialize: {nil, nil},
}

// Program is a compiled module that keeps the ABI's rules.
type Program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule

	HasCall, HasTick, HasInit bool
	hasInitialize             bool
}

// Compile translates a module for INOS.
func Compile(ctx context.Context, module []byte, cacheDir string) (*Program, error) {
	p := &Program{}
	var err error
	if p.runtime, p.compiled, err = Translate(ctx, module, cacheDir, offer); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// Offer makes host functions known to a runtime.
type Offer func(context.Context, wazero.Runtime) error

// Translate makes machine code of a module and of the host functions that it is offered, or takes
// the code from the cache directory if there is one. A cache that is damaged or cannot be written
// (a full disk) is emptied and done without: it only saves time. It is the last step that needs
// files and executable pages.
func Translate(
	ctx context.Context, module []byte, cacheDir string, offer Offer,
) (wazero.Runtime, wazero.CompiledModule, error) {
	if cacheDir != "" {
		if r, c, err := translateCached(ctx, module, cacheDir, offer); err == nil {
			return r, c, nil
		}
		emptyFolder(cacheDir)
	}
	return translate(ctx, module, newConfig(), offer)
}

func translateCached(
	ctx context.Context, module []byte, cacheDir string, offer Offer,
) (wazero.Runtime, wazero.CompiledModule, error) {
	cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
	if err != nil {
		return nil, nil, err
	}
	return translate(ctx, module, newConfig().WithCompilationCache(cache), offer)
}

// newConfig: a guest is stopped by ending its process, so none of wazero's means for that are paid
// for.
func newConfig() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfigCompiler().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesThreads).
		WithDebugInfoEnabled(false)
}

// translate survives the compiler's own panics: a module that is beyond its bounds is no reason to
// end without a word.
func translate(
	ctx context.Context, module []byte, config wazero.RuntimeConfig, offer Offer,
) (r wazero.Runtime, c wazero.CompiledModule, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the compiler gave up; is one of its functions too large? (%v)", p)
		}
	}()
	r = wazero.NewRuntimeWithConfig(ctx, config)
	if err := offer(ctx, r); err != nil {
		return nil, nil, err
	}
	c, err = r.CompileModule(ctx, module)
	return r, c, err
}

// emptyFolder removes what it can; what stays is replaced or done without the next time.
func emptyFolder(path string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, e := range entries {
		_ = os.RemoveAll(filepath.Join(path, e.Name()))
	}
}

func (p *Program) check() error {
	functions := p.compiled.ExportedFunctions()
	for name, want := range exports {
		def, ok := functions[name]
		if !ok {
			continue
		}
		if !want.fits(def) {
			return fmt.Errorf("export %s is %s, not %s", name, signatureOf(def), want)
		}
	}
	has := func(name string) bool { _, ok := functions[name]; return ok }
	p.HasCall, p.HasTick, p.HasInit = has(exportCall), has(exportTick), has(exportInit)
	p.hasInitialize = has(exportInitialize)
	if !has(exportABI) {
		return fmt.Errorf("no export %s: not an INOS plugin", exportABI)
	}
	if !p.HasCall && !p.HasTick {
		return fmt.Errorf("neither %s nor %s is exported", exportCall, exportTick)
	}
	if err := p.checkImports(); err != nil {
		return err
	}
	return p.checkMemory()
}

func (p *Program) checkImports() error {
	if len(p.compiled.ImportedMemories()) > 0 {
		return fmt.Errorf("the memory is imported; it must be exported as %q", exportMemory)
	}
	for _, def := range p.compiled.ImportedFunctions() {
		module, name, _ := def.Import()
		want, ok := imports[name]
		switch {
		case module != importModule || !ok:
			return fmt.Errorf("import %s.%s is not offered", module, name)
		case !want.fits(def):
			return fmt.Errorf("import %s is %s, not %s", name, signatureOf(def), want.signature)
		}
	}
	return nil
}

func (p *Program) checkMemory() error {
	def, ok := p.compiled.ExportedMemories()[exportMemory]
	if !ok {
		return fmt.Errorf("no export %q", exportMemory)
	}
	if maximum, declared := def.Max(); declared && maximum < slotBytes/wasmPageBytes {
		return fmt.Errorf("the memory declares a maximum of %d pages; windows need none, or %d",
			maximum, int64(slotBytes/wasmPageBytes))
	}
	if p.InitialBytes() > WindowBase {
		return fmt.Errorf("the memory begins with %d bytes, at most %d", p.InitialBytes(), WindowBase)
	}
	return nil
}

// InitialBytes is the size of an instance's memory before it grows.
func (p *Program) InitialBytes() int64 {
	return int64(p.compiled.ExportedMemories()[exportMemory].Min()) * wasmPageBytes
}

func (s signature) fits(def api.FunctionDefinition) bool {
	return slices.Equal(s.params, def.ParamTypes()) && slices.Equal(s.results, def.ResultTypes())
}

func signatureOf(def api.FunctionDefinition) signature {
	return signature{def.ParamTypes(), def.ResultTypes()}
}

// String is the signature as WebAssembly's text format has it: "(i32, i64) -> (i32)".
func (s signature) String() string {
	return fmt.Sprintf("(%s) -> (%s)", typeNames(s.params), typeNames(s.results))
}

func typeNames(types []api.ValueType) string {
	names := ""
	for i, t := range types {
		if i > 0 {
			names += ", "
		}
		names += api.ValueTypeName(t)
	}
	return names
}
