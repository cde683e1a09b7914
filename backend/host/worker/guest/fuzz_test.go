//go:build linux

package guest

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	w "inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

// FuzzImports calls host functions with whatever a guest may pass. A pointer that is believed
// ends the test with a fault.
func FuzzImports(f *testing.F) {
	instance := jobInstance(f)
	var names []string
	for name := range imports {
		names = append(names, name)
	}
	slices.Sort(names)
	words := func(v ...uint64) []byte {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, x)
		}
		return b
	}
	for n := range names {
		f.Add(uint8(n), words(0, 0, 0))
		f.Add(uint8(n), words(0, 1, 1))
		f.Add(uint8(n), words(0, HighBase, 100))
		f.Add(uint8(n), words(0, PayloadBase, 5000))
		f.Add(uint8(n), words(0, 0x2000_0000, 8))
		f.Add(uint8(n), words(1<<32-1, 1<<32-1, 1<<32-1))
		f.Add(uint8(n), words(1<<64-1, 1<<63, 1<<31))
	}
	f.Fuzz(func(t *testing.T, which uint8, arguments []byte) {
		name := names[int(which)%len(names)]
		var stack [5]uint64 // as many as a function has arguments
		for i := range stack {
			if len(arguments) >= 8*(i+1) {
				stack[i] = binary.LittleEndian.Uint64(arguments[8*i:])
			}
		}
		// wazero hands over 32-bit arguments with a clear upper half.
		for i, kind := range imports[name].params {
			if kind == i32 {
				stack[i] = uint64(uint32(stack[i]))
			}
		}
		imports[name].call(instance, stack[:])
	})
}

// jobInstance is an instance in the middle of a call with an input and an output.
func jobInstance(f testing.TB) *Instance {
	f.Helper()
	m := w.New()
	m.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	m.Func("inos_call", true, w.Sig("i", "i"), "", w.Const(0))
	program, err := Compile(context.Background(), m.Bytes(), "")
	if err != nil {
		f.Fatal(err)
	}
	space, err := NewSpace(1)
	if err != nil {
		f.Fatal(err)
	}
	now := uint64(0)
	host := &Host{
		SharedBytes: 4096,
		Channels:    NewChannels(),
		Log: &Logger{
			Send: func(wire.Log) {}, Drop: func() {},
			Now: func() uint64 { now += floodNs; return now },
		},
		Progress: func(_, _ uint64) bool { return false },
		Refused:  func(int32, int32) {},
		OwnBytes: func(int64) {},
	}
	instance, err := program.Instantiate(context.Background(),
		Config{Space: space, MemoryBytes: 1 << 20, Host: host})
	if err != nil {
		f.Fatal(err)
	}
	job := NewJob(NewSegments(instance.Memory()), func(uint16, uint64) (wire.Window, int, error) {
		return wire.Window{}, -1, errors.New("no more")
	}, func(a wire.Ask) wire.Reply { // a kernel that gives all that was asked for
		if a.Service == wire.ServiceSettingText {
			return wire.Reply{Data: []byte("a setting")}
		}
		return wire.Reply{Value: a.Length, Data: make([]byte, max(min(a.Length, wire.MaxDataBytes), 0))}
	})
	call := &wire.Call{
		Params:      []wire.Value{wire.TextOf("text"), wire.NumberOf(1)},
		Inputs:      []wire.Window{{Segment: 1, Length: 5000, ByteLen: 8192, IsNew: true}},
		Outputs:     []wire.Window{{Segment: 2, Length: 8192, ByteLen: 8192, IsNew: true}},
		OutputCount: 2,
		Results:     1,
	}
	if err := job.Begin(call, []int{file(f, 8192, 1), file(f, 8192, 2)}); err != nil {
		f.Fatal(err)
	}
	instance.job = job
	return instance
}
