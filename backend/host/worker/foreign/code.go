package foreign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// Code is a foreign module that can be called. It belongs to one goroutine.
type Code struct {
	program *Program
	host    *Host
	ctx     context.Context
	// memory is the module's own, lent holds its blocks and the windows of jobs.
	memory, lent *guest.Memory

	module api.Module // nil: made anew by the next call
	// functions are the module's entries; each has a call stack of its own, so it is kept.
	functions []api.Function
	stack     [1]uint64
	kernel    *kernel    // nil: a WASI command
	job       *guest.Job // that runs
	// httpStatus is of the last answer in this call; 0: there was none.
	httpStatus uint32
	senses     senses
	said       tail   // what it wrote to its standard error
	text       string // about the code that the last call returned
}

// Start prepares a module in the first Spaces slots of the space. A plugin for Extism runs its
// start functions now; a WASI command runs nothing before it is called.
func (p *Program) Start(
	ctx context.Context, space *guest.Space, memoryBytes int64, host *Host,
) (*Code, error) {
	c := &Code{program: p, host: host, said: tail{log: host.Log}}
	c.senses.reset()
	c.senses.clock, c.senses.chance = p.imports("clock_time_get"), p.imports("random_get")
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
	c.memory.Refused() // of an earlier call
	c.lent.Refused()
	if int(op) >= len(c.program.entries) {
		return c.fail(fmt.Sprintf("there is no op %d", op))
	}
	run := c.command
	if c.kernel != nil {
		run = c.plugin
	}
	c.job, c.httpStatus = job, 0
	if c.module == nil {
		c.senses.reset()
	}
	c.senses.begin(job)
	code, err := run(op, job)
	c.senses.end()
	c.job = nil
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
	c.module, c.functions = module, make([]api.Function, len(c.program.entries))
	return nil
}

// enter runs the export behind an op. One that ends the whole program is as good as one that returns.
func (c *Code) enter(op uint16) (int32, error) {
	if c.functions[op] == nil {
		c.functions[op] = c.module.ExportedFunction(c.program.entries[op])
	}
	c.stack[0] = 0 // the code of an export that returns none
	err := c.functions[op].CallWithStack(c.ctx, c.stack[:])
	if code, exited := exitCode(err); exited {
		c.drop()
		return int32(code), nil
	}
	return int32(uint32(c.stack[0])), err
}

// drop ends the module and gives its memory back; the next call gets a new one.
func (c *Code) drop() {
	if c.module == nil {
		return
	}
	_ = c.module.Close(c.ctx)
	c.module, c.functions = nil, nil
	_ = c.memory.Clear() // renew tries again, and says what is wrong
}

// moduleConfig grants nothing: no files, no environment.
func (c *Code) moduleConfig() wazero.ModuleConfig {
	return c.senses.config(wazero.NewModuleConfig().WithName("").
		WithStartFunctions(c.program.starters()...).WithStdout(&c.said).WithStderr(&c.said))
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
