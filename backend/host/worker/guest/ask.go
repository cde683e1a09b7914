package guest

import (
	"math"

	"inos/backend/wire"
)

// ask puts a question to the world outside. Nobody answers outside of a call: what a live unit
// shows must not depend on more than its parameters and the state that it was given.
func (i *Instance) ask(a wire.Ask) (wire.Reply, bool) {
	if i.job == nil || i.job.ofState {
		return wire.Reply{}, false
	}
	return i.job.Ask(a)
}

// Ask puts a question to the world outside. Why it was refused is kept for the call's error.
func (j *Job) Ask(a wire.Ask) (wire.Reply, bool) {
	r := j.ask(a)
	if r.Refused {
		j.refusal = r.Why
	}
	return r, !r.Refused
}

// Try is Ask for what the code can do without: a refusal explains no error.
func (j *Job) Try(a wire.Ask) (wire.Reply, bool) {
	r := j.ask(a)
	return r, !r.Refused
}

// about puts a question whose text the guest has at ptr.
func (i *Instance) about(ptr, length uint64, a wire.Ask) (wire.Reply, bool) {
	if uint32(length) > wire.MaxAskTextBytes {
		return wire.Reply{}, false
	}
	text, ok := i.memory.Bytes(uint32(ptr), uint32(length), false)
	if !ok {
		return wire.Reply{}, false
	}
	a.Text = string(text)
	return i.ask(a)
}

// fill puts one question after the other until the guest's room is full or there is no more, and
// returns the bytes that came and the last reply.
func (i *Instance) fill(
	room []byte, offset int64, question func(offset, length int64) (wire.Reply, bool),
) (n int, last wire.Reply, ok bool) {
	for {
		want := min(len(room)-n, wire.MaxDataBytes)
		last, ok = question(offset+int64(n), int64(want))
		if !ok || len(last.Data) > want {
			return n, last, false
		}
		n += copy(room[n:], last.Data)
		if len(last.Data) < want || n == len(room) {
			return n, last, true
		}
	}
}

// put is the other way: it writes the guest's bytes piece by piece.
func (i *Instance) put(bytes []byte, question func(at int, piece []byte) bool) bool {
	for at := 0; at == 0 || at < len(bytes); at += wire.MaxDataBytes {
		if !question(at, bytes[at:min(at+wire.MaxDataBytes, len(bytes))]) {
			return false
		}
	}
	return true
}

func (i *Instance) settingF64(stack []uint64) {
	at := int64(uint32(stack[0]))
	stack[0] = math.Float64bits(math.NaN())
	if r, ok := i.ask(wire.Ask{Service: wire.ServiceSettingNumber, Offset: at}); ok {
		stack[0] = uint64(r.Value)
	}
}

func (i *Instance) settingText(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), true)
	ok = ok || uint32(stack[2]) == 0
	at := int64(uint32(stack[0]))
	stack[0] = refused
	if !ok {
		return
	}
	if r, ok := i.ask(wire.Ask{Service: wire.ServiceSettingText, Offset: at}); ok {
		copy(room, r.Data)
		stack[0] = uint64(uint32(len(r.Data)))
	}
}

func (i *Instance) now(stack []uint64) {
	stack[0] = refused
	if r, ok := i.ask(wire.Ask{Service: wire.ServiceNow}); ok {
		stack[0] = uint64(r.Value)
	}
}

func (i *Instance) random(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[0]), uint32(stack[1]), true)
	if ok && len(room) > 0 {
		var n int
		n, _, ok = i.fill(room, 0, func(_, length int64) (wire.Reply, bool) {
			return i.ask(wire.Ask{Service: wire.ServiceRandom, Length: length})
		})
		ok = ok && n == len(room)
	}
	answer(stack, ok)
}

func (i *Instance) fileSize(stack []uint64) {
	r, ok := i.about(stack[0], stack[1], wire.Ask{Service: wire.ServiceFileSize})
	stack[0] = refused
	if ok {
		stack[0] = uint64(r.Value)
	}
}

func (i *Instance) fileRead(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[3]), uint32(stack[4]), true)
	path, length, offset := stack[0], stack[1], int64(stack[2])
	stack[0] = refused
	if !ok || offset < 0 {
		return
	}
	n, _, ok := i.fill(room, offset, func(offset, count int64) (wire.Reply, bool) {
		return i.about(path, length, wire.Ask{
			Service: wire.ServiceFileRead, Offset: offset, Length: count,
		})
	})
	if ok {
		stack[0] = uint64(uint32(n))
	}
}

