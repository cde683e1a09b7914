// Package dav shows a store to the file managers of all systems: read-only WebDAV, for this computer
// alone. Whoever does not know the address's secret part learns nothing.
package dav

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/net/webdav"

	"inos/backend/fault"
)

const opMount = "store.mount"

// Bounds of what a client may cost. Those are its own programs, but a page in a browser may try.
const (
	maxConnections = 32        // each may hold a block of 4 MiB
	maxHeaderBytes = 512 << 10 // the deepest path, each byte as %XX
	maxBodyBytes   = 16 << 10  // of a question for properties
	headerTime     = 10 * time.Second
	idleTime       = 2 * time.Minute
	closeTime      = 2 * time.Second
)

// Server serves one tree until it is closed.
type Server struct {
	listener net.Listener
	http     http.Server
	token    string
}

// Listen opens a port of this computer's own. An address that others can reach is refused.
func Listen(ctx context.Context, address string, tree *Tree) (*Server, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.Wrap(opMount, fault.Unavailable, address, err, "leave --addr out, or choose another port")
	}
	s := &Server{listener: listener, token: rand.Text()}
	s.http = http.Server{
		Handler:           &guard{token: s.token, tree: tree, files: handler(s.token, tree)},
		ReadHeaderTimeout: headerTime, ReadTimeout: idleTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	return s, nil
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fault.Wrap(opMount, fault.Invalid, address, err, "give it as 127.0.0.1:PORT")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fault.New(opMount, fault.Denied, address, "others could reach it; the store is served to this computer only",
			"give it as 127.0.0.1:PORT")
	}
	return nil
}

func handler(token string, tree *Tree) http.Handler {
	return &webdav.Handler{Prefix: "/" + token, FileSystem: tree, LockSystem: webdav.NewMemLS()}
}

// URL is where the tree is, its secret included.
func (s *Server) URL() string {
	return (&url.URL{Scheme: "http", Host: s.Address(), Path: "/" + s.token + "/"}).String()
}

// Address is the host and the port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Token is the secret part.
func (s *Server) Token() string { return s.token }

// Serve answers until ctx ends, which is no error.
func (s *Server) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		if s.http.Shutdown(ending) != nil {
			_ = s.http.Close() // somebody reads still, and has been given time
		}
	})
	defer stop()
	err := s.http.Serve(netutil.LimitListener(s.listener, maxConnections))
	if ctx.Err() != nil {
		return nil
	}
	return fault.Wrap(opMount, fault.Unavailable, s.Address(), err, "")
}

// guard lets nobody to the files who does not know the secret, and nobody change anything.
type guard struct {
	token string
	tree  *Tree
	files http.Handler
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")                         // the address is the secret
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'") // a stored page runs nothing
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !ownHost(r.Host):
		http.Error(w, "this is not the name of this computer", http.StatusForbidden)
	case !g.knows(r.URL.Path):
		http.NotFound(w, r)
	default:
		g.serve(w, r)
	}
}

// ownHost refuses names that somebody else made lead to this computer (DNS rebinding).
func ownHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]"
}

func (g *guard) knows(path string) bool {
	token, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) == 1
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request) {
	switch depth := r.Header.Get("Depth"); r.Method {
	case http.MethodOptions: // x/net's own answer speaks of locks and of writing
		w.Header().Set("Allow", "OPTIONS, GET, HEAD, PROPFIND")
		w.Header().Set("DAV", "1")
		w.Header().Set("MS-Author-Via", "DAV")
	case "PROPFIND":
		if depth != "0" && depth != "1" { // else one question would list everything
			http.Error(w, "one folder at a time: Depth is 0 or 1", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		g.files.ServeHTTP(w, r)
	case http.MethodGet, http.MethodHead:
		if !g.page(w, r) {
			g.files.ServeHTTP(w, r)
		}
	default:
		http.Error(w, "the store can only be read here", http.StatusForbidden)
	}
}
