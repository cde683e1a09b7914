//go:build linux

package worker_test

import (
	w "inos/backend/host/worker/wasmtest"
)

// The ops of the test plugin.
const (
	opAdd = iota
	opTrap
	opHang
	opRecurse
	opShadowRecurse
	opPeek
	opPoke
	opBomb
	opFlood
	opFail
	opPanic
	opLie
	opCopy
	opGrow
	opText
	opHigh
	opCancel
	opPokeInput
	opRefused
	opRange
	opChat
	opFailBeyond
)

// What lies in the test plugin's memory.
const (
	failText  = "the wind is too strong"
	failAt    = 64
	mediaText = "text/plain"
	mediaAt   = 128
	scratchAt = 1024
)

// hole is an address at which no guest has anything.
const hole = 0x2000_0000

// plugin is the test plugin in the making: one op for each thing that a guest may do, well or
// badly, and a live unit.
type plugin struct {
	*w.Module
	ops map[int][]byte

	paramF, paramI, paramText                         int
	inputLen, inputMap, outputMap, outputLen, meta    int
	result, channel, capacity, publish, shared        int
	progress, log, fail, boom, recurse, shadowRecurse int
	stack                                             int // global
}

func testPlugin() *w.Module {
	p := &plugin{Module: w.New(), ops: map[int][]byte{}}
	p.Data(failAt, failText)
	p.Data(mediaAt, mediaText)
	p.importAll()
	p.helpers()
	p.ordinary()
	p.hostile()
	p.live()
	var dispatch []byte
	for op := range len(p.ops) {
		dispatch = w.Code(dispatch,
			w.Get(0), w.Const(int32(op)), w.Equal, w.If(p.ops[op], w.Const(0), w.Return))
	}
	p.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	// Local 0 is the op, 1 and 2 are free.
	p.Func("inos_call", true, w.Sig("i", "i"), "ii", dispatch, w.Const(-1))
	return p.Module
}

func (p *plugin) importAll() {
	for _, f := range []struct {
		index           *int
		name            string
		params, results string
	}{
		{&p.paramF, "param_f64", "i", "d"},
		{&p.paramI, "param_i64", "i", "l"},
		{&p.paramText, "param_text", "iii", "i"},
		{&p.inputLen, "input_len", "i", "l"},
		{&p.inputMap, "input_map", "ili", "i"},
		{&p.outputMap, "output_map", "il", "i"},
		{&p.outputLen, "output_len", "il", "i"},
		{&p.meta, "output_meta", "iii", "i"},
		{&p.result, "result_f64", "id", "i"},
		{&p.channel, "channel", "i", "i"},
		{&p.capacity, "channel_capacity", "i", "i"},
		{&p.publish, "channel_publish", "ii", "i"},
		{&p.shared, "shared", "l", "i"},
		{&p.progress, "progress", "ll", "i"},
		{&p.log, "log", "iii", ""},
		{&p.fail, "fail", "ii", ""},
	} {
		*f.index = p.Import(f.name, w.Sig(f.params, f.results))
	}
}

func (p *plugin) helpers() {
	p.boom = p.Func("boom", false, w.Sig("", ""), "", w.Unreachable)
	// recurse(n) = recurse(n+1) + 1: not a tail call.
	p.recurse = p.Func("recurse", false, w.Sig("i", "i"), "",
		w.Get(0), w.Const(1), w.Add, w.Call(p.Next()), w.Const(1), w.Add)
	// The same with a stack of its own, as compilers keep one: 256 bytes a frame, from 32 KiB down.
	stack := p.Global()
	p.stack = stack
	p.shadowRecurse = p.Func("shadow_recurse", false, w.Sig("i", "i"), "",
		w.GetGlobal(stack), w.Const(256), w.Sub, w.SetGlobal(stack),
		w.GetGlobal(stack), w.Get(0), w.Store,
		w.Get(0), w.Const(1), w.Add, w.Call(p.Next()), w.Const(1), w.Add)
}

// integer is parameter i as i32.
func (p *plugin) integer(i int32) []byte { return w.Code(w.Const(i), w.Call(p.paramI), w.Wrap) }

// report stores the i32 that the code leaves as result i.
func (p *plugin) report(i int32, code []byte) []byte {
	return w.Code(w.Const(i), code, w.ToF, w.Call(p.result), w.Drop)
}

func (p *plugin) output(i int32, length int64) []byte {
	return w.Code(w.Const(i), w.Const64(length), w.Call(p.outputMap))
}

