package foreign

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

const extismModule = "extism:host/env"

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// extismLevelDebug is the lowest level that a log of ours keeps apart, in Extism's numbers.
const extismLevelDebug = 1

// hostFunction finds its arguments in stack and leaves its result in stack[0].
type hostFunction struct {
	params, results string // of the letters l (i64) and i (i32)
	call            func(c *Code, stack []uint64)
}

var extismFunctions = map[string]hostFunction{
	"alloc":            {"l", "l", func(c *Code, s []uint64) { s[0] = c.kernel.alloc(s[0]) }},
	"free":             {"l", "", func(c *Code, s []uint64) { c.kernel.release(s[0]) }},
	"length":           {"l", "l", func(c *Code, s []uint64) { s[0] = c.kernel.length(s[0]) }},
	"length_unsafe":    {"l", "l", func(c *Code, s []uint64) { s[0] = c.kernel.length(s[0]) }},
	"load_u8":          {"l", "i", (*Code).loadByte},
	"load_u64":         {"l", "l", (*Code).loadWord},
	"store_u8":         {"li", "", (*Code).storeByte},
	"store_u64":        {"ll", "", (*Code).storeWord},
	"input_length":     {"", "l", func(c *Code, s []uint64) { s[0] = uint64(c.kernel.inputLen) }},
	"input_offset":     {"", "l", func(c *Code, s []uint64) { s[0] = uint64(c.kernel.inputAt) }},
	"input_load_u8":    {"l", "i", (*Code).inputByte},
	"input_load_u64":   {"l", "l", (*Code).inputWord},
	"output_set":       {"ll", "", (*Code).outputSet},
	"output_length":    {"", "l", func(c *Code, s []uint64) { s[0] = uint64(c.kernel.outputLen) }},
	"output_offset":    {"", "l", func(c *Code, s []uint64) { s[0] = uint64(c.kernel.outputAt) }},
	"error_set":        {"l", "", func(c *Code, s []uint64) { c.kernel.errorAt = s[0] }},
	"error_get":        {"", "l", func(c *Code, s []uint64) { s[0] = c.kernel.errorAt }},
	"config_get":       {"l", "l", (*Code).configGet},
	"var_get":          {"l", "l", (*Code).varGet},
	"var_set":          {"ll", "", (*Code).varSet},
	"http_request":     {"ll", "l", (*Code).httpRequest},
	"http_status_code": {"", "i", func(c *Code, s []uint64) { s[0] = uint64(c.httpStatus) }},
	"http_headers":     {"", "l", (*Code).httpHeaders},
	"log_trace":        {"l", "", logAt(0)},
	"log_debug":        {"l", "", logAt(0)},
	"log_info":         {"l", "", logAt(1)},
	"log_warn":         {"l", "", logAt(2)},
	"log_error":        {"l", "", logAt(3)},
	"get_log_level":    {"", "i", func(_ *Code, s []uint64) { s[0] = extismLevelDebug }},
}

func offerExtism(ctx context.Context, r wazero.Runtime) error {
	builder := r.NewHostModuleBuilder(extismModule)
	for name, f := range extismFunctions {
		call := f.call
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
			func(ctx context.Context, _ api.Module, stack []uint64) {
				call(ctx.Value(codeKey{}).(*Code), stack)
			}), valueTypes(f.params), valueTypes(f.results)).Export(name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

func valueTypes(letters string) []api.ValueType {
	var list []api.ValueType
	for _, letter := range letters {
		list = append(list, map[rune]api.ValueType{'i': i32, 'l': i64}[letter])
	}
	return list
}

// plugin calls an export of a plugin for Extism.
func (c *Code) plugin(op uint16, job *guest.Job) (int32, error) {
	at, view, err := job.Input(0)
	if err != nil {
		return c.fail(err.Error())
	}
	if err := c.kernel.begin(at, int64(len(view))); err != nil {
		return 0, err
	}
	if err := c.renew(c.moduleConfig()); err != nil {
		return 0, err
	}
	code, err := c.enter(op)
	if err != nil {
		return 0, err
	}
	if text := c.kernel.errorText(); text != "" {
		return c.fail(text)
	}
	if code != 0 {
		return code, nil
	}
	return c.giveOutput(job)
}

// giveOutput is the one copy that Extism's contract asks for.
func (c *Code) giveOutput(job *guest.Job) (int32, error) {
	from, ok := c.lent.Bytes(uint32(c.kernel.outputAt), uint32(c.kernel.outputLen), false)
	if !ok {
		return c.fail("its output is not there any more")
	}
	to, err := job.Output(0, int64(len(from)))
	if err != nil {
		return c.fail(noRoom)
	}
	copy(to, from)
	return 0, nil
}

func (c *Code) loadByte(s []uint64)  { s[0] = uint64(c.kernel.bytes(s[0], 1, false)[0]) }
func (c *Code) storeByte(s []uint64) { c.kernel.bytes(s[0], 1, true)[0] = byte(s[1]) }
func (c *Code) inputByte(s []uint64) { s[0] = uint64(c.kernel.input(s[0], 1)[0]) }

func (c *Code) loadWord(s []uint64) {
	s[0] = binary.LittleEndian.Uint64(c.kernel.bytes(s[0], 8, false))
}

func (c *Code) storeWord(s []uint64) {
	binary.LittleEndian.PutUint64(c.kernel.bytes(s[0], 8, true), s[1])
}

func (c *Code) inputWord(s []uint64) {
	s[0] = binary.LittleEndian.Uint64(c.kernel.input(s[0], 8))
}

// outputSet looks at once whether the bytes are there; they are copied when the call has ended.
func (c *Code) outputSet(s []uint64) {
	c.kernel.bytes(s[0], s[1], false)
	c.kernel.outputAt, c.kernel.outputLen = int64(s[0]), int64(s[1])
}

// configGet asks the kernel for what the user has set. At its start a plugin has no settings yet.
func (c *Code) configGet(s []uint64) {
	key := c.kernel.block(s[0])
	s[0] = 0
	if c.job == nil || len(key) > wire.MaxAskTextBytes {
		return
	}
	reply, ok := c.job.Ask(wire.Ask{Service: wire.ServiceConfig, Text: string(key)})
	if ok && reply.Value == 1 {
		s[0] = c.kernel.put(reply.Data)
	}
}

// varGet and varSet free the blocks that they are given, as Extism's hosts do.
func (c *Code) varGet(s []uint64) {
	value, ok := c.kernel.vars[string(c.kernel.block(s[0]))]
	c.kernel.release(s[0])
	s[0] = 0
	if ok {
		s[0] = c.kernel.put(value)
	}
}

func (c *Code) varSet(s []uint64) {
	name := string(c.kernel.block(s[0]))
	if s[1] == 0 {
		c.kernel.dropVar(name)
	} else {
		c.kernel.setVar(name, c.kernel.block(s[1]))
		c.kernel.release(s[1])
	}
	c.kernel.release(s[0])
}

func logAt(level uint8) func(*Code, []uint64) {
	return func(c *Code, s []uint64) {
		c.host.Log.Line(level, c.kernel.block(s[0]))
		c.kernel.release(s[0])
	}
}
