//go:build linux

package guest

import (
	"math"
	"testing"

	"inos/backend/wire"
)

func TestASettingIsToldInACallOnly(t *testing.T) {
	i := jobInstance(t)
	refuse := false
	i.job.ask = func(a wire.Ask) wire.Reply {
		switch {
		case refuse:
			return wire.Refuse("you have not set it")
		case a.Service == wire.ServiceSettingNumber && a.Offset == 3:
			return wire.Reply{Value: int64(math.Float64bits(0.25))}
		case a.Service == wire.ServiceSettingText && a.Offset == math.MaxUint32:
			return wire.Reply{Data: []byte("hunter2")}
		}
		t.Errorf("asked %+v", a)
		return wire.Reply{}
	}
	const at = 64
	number := func() float64 {
		stack := []uint64{3}
		i.settingF64(stack)
		return math.Float64frombits(stack[0])
	}
	text := func(ptr, room uint64) int32 {
		stack := []uint64{math.MaxUint32, ptr, room} // the kernel says which settings there are
		i.settingText(stack)
		return int32(stack[0])
	}
	if got := number(); got != 0.25 {
		t.Errorf("%g", got)
	}
	if got := text(at, 4); got != 7 {
		t.Errorf("into less room: %d", got)
	}
	if kept, ok := i.memory.Bytes(at, 8, false); !ok || string(kept) != "hunt\x00\x00\x00\x00" {
		t.Errorf("%q", kept)
	}
	if size, wild := text(0, 0), text(0x2000_0000, 8); size != 7 || wild != -1 {
		t.Errorf("without room %d, into memory that is not there %d", size, wild)
	}
	nothing := func(when string) {
		t.Helper()
		if got := number(); !math.IsNaN(got) {
			t.Errorf("%s: %g", when, got)
		}
		if got := text(at, 8); got != -1 {
			t.Errorf("%s: %d", when, got)
		}
	}
	refuse = true
	nothing("refused")
	if i.job.refusal != "you have not set it" {
		t.Errorf("%q", i.job.refusal)
	}
	refuse, i.job = false, nil
	nothing("outside of a call")
}
