//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/coder/websocket"

	"inos/backend/arena"
	"inos/backend/frames"
)

// readFrame acquires the newest frame out of the shared memory, as the page does, and tells what
// it is. a: how many floats of it to return.
const readFrame = `
const entry = (await window.go.main.App.Boot()).live.entry;
const buffer = window.__inos.open(entry);
const words = new Int32Array(buffer, 0, 1024);
let slot;
do {
  slot = Atomics.load(words, 32);
  Atomics.store(words, 48, slot);
} while (Atomics.load(words, 32) !== slot);
// A channel that has just taken a smaller one's place holds no frame until the next tick.
if (slot === 0) return { entry, count: 0, tick: 0, stride: 0, generation: 0, floats: [], digest: "" };
const head = 80 + (slot - 1) * 16, slotBytes = words[66];
const count = words[head], tick = words[head + 4], stride = words[65];
const bytes = new Uint8Array(buffer, 4096 + (slot - 1) * slotBytes, count * stride);
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
const floats = new Float32Array(buffer, 4096 + (slot - 1) * slotBytes, Math.min(a, count * stride / 4));
return { entry, count, tick, stride, generation: 0, floats: [...floats],
  digest: [...digest].map((b) => b.toString(16).padStart(2, "0")).join("") };`

// frame is what readFrame returns.
type frame struct {
	Entry, Count, Tick, Stride int
	Floats                     []float64
	Digest                     string
}

const birdsCompared = 100

func (s *stage) frame(t *testing.T) frame {
	t.Helper()
	var f frame
	s.must(t, s.run(readFrame, &f, birdsCompared*arena.InstanceBytes/4))
	return f
}

func (s *stage) setParams(t *testing.T, params map[string]any) {
	t.Helper()
	s.must(t, s.run(`await window.go.main.App.SetParams(a)`, nil, params))
}

func (s *stage) control(t *testing.T, action string) {
	t.Helper()
	s.must(t, s.run(`await window.go.main.App.Control(a)`, nil, action))
}

func TestTheFlockOnSharedMemory(t *testing.T) {
	s := open(t)

	t.Run("the page draws from shared memory", func(t *testing.T) {
		var report struct {
			Path        string
			CopiedBytes float64
		}
		s.must(t, s.run(`return (await window.go.main.Automation.Figures()).report`, &report))
		if report.Path != "shared" || report.CopiedBytes != 0 {
			t.Errorf("the page reports %+v", report)
		}
	})

	t.Run("the flock moves", func(t *testing.T) {
		first := s.frame(t)
		var next frame
		eventually(t, "a later tick", func() bool { next = s.frame(t); return next.Tick > first.Tick })
		if moved := countMoved(first.Floats, next.Floats); moved < birdsCompared*9/10 {
			t.Errorf("%d of %d birds moved", moved, birdsCompared)
		}
		for _, v := range next.Floats {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("a bird is at %v", next.Floats)
			}
		}
	})

	t.Run("a slider changes it", func(t *testing.T) {
		before := s.frame(t).Count
		s.must(t, s.pressOn(`section[aria-label=boids] input[type=range]`, keyLeft))
		eventually(t, "fewer birds", func() bool { return s.frame(t).Count < before })
	})

	t.Run("parameters change it, and a refusal changes nothing", func(t *testing.T) {
		s.setParams(t, map[string]any{"count": 2000})
		eventually(t, "2000 birds", func() bool { return s.frame(t).Count == 2000 })
		var refused struct {
			Kind          string
			Needed, Limit float64
		}
		s.must(t, s.run(`try { await window.go.main.App.SetParams({ count: 250000 }); return {} }
catch (error) { return JSON.parse(error) }`, &refused))
		if refused.Kind != "budget" || refused.Needed <= refused.Limit || refused.Limit != arena.DefaultBudget {
			t.Errorf("a flock over the budget: %+v", refused)
		}
		if n := s.frame(t).Count; n != 2000 {
			t.Errorf("%d birds after the refusal", n)
		}
		s.must(t, s.run(`await window.go.main.App.RaiseArena(64 << 20); await window.go.main.App.SetParams({ count: 250000 })`, nil))
		eventually(t, "250,000 birds", func() bool { return s.frame(t).Count == 250_000 })
		s.setParams(t, map[string]any{"count": 10_000})
		eventually(t, "10,000 birds", func() bool { return s.frame(t).Count == 10_000 })
	})

	t.Run("the stream carries the same birds", func(t *testing.T) {
		s.control(t, "pause")
		shared := s.frame(t)
		eventually(t, "a paused flock", func() bool {
			now := s.frame(t)
			still := now.Tick == shared.Tick
			shared = now
			return still
		})
		header, payload := s.streamed(t, shared.Entry)
		digest := sha256.Sum256(payload)
		if int(header.Tick) != shared.Tick || int(header.Count) != shared.Count ||
			hex.EncodeToString(digest[:]) != shared.Digest {
			t.Errorf("streamed %+v, shared tick %d of %d birds", header, shared.Tick, shared.Count)
		}
		s.control(t, "resume")
	})

	t.Run("no frame is torn", func(t *testing.T) { s.checkTorn(t, "shared", 10_000) })

	t.Run("a reload continues the flock", func(t *testing.T) {
		before := s.frame(t)
		worker, _ := s.find(t, "inos-worker")
		s.must(t, s.refresh())
		s.awaitBirds(t)
		if after := s.frame(t); after.Tick <= before.Tick || after.Count != before.Count {
			t.Errorf("tick %d with %d birds after tick %d with %d", after.Tick, after.Count, before.Tick, before.Count)
		}
		if now, _ := s.find(t, "inos-worker"); now.pid != worker.pid {
			t.Errorf("worker %d took the place of %d", now.pid, worker.pid)
		}
	})

	t.Run("a killed worker is started again and the window stays", func(t *testing.T) {
		window, _ := s.find(t, "WebKitWebProces")
		dead := s.kill(t, "inos-worker")
		eventually(t, "another worker", func() bool {
			now, found := s.find(t, "inos-worker")
			return found && now.pid != dead.pid
		})
		first := s.frame(t)
		eventually(t, "ticks of the new worker", func() bool { return s.frame(t).Tick != first.Tick })
		if now, _ := s.find(t, "WebKitWebProces"); now.pid != window.pid {
			t.Error("the page was loaded again")
		}
	})
}

