package frames

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"inos/backend/arena"
	"inos/backend/fault"
)

const (
	tokenBytes = 32
	// The page has one connection; a reloaded page's old one may take a moment to end, and a test
	// or a measurement may look over its shoulder.
	maxConnections = 4
	// Any program of this machine may connect: it gets this long and this much to say who it is.
	helloTimeout   = 5 * time.Second
	maxHelloBytes  = 8 << 10
	shutdownGrace  = time.Second
	framesEndpoint = "/frames"
)

// Origins of the app's own page: on Linux and macOS, on Windows.
var ownOrigins = []string{"wails://wails", "http://wails.localhost"}

// Server is the stream path: it answers each request of the page with one copy of what lies in the
// arena. It does nothing while nobody asks.
//
// Who may connect: a page of our own origin that knows the token, which only Boot tells. The
// token keeps out other programs of this machine, the origin keeps out other pages in a browser.
type Server struct {
	kernel   *arena.Kernel
	listener net.Listener
	token    string
	seats    chan struct{}
	talks    sync.WaitGroup // conversations; the HTTP server forgets those that it handed over
	sent     atomic.Uint64
	frames   atomic.Uint64
}

// NewServer listens on a free port of the loopback interface. Serve answers.
func NewServer(k *arena.Kernel) (*Server, error) {
	var secret [tokenBytes]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fault.Wrap("frames", fault.Unavailable, "random numbers", err, "")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap("frames", fault.Unavailable, "127.0.0.1", err,
			"allow programs to listen on the loopback interface")
	}
	return &Server{
		kernel:   k,
		listener: l,
		token:    hex.EncodeToString(secret[:]),
		seats:    make(chan struct{}, maxConnections),
	}, nil
}

// URL is where the page connects, without the token.
func (s *Server) URL() string { return "ws://" + s.listener.Addr().String() + framesEndpoint }

// Token is what the page adds as ?token=.
func (s *Server) Token() string { return s.token }

// SentBytes counts what went to pages since the start, headers included.
func (s *Server) SentBytes() uint64 { return s.sent.Load() }

// SentFrames counts the frames that went to pages since the start.
func (s *Server) SentFrames() uint64 { return s.frames.Load() }

// Serve answers until ctx ends, and returns when nobody reads the arena any more: only then may it
// be closed. A service of the supervisor tree; it can be served once.
func (s *Server) Serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc(framesEndpoint, s.handle)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: helloTimeout,
		MaxHeaderBytes:    maxHelloBytes,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // what did not end by itself is cut off; nothing is lost by that
		}
	})
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fault.Wrap("frames", fault.Unavailable, "stream", err, "")
	}
	<-stopped
	s.talks.Wait()
	return ctx.Err()
}

// Close ends a server that was never served.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(ownOrigins, r.Header.Get("Origin")) || !s.knows(r.URL.Query().Get("token")) {
		http.Error(w, "not allowed", http.StatusForbidden)
		return
	}
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	default:
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	s.talks.Add(1)
	defer s.talks.Done()
	// The origin was compared above, and exactly: the library's own check is by host and pattern.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // the library has answered
	}
	newConversation(s, ws).run(r.Context())
}

func (s *Server) knows(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}
