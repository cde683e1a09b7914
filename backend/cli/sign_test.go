package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/trust"
)

// publisher makes an unprotected key in the data folder and returns its two files.
func (s *stand) publisher(t *testing.T, name string) (secret, public string) {
	t.Helper()
	at := filepath.Join(s.data, name)
	got := s.inos(t.Context(), "plugin", "keygen", "-o", at, "--no-passphrase")
	if got.exit != ExitOK {
		t.Fatalf("keygen: exit %d, %q", got.exit, got.stderr)
	}
	s.keepsSecret(t, at+".key", got)
	return at + ".key", at + ".pub"
}

// keepsSecret fails when an outcome shows what only the secret file may hold.
func (s *stand) keepsSecret(t *testing.T, secret string, got outcome) {
	t.Helper()
	text, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(text), "\n")[1]
	if said := got.stdout + got.stderr; strings.Contains(said, line[70:110]) {
		t.Errorf("the secret key was shown: %q", said)
	}
}

// signed installs the built-in plugin under that name and signs it.
func (s *stand) signed(t *testing.T, name, secret string) string {
	t.Helper()
	plugin := s.install(t, name)
	got := s.inos(t.Context(), "plugin", "sign", plugin, "--key", secret, "--comment", "for tests")
	if got.exit != ExitOK {
		t.Fatalf("sign: exit %d, %q", got.exit, got.stderr)
	}
	s.keepsSecret(t, secret, got)
	return plugin
}

type verified struct {
	Signature trust.Signature `json:"signature"`
	Detached  []string        `json:"detached"`
	Error     *struct{ Kind, Subject, Message, Next string }
}

func (s *stand) verify(t *testing.T, args ...string) (verified, outcome) {
	t.Helper()
	got := s.inos(t.Context(), append([]string{"plugin", "verify", "--json"}, args...)...)
	var document verified
	oneDocument(t, got.stdout, &document)
	if (got.exit == ExitOK) != (document.Error == nil) || (got.exit == ExitOK) != (got.stderr == "") {
		t.Errorf("%v: exit %d, %q, %s", args, got.exit, got.stderr, got.stdout)
	}
	return document, got
}

func TestAPluginGoesFromKeyToTrust(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	plugin := s.signed(t, "echo.wasm", secret)
	v, got := s.verify(t, plugin)
	if got.exit != ExitFailed || v.Signature.State != trust.Unknown || v.Error.Kind != "denied" ||
		!strings.Contains(v.Error.Next, "inos plugin trust "+v.Signature.Key) {
		t.Errorf("by nobody known: exit %d, %+v", got.exit, v)
	}
	if v, got = s.verify(t, plugin, "--pub", public); got.exit != ExitOK {
		t.Errorf("by the key that was asked for: %q", got.stderr)
	}
	named := s.inos(t.Context(), "plugin", "trust", public, "--name", "Ada", "--json")
	var document map[string]map[string]any
	oneDocument(t, named.stdout, &document)
	requireFields(t, document["publisher"], map[string]any{
		"name": "", "keyId": "", "key": "", "since": "",
	})
	v, got = s.verify(t, plugin)
	if got.exit != ExitOK || v.Signature.State != trust.Trusted || v.Signature.Name != "Ada" ||
		v.Signature.Comment != "for tests" || v.Signature.KeyID != document["publisher"]["keyId"] {
		t.Errorf("by somebody trusted: exit %d, %+v", got.exit, v)
	}
	if said := s.inos(t.Context(), "plugin", "inspect", plugin).stdout; !strings.Contains(said,
		"Signature: signed by Ada, whom you trust") {
		t.Errorf("inspect: %q", said)
	}
	if said := s.inos(t.Context(), "plugin", "publishers").stdout; !strings.Contains(said, "Ada") {
		t.Errorf("publishers: %q", said)
	}
	if got := s.inos(t.Context(), "plugin", "forget", v.Signature.KeyID); got.exit != ExitOK {
		t.Errorf("forget: %q", got.stderr)
	}
	if v, got = s.verify(t, plugin); got.exit != ExitFailed || v.Signature.State != trust.Unknown {
		t.Errorf("forgotten: exit %d, %+v", got.exit, v)
	}
}

func TestVerifyFailsUnlessTheRightKeySignedThisFile(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	_, other := s.publisher(t, "bob")
	plugin := s.signed(t, "echo.wasm", secret)
	wasm, err := os.ReadFile(plugin)
	if err != nil {
		t.Fatal(err)
	}
	wasm[len(wasm)/4] ^= 1
	writeFile(t, filepath.Join(s.dir, "changed.wasm"), wasm)
	for name, c := range map[string]struct {
		args  []string
		state trust.State
		says  string
	}{
		"unsigned": {[]string{s.install(t, "bare.wasm")}, trust.Unsigned, "nobody signed it"},
		"unsigned, with a key": {[]string{s.install(t, "bare.wasm"), "--pub", public}, trust.Unsigned,
			"it could be from anyone"},
		"another key": {[]string{plugin, "--pub", other}, trust.Unknown, "signed with another key"},
		"changed": {[]string{filepath.Join(s.dir, "changed.wasm"), "--pub", public}, trust.Invalid,
			"does not hold"},
	} {
		v, got := s.verify(t, c.args...)
		if got.exit != ExitFailed || v.Signature.State != c.state ||
			!strings.Contains(v.Error.Message, c.says) || v.Error.Subject != c.args[0] {
			t.Errorf("%s: exit %d, %+v, %+v", name, got.exit, v.Signature, v.Error)
		}
		people := s.inos(t.Context(), append([]string{"plugin", "verify"}, c.args...)...)
		if people.exit != ExitFailed || !strings.Contains(people.stderr, c.says) {
			t.Errorf("%s, for people: exit %d, %q", name, people.exit, people.stderr)
		}
	}
	inspected := s.inos(t.Context(), "plugin", "inspect", filepath.Join(s.dir, "changed.wasm"))
	if inspected.exit != ExitFailed || !strings.Contains(inspected.stderr, "does not hold") {
		t.Errorf("inspect of a changed file: exit %d, %q", inspected.exit, inspected.stderr)
	}
	bare := s.inos(t.Context(), "plugin", "inspect", s.install(t, "bare.wasm"))
	if !strings.Contains(bare.stdout, "nobody signed it: it could be from anyone") {
		t.Errorf("inspect of an unsigned file: %q", bare.stdout)
	}
}

