package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/arena"
	"inos/backend/manifest"
	"inos/backend/wire"
)

// The test program is its own worker when it is started as one: a worker that a hole in its
// runtime has given to an attacker, and that says and does what its plugin's id names.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == strconv.Itoa(workerFD) {
		os.Exit(fakeWorker(workerFD))
	}
	os.Exit(m.Run())
}

// idle is a worker that has nothing to say any more, until it is killed.
func idle() int {
	for {
		time.Sleep(time.Hour)
	}
}

// fakeWorker loads and then behaves as told.
func fakeWorker(fd int) int {
	c := wire.NewConn(fd)
	var m wire.Message
	fds, err := c.Recv(&m)
	if err != nil || m.Kind != wire.KindLoad {
		return 1
	}
	f := &fake{c: c, how: strings.TrimPrefix(m.Load.Plugin, "test.")}
	if page, err := arena.Adopt(fds[1], arena.KindStatus, arena.StatusPageBytes, true); err == nil {
		f.status, _ = arena.OpenStatus(page)
	}
	if load, ok := fakeLoads[f.how]; ok {
		return load(f, m.ID)
	}
	f.send(&wire.Message{ID: m.ID, Kind: wire.KindReady, Ready: wire.Ready{Seccomp: true}})
	for {
		fds, err := c.Recv(&m)
		if err != nil {
			return 0
		}
		wire.CloseAll(fds)
		if m.Kind != wire.KindCall {
			f.send(&wire.Message{ID: m.ID, Kind: wire.KindDone})
			continue
		}
		if code := f.call(&m); code >= 0 {
			return code
		}
	}
}

type fake struct {
	c      *wire.Conn
	how    string
	status *arena.Status
}