func (p *plugin) ordinary() {
	p.ops[opAdd] = w.Code(w.Const(0),
		w.Const(0), w.Call(p.paramF), w.Const(1), w.Call(p.paramF), w.AddF,
		w.Call(p.result), w.Drop)
	// output 0 := input 0
	length := w.Code(w.Const(0), w.Call(p.inputLen))
	p.ops[opCopy] = w.Code(
		w.Const(0), length, w.Call(p.outputMap),
		w.Const(0), w.Const64(0), length, w.Wrap, w.Call(p.inputMap),
		length, w.Wrap, w.Copy,
		w.Const(0), w.Const(mediaAt), w.Const(int32(len(mediaText))), w.Call(p.meta), w.Drop)
	// Parameter 0 is how big the output becomes; a byte written before must still be there.
	p.ops[opGrow] = w.Code(
		p.output(0, 4096), w.Const(42), w.Store8,
		w.Const(0), w.Const(0), w.Call(p.paramI), w.Call(p.outputMap), w.Set(1),
		p.report(0, w.Code(w.Get(1), w.Load8)),
		w.Get(1), p.integer(0), w.Add, w.Const(1), w.Sub, w.Const(7), w.Store8)
	// The text of parameter 0 becomes output 0.
	p.ops[opText] = w.Code(
		w.Const(0), w.Const(scratchAt), w.Const(64), w.Call(p.paramText), w.Set(1),
		p.output(0, 64), w.Const(scratchAt), w.Get(1), w.Copy,
		p.report(0, w.Get(1)),
		p.report(1, w.Code(w.Const(1), w.Const(scratchAt), w.Const(64), w.Call(p.paramText))),
		p.report(2, w.Code(w.Const(0), w.Const(hole), w.Const(64), w.Call(p.paramText))))
	// What memory.grow returns can be used: it lies above 2 GiB.
	p.ops[opHigh] = w.Code(
		w.Const(1), w.MemGrow, w.Set(1),
		p.report(0, w.Get(1)),
		w.Get(1), w.Const(65536), w.Mul, w.Const(99), w.Store,
		p.report(1, w.Code(w.Get(1), w.Const(65536), w.Mul, w.Load)))
	p.ops[opCancel] = w.Code(
		w.Const64(3), w.Const64(10), w.Call(p.progress), w.Drop,
		w.Const(1), w.Const(failAt), w.Const(5), w.Call(p.log),
		w.While(w.Code(w.Const64(3), w.Const64(10), w.Call(p.progress), w.IsZero)),
		w.Const(5), w.Return)
	p.ops[opFail] = w.Code(w.Const(failAt), w.Const(int32(len(failText))), w.Call(p.fail),
		w.Const(7), w.Return)
	// A byte near the end of a large input, and one near its start.
	p.ops[opRange] = w.Code(
		p.report(0, w.Code(w.Const(0), w.Const(0), w.Call(p.paramI), w.Const(8),
			w.Call(p.inputMap), w.Load8)),
		p.report(1, w.Code(w.Const(0), w.Const64(5), w.Const(8), w.Call(p.inputMap), w.Load8)))
	// Parameter 0 is how many lines.
	p.ops[opChat] = w.While(w.Code(w.Get(1), p.integer(0), w.Less),
		w.Const(1), w.Const(failAt), w.Const(int32(len(failText))), w.Call(p.log),
		w.Get(1), w.Const(1), w.Add, w.Set(1))
}

func (p *plugin) hostile() {
	p.ops[opTrap] = w.Call(p.boom)
	p.ops[opHang] = w.Forever()
	p.ops[opRecurse] = w.Code(w.Const(0), w.Call(p.recurse), w.Drop)
	p.ops[opShadowRecurse] = w.Code(w.Const(32<<10), w.SetGlobal(p.stack), w.Const(0), w.Call(p.shadowRecurse), w.Drop)
	p.ops[opPeek] = p.report(0, w.Code(p.integer(0), w.Load8))
	p.ops[opPoke] = w.Code(p.integer(0), w.Const(1), w.Store8)
	p.ops[opBomb] = w.Code(
		w.While(w.Code(w.Const(16), w.MemGrow, w.Const(-1), w.Equal, w.IsZero)), w.Call(p.boom))
	p.ops[opFlood] = w.Forever(w.Const(1), w.Const(failAt), w.Const(5), w.Call(p.log))
	p.ops[opPanic] = w.Code(w.Const(failAt), w.Const(int32(len(failText))), w.Call(p.fail),
		w.Call(p.boom))
	p.ops[opPokeInput] = w.Code(
		w.Const(0), w.Const64(0), w.Const(16), w.Call(p.inputMap), w.Const(8), w.Add,
		w.Const(1), w.Store)
	p.ops[opRefused] = w.Code(
		w.Const(0), w.Const(0), w.Call(p.paramI), w.Call(p.outputMap), w.IsZero,
		w.If(w.Const(11), w.Return))
	p.ops[opFailBeyond] = w.Code(
		w.Const(failAt), w.Const(-1), w.Call(p.fail), w.Const(7), w.Return)
	p.lies()
}

