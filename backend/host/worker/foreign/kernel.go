package foreign

import (
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

const (
	// firstBlock leaves 0 free: it means no block.
	firstBlock = 16
	// maxBlocks bounds what is remembered about blocks.
	maxBlocks = 1 << 18
	// keptBytes of blocks stay with the worker from call to call.
	keptBytes     = 1 << 20
	wasmPageBytes = 64 << 10
	// maxVarBytes bounds the variables of a plugin, as Extism does; each counts varBytes more.
	maxVarBytes = 1 << 20
	varBytes    = 40
)

// kernel is what a plugin for Extism shares with its host: blocks of memory that it asks for,
// addressed by 64-bit offsets, and its variables. Blocks last for one call, variables as long as
// the worker.
//
// The books are kept outside of that memory: a plugin may write all over it.
type kernel struct {
	memory *guest.Memory
	blocks []block // in order of their offsets
	// free are blocks for reuse, by the number of bits of their room.
	free [33][]int
	top  int64 // of the highest block

	inputAt, inputLen   int64
	outputAt, outputLen int64
	errorAt             uint64

	vars      map[string][]byte
	varsBytes int
}

type block struct {
	at, room, length int64
	used             bool
}

func newKernel(memory *guest.Memory) *kernel {
	return &kernel{memory: memory, top: firstBlock, vars: map[string][]byte{}}
}

// begin forgets the blocks of the call before.
func (k *kernel) begin(inputAt, inputLen int64) error {
	if k.memory.Own() > keptBytes {
		if err := k.memory.Clear(); err != nil {
			return err
		}
	} else if used, ok := k.memory.Bytes(0, uint32(min(k.top, k.memory.Own())), true); ok {
		clear(used)
	}
	k.blocks = k.blocks[:0]
	for i := range k.free {
		k.free[i] = k.free[i][:0]
	}
	k.top = firstBlock
	k.inputAt, k.inputLen = inputAt, inputLen
	k.outputAt, k.outputLen, k.errorAt = 0, 0, 0
	return nil
}

// alloc returns the offset of a new block. It ends the call where there is no room: PDKs do not
// look whether they got a block.
func (k *kernel) alloc(length uint64) uint64 {
	if length == 0 {
		return 0
	}
	if i, ok := k.reuse(int64(min(length, 1<<40))); ok {
		b := &k.blocks[i]
		b.used, b.length = true, int64(length)
		return uint64(b.at)
	}
	room := (int64(min(length, 1<<40)) + 15) &^ 15
	if len(k.blocks) == maxBlocks {
		panic(fmt.Errorf("more than %d blocks of memory in one call", maxBlocks))
	}
	if end := k.top + room; end > k.memory.Own() {
		pages := max(end, min(2*k.memory.Own(), keptBytes)) + wasmPageBytes - 1
		if !k.memory.Grow(pages / wasmPageBytes * wasmPageBytes) {
			panic(fmt.Errorf("there is no room for a block of %d bytes", length))
		}
	}
	b := block{at: k.top, room: room, length: int64(length), used: true}
	k.top += room
	k.blocks = append(k.blocks, b)
	return uint64(b.at)
}

// reuse finds a freed block: one of a size alike, else one that is larger for sure.
func (k *kernel) reuse(length int64) (int, bool) {
	const tries = 8
	class := bits.Len64(uint64(length))
	if class >= len(k.free) {
		return 0, false
	}
	list := k.free[class]
	for n := range min(tries, len(list)) {
		at := len(list) - 1 - n
		if i := list[at]; k.blocks[i].room >= length {
			k.free[class] = slices.Delete(list, at, at+1)
			return i, true
		}
	}
	if class+1 < len(k.free) && len(k.free[class+1]) > 0 {
		list = k.free[class+1]
		k.free[class+1] = list[:len(list)-1]
		return list[len(list)-1], true
	}
	return 0, false
}

func (k *kernel) find(at uint64) (int, bool) {
	i := sort.Search(len(k.blocks), func(i int) bool { return uint64(k.blocks[i].at) >= at })
	ok := i < len(k.blocks) && uint64(k.blocks[i].at) == at && k.blocks[i].used
	return i, ok
}

// release frees a block; an offset that is none is let pass, as Extism does.
func (k *kernel) release(at uint64) {
	i, ok := k.find(at)
	if !ok {
		return
	}
	b := &k.blocks[i]
	b.used = false
	class := bits.Len64(uint64(b.room))
	k.free[class] = append(k.free[class], i)
}

func (k *kernel) length(at uint64) uint64 {
	if i, ok := k.find(at); ok {
		return uint64(k.blocks[i].length)
	}
	if k.inputLen > 0 && at == uint64(k.inputAt) {
		return uint64(k.inputLen)
	}
	return 0
}

// errorText is what the plugin gave as its error.
func (k *kernel) errorText() string {
	i, ok := k.find(k.errorAt)
	if !ok {
		return ""
	}
	text, _ := k.memory.Bytes(uint32(k.errorAt), uint32(k.blocks[i].length), false)
	return guest.Clean(text, wire.MaxErrorBytes)
}

// bytes are part of the memory that the plugin may see. Elsewhere its call ends.
func (k *kernel) bytes(at, length uint64, writing bool) []byte {
	if at < 1<<32 && length < 1<<32 {
		if view, ok := k.memory.Bytes(uint32(at), uint32(length), writing); ok {
			return view
		}
	}
	what := "read"
	if writing {
		what = "written"
	}
	panic(fmt.Errorf("%d bytes at offset %d of Extism's memory cannot be %s", length, at, what))
}

// block are the bytes of a block; offset 0 is an empty one.
func (k *kernel) block(at uint64) []byte {
	length := k.length(at)
	if length == 0 && at != 0 {
		panic(fmt.Errorf("there is no block at offset %d of Extism's memory", at))
	}
	return k.bytes(at, length, false)
}

// put makes a block with a copy of the content.
func (k *kernel) put(content []byte) uint64 {
	at := k.alloc(uint64(len(content)))
	copy(k.bytes(at, uint64(len(content)), true), content)
	return at
}

func (k *kernel) input(at, length uint64) []byte {
	if at > uint64(k.inputLen) || length > uint64(k.inputLen)-at {
		panic(fmt.Errorf("%d bytes at %d of an input of %d bytes cannot be read", length, at, k.inputLen))
	}
	return k.bytes(uint64(k.inputAt)+at, length, false)
}

func (k *kernel) setVar(name string, value []byte) {
	total := k.varsBytes - k.varSize(name) + varBytes + len(name) + len(value)
	if total > maxVarBytes {
		panic(&refusal{fmt.Sprintf("its variables would take %d bytes, at most %d are allowed",
			total, maxVarBytes)})
	}
	k.vars[name], k.varsBytes = slices.Clone(value), total
}

func (k *kernel) dropVar(name string) {
	k.varsBytes -= k.varSize(name)
	delete(k.vars, name)
}

// varSize is what a variable counts; 0: there is none of that name.
func (k *kernel) varSize(name string) int {
	value, ok := k.vars[name]
	if !ok {
		return 0
	}
	return varBytes + len(name) + len(value)
}
