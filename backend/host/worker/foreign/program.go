// Package foreign runs modules that were made for another host inside a worker: plugins for Extism
// and commands of WASI preview 1. They are offered what those hosts offer as far as it needs no
// permission, under the limits of every plugin. They get plain memory: no windows, no growth to
// 2 GiB, since their allocators may count on one piece.
package foreign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

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
	// Config is a setting of the plugin.
	Config func(key string) (value string, ok bool)
	// Ask says why something that needs a permission is not allowed; nil: it is.
	Ask func(permission string) error
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

// Code is a foreign module that can be called. It belongs to one goroutine.
type Code struct {
	program *Program
	host    *Host
	ctx     context.Context
	// memory is the module's own, lent holds its blocks and the windows of jobs.
	memory, lent *guest.Memory

	module api.Module // nil: made anew by the next call
	kernel *kernel    // nil: a WASI command
	said   tail       // what it wrote to its standard error
	text   string     // about the code that the last call returned
}

// Start prepares a module in the first Spaces slots of the space. A plugin for Extism runs its
// start functions now; a WASI command runs nothing before it is called.
func (p *Program) Start(
	ctx context.Context, space *guest.Space, memoryBytes int64, host *Host,
) (*Code, error) {
	c := &Code{program: p, host: host, said: tail{log: host.Log}}
	var err error
	if c.memory, err = space.NewMemory(0, memoryBytes, host.OwnBytes); err != nil {
		return nil, err
	}
	if c.lent, err = space.NewMemory(1, memoryBytes, host.OwnBytes); err != nil {
		return nil, err
	}
	c.ctx = codeContext{experimental.WithMemoryAllocator(ctx, c.memory), c}
	if p.kind == wire.ForeignWASI {
		return c, nil
	}
	c.kernel = newKernel(c.lent)
	if err := c.renew(c.moduleConfig()); err != nil {
		return nil, c.atStart(err)
	}
	return c, nil
}

func (c *Code) atStart(err error) error {
	if code, ended := exitCode(err); ended {
		return fmt.Errorf("it ended itself at its start with exit code %d%s", code, c.said.quoted())
	}
	if guest.IsTrap(err) {
		return &guest.Trap{Failed: c.Explain(err)}
	}
	return err
}

// Lent is the memory that a job's segments are mapped into.
func (c *Code) Lent() *guest.Memory { return c.lent }

// Text is about the code that the last call returned.
func (c *Code) Text() string { return c.text }

// Explain is about an error of Call.
func (c *Code) Explain(err error) wire.Failed {
	return guest.Explain(err, c.text, c.memory, c.lent)
}

// Call runs an op. Its error is a trap; a program that ends itself or is refused something returns
// a code and a text.
func (c *Code) Call(op uint16, job *guest.Job) (int32, error) {
	c.text = ""
	c.said.clear()
	if int(op) >= len(c.program.entries) {
		return c.fail(fmt.Sprintf("there is no op %d", op))
	}
	run := c.command
	if c.kernel != nil {
		run = c.plugin
	}
	code, err := run(op, job)
	var no *refusal
	if errors.As(err, &no) {
		c.drop()
		return c.fail(no.text)
	}
	if ended, exited := exitCode(err); exited {
		c.drop()
		code, err = int32(ended), nil
	}
	switch {
	case err != nil:
		c.text = strings.Join(c.said.lines, "\n")
	case code != 0 && c.text == "":
		c.said.flush()
		c.text = fmt.Sprintf("it ended with code %d%s", code, c.said.quoted())
	default:
		c.said.flush()
	}
	c.text = guest.Clean(c.text, wire.MaxErrorBytes)
	return code, err
}

// fail is the answer of a call that came to nothing.
func (c *Code) fail(text string) (int32, error) {
	c.text = guest.Clean(text, wire.MaxErrorBytes)
	return 1, nil
}

// refusal ends a call whose code asked for what it may not have.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func exitCode(err error) (uint32, bool) {
	var exit *sys.ExitError
	if !errors.As(err, &exit) {
		return 0, false
	}
	return exit.ExitCode(), true
}

// renew makes the module anew: memory, globals, and start functions.
func (c *Code) renew(config wazero.ModuleConfig) error {
	if c.module != nil {
		return nil
	}
	if err := c.memory.Clear(); err != nil {
		return err
	}
	if first := c.program.firstBytes(); !c.memory.Grow(first) { // wazero panics without them
		return &guest.Trap{Failed: guest.Explain(
			errors.New("it begins with more memory than there is"), "", c.memory)}
	}
	module, err := c.program.runtime.InstantiateModule(c.ctx, c.program.compiled, config)
	if err != nil {
		return err
	}
	c.module = module
	return nil
}

func (p *Program) firstBytes() int64 {
	const wasmPageBytes = 64 << 10
	for _, def := range p.compiled.ExportedMemories() {
		return int64(def.Min()) * wasmPageBytes
	}
	return 0
}

// drop ends the module; the next call gets a new one.
func (c *Code) drop() {
	if c.module != nil {
		_ = c.module.Close(c.ctx)
		c.module = nil
	}
}

// moduleConfig grants nothing: no files, no environment. Clock and randomness are wazero's
// pretended ones, the same in every run; sleep returns at once.
func (c *Code) moduleConfig() wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithName("").WithStartFunctions(c.program.starters()...).
		WithStdout(&c.said).WithStderr(&c.said)
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

// codeContext leads a host function to the code that called it.
type codeContext struct {
	context.Context
	code *Code
}

type codeKey struct{}

func (c codeContext) Value(key any) any {
	if key == (codeKey{}) {
		return c.code
	}
	return c.Context.Value(key)
}

// tail passes lines of text on to the log and keeps the last of them.
type tail struct {
	log   *guest.Logger
	line  []byte
	lines []string
}

const (
	tailLines = 8
	infoLevel = 1
)

// Write never fails: what is too much is dropped by the log, or ends the call.
func (t *tail) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			t.line = append(t.line, b)
		}
		if b == '\n' || len(t.line) == wire.MaxLogBytes {
			t.flushLine()
		}
	}
	return len(p), nil
}

func (t *tail) flushLine() {
	text := guest.Clean(t.line, wire.MaxLogBytes)
	t.line = t.line[:0]
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, text)
	t.log.Line(infoLevel, []byte(text))
}

func (t *tail) flush() {
	if len(t.line) > 0 {
		t.flushLine()
	}
}

func (t *tail) clear() { t.line, t.lines = t.line[:0], t.lines[:0] }

// quoted is what was kept, to go on with a sentence.
func (t *tail) quoted() string {
	if len(t.lines) == 0 {
		return ""
	}
	return ": " + strings.Join(t.lines, "\n")
}
