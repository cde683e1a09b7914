package node

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aead.dev/minisign"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/settings/settingstest"
	"inos/backend/unit"
)

const outsideID = "dev.inos.outside"

// board is a clipboard without a desktop, and where notices go.
type board struct {
	mu      sync.Mutex
	text    string
	notices []string
}

func (b *board) Text() (string, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.text, nil }
func (b *board) SetText(text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = text
	return nil
}

func (b *board) notify(plugin, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notices = append(b.notices, plugin+" "+text)
}

// outside is a node with the plugin that asks for everything, changed before it is packed.
type outside struct {
	*Node
	t        *testing.T
	board    board
	keychain settingstest.Keychain
	folder   string               // of the plugin
	file     string               // of the build
	key      *minisign.PrivateKey // who signs it; nil: nobody
}

// inCAndRust runs a test with the plugin in C and with its twin, which uses the Rust SDK.
func inCAndRust(t *testing.T, test func(t *testing.T, file string)) {
	for language, file := range map[string]string{"C": hosttest.Outside, "Rust": hosttest.OutsideRust} {
		t.Run(language, func(t *testing.T) { test(t, file) })
	}
}

func startOutside(t *testing.T, change func(*manifest.Manifest)) *outside {
	t.Helper()
	return startFile(t, hosttest.Outside, change)
}

func startFile(
	t *testing.T, file string, change func(*manifest.Manifest), more ...func(*Options),
) *outside {
	t.Helper()
	o := &outside{t: t, folder: t.TempDir(), file: file}
	o.install(change)
	o.Node = start(t, func(options *Options) {
		options.PluginDirs = []string{o.folder}
		options.Clipboard, options.Notify = &o.board, o.board.notify
		options.Keychain = &o.keychain
		for _, f := range more {
			f(options)
		}
	})
	return o
}

func (o *outside) install(change func(*manifest.Manifest)) {
	o.t.Helper()
	p := hosttest.Plugin(o.t, o.file)
	if change != nil {
		change(p.Manifest)
	}
	packed, err := manifest.Pack(p.Wasm, p.Manifest)
	if err == nil && o.key != nil {
		packed, err = manifest.Sign(packed, *o.key, "for tests")
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(o.folder, "outside.wasm"), packed, 0o600)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outside) info() unit.PluginInfo {
	o.t.Helper()
	list := o.Plugins()
	if len(list) != 1 || list[0].Refused != "" {
		o.t.Fatalf("%+v", list)
	}
	return list[0]
}

func (o *outside) decide(key string, d grant.Decision, folder string) {
	o.t.Helper()
	if err := o.Decide(o.info(), key, d, folder); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outside) run(op string, params map[string]any, input []byte) (string, error) {
	r, err := run(o.Node, "outside."+op, params, input)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, out := range r.Outputs {
		text.Write(out.Bytes)
	}
	for _, f := range r.Results {
		fmt.Fprintf(&text, " %s=%v", f.Name, f.Value)
	}
	return text.String(), nil
}

// denied expects that the op fails for want of the permission, and that the error says so.
func (o *outside) denied(key, op string, params map[string]any, input []byte) {
	o.t.Helper()
	out, err := o.run(op, params, input)
	f := fault.As(err)
	if f == nil || f.Kind != fault.Denied || f.Subject != outsideID || out != "" ||
		!strings.Contains(f.Next, "inos plugin grant "+outsideID+" "+key) {
		o.t.Errorf("%s without %s: %q, %v", op, key, out, err)
	}
}

func (o *outside) gives(want, op string, params map[string]any, input []byte) {
	o.t.Helper()
	out, err := o.run(op, params, input)
	if err != nil || !strings.Contains(out, want) {
		o.t.Errorf("%s: %q, %v, want %q", op, out, err, want)
	}
}

func TestEachPermissionIsDeniedUntilItIsAllowedAndAfterItIsRevoked(t *testing.T) {
	inCAndRust(t, testEachPermission)
}

