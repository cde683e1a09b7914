package world

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"inos/backend/wire"
)

// site is a server on this machine, and a world that may reach it.
func site(t *testing.T, handle http.HandlerFunc) (o *outside, address string) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	return open(t, map[string]Grant{"http": {Hosts: []string{host}}}), server.URL
}

func send(request string) wire.Ask {
	return wire.Ask{Service: wire.ServiceHTTPSend, Data: []byte(request)}
}

func TestARequestReachesAGrantedHost(t *testing.T) {
	o, address := site(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", r.Header.Get("X-Word"))
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, body)
	})
	r := o.given(send("POST " + address + "/a?b=c\nX-Word: höhe\nContent-Type: text/plain\n\nline\n\nline"))
	if r.Value != http.StatusCreated {
		t.Errorf("%+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceHTTPRead, Length: 100}); string(r.Data) != "POST /a?b=c line\n\nline" || r.Value != 22 {
		t.Errorf("%q, %d", r.Data, r.Value)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceHTTPHeader, Text: "x-echo"}); string(r.Data) != "höhe" {
		t.Errorf("%q", r.Data)
	}
	o.refused(wire.Ask{Service: wire.ServiceHTTPHeader, Text: "none"}, "no header")
}

func TestOnlyHostsOfTheListAreReached(t *testing.T) {
	hits := 0
	o, address := site(t, func(http.ResponseWriter, *http.Request) { hits++ })
	port := address[strings.LastIndex(address, ":")+1:]
	for _, to := range []string{
		"http://localhost:" + port, "http://127.0.0.2:" + port, "http://127.0.0.1", "http://127.0.0.1:1",
		"https://example.org", "file:///etc/passwd", "ftp://127.0.0.1:" + port, "//127.0.0.1:" + port,
		"http://user:pw@127.0.0.1:" + port, "http://[::1]:" + port, "http://127.0.0.1:" + port + "@example.org",
		"http://", "", "http://127.1:" + port, "http://2130706433:" + port,
	} {
		o.refused(send("GET "+to+"\n\n"), "")
	}
	if hits > 0 {
		t.Errorf("%d requests came through", hits)
	}
}

func TestARedirectOffTheListIsNotFollowed(t *testing.T) {
	hits := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	t.Cleanup(other.Close)
	o, address := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/near":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/far":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	})
	if r := o.given(send("GET " + address + "/near\n\n")); r.Value != http.StatusOK {
		t.Errorf("%+v", r)
	}
	o.refused(send("GET "+address+"/far\n\n"), "redirects elsewhere")
	o.refused(send("GET "+address+"/file\n\n"), "redirects elsewhere")
	o.refused(send("GET "+address+"/round\n\n"), "more than 5 times")
	if hits > 0 {
		t.Errorf("%d requests went elsewhere", hits)
	}
}

func TestAnAnswerIsBoundedInSizeAndTime(t *testing.T) {
	stop := make(chan struct{})
	o, address := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/big":
			chunk := make([]byte, 1<<20)
			for range maxResponseBytes>>20 + 1 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeaderBytes))
		case "/slow":
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		}
	})
	defer close(stop)
	o.refused(send("GET "+address+"/big\n\n"), "more than 16 MiB")
	o.refused(send("GET "+address+"/head\n\n"), "")
	o.refused(wire.Ask{Service: wire.ServiceHTTPRead, Length: 10}, "no answer")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	a := send("GET " + address + "/slow\n\n")
	if r := o.Answer(ctx, &a); !r.Refused {
		t.Errorf("%+v", r)
	}
}

func TestARequestThatIsNoneIsRefused(t *testing.T) {
	o, address := site(t, func(http.ResponseWriter, *http.Request) {})
	for _, text := range []string{
		"", "\n\n", "TRACE " + address + "\n\n", "CONNECT " + address + "\n\n", "get " + address + "\n\n",
		"GET " + address + "\nno header\n\n", "GET " + address + "\nHost: other\n\n",
		"GET " + address + "\nTransfer-Encoding: chunked\n\n", "GET " + address + "\nProxy-Authorization: x\n\n",
		"GET " + address + "\nA: b\x00\n\n", "GET " + address + " HTTP/1.1\r\nHost: x\n\n",
	} {
		o.refused(send(text), "")
	}
	o.http.requests = maxRequests
	o.refused(send("GET "+address+"\n\n"), "64 requests")
}

func TestNoErrorHoldsTheAddressesSecrets(t *testing.T) {
	o := open(t, map[string]Grant{"http": {Hosts: []string{"127.0.0.1:1"}}})
	if r := o.ask(send("GET http://127.0.0.1:1/?key=hunter2\n\n")); !r.Refused || strings.Contains(r.Why, "hunter2") {
		t.Errorf("%+v", r)
	}
}

func TestNamesThatOnlyLookPublicAreNotDialled(t *testing.T) {
	for resolved, fine := range map[string]bool{
		"127.0.0.1:80": false, "10.0.0.1:80": false, "192.168.1.1:443": false, "169.254.169.254:80": false,
		"[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "[fe80::1]:80": false, "[fd00::1]:80": false,
		"0.0.0.0:80": false, "224.0.0.1:80": false, "nonsense": false,
		"93.184.216.34:443": true, "[2606:2800:220:1::1]:443": true,
	} {
		if err := public(resolved); (err == nil) != fine {
			t.Errorf("%s: %v", resolved, err)
		}
	}
	for host, want := range map[string]bool{
		"printer": true, "nas.local": true, "10.0.0.1": true, "::1": true, "app.localhost": true,
		"example.org": false, "local.example.org": false, "10.0.0.1.example.org": false,
	} {
		if local(host) != want {
			t.Errorf("%s is local: %t", host, !want)
		}
	}
}

func TestAStarStandsForSubdomainsOnly(t *testing.T) {
	for host, want := range map[string]bool{
		"a.example.org": true, "b.a.example.org": true, "example.org": false, "badexample.org": false,
		".example.org": false, "a.example.org.evil.com": false,
	} {
		if matches(host, "*.example.org") != want {
			t.Errorf("%s: %t", host, !want)
		}
	}
}