func (i *Instance) fileList(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[3]), uint32(stack[4]), true)
	path, length, offset := stack[0], stack[1], int64(stack[2])
	ok = ok || uint32(stack[4]) == 0
	stack[0] = refused
	if !ok || offset < 0 {
		return
	}
	_, last, ok := i.fill(room, offset, func(offset, count int64) (wire.Reply, bool) {
		return i.about(path, length, wire.Ask{
			Service: wire.ServiceFileList, Offset: offset, Length: count,
		})
	})
	if ok {
		stack[0] = uint64(last.Value)
	}
}

func (i *Instance) fileWrite(stack []uint64) {
	bytes, ok := i.memory.Bytes(uint32(stack[3]), uint32(stack[4]), false)
	path, length, offset := stack[0], stack[1], int64(stack[2])
	ok = ok && offset >= 0 && i.put(bytes, func(at int, piece []byte) bool {
		_, ok := i.about(path, length, wire.Ask{
			Service: wire.ServiceFileWrite, Offset: offset + int64(at), Data: piece,
		})
		return ok
	})
	answer(stack, ok)
}

func (i *Instance) fileResize(stack []uint64) {
	_, ok := i.about(stack[0], stack[1], wire.Ask{
		Service: wire.ServiceFileResize, Offset: int64(stack[2]),
	})
	answer(stack, ok)
}

func (i *Instance) fileRemove(stack []uint64) {
	_, ok := i.about(stack[0], stack[1], wire.Ask{Service: wire.ServiceFileRemove})
	answer(stack, ok)
}

func (i *Instance) httpSend(stack []uint64) {
	request, ok := i.memory.Bytes(uint32(stack[0]), uint32(stack[1]), false)
	stack[0] = refused
	if !ok || len(request) > wire.MaxDataBytes {
		return
	}
	if r, ok := i.ask(wire.Ask{Service: wire.ServiceHTTPSend, Data: request}); ok {
		stack[0] = uint64(uint32(r.Value))
	}
}

func (i *Instance) httpLen(stack []uint64) {
	stack[0] = refused
	if r, ok := i.ask(wire.Ask{Service: wire.ServiceHTTPRead}); ok {
		stack[0] = uint64(r.Value)
	}
}

func (i *Instance) httpRead(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), true)
	offset := int64(stack[0])
	stack[0] = refused
	if !ok || offset < 0 {
		return
	}
	n, _, ok := i.fill(room, offset, func(offset, count int64) (wire.Reply, bool) {
		return i.ask(wire.Ask{Service: wire.ServiceHTTPRead, Offset: offset, Length: count})
	})
	if ok {
		stack[0] = uint64(uint32(n))
	}
}

func (i *Instance) httpHeader(stack []uint64) {
	room, okRoom := i.memory.Bytes(uint32(stack[2]), uint32(stack[3]), true)
	r, ok := i.about(stack[0], stack[1], wire.Ask{Service: wire.ServiceHTTPHeader})
	stack[0] = refused
	if ok && (okRoom || uint32(stack[3]) == 0) {
		copy(room, r.Data)
		stack[0] = uint64(uint32(len(r.Data)))
	}
}

func (i *Instance) clipboardRead(stack []uint64) {
	room, ok := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), true)
	ok = ok || uint32(stack[2]) == 0
	offset := int64(stack[0])
	stack[0] = refused
	if !ok || offset < 0 {
		return
	}
	_, last, ok := i.fill(room, offset, func(offset, count int64) (wire.Reply, bool) {
		return i.ask(wire.Ask{Service: wire.ServiceClipboardRead, Offset: offset, Length: count})
	})
	if ok {
		stack[0] = uint64(last.Value)
	}
}

func (i *Instance) clipboardWrite(stack []uint64) {
	text, ok := i.memory.Bytes(uint32(stack[0]), uint32(stack[1]), false)
	if ok = ok && len(text) <= wire.MaxDataBytes; ok {
		_, ok = i.ask(wire.Ask{Service: wire.ServiceClipboardWrite, Data: text})
	}
	answer(stack, ok)
}

func (i *Instance) notify(stack []uint64) {
	_, ok := i.about(stack[0], stack[1], wire.Ask{Service: wire.ServiceNotify})
	answer(stack, ok)
}
