//go:build linux

package frames

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"inos/backend/arena"
)

const testTimeout = time.Minute

// stage is a kernel segment with one channel in entry 0 and a server in front of it.
type stage struct {
	arena   *arena.Arena
	kernel  *arena.Kernel
	channel *arena.Channel
	server  *Server
	ctx     context.Context
}

func newStage(t *testing.T, elements int) *stage {
	t.Helper()
	a := arena.New(64 << 20)
	t.Cleanup(func() { _ = a.Close() })
	kernel, err := a.NewKernel()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{arena: a, kernel: kernel}
	s.place(t, elements)
	if s.server, err = NewServer(kernel); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	s.ctx = ctx
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// place puts a new channel into entry 0, as a bigger flock does.
func (s *stage) place(t *testing.T, elements int) {
	t.Helper()
	c, err := s.arena.NewChannel("birds", elements, arena.InstanceBytes, s.channel)
	if err != nil {
		t.Fatal(err)
	}
	if s.channel != nil {
		_ = s.channel.Close()
	}
	s.channel = c
	seg := c.Segment()
	s.kernel.SetEntry(0, arena.Entry{Segment: seg.ID(), FD: seg.FD(), Kind: arena.KindChannel, ByteLen: seg.Len(), Unit: "birds"})
}

// publish writes a frame in which every word is value.
func (s *stage) publish(value uint32, count int) {
	publish(s.channel, value, count)
}

func publish(c *arena.Channel, value uint32, count int) {
	slot, b := c.Begin()
	for i := 0; i < count*c.Stride(); i += 4 {
		binary.LittleEndian.PutUint32(b[i:], value)
	}
	c.Publish(slot, count, uint64(value), arena.Monotonic())
}

func (s *stage) dialAs(origin, token string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(s.ctx, s.server.URL()+"?token="+token,
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
}

func (s *stage) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := s.dialAs("wails://wails", s.server.Token())
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func (s *stage) send(t *testing.T, ws *websocket.Conn, r Request) {
	t.Helper()
	if err := ws.Write(s.ctx, websocket.MessageBinary, AppendRequest(nil, r)); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) receive(t *testing.T, ws *websocket.Conn) (Header, []byte) {
	t.Helper()
	_, message, err := ws.Read(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseHeader(message)
	if err != nil {
		t.Fatal(err)
	}
	return h, message[arena.StreamHeaderBytes:]
}

func (s *stage) ask(t *testing.T, ws *websocket.Conn, r Request) (Header, []byte) {
	t.Helper()
	s.send(t, ws, r)
	return s.receive(t, ws)
}

func TestOnlyOurOwnPageWithTheTokenGetsIn(t *testing.T) {
	s := newStage(t, 4)
	token := s.server.Token()
	wrong := strings.Repeat("0", len(token))
	for name, c := range map[string]struct {
		origin, token string
		allowed       bool
	}{
		"our page":                  {"wails://wails", token, true},
		"our page on Windows":       {"http://wails.localhost", token, true},
		"wrong token":               {"wails://wails", wrong, false},
		"cut token":                 {"wails://wails", token[:len(token)-1], false},
		"no token":                  {"wails://wails", "", false},
		"a web page":                {"https://example.org", token, false},
		"a page that looks like us": {"wails://wails.example.org", token, false},
		"another local server":      {"http://127.0.0.1", token, false},
		"no origin":                 {"", token, false},
		"null origin":               {"null", token, false},
	} {
		ws, response, err := s.dialAs(c.origin, c.token)
		switch {
		case c.allowed && err != nil:
			t.Errorf("%s was refused: %v", name, err)
		case !c.allowed && err == nil:
			t.Errorf("%s got in", name)
		case !c.allowed && response.StatusCode != http.StatusForbidden:
			t.Errorf("%s: status %d", name, response.StatusCode)
		}
		if err == nil {
			_ = ws.CloseNow()
		}
	}
}

func TestTokensAreLongAndNew(t *testing.T) {
	a, b := newStage(t, 1), newStage(t, 1)
	if len(a.server.Token()) != 2*tokenBytes || a.server.Token() == b.server.Token() {
		t.Errorf("tokens %q and %q", a.server.Token(), b.server.Token())
	}
}

func TestThePageGetsTheNewestFrameOnce(t *testing.T) {
	s := newStage(t, 4)
	ws := s.dial(t)
	s.publish(1, 4)
	s.publish(2, 3)
	h, data := s.ask(t, ws, Request{Kind: KindFrame})
	if h.Count != 3 || h.Stride != arena.InstanceBytes || h.Tick != 2 || len(data) != 96 || data[0] != 2 {
		t.Fatalf("got %+v and %d bytes", h, len(data))
	}
	s.send(t, ws, Request{Kind: KindFrame, LastEpoch: h.Epoch, Generation: h.Generation})
	// The kernel segment is answered at once, so it overtakes the frame that is not there yet.
	if k, _ := s.ask(t, ws, Request{Kind: KindKernel}); k.Kind != KindKernel {
		t.Fatalf("got %+v before the next frame was published", k)
	}
	s.publish(3, 4)
	if h, data = s.receive(t, ws); h.Kind != KindFrame || data[0] != 3 || h.Count != 4 {
		t.Fatalf("got %+v", h)
	}
}

func TestABiggerFlockIsAnsweredWithItsGeneration(t *testing.T) {
	s := newStage(t, 4)
	ws := s.dial(t)
	s.publish(1, 4)
	first, _ := s.ask(t, ws, Request{Kind: KindFrame})
	s.place(t, 1000)
	s.publish(2, 1000)
	h, data := s.ask(t, ws, Request{Kind: KindFrame, LastEpoch: s.channel.Epoch(), Generation: first.Generation})
	if h.Generation == first.Generation || h.Count != 1000 || len(data) != 32000 {
		t.Fatalf("got %+v after %+v", h, first)
	}
	s.kernel.ClearEntry(0)
	if h, _ = s.ask(t, ws, Request{Kind: KindFrame, Generation: h.Generation}); h.Kind != KindGone || h.ByteLen != 0 {
		t.Fatalf("got %+v for a free entry", h)
	}
}

func TestTheKernelSegmentIsCopiedAtEvenEpochs(t *testing.T) {
	s := newStage(t, 1)
	ws := s.dial(t)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := int64(0); ; i++ {
			select {
			case <-stop:
				return
			default:
				s.kernel.UpdateSystem(arena.SystemMetrics{ArenaUsed: i, ArenaLimit: i, KernelRSS: i})
			}
		}
	})
	defer writer.Wait()
	defer close(stop)
	for range 500 {
		_, data := s.ask(t, ws, Request{Kind: KindKernel})
		le := binary.LittleEndian
		if e := le.Uint32(data[arena.KernelSegmentMetricsEpochAt:]); e&1 != 0 {
			t.Fatalf("epoch %d is odd", e)
		}
		system := data[arena.KernelSegmentSystemAt:]
		used := le.Uint64(system[arena.SystemMetricsArenaUsedAt:])
		if rss := le.Uint64(system[arena.SystemMetricsKernelRssAt:]); used != rss {
			t.Fatalf("torn metrics: %x and %x", used, rss)
		}
	}
}

func TestNoFrameIsTornWhileTheWriterRunsAtFullSpeed(t *testing.T) {
	const checked, elements = 10_000, 512
	s := newStage(t, elements)
	ws := s.dial(t)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for v := uint32(1); ; v++ {
			select {
			case <-stop:
				return
			default:
				s.publish(v, elements)
			}
		}
	})
	defer writer.Wait()
	defer close(stop)
	var last Header
	for range checked {
		h, data := s.ask(t, ws, Request{Kind: KindFrame, LastEpoch: last.Epoch, Generation: last.Generation})
		if h.Tick < last.Tick {
			t.Fatalf("tick %d after %d", h.Tick, last.Tick)
		}
		last = h
		for i := 0; i < len(data); i += 4 {
			if v := binary.LittleEndian.Uint32(data[i:]); v != uint32(h.Tick) {
				t.Fatalf("tick %d: word %d is %d", h.Tick, i/4, v)
			}
		}
	}
}