func countMoved(a, b []float64) (moved int) {
	const perBird = arena.InstanceBytes / 4
	for i := 0; i+perBird <= min(len(a), len(b)); i += perBird {
		if !slices.Equal(a[i:i+3], b[i:i+3]) {
			moved++
		}
	}
	return moved
}

// streamed asks the frame server as the page does.
func (s *stage) streamed(t *testing.T, entry int) (frames.Header, []byte) {
	t.Helper()
	var boot struct{ StreamURL, StreamToken string }
	s.must(t, s.run(`return await window.go.main.App.Boot()`, &boot))
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, boot.StreamURL+"?token="+boot.StreamToken,
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"wails://wails"}}})
	s.must(t, err)
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	request := frames.Request{Kind: frames.KindFrame, Entry: entry}
	s.must(t, ws.Write(ctx, websocket.MessageBinary, frames.AppendRequest(nil, request)))
	_, message, err := ws.Read(ctx)
	s.must(t, err)
	header, err := frames.ParseHeader(message)
	s.must(t, err)
	return header, message[arena.StreamHeaderBytes:]
}

// checkTorn runs the page's own check against a writer at full speed: the reader is fast, slow and
// stalling in turn.
func (s *stage) checkTorn(t *testing.T, path string, frames int) {
	t.Helper()
	const elements = 2048 // 64 KiB a frame
	s.control(t, "pause") // drawing in software would take most of the time
	defer s.control(t, "resume")
	var entry int
	s.must(t, s.run(`return await window.go.main.Automation.StartWriter(a)`, &entry, elements))
	defer func() { s.must(t, s.run(`await window.go.main.Automation.StopWriter()`, nil)) }()
	checked := 0
	for _, reader := range []struct {
		mode   string
		frames int
	}{{"fast", frames * 8 / 10}, {"slow", frames / 10}, {"stall", frames / 10}} {
		for left := reader.frames; left > 0; {
			var report struct{ Frames, Torn, Backwards int }
			s.must(t, s.run(`return await window.inosTornCheck(a[0], a[1], a[2], a[3])`, &report,
				[]any{min(left, tornBatch), reader.mode, entry, path}))
			if report.Torn != 0 || report.Backwards != 0 || report.Frames == 0 {
				t.Fatalf("%s, %s reader: %+v", path, reader.mode, report)
			}
			left -= report.Frames
			checked += report.Frames
		}
	}
	t.Logf("%d frames of %d KiB checked on the %s path", checked, elements*arena.InstanceBytes>>10, path)
}

// tornBatch keeps one command far below the driver's own limit of 30 s for a script.
const tornBatch = 250

func TestTheFlockOnTheStream(t *testing.T) {
	s := open(t, "--frames", "stream")

	t.Run("the page has no shared memory and says that it streams", func(t *testing.T) {
		var page struct {
			Path        string
			CopiedBytes float64
			Memory      string
		}
		eventually(t, "something was copied", func() bool {
			s.must(t, s.run(`const { report } = await window.go.main.Automation.Figures();
return { ...report, memory: typeof window.__inos }`, &page))
			return page.CopiedBytes > 0
		})
		if page.Path != "stream" || page.Memory != "undefined" {
			t.Errorf("got %+v", page)
		}
	})

	t.Run("frames keep coming", func(t *testing.T) {
		first := s.sentFrames(t)
		eventually(t, "more frames", func() bool { return s.sentFrames(t) > first+10 })
	})

	t.Run("birds are on the screen", func(t *testing.T) {
		eventually(t, "birds", func() bool { return s.screen.birds(t) })
	})

	t.Run("no frame is torn", func(t *testing.T) { s.checkTorn(t, "stream", 10_000) })
}

func (s *stage) sentFrames(t *testing.T) (n int) {
	t.Helper()
	s.must(t, s.run(`return (await window.go.main.Automation.Figures()).sentFrames`, &n))
	return n
}
