package window

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// labPath begins the addresses of items on the page's own server.
const labPath = "/lab/"

// servedAs are the media types that an item may be served as. All else is bytes: no page of ours becomes
// a document that a plugin wrote.
var servedAs = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true, "audio/wav": true,
}

// ServeHTTP gives the page the bytes of an item, all or a range, if it knows the token.
func (l *Lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, is := strings.CutPrefix(r.URL.Path, labPath)
	token, id, both := strings.Cut(rest, "/")
	if !is || !both || l.token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(l.token)) != 1 {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only to be read", http.StatusMethodNotAllowed)
		return
	}
	item, err := l.items.find(id)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	c, err := item.open()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer c.Close()
	head := w.Header()
	head.Set("Content-Type", mediaUnknown)
	if servedAs[item.Media] {
		head.Set("Content-Type", item.Media)
	}
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	head.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, c)
}
