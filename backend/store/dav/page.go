package dav

import (
	"bufio"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// page answers a browser that asks for a folder: WebDAV itself has no answer to that. It is false when
// the path leads to something else. No name is trusted: it may have come from anywhere.
func (g *guard) page(w http.ResponseWriter, r *http.Request) bool {
	name := strings.TrimPrefix(r.URL.Path, "/"+g.token)
	f, err := g.tree.OpenFile(r.Context(), name, 0, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.IsDir() {
		return false
	}
	if !strings.HasSuffix(r.URL.Path, "/") { // links are relative
		http.Redirect(w, r, r.URL.EscapedPath()+"/", http.StatusFound)
		return true
	}
	kids, err := f.Readdir(-1)
	if err != nil {
		http.Error(w, "this folder cannot be read: inos store check tells more", http.StatusInternalServerError)
		return true
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "sandbox allow-downloads; default-src 'none'")
	out := bufio.NewWriter(w)
	defer out.Flush()
	fmt.Fprintf(out, "<!doctype html><meta charset=utf-8><title>%[1]s</title><h1>%[1]s</h1>"+
		"<p>This is the store, to be read only. File managers open this address too: see what inos store mount printed.</p><ul>\n",
		legible("/"+strings.Trim(name, "/")))
	for _, kid := range kids {
		end := ""
		if kid.IsDir() {
			end = "/"
		}
		fmt.Fprintf(out, "<li><a href=\"./%s\">%s</a>\n", html.EscapeString(url.PathEscape(kid.Name()))+end, legible(kid.Name()+end))
	}
	fmt.Fprint(out, "</ul>\n")
	return true
}

// legible is a name as text of a page.
func legible(name string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(name, "\ufffd")))
}
