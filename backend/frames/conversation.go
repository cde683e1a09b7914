package frames

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"inos/backend/arena"
)

const (
	// A page asks for the kernel segment and for the frame of each unit that it shows, and for
	// the next one only after the answer. More open questions are a broken page.
	maxOpenRequests = 16
	// A page that takes longer to read one answer is dead or asleep; it connects again.
	writeTimeout = 10 * time.Second
	// How often a channel is looked at while a page waits for its next frame: often enough for
	// 120 frames a second at first, rarely once the flock stands still.
	eagerPoll  = 2 * time.Millisecond
	lazyPoll   = 16 * time.Millisecond
	eagerPolls = 100
)

var errTooMany = errors.New("too many open requests")

// conversation is one connection: a loop that takes requests, keeps those that must wait, and
// answers. Only the loop touches its fields.
type conversation struct {
	server  *Server
	ws      *websocket.Conn
	reader  *reader
	waiting []Request
	polls   int // since something was asked or answered
	buffer  []byte
}

func newConversation(s *Server, ws *websocket.Conn) *conversation {
	ws.SetReadLimit(arena.StreamRequestBytes)
	return &conversation{server: s, ws: ws, reader: newReader(s.kernel)}
}

// run talks until the page goes, breaks the protocol, or ctx ends.
func (c *conversation) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.reader.close()
	requests := make(chan Request, maxOpenRequests)
	ended := make(chan error, 1)
	go func() { ended <- c.listen(ctx, requests) }()

	c.hangUp(c.answer(ctx, requests, ended))
}

func (c *conversation) hangUp(err error) {
	var wrong *protocolError
	if errors.As(err, &wrong) {
		_ = c.ws.Close(websocket.StatusPolicyViolation, wrong.Error()) // the page may be gone
		return
	}
	_ = c.ws.CloseNow()
}

type protocolError struct{ error }

// listen reads requests until the connection ends. It never waits for the answers: a page that
// asks faster than it is answered is sent away.
func (c *conversation) listen(ctx context.Context, requests chan<- Request) error {
	for {
		kind, message, err := c.ws.Read(ctx)
		if err != nil {
			return err
		}
		if kind != websocket.MessageBinary {
			return &protocolError{errors.New("requests are binary")}
		}
		request, err := ParseRequest(message)
		if err != nil {
			return &protocolError{err}
		}
		select {
		case requests <- request:
		default:
			return &protocolError{errTooMany}
		}
	}
}

func (c *conversation) answer(ctx context.Context, requests <-chan Request, ended <-chan error) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if len(c.waiting) > 0 {
			timer.Reset(c.pollInterval())
		} else {
			timer.Stop() // nobody waits: sleep until somebody asks
		}
		select {
		case err := <-ended:
			return err
		case r := <-requests:
			if len(c.waiting) == maxOpenRequests {
				return &protocolError{errTooMany}
			}
			c.waiting, c.polls = append(c.waiting, r), 0
		case <-timer.C:
			c.polls++
		}
		if err := c.answerReady(ctx); err != nil {
			return err
		}
	}
}

func (c *conversation) pollInterval() time.Duration {
	if c.polls < eagerPolls {
		return eagerPoll
	}
	return lazyPoll
}

// answerReady sends what can be sent now and keeps the rest in order.
func (c *conversation) answerReady(ctx context.Context) error {
	kept := c.waiting[:0]
	for _, r := range c.waiting {
		message, ready := c.reader.read(c.buffer, r)
		c.buffer = message
		if !ready {
			kept = append(kept, r)
			continue
		}
		if err := c.send(ctx, message); err != nil {
			return err
		}
		if r.Kind == KindFrame {
			c.server.frames.Add(1)
		}
		c.polls = 0
	}
	c.waiting = kept
	return nil
}

func (c *conversation) send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageBinary, message); err != nil {
		return err
	}
	c.server.sent.Add(uint64(len(message)))
	return nil
}