func TestTheListSaysWhoSignedAPlugin(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	plugin := s.signed(t, "echo.wasm", secret)
	list := func(want trust.State, people string) {
		t.Helper()
		var document struct {
			Plugins []struct {
				Refused   string
				Signature trust.Signature
			}
		}
		extra := t.TempDir()
		got := s.inos(t.Context(), "plugin", "list", "--json", "--plugins", extra)
		oneDocument(t, got.stdout, &document)
		if len(document.Plugins) != 1 || document.Plugins[0].Signature.State != want {
			t.Errorf("want %s: %s", want, got.stdout)
		}
		said := s.inos(t.Context(), "plugin", "list", "--plugins", extra).stdout
		if !strings.Contains(said, people) {
			t.Errorf("%q lacks %q", said, people)
		}
	}
	list(trust.Unknown, "unknown key ")
	s.inos(t.Context(), "plugin", "trust", public, "--name", "Ada")
	list(trust.Trusted, "Ada")
	writeFile(t, filepath.Join(s.data, trust.FileName), []byte("{"))
	list(trust.Unknown, "unknown key ")
	broken := s.inos(t.Context(), "plugin", "list", "--plugins", t.TempDir())
	if strings.Count(broken.stderr, "no publisher is trusted") != 1 {
		t.Errorf("a damaged store: %q", broken.stderr)
	}
	for _, command := range [][]string{
		{"publishers"}, {"trust", public, "--name", "Ada"}, {"forget", "Ada"}, {"verify", plugin},
	} {
		got := s.inos(t.Context(), append([]string{"plugin"}, command...)...)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, "this is no store of publishers") {
			t.Errorf("%v with a damaged store: exit %d, %q", command, got.exit, got.stderr)
		}
	}
	s.install(t, "echo.wasm")
	list(trust.Unsigned, "nobody")
	wasm, err := os.ReadFile(s.signed(t, "echo.wasm", secret))
	if err != nil {
		t.Fatal(err)
	}
	wasm[len(wasm)/4] ^= 1
	writeFile(t, plugin, wasm)
	list(trust.Invalid, "refused: its signature does not hold")
}

func TestAKeyIsNeverOverwrittenAndNeverShown(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	st, err := os.Stat(secret)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the secret key has mode %v, %v", st.Mode(), err)
	}
	text, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(text), "\n")[1]
	plugin := s.install(t, "echo.wasm")
	at := strings.TrimSuffix(secret, ".key")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"made anew":         {[]string{"keygen", "-o", at, "--no-passphrase"}, "never overwritten"},
		"trusted by file":   {[]string{"trust", secret, "--name", "Ada"}, "this is a secret key"},
		"trusted by itself": {[]string{"trust", line, "--name", "Ada"}, "this is a secret key"},
		"asked for":         {[]string{"verify", plugin, "--pub", secret}, "this is a secret key"},
		"as a signature": {[]string{"sign", plugin, "--signature", secret, "--pub", public},
			"no signature of minisign"},
		"public for secret": {[]string{"sign", plugin, "--key", public}, "no secret key"},
		"no folder": {[]string{"keygen", "-o", filepath.Join(at, "x"), "--no-passphrase"},
			"no such file"},
		"without a terminal": {[]string{"keygen", "-o", at + "2"}, "no terminal to ask at"},
		"an unpacked module": {[]string{"sign", public, "--key", secret}, "no WebAssembly"},
	} {
		got := s.inos(t.Context(), append([]string{"plugin"}, c.args...)...)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit %d, %q, want %q", name, got.exit, got.stderr, c.want)
		}
		s.keepsSecret(t, secret, got)
	}
	if after, err := os.ReadFile(secret); err != nil || string(after) != string(text) {
		t.Errorf("the key changed: %v", err)
	}
	if _, err := os.Stat(at + "2.key"); err == nil {
		t.Error("a key without a passphrase was left behind")
	}
}

func TestDetachKeepsTheSignedFile(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	plugin := s.signed(t, "echo.wasm", secret)
	got := s.inos(t.Context(), "plugin", "verify", plugin, "--pub", public, "--detach",
		filepath.Dir(plugin))
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "name another folder") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	if _, got := s.verify(t, plugin, "--pub", public); got.exit != ExitOK {
		t.Errorf("the file lost its signature: %q", got.stderr)
	}
}
