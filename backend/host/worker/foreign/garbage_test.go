//go:build linux

package foreign

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"inos/backend/host/worker/guest"
	"inos/backend/host/worker/wasmtest"
	"inos/backend/wire"
)

// start compiles and starts a module in this process: no box, no other process.
func start(t *testing.T, m *wasmtest.Module, entries []string, host *Host) *Code {
	t.Helper()
	program, err := Compile(t.Context(), m.Bytes(), "", wire.ForeignExtism, entries)
	if err != nil {
		t.Fatal(err)
	}
	space, err := guest.NewSpace(Spaces)
	if err != nil {
		t.Fatal(err)
	}
	host.OwnBytes = func(int64) {}
	host.Log = &guest.Logger{Send: func(wire.Log) {}, Drop: func() {}, Now: func() uint64 { return 1 }}
	code, err := program.Start(t.Context(), space, 4<<20, host)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func noNeed(uint16, uint64) (wire.Window, int, error) { return wire.Window{}, -1, nil }

func noAsk(wire.Ask) wire.Reply { return wire.Reply{} }

// call runs an op without input and with no room for an output.
func (c *Code) call(t *testing.T, op int) (int32, error) { t.Helper(); return c.callIn(t, op, noAsk) }

func (c *Code) callIn(t *testing.T, op int, ask guest.Ask) (int32, error) {
	t.Helper()
	job := guest.NewJob(guest.NewSegments(c.Lent()), noNeed, ask)
	if err := job.Begin(&wire.Call{OutputCount: 1}, nil); err != nil {
		t.Fatal(err)
	}
	return c.Call(uint16(op), job)
}

func garbage(letters string, v int64) []byte {
	var code []byte
	for _, letter := range letters {
		if letter == 'l' {
			code = wasmtest.Code(code, wasmtest.Const64(v))
		} else {
			code = wasmtest.Code(code, wasmtest.Const(int32(v)))
		}
	}
	return code
}

func TestNoArgumentOfExtismsFunctionsIsTrusted(t *testing.T) {
	m := wasmtest.New()
	index := map[string]int{}
	names := slices.Sorted(maps.Keys(extismFunctions))
	for _, name := range names {
		f := extismFunctions[name]
		index[name] = m.ImportFrom(extismModule, name, wasmtest.Sig(f.params, f.results))
	}
	var entries []string
	for _, name := range names {
		for i, v := range []int64{0, 1, 16, -1, math.MinInt64, 1 << 32, 1<<32 - 1, 1 << 31, 1 << 20} {
			f := extismFunctions[name]
			body := wasmtest.Code(garbage(f.params, v), wasmtest.Call(index[name]))
			if f.results != "" {
				body = wasmtest.Code(body, wasmtest.Drop)
			}
			entry := name + strings.Repeat("_", i)
			m.Func(entry, true, wasmtest.Sig("", ""), "", body)
			entries = append(entries, entry)
		}
	}
	code := start(t, m, entries, &Host{})
	set := func(wire.Ask) wire.Reply { return wire.Reply{Value: 1, Data: []byte("set")} }
	for op, entry := range entries {
		_, err := code.callIn(t, op, set)
		if err == nil {
			continue
		}
		code.drop()
		why := code.Explain(err).Text
		if strings.Contains(err.Error(), "Go runtime stack trace") || why == "" {
			t.Errorf("%s: %v", entry, err)
		}
	}
}

func TestAPluginReadsASetting(t *testing.T) {
	m := wasmtest.New()
	alloc := m.ImportFrom(extismModule, "alloc", wasmtest.Sig("l", "l"))
	store := m.ImportFrom(extismModule, "store_u8", wasmtest.Sig("li", ""))
	config := m.ImportFrom(extismModule, "config_get", wasmtest.Sig("l", "l"))
	fail := m.ImportFrom(extismModule, "error_set", wasmtest.Sig("l", ""))
	m.Func("op", true, wasmtest.Sig("", ""), "l",
		wasmtest.Const64(1), wasmtest.Call(alloc), wasmtest.Set(0),
		wasmtest.Get(0), wasmtest.Const('k'), wasmtest.Call(store),
		wasmtest.Get(0), wasmtest.Call(config), wasmtest.Call(fail))
	settings := map[string]string{"k": "what k is set to"}
	ask := func(a wire.Ask) wire.Reply {
		if v, set := settings[a.Text]; set && a.Service == wire.ServiceConfig {
			return wire.Reply{Value: 1, Data: []byte(v)}
		}
		return wire.Reply{}
	}
	code := start(t, m, []string{"op"}, &Host{})
	if n, err := code.callIn(t, 0, ask); n != 1 || err != nil || code.Text() != settings["k"] {
		t.Errorf("code %d, %v, %q", n, err, code.Text())
	}
	delete(settings, "k")
	if _, err := code.callIn(t, 0, ask); err != nil || code.Text() != noRoom {
		t.Errorf("without the setting: %v, %q", err, code.Text())
	}
}

func TestAPluginThatEndsItselfIsMadeAnew(t *testing.T) {
	m := wasmtest.New()
	m.ImportFrom(extismModule, "input_length", wasmtest.Sig("", "l"))
	exit := m.ImportFrom("wasi_snapshot_preview1", "proc_exit", wasmtest.Sig("i", ""))
	count := m.Global()
	m.Func("op", true, wasmtest.Sig("", ""), "",
		wasmtest.GetGlobal(count), wasmtest.Const(5), wasmtest.Add, wasmtest.SetGlobal(count),
		wasmtest.GetGlobal(count), wasmtest.Call(exit))
	code := start(t, m, []string{"op"}, &Host{})
	for range 3 {
		if n, err := code.call(t, 0); n != 5 || err != nil || code.Text() != "it ended with code 5" {
			t.Errorf("code %d, %v, %q", n, err, code.Text())
		}
	}
}
