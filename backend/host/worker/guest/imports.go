package guest

import (
	"context"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"inos/backend/wire"
)

const importModule = "inos"

// An imported function finds its arguments in stack and leaves its result in stack[0]. All that a
// guest passes is untrusted: a pointer is used only through Memory.Bytes.
type imported struct {
	signature
	call func(i *Instance, stack []uint64)
}

func function(call func(*Instance, []uint64), params []api.ValueType, results ...api.ValueType) imported {
	return imported{signature{params, results}, call}
}

func types(t ...api.ValueType) []api.ValueType { return t }

var imports = map[string]imported{
	"param_f64":        function((*Instance).paramF64, types(i32), f64),
	"param_i64":        function((*Instance).paramI64, types(i32), i64),
	"param_text":       function((*Instance).paramText, types(i32, i32, i32), i32),
	"input_count":      function((*Instance).inputCount, nil, i32),
	"input_len":        function((*Instance).inputLen, types(i32), i64),
	"input_name":       function((*Instance).inputName, types(i32, i32, i32), i32),
	"input_map":        function((*Instance).inputMap, types(i32, i64, i32), i32),
	"output_map":       function((*Instance).outputMap, types(i32, i64), i32),
	"output_len":       function((*Instance).outputLen, types(i32, i64), i32),
	"output_meta":      function((*Instance).outputMeta, types(i32, i32, i32), i32),
	"result_f64":       function((*Instance).resultF64, types(i32, f64), i32),
	"channel":          function((*Instance).channel, types(i32), i32),
	"channel_capacity": function((*Instance).channelCapacity, types(i32), i32),
	"channel_publish":  function((*Instance).channelPublish, types(i32, i32), i32),
	"shared":           function((*Instance).shared, types(i64), i32),
	"progress":         function((*Instance).progress, types(i64, i64), i32),
	"setting_f64":      function((*Instance).settingF64, types(i32), f64),
	"setting_text":     function((*Instance).settingText, types(i32, i32, i32), i32),
	"now":              function((*Instance).now, nil, i64),
	"random":           function((*Instance).random, types(i32, i32), i32),
	"file_size":        function((*Instance).fileSize, types(i32, i32), i64),
	"file_read":        function((*Instance).fileRead, types(i32, i32, i64, i32, i32), i32),
	"file_list":        function((*Instance).fileList, types(i32, i32, i64, i32, i32), i64),
	"file_write":       function((*Instance).fileWrite, types(i32, i32, i64, i32, i32), i32),
	"file_resize":      function((*Instance).fileResize, types(i32, i32, i64), i32),
	"file_remove":      function((*Instance).fileRemove, types(i32, i32), i32),
	"http_send":        function((*Instance).httpSend, types(i32, i32), i32),
	"http_header":      function((*Instance).httpHeader, types(i32, i32, i32, i32), i32),
	"http_len":         function((*Instance).httpLen, nil, i64),
	"http_read":        function((*Instance).httpRead, types(i64, i32, i32), i32),
	"clipboard_read":   function((*Instance).clipboardRead, types(i64, i32, i32), i64),
	"clipboard_write":  function((*Instance).clipboardWrite, types(i32, i32), i32),
	"notify":           function((*Instance).notify, types(i32, i32), i32),
	"log":              function((*Instance).log, types(i32, i32, i32)),
	"fail":             function((*Instance).fail, types(i32, i32)),
}

// offer makes the host functions known to the runtime.
func offer(ctx context.Context, runtime wazero.Runtime) error {
	builder := runtime.NewHostModuleBuilder(importModule)
	for name, f := range imports {
		call := f.call
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
			func(ctx context.Context, _ api.Module, stack []uint64) {
				call(ctx.Value(instanceKey{}).(*Instance), stack)
			}), f.params, f.results).Export(name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

const (
	refused = ^uint64(0) // -1, as i32 and as i64
	success = 0
)

func answer(stack []uint64, ok bool) {
	stack[0] = success
	if !ok {
		stack[0] = refused
	}
}

// index is an argument that counts from 0; a negative one becomes larger than any count.
func index(v uint64) int { return int(uint32(v)) }

// param returns the value that the running call or tick sees.
func (i *Instance) param(n int) (wire.Value, bool) {
	values := i.params
	if i.job != nil {
		values = i.job.Params
	}
	if n >= len(values) {
		return wire.Value{}, false
	}
	return values[n], true
}

func (i *Instance) paramF64(stack []uint64) {
	v, ok := i.param(index(stack[0]))
	number := math.NaN()
	switch {
	case ok && v.Kind == wire.ValueNumber:
		number = v.Number
	case ok && v.Kind == wire.ValueInteger:
		number = float64(v.Integer)
	}
	stack[0] = math.Float64bits(number)
}

func (i *Instance) paramI64(stack []uint64) {
	v, ok := i.param(index(stack[0]))
	integer := int64(0)
	switch {
	case ok && v.Kind == wire.ValueInteger:
		integer = v.Integer
	case ok && v.Kind == wire.ValueNumber:
		integer = truncate(v.Number)
	}
	stack[0] = uint64(integer)
}

// truncate saturates, as i64.trunc_sat_f64_s does: Go leaves the other cases open.
func truncate(v float64) int64 {
	switch {
	case math.IsNaN(v):
		return 0
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}

func (i *Instance) paramText(stack []uint64) {
	v, ok := i.param(index(stack[0]))
	if !ok || v.Kind != wire.ValueText {
		stack[0] = refused
		return
	}
	room, ok := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), true)
	if !ok && uint32(stack[2]) > 0 {
		stack[0] = refused
		return
	}
	copy(room, v.Text)
	stack[0] = uint64(len(v.Text))
}

func (i *Instance) shared(stack []uint64) {
	length := int64(stack[0])
	stack[0] = 0
	if length > 0 && length <= i.host.SharedBytes {
		stack[0] = SharedBase
	}
}

func (i *Instance) progress(stack []uint64) {
	stop := i.host.Progress(uint64(max(int64(stack[0]), 0)), uint64(max(int64(stack[1]), 0)))
	stack[0] = 0
	if stop {
		stack[0] = 1
	}
}

func (i *Instance) log(stack []uint64) {
	text, ok := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), false)
	if !ok {
		return
	}
	i.host.Log.Line(uint8(min(uint32(stack[0]), maxLevel)), text)
}

func (i *Instance) fail(stack []uint64) {
	text, ok := i.memory.Bytes(uint32(stack[0]), uint32(stack[1]), false)
	if ok {
		i.text = Clean(text, wire.MaxErrorBytes)
	}
}

// Clean makes valid UTF-8 of at most limit bytes.
func Clean[T string | []byte](text T, limit int) string {
	s := strings.ToValidUTF8(string(text[:min(len(text), limit)]), "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