func testEachPermission(t *testing.T, file string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/x-news")
		fmt.Fprint(w, "news")
	}))
	defer server.Close()
	o := startFile(t, file, func(m *manifest.Manifest) {
		m.FindPermission(manifest.PermitHTTP).Hosts = []string{strings.TrimPrefix(server.URL, "http://")}
	})
	o.board.text = "copied"
	inbox, outbox := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(inbox, "a.txt"): "letter", filepath.Join(outbox, "old.txt"): "old",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type params = map[string]any
	for _, c := range []struct {
		key, folder, op string
		params          params
		input           []byte
		want            string
	}{
		{"now", "", "clock", nil, nil, " seconds="},
		{"random", "", "dice", nil, nil, " roll="},
		{"read:inbox", inbox, "list", params{"path": "inbox"}, nil, "a.txt\n"},
		{"read:inbox", inbox, "read", params{"path": "inbox/a.txt"}, nil, "letter"},
		{"write:outbox", outbox, "write", params{"path": "outbox/new.txt"}, []byte("new"), ""},
		{"write:outbox", outbox, "read", params{"path": "outbox/old.txt"}, nil, "old"},
		{"write:outbox", outbox, "erase", params{"path": "outbox/old.txt"}, nil, ""},
		{"http", "", "fetch", params{"url": server.URL}, nil, "news status=200"},
		{"clipboard", "", "paste", nil, nil, "copied"},
		{"clipboard", "", "copy", params{"text": "fresh"}, nil, ""},
		{"notify", "", "tell", params{"text": "done"}, nil, ""},
	} {
		t.Run(c.key+" "+c.op, func(t *testing.T) {
			o.t = t
			o.denied(c.key, c.op, c.params, c.input)
			o.decide(c.key, grant.Never, "")
			o.denied(c.key, c.op, c.params, c.input)
			for _, d := range []grant.Decision{grant.Once, grant.Always} {
				if c.op == "erase" && d == grant.Always {
					continue // it is gone
				}
				o.decide(c.key, d, c.folder)
				o.gives(c.want, c.op, c.params, c.input)
			}
			if n, err := o.Revoke(outsideID, c.key); n < 1 || err != nil {
				t.Errorf("revoked %d, %v", n, err)
			}
			o.denied(c.key, c.op, c.params, c.input)
		})
	}
	if got, err := os.ReadFile(filepath.Join(outbox, "new.txt")); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if o.board.text != "fresh" || len(o.board.notices) != 2 || o.board.notices[0] != outsideID+" done" {
		t.Errorf("%q, %q", o.board.text, o.board.notices)
	}
}

func TestMoreMemoryIsHadByPermissionOnly(t *testing.T) { inCAndRust(t, testMoreMemory) }

func testMoreMemory(t *testing.T, file string) {
	o := startFile(t, file, nil)
	strain := func() error { _, err := o.run("strain", map[string]any{"megabytes": 300}, nil); return err }
	if err := strain(); err == nil || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("without: %v", err)
	}
	o.decide("memory", grant.Always, "")
	if err := strain(); err != nil { // the worker that is idle had less
		t.Errorf("with: %v", err)
	}
	if _, err := o.Revoke(outsideID, "memory"); err != nil {
		t.Fatal(err)
	}
	if err := strain(); err == nil {
		t.Error("it goes on after the permission was revoked")
	}
}

func TestMoreTimeIsHadByPermissionOnly(t *testing.T) {
	o := startOutside(t, nil)
	p, err := o.registry.Load(o.info())
	if err != nil {
		t.Fatal(err)
	}
	if l := o.limits(p); l.CallMs != manifest.FreeCallMs {
		t.Errorf("without: %d ms", l.CallMs)
	}
	o.decide("time", grant.Always, "")
	if l := o.limits(p); l.CallMs != p.Manifest.Limits.CallMs || l.CallMs <= manifest.FreeCallMs {
		t.Errorf("with: %d ms", l.CallMs)
	}
}

// Another file with the same id is another hand: nobody signed either of them.
func TestAnotherFileOfTheSameIDHasNoPermissions(t *testing.T) {
	o := startOutside(t, nil)
	o.decide("now", grant.Always, "")
	o.gives("seconds=", "clock", nil, nil)
	o.install(func(m *manifest.Manifest) { m.Version = "1.0.1" })
	o.denied("now", "clock", nil, nil)
}

