//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Longest that one command to the page may take; a page that hangs fails its test by it.
const commandTimeout = 30 * time.Second

// driver is a WebKitWebDriver and the one session that it has with the window. Just enough of the
// WebDriver protocol (w3.org/TR/webdriver2) for these tests.
type driver struct {
	base    string // of the session
	pid     int
	client  http.Client
	program string
}

// startDriver starts WebKitWebDriver, which starts the window.
func startDriver(t *testing.T, env []string, program string, args []string) *driver {
	t.Helper()
	port := freePort(t)
	c := exec.Command("WebKitWebDriver", "--host=127.0.0.1", fmt.Sprintf("--port=%d", port))
	c.Env = env
	c.Stderr = os.Stderr
	start(t, c)
	d := &driver{
		base: fmt.Sprintf("http://127.0.0.1:%d", port), pid: c.Process.Pid, program: program,
		client: http.Client{Timeout: commandTimeout},
	}
	eventually(t, "WebKitWebDriver answers", func() bool {
		_, err := d.call("GET", "/status", nil)
		return err == nil
	})
	d.open(t, args)
	return d
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (d *driver) open(t *testing.T, args []string) {
	t.Helper()
	options := map[string]any{"binary": d.program, "args": args}
	answer, err := d.call("POST", "/session", map[string]any{
		"capabilities": map[string]any{"alwaysMatch": map[string]any{"webkitgtk:browserOptions": options}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		SessionID string `json:"sessionId"`
	}
	if err := json.Unmarshal(answer, &session); err != nil || session.SessionID == "" {
		t.Fatalf("no session: %s", answer)
	}
	d.base += "/session/" + session.SessionID
}

// run executes the body of an async function in the page; args are its arguments a, b, c. What it
// returns lands in result.
func (d *driver) run(body string, result any, args ...any) error {
	if args == nil {
		args = []any{}
	}
	script := `const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
(async (a, b, c) => {` + body + `})(...given).then(
  (value) => done({ value: value === undefined ? null : value }),
  (error) => done({ error: String(error) + "\n" + (error && error.stack || "") }));`
	answer, err := d.call("POST", "/execute/async", map[string]any{"script": script, "args": args})
	if err != nil {
		return err
	}
	var outcome struct {
		Value json.RawMessage `json:"value"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(answer, &outcome); err != nil {
		return err
	}
	if outcome.Error != "" {
		return fmt.Errorf("in the page: %s", outcome.Error)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(outcome.Value, result)
}

// keyLeft is the arrow key as WebDriver writes it.
const keyLeft = "\uE012"

// pressOn types keys into the first element that fits the selector.
func (d *driver) pressOn(selector, keys string) error {
	answer, err := d.call("POST", "/element", map[string]any{"using": "css selector", "value": selector})
	if err != nil {
		return err
	}
	var element map[string]string
	if err := json.Unmarshal(answer, &element); err != nil {
		return err
	}
	for _, id := range element { // the one field's name is a constant of the protocol
		if _, err := d.call("POST", "/element/"+id+"/value", map[string]any{"text": keys}); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) refresh() error {
	_, err := d.call("POST", "/refresh", map[string]any{})
	return err
}

func (d *driver) call(method, path string, body any) (json.RawMessage, error) {
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequest(method, d.base+path, &payload)
	if err != nil {
		return nil, err
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Value)
	}
	return answer.Value, nil
}

// eventually waits for a condition, looking again and again until the deadline.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	within(t, commandTimeout, what, condition)
}

const lookEvery = 20 * time.Millisecond

func within(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