func TestAFrameThatSomebodyHoldsIsStillStreamed(t *testing.T) {
	s := newStage(t, 4)
	ws := s.dial(t)
	s.publish(1, 4)
	if _, ok := s.channel.Acquire(); !ok {
		t.Fatal("nothing to hold")
	}
	for v := uint32(2); v < 10; v++ {
		s.publish(v, 4)
		if h, data := s.ask(t, ws, Request{Kind: KindFrame}); h.Tick != uint64(v) || data[0] != byte(v) {
			t.Fatalf("tick %d came as %+v", v, h)
		}
	}
	if !Held(s.kernel, 0) {
		t.Error("the stream took the frame from the one that holds it")
	}
}

func TestRuleBreakersAreSentAway(t *testing.T) {
	s := newStage(t, 1)
	flood := AppendRequest(nil, Request{Kind: KindFrame}) // nothing is published: all must wait
	for name, c := range map[string]struct {
		kind     websocket.MessageType
		messages [][]byte
		status   websocket.StatusCode
	}{
		"garbage":   {websocket.MessageBinary, [][]byte{[]byte("0123456789abcdef")}, websocket.StatusPolicyViolation},
		"text":      {websocket.MessageText, [][]byte{[]byte("0123456789abcdef")}, websocket.StatusPolicyViolation},
		"oversized": {websocket.MessageBinary, [][]byte{make([]byte, 1<<20)}, websocket.StatusMessageTooBig},
		"flood":     {websocket.MessageBinary, repeat(flood, 3*maxOpenRequests), websocket.StatusPolicyViolation},
	} {
		t.Run(name, func(t *testing.T) {
			ws := s.dial(t)
			for _, m := range c.messages {
				if ws.Write(s.ctx, c.kind, m) != nil {
					break // sent away already; the status is read below
				}
			}
			if _, _, err := ws.Read(s.ctx); websocket.CloseStatus(err) != c.status {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func repeat(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

func TestSeatsAreBoundedAndGivenBack(t *testing.T) {
	s := newStage(t, 1)
	var taken []*websocket.Conn
	for range maxConnections {
		taken = append(taken, s.dial(t))
	}
	_, response, err := s.dialAs("wails://wails", s.server.Token())
	if err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("one more got in: %v", err)
	}
	_ = taken[0].CloseNow()
	for {
		ws, _, err := s.dialAs("wails://wails", s.server.Token())
		if err == nil {
			_ = ws.CloseNow()
			return
		}
		if s.ctx.Err() != nil {
			t.Fatal("the seat was not given back")
		}
	}
}

func TestASlowReaderHoldsUpNobody(t *testing.T) {
	const elements = 65536 // 2 MiB a frame: more than the socket's buffers hold
	s := newStage(t, elements)
	s.publish(1, elements)
	slow, quick := s.dial(t), s.dial(t)
	for range maxOpenRequests {
		s.send(t, slow, Request{Kind: KindFrame})
	}
	for v := uint32(2); v < 12; v++ {
		s.publish(v, elements)
		if h, _ := s.ask(t, quick, Request{Kind: KindFrame}); h.Tick != uint64(v) {
			t.Fatalf("the quick page got tick %d, not %d", h.Tick, v)
		}
	}
	if h, _ := s.receive(t, slow); h.Count != elements {
		t.Fatalf("the slow page got %+v", h)
	}
}

func TestSentBytesAreMeasured(t *testing.T) {
	s := newStage(t, 4)
	ws := s.dial(t)
	s.publish(1, 4)
	before := s.server.SentBytes()
	s.ask(t, ws, Request{Kind: KindFrame})
	s.ask(t, ws, Request{Kind: KindKernel}) // its answer proves that the first was counted
	if sent := s.server.SentBytes() - before; sent < arena.StreamHeaderBytes+4*arena.InstanceBytes {
		t.Errorf("%d bytes", sent)
	}
	if n := s.server.SentFrames(); n != 1 {
		t.Errorf("%d frames", n)
	}
}

func TestWhatADeadPageHeldIsTakenBack(t *testing.T) {
	s := newStage(t, 4)
	s.publish(1, 4)
	if Held(s.kernel, 0) || Held(s.kernel, 1) {
		t.Error("held before anybody read")
	}
	if _, ok := s.channel.Acquire(); !ok || !Held(s.kernel, 0) {
		t.Error("an acquired frame is not held")
	}
	releaseAll(s.kernel)
	if Held(s.kernel, 0) {
		t.Error("still held")
	}
}
