package world

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"inos/backend/manifest"
	"inos/backend/wire"
)

// Bounds of a plugin's requests.
const (
	requestTime      = 30 * time.Second
	maxResponseBytes = 16 << 20
	maxHeaderBytes   = 64 << 10
	maxRequests      = 64 // of one call
	maxRedirects     = 5
)

var (
	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
	// ownHeaders say how a message travels and where to: that is the kernel's to decide.
	ownHeaders = []string{
		"Host", "Connection", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade",
		"Keep-Alive", "Expect",
	}
)

// exchange is the last response.
type exchange struct {
	requests int
	header   http.Header // nil: there is none
	body     []byte
}

func (w *World) httpSend(ctx context.Context, a *wire.Ask) (wire.Reply, error) {
	grant, err := w.permit(manifest.PermitHTTP)
	if err != nil {
		return wire.Reply{}, err
	}
	if w.http.requests++; w.http.requests > maxRequests {
		return wire.Reply{}, fmt.Errorf("one call may send %d requests", maxRequests)
	}
	w.http.header, w.http.body = nil, nil
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := parseRequest(ctx, a.Data)
	if err == nil {
		err = allowed(request.URL, grant.Hosts)
	}
	if err != nil {
		return wire.Reply{}, err
	}
	response, err := client(grant.Hosts).Do(request)
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%s: %w", request.URL.Host, bare(err))
	}
	defer response.Body.Close()
	body, err := readBody(response)
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%s: %w", request.URL.Host, bare(err))
	}
	w.http.header, w.http.body = response.Header, body
	return wire.Reply{Value: int64(response.StatusCode)}, nil
}

// errLong ends the reading of an answer as soon as it is known.
var errLong = fmt.Errorf("the answer has more than %d MiB", maxResponseBytes>>20)

// readBody reads no answer that says itself that it is too long.
func readBody(response *http.Response) ([]byte, error) {
	if response.ContentLength > maxResponseBytes {
		return nil, errLong
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes+1))
	if err == nil && len(body) > maxResponseBytes {
		err = errLong
	}
	return body, err
}

// bare is an error without its address: that may hold a secret, and errors are logged.
func bare(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it did not answer within %s", requestTime)
	}
	return err
}

// parseRequest reads the guest's text: "METHOD URL", a line for each header, an empty line, the
// body.
func parseRequest(ctx context.Context, text []byte) (*http.Request, error) {
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	first, rest, _ := strings.Cut(string(head), "\n")
	method, address, _ := strings.Cut(first, " ")
	if !slices.Contains(methods, method) {
		return nil, fmt.Errorf("a request begins with one of %s", strings.Join(methods, ", "))
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("its address is none")
	}
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(rest + "\n\n"))).ReadMIMEHeader()
	if err != nil {
		return nil, errors.New("its headers are not lines like Accept: text/plain")
	}
	for name, values := range header {
		if slices.Contains(ownHeaders, name) || strings.HasPrefix(name, "Proxy-") {
			return nil, fmt.Errorf("the header %s is not a plugin's to set", name)
		}
		request.Header[name] = values
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "INOS")
	}
	return request, nil
}

// client follows redirects within the granted hosts. Nothing is kept from call to call: no cookies,
// no connections.
func client(hosts []string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: dial, DisableKeepAlives: true,
			MaxResponseHeaderBytes: maxHeaderBytes, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("it redirects more than %d times", maxRedirects)
			}
			if err := allowed(next.URL, hosts); err != nil {
				return fmt.Errorf("it redirects elsewhere: %w", err)
			}
			return nil
		},
	}
}

func (w *World) httpRead(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.http.header == nil {
		return wire.Reply{}, errors.New("there was no answer to read")
	}
	return wire.Reply{Value: int64(len(w.http.body)), Data: piece(w.http.body, a)}, nil
}

func (w *World) httpHeader(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.http.header == nil {
		return wire.Reply{}, errors.New("there was no answer to read")
	}
	if a.Text == "" {
		return wire.Reply{Data: allHeaders(w.http.header)}, nil
	}
	values := w.http.header.Values(a.Text)
	if len(values) == 0 {
		return wire.Reply{}, fmt.Errorf("the answer has no header %.100q", a.Text)
	}
	text := strings.Join(values, ", ")
	return wire.Reply{Data: []byte(text[:min(len(text), wire.MaxDataBytes)])}, nil
}

// allHeaders is a line for each, names in small letters, as many as fit.
func allHeaders(header http.Header) []byte {
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(header)) {
		line := strings.ToLower(name) + ": " + strings.Join(header[name], ", ") + "\n"
		if len(text)+len(line) <= wire.MaxDataBytes {
			text = append(text, line...)
		}
	}
	return text
}