func (f *fake) send(m *wire.Message) {
	if err := f.c.Send(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (f *fake) raw(b []byte, oob []byte) {
	if err := unix.Sendmsg(f.c.FD(), b, oob, nil, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (f *fake) call(m *wire.Message) int {
	if strings.HasPrefix(f.how, "chaos") {
		return chaos(f, m)
	}
	if act, ok := fakeCalls[f.how]; ok {
		return act(f, m)
	}
	f.send(&wire.Message{ID: m.ID, Kind: wire.KindResult, Result: honest(m)})
	return -1
}

// honest is a result as it should be.
func honest(m *wire.Message) wire.Result {
	r := wire.Result{Results: make([]float64, m.Call.Results)}
	for i, w := range m.Call.Outputs {
		r.Outputs = append(r.Outputs, wire.Output{
			Index: uint16(i), Segment: w.Segment, Length: 1, Media: "text/plain",
		})
	}
	return r
}

// spoilt answers a call with an honest result that was changed.
func spoilt(change func(r *wire.Result)) func(*fake, *wire.Message) int {
	return func(f *fake, m *wire.Message) int {
		r := honest(m)
		change(&r)
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindResult, Result: r})
		return -1
	}
}

// fakeLoads are answers to the first message.
var fakeLoads = map[string]func(f *fake, id uint32) int{
	"silent":  func(*fake, uint32) int { return idle() },
	"quitter": func(*fake, uint32) int { return 7 },
	"stranger": func(f *fake, id uint32) int {
		f.send(&wire.Message{ID: id + 5, Kind: wire.KindReady})
		return idle()
	},
	"unboxed": func(f *fake, id uint32) int {
		f.send(&wire.Message{ID: id, Kind: wire.KindReady})
		return idle()
	},
	"confused": func(f *fake, id uint32) int {
		f.send(&wire.Message{ID: id, Kind: wire.KindDone})
		return idle()
	},
	"invalid": func(f *fake, id uint32) int {
		f.send(&wire.Message{ID: id, Kind: wire.KindFailed, Failed: wire.Failed{
			Kind: wire.FailInvalidModule, Text: "no \x1b[2Jmodule"}})
		return wire.ExitRefused
	},
}

// fakeCalls are answers to a call; a status below 0 goes on.
var fakeCalls = map[string]func(f *fake, m *wire.Message) int{
	"mute": func(*fake, *wire.Message) int { return idle() },
	"deaf": func(f *fake, m *wire.Message) int {
		for !f.status.Cancel() {
			time.Sleep(time.Millisecond)
		}
		return idle()
	},
	"obedient": func(f *fake, m *wire.Message) int {
		for !f.status.Cancel() {
			time.Sleep(time.Millisecond)
		}
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindResult,
			Result: wire.Result{Code: 1, Error: "stopped"}})
		return -1
	},
	"exit": func(*fake, *wire.Message) int {
		os.Stderr.WriteString("last\x1b[2J words\nmore")
		return 7
	},
	"panic": func(*fake, *wire.Message) int { panic("on purpose") },
	"oom": func(*fake, *wire.Message) int {
		os.Stderr.WriteString("fatal error: runtime: out of memory\n")
		return 2
	},
	"killed": func(*fake, *wire.Message) int {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		return idle()
	},
	"sigsys": func(*fake, *wire.Message) int {
		// Only the default action is a death by the signal itself.
		unix.PrctlRetInt(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		filter := []unix.SockFilter{
			{Code: 0x20, K: 0}, {Code: 0x15, Jt: 0, Jf: 1, K: unix.SYS_GETPPID},
			{Code: 0x06, K: 0x80000000}, {Code: 0x06, K: 0x7fff0000},
		}
		killOnGetppid(filter)
		syscall.Getppid()
		return idle()
	},
	"garbage": func(f *fake, _ *wire.Message) int {
		f.raw([]byte("not a message at all"), nil)
		return idle()
	},
	"gifts": func(f *fake, m *wire.Message) int {
		f.raw(make([]byte, 64), unix.UnixRights(0, 1, 2))
		return idle()
	},
	"hangup": func(f *fake, _ *wire.Message) int { f.c.Close(); return idle() },
	"order": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{Kind: wire.KindRelease})
		return idle()
	},
	"unasked": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{ID: m.ID + 1, Kind: wire.KindDone})
		return idle()
	},
	"twice": func(f *fake, m *wire.Message) int {
		for range 2 {
			f.send(&wire.Message{ID: m.ID, Kind: wire.KindResult, Result: honest(m)})
		}
		return -1
	},
	"wrongkind": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindReady})
		return -1
	},
	"needdeaf": func(f *fake, m *wire.Message) int {
		for {
			need := &wire.Message{ID: m.ID, Kind: wire.KindNeed, Need: wire.Need{Length: 1}}
			if f.c.Send(need) != nil {
				return 1
			}
		}
	},
	"needstorm": func(f *fake, m *wire.Message) int {
		for id := m.ID; ; {
			need := &wire.Message{ID: id, Kind: wire.KindNeed, Need: wire.Need{Length: 1}}
			if f.c.Send(need) != nil {
				return 1
			}
			if _, err := f.c.Recv(m); err != nil {
				return 1
			}
		}
	},
	"needwild": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindNeed, Need: wire.Need{Index: 9, Length: 1}})
		return idle()
	},
	"needhuge": func(f *fake, m *wire.Message) int {
		id := m.ID
		f.send(&wire.Message{ID: id, Kind: wire.KindNeed, Need: wire.Need{Length: 1 << 62}})
		fds, err := f.c.Recv(m)
		text := fmt.Sprintf("granted %d bytes, %v, %v", m.Grant.Length, fds, err)
		f.send(&wire.Message{ID: id, Kind: wire.KindResult, Result: wire.Result{Code: 3, Error: text}})
		return -1
	},
	"flood": func(f *fake, m *wire.Message) int {
		for {
			if f.c.Send(&wire.Message{Kind: wire.KindLog, Log: wire.Log{Text: "x"}}) != nil {
				return 1
			}
		}
	},
	"chatter": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{Kind: wire.KindLog, Log: wire.Log{Level: 2, Text: "two\x1b[2J\nlines"}})
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindResult, Result: honest(m)})
		return -1
	},
	"forged": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{Kind: wire.KindFault, Fault: wire.Fault{Address: 0x68001234, Code: 6}})
		return wire.ExitFault
	},
	"unread": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{Kind: wire.KindFault, Fault: wire.Fault{Address: 0x68001234, Code: 4, Signal: uint32(unix.SIGBUS)}})
		return wire.ExitFault
	},
	"trap": func(f *fake, m *wire.Message) int {
		f.send(&wire.Message{ID: m.ID, Kind: wire.KindFailed, Failed: wire.Failed{
			Kind: wire.FailTrap, Text: "unreachable\n  at f"}})
		return idle()
	},
	"shouter": func(f *fake, m *wire.Message) int {
		for range 100 {
			os.Stderr.WriteString(strings.Repeat("loud ", 1000))
		}
		return 7
	},
	"fewresults":   spoilt(func(r *wire.Result) { r.Results = nil }),
	"manyresults":  spoilt(func(r *wire.Result) { r.Results = make([]float64, 200) }),
	"wildoutput":   spoilt(func(r *wire.Result) { r.Outputs[0].Index = 60000 }),
	"samesegment":  spoilt(func(r *wire.Result) { r.Outputs = append(r.Outputs, r.Outputs[0]) }),
	"wrongsegment": spoilt(func(r *wire.Result) { r.Outputs[0].Segment++ }),
	"longoutput":   spoilt(func(r *wire.Result) { r.Outputs[0].Length = 1 << 40 }),
	"badmedia":     spoilt(func(r *wire.Result) { r.Outputs[0].Media = "../../etc/passwd\x00" }),
	"longtime":     spoilt(func(r *wire.Result) { r.GuestNs = 1<<64 - 1 }),
}

// fakePlugin is a plugin that only a fake worker can run.
func fakePlugin(how string) *Plugin {
	return &Plugin{Manifest: &manifest.Manifest{
		ID: "test." + how, Limits: manifest.Limits{CallMs: 200, TickMs: 100},
	}, Wasm: []byte("\x00asm")}
}
