//go:build linux

package worker_test

import (
	"testing"

	w "inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

// SPEC ABI-130: saving sees the parameters of the live unit, and nothing of the world outside.
func TestAStateFollowsFromTheParametersAlone(t *testing.T) {
	m := w.New()
	param := m.Import("param_i64", w.Sig("i", "l"))
	now := m.Import("now", w.Sig("", "l"))
	m.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	m.Func("inos_tick", true, w.Sig("iiii", "i"), "", w.Const(0))
	// 40 and a refusal, which is -1, make 39.
	m.Func("inos_save", true, w.Sig("", "i"), "",
		w.Const(0), w.Call(param), w.Wrap, w.Call(now), w.Wrap, w.Add)
	k := run(t, m.Bytes(), options{load: wire.Load{Phases: 1}})
	k.setParams(40)
	if r := k.result(wire.Call{Entry: wire.EntrySave, OutputCount: 1}); r.Code != 39 {
		t.Errorf("result %+v", r)
	}
}

// SPEC ABI-130: inos_init is left out after a state was taken over, and only then.
func TestALoadedStateTakesThePlaceOfInit(t *testing.T) {
	for _, c := range []struct {
		load int32 // what inos_load returns
		want uint64
	}{{0, 1}, {5, 0}} {
		m := w.New()
		m.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
		m.Func("inos_tick", true, w.Sig("iiii", "i"), "", w.Const(0))
		m.Func("inos_init", true, w.Sig("", "i"), "", w.Unreachable)
		m.Func("inos_load", true, w.Sig("", "i"), "", w.Const(c.load))
		k := run(t, m.Bytes(), options{load: wire.Load{Phases: 1}})
		if r := k.result(wire.Call{Entry: wire.EntryLoad}); r.Code != c.load {
			t.Errorf("result %+v", r)
		}
		k.done(&wire.Message{Kind: wire.KindLive, Live: wire.Live{Run: true, Ticks: 1}})
		if k.next(); k.status.Ticks() != c.want {
			t.Errorf("load returned %d: %d ticks", c.load, k.status.Ticks())
		}
	}
}

func TestAWorkerWithoutALiveUnitHasNoState(t *testing.T) {
	m := w.New()
	m.Func("inos_abi", true, w.Sig("", "i"), "", w.Const(1))
	m.Func("inos_call", true, w.Sig("i", "i"), "", w.Const(0))
	m.Func("inos_save", true, w.Sig("", "i"), "", w.Unreachable)
	k := run(t, m.Bytes(), options{})
	if a := k.call(wire.Call{Entry: wire.EntrySave}); a == nil || a.Kind != wire.KindFailed {
		t.Errorf("answer %+v", a)
	}
}