// lies counts the refusals of calls none of which may succeed, reports how many there were, and
// passes bad pointers to functions that return nothing.
func (p *plugin) lies() {
	refusals := int32(0)
	var code []byte
	refused := func(call ...[]byte) {
		refusals++
		code = w.Code(code, w.Get(1), w.Code(call...), w.Const(-1), w.Equal, w.Add, w.Set(1))
	}
	null := func(call ...[]byte) {
		refusals++
		code = w.Code(code, w.Get(1), w.Code(call...), w.IsZero, w.Add, w.Set(1))
	}
	code = w.Code(p.output(0, 100), w.Drop)
	refused(w.Const(0), w.Const64(1<<40), w.Call(p.outputLen))
	refused(w.Const(0), w.Const64(-1), w.Call(p.outputLen))
	refused(w.Const(9), w.Const64(1), w.Call(p.outputLen))
	refused(w.Const(-1), w.Const64(1), w.Call(p.outputLen))
	refused(w.Const(0), w.Const(hole), w.Const(5), w.Call(p.meta))
	refused(w.Const(0), w.Const(-4), w.Const(5), w.Call(p.meta))
	refused(w.Const(0), w.Const(0), w.Const(1<<20), w.Call(p.meta))
	refused(w.Const(99), w.ConstF(1), w.Call(p.result))
	refused(w.Const(0), w.Const(1), w.Call(p.publish))
	refused(w.Const(99), w.Const(1), w.Call(p.publish))
	null(w.Const(9), w.Const64(1), w.Call(p.outputMap))
	null(w.Const(0), w.Const64(-5), w.Call(p.outputMap))
	null(w.Const(9), w.Const64(0), w.Const(1), w.Call(p.inputMap))
	null(w.Const(0), w.Const64(-1), w.Const(1), w.Call(p.inputMap))
	null(w.Const(0), w.Const64(1), w.Const(-1), w.Call(p.inputMap))
	null(w.Const(0), w.Const64(1<<62), w.Const(8), w.Call(p.inputMap))
	null(w.Const(0), w.Call(p.channel))
	null(w.Const(-1), w.Call(p.channel))
	null(w.Const64(1<<50), w.Call(p.shared))
	null(w.Const64(-1), w.Call(p.shared))
	p.ops[opLie] = w.Code(code,
		w.Const(1), w.Const(hole), w.Const(5), w.Call(p.log),
		w.Const(77), w.Const(-3), w.Const(9), w.Call(p.log),
		w.Const(1), w.Const(failAt), w.Const(-1), w.Call(p.log),
		w.Const(1), w.Const(failAt), w.Const(1<<20), w.Call(p.log),
		w.Const(hole), w.Const(-1), w.Call(p.fail),
		p.report(0, w.Get(1)), p.report(1, w.Const(refusals)))
}

// live traps, fails or touches the hole (on shard 1) when parameter 1 is 1, 2 or 3. Otherwise it
// keeps one word per element in the shared memory. In phase 0 each shard renews its words (element
// i belongs to shard i mod shards), in phase 1 it writes its elements from the words of others, so
// that a missing barrier shows.
func (p *plugin) live() {
	const phase, shard, shards, dt, i, count, words, slot = 0, 1, 2, 3, 4, 5, 6, 7
	word := func(index []byte) []byte {
		return w.Code(w.Get(words), index, w.Const(4), w.Mul, w.Add)
	}
	mirrored := w.Code(w.Get(count), w.Const(1), w.Sub, w.Get(i), w.Sub)
	each := func(body ...[]byte) []byte {
		return w.Code(w.Get(shard), w.Set(i),
			w.While(w.Code(w.Get(i), w.Get(count), w.Less),
				w.Code(body...), w.Get(i), w.Get(shards), w.Add, w.Set(i)))
	}
	p.Func("inos_tick", true, w.Sig("iiii", "i"), "iiii",
		w.Const(0), w.Call(p.capacity), w.Set(count),
		w.Const64(4096), w.Call(p.shared), w.Set(words),
		p.integer(1), w.Const(1), w.Equal, w.If(w.Call(p.boom)),
		p.integer(1), w.Const(2), w.Equal, w.If(w.Const(failAt),
			w.Const(int32(len(failText))), w.Call(p.fail), w.Const(3), w.Return),
		p.integer(1), w.Const(3), w.Equal, w.Get(shard), w.Mul,
		w.If(w.Const(hole), w.Const(1), w.Store8),
		w.Get(phase), w.IsZero, w.If(each(
			word(w.Get(i)), word(w.Get(i)), w.Load, w.Const(3), w.Mul, w.Get(i), w.Add,
			p.integer(0), w.Add, w.Store)),
		w.Get(phase), w.Const(1), w.Equal, w.If(
			w.Const(0), w.Call(p.channel), w.Set(slot),
			each(w.Get(slot), w.Get(i), w.Const(32), w.Mul, w.Add,
				word(mirrored), w.Load, w.Store),
			w.Get(shard), w.IsZero, w.If(
				w.Const(0), w.Get(count), w.Call(p.publish), w.Drop)),
		w.Const(0))
	// A reset zeroes the first word and nothing else.
	p.Func("inos_init", true, w.Sig("", "i"), "",
		w.Const64(4096), w.Call(p.shared), w.Const(0), w.Store, w.Const(0))
}