func TestAHostThatANewVersionAsksForIsNotGranted(t *testing.T) {
	o := startOutside(t, nil)
	p, err := o.registry.Load(o.info())
	if err != nil {
		t.Fatal(err)
	}
	o.decide("http", grant.Always, "")
	asked := *p.Manifest.FindPermission("http")
	asked.Hosts = append([]string{"evil.example"}, asked.Hosts...)
	if g, err := o.permit(p, &asked); err != nil || len(g.Hosts) != 1 || g.Hosts[0] != "example.org" {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestARevokedPermissionIsGoneInTheMiddleOfACall(t *testing.T) {
	arrived, revoked := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			close(arrived)
			<-revoked
			http.Redirect(w, r, "/next", http.StatusFound)
		}
	}))
	defer server.Close()
	o := startOutside(t, func(m *manifest.Manifest) {
		m.FindPermission(manifest.PermitHTTP).Hosts = []string{strings.TrimPrefix(server.URL, "http://")}
	})
	o.decide("http", grant.Always, "")
	o.decide("now", grant.Always, "")
	done := make(chan error, 1)
	go func() { _, err := o.run("fetch", map[string]any{"url": server.URL + "/"}, nil); done <- err }()
	<-arrived
	if _, err := o.Revoke(outsideID, ""); err != nil {
		t.Fatal(err)
	}
	close(revoked)
	<-done // what had begun may end
	o.denied("http", "fetch", map[string]any{"url": server.URL + "/next"}, nil)
	o.denied("now", "clock", nil, nil)
}

func TestAnAnswerThatDoesNotFitTheQuestionIsRefused(t *testing.T) {
	o := startOutside(t, nil)
	for what, c := range map[string]struct {
		key    string
		folder string
		kind   fault.Kind
	}{
		"what it does not ask for": {"gpu", "", fault.NotFound},
		"another scope":            {"read:music", t.TempDir(), fault.NotFound},
		"no folder":                {"read:inbox", "", fault.Invalid},
		"a folder for the time":    {"now", t.TempDir(), fault.Invalid},
		"no such folder":           {"read:inbox", "/nonexistent", fault.Invalid},
		"a file":                   {"read:inbox", hosttest.Path(t, hosttest.Outside), fault.Invalid},
	} {
		if err := o.Decide(o.info(), c.key, grant.Always, c.folder); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A slow server must not keep a call that is over.
func TestADeadlineEndsACallThatWaitsForAServer(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	const limit = 300 * time.Millisecond
	o := startOutside(t, func(m *manifest.Manifest) {
		m.FindPermission(manifest.PermitHTTP).Hosts = []string{strings.TrimPrefix(server.URL, "http://")}
		m.Limits.CallMs = uint32(limit.Milliseconds())
	})
	o.decide("http", grant.Always, "")
	begin := time.Now()
	_, err := o.run("fetch", map[string]any{"url": server.URL}, nil)
	if took := time.Since(begin); fault.KindOf(err) != fault.Deadline || took > 10*limit {
		t.Errorf("%v after %s", err, took)
	}
}

// Who may write the grants grants itself everything.
func TestFoldersOfINOSAreNotForPlugins(t *testing.T) {
	more := t.TempDir()
	o := startFile(t, hosttest.Outside, nil, func(options *Options) { options.MoreDirs = []string{more} })
	link := filepath.Join(t.TempDir(), "innocent")
	if err := os.Symlink(o.DataDir(), link); err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(o.DataDir(), "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, folder string
		refused     bool
	}{
		{"write:outbox", o.DataDir(), true},
		{"write:outbox", filepath.Dir(o.DataDir()), true},
		{"write:outbox", inner, true},
		{"write:outbox", link, true},
		{"write:outbox", o.folder, true},
		{"write:outbox", more, true},
		{"write:outbox", "/", true},
		{"read:inbox", o.DataDir(), true},
		{"read:inbox", inner, true},
		{"write:outbox", t.TempDir(), false},
		{"read:inbox", t.TempDir(), false},
	} {
		err := o.Decide(o.info(), c.key, grant.Always, c.folder)
		if c.refused != (fault.KindOf(err) == fault.Denied) || !c.refused && err != nil {
			t.Errorf("%s=%s: %v", c.key, c.folder, err)
		}
	}
}

// Where the folder has become a link to one of ours since it was granted, the grant is worth nothing.
func TestAGrantedFolderThatBecomesOneOfOursIsRefused(t *testing.T) {
	o := startOutside(t, nil)
	outbox := filepath.Join(t.TempDir(), "outbox")
	if err := os.Mkdir(outbox, 0o700); err != nil {
		t.Fatal(err)
	}
	o.decide("write:outbox", grant.Always, outbox)
	o.gives("", "write", map[string]any{"path": "outbox/a.txt"}, []byte("a"))
	if err := os.RemoveAll(outbox); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(o.DataDir(), outbox); err != nil {
		t.Fatal(err)
	}
	out, err := o.run("write", map[string]any{"path": "outbox/evil.wasm"}, []byte("evil"))
	if err == nil || !strings.Contains(err.Error(), "INOS keeps its own files in") {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(o.DataDir(), "evil.wasm")); err == nil {
		t.Error("it was written")
	}
}
