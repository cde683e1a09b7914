package hostile

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// bombBytes is what the gzip bomb unpacks to: far more than an answer may have.
const bombBytes = 256 << 20

// servers are one that plugins may ask, and one that they may not.
type servers struct {
	allowed, forbidden *httptest.Server
}

func serve() *servers {
	s := &servers{}
	s.forbidden = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(SecretText))
	}))
	tricks := http.NewServeMux()
	for path, to := range map[string]string{
		"/elsewhere": s.forbidden.URL, "/file": "file:///etc/passwd", "/scheme": "gopher://" + s.host(s.forbidden),
		"/user": "http://" + "127.0.0.1" + "@" + s.host(s.forbidden) + "/", "/loop": "/loop",
	} {
		tricks.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, to, http.StatusFound)
		})
	}
	tricks.HandleFunc("/endless", s.endless)
	tricks.HandleFunc("/bomb", bomb())
	tricks.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
	})
	s.allowed = httptest.NewServer(tricks)
	return s
}

func (*servers) host(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

// endless writes as long as somebody reads.
func (s *servers) endless(w http.ResponseWriter, r *http.Request) {
	piece := make([]byte, 1<<20)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if _, err := w.Write(piece); err != nil || r.Context().Err() != nil {
			return
		}
	}
}

// bomb is small on the wire. It is made beforehand: who attacks has a machine of his own to make it on.
func bomb() http.HandlerFunc {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	piece := make([]byte, 1<<20)
	for range bombBytes / len(piece) {
		_, _ = z.Write(piece)
	}
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes()) // whoever reads it hangs up before its end
	}
}

func (s *servers) close() {
	s.allowed.Close()
	s.forbidden.Close()
}
