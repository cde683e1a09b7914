package unit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// signedAdder is the example plugin, signed with a new key.
func signedAdder(t testing.TB) ([]byte, trust.Key) {
	t.Helper()
	wasm, err := os.ReadFile(hosttest.Path(t, hosttest.Adder))
	if err != nil {
		t.Fatal(err)
	}
	key, _, secret, err := trust.NewKey("")
	if err != nil {
		t.Fatal(err)
	}
	private, err := trust.OpenKey(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := manifest.Sign(wasm, private, "a comment")
	if err != nil {
		t.Fatal(err)
	}
	return signed, key
}

// one is the only file that is listed.
func one(t testing.TB, r *Registry) PluginInfo {
	t.Helper()
	found := r.Plugins()
	if len(found) != 1 {
		t.Fatalf("%d files are listed", len(found))
	}
	return found[0]
}

func TestAPluginIsListedWithWhatItsSignatureIsWorth(t *testing.T) {
	signed, key := signedAdder(t)
	other, _ := signedAdder(t)
	unsigned, err := manifest.Strip(signed)
	if err != nil {
		t.Fatal(err)
	}
	section := signed[len(unsigned):]
	changed := append([]byte(nil), signed...)
	changed[strings.LastIndex(string(unsigned), "Add")] = 'a'
	trusted := []trust.Publisher{{Name: "Ada", Key: key.String()}}
	for name, c := range map[string]struct {
		wasm    []byte
		list    []trust.Publisher
		bundled bool
		state   trust.State
		refused string
	}{
		"signed by a publisher": {signed, trusted, false, trust.Trusted, ""},
		"signed by a stranger":  {other, trusted, false, trust.Unknown, ""},
		"with nobody trusted":   {signed, nil, false, trust.Unknown, ""},
		"unsigned":              {unsigned, trusted, false, trust.Unsigned, ""},
		"bundled":               {unsigned, trusted, true, trust.Bundled, ""},
		"bundled and changed":   {changed, trusted, true, trust.Invalid, "does not hold"},
		"changed after signing": {changed, trusted, false, trust.Invalid, "does not hold"},
		"signed twice": {append(signed[:len(signed):len(signed)], section...), trusted, false,
			trust.Invalid, "at the end"},
	} {
		dir := t.TempDir()
		write(t, dir, "adder.wasm", c.wasm)
		r := NewRegistry([]Folder{{dir, c.bundled}}, "", nil)
		r.TrustPublishers(func() []trust.Publisher { return c.list })
		p := one(t, r)
		if p.Signature == nil || p.Signature.State != c.state ||
			(p.Signature.Name == "Ada") != (c.state == trust.Trusted) {
			t.Errorf("%s: %+v", name, p.Signature)
		}
		if !strings.Contains(p.Refused, c.refused) || (p.Refused == "") != (c.refused == "") {
			t.Errorf("%s: refused %q, want %q", name, p.Refused, c.refused)
		}
		if used := len(r.Units()) == 1; used != (c.refused == "") {
			t.Errorf("%s: its unit is offered: %v", name, used)
		}
	}
}

// The index remembers who signed a file, and not what that was worth.
func TestTrustIsLookedUpAnewForAFileThatDidNotChange(t *testing.T) {
	signed, key := signedAdder(t)
	dir, index := t.TempDir(), filepath.Join(t.TempDir(), "index.json")
	write(t, dir, "adder.wasm", signed)
	store := trust.Open(filepath.Join(t.TempDir(), trust.FileName))
	r := NewRegistry([]Folder{{dir, false}}, index, nil)
	r.TrustPublishers(func() []trust.Publisher {
		list, err := store.List()
		if err != nil {
			t.Error(err)
		}
		return list
	})
	state := func(want trust.State) {
		t.Helper()
		if got := one(t, r).Signature; got.State != want || got.KeyID != trust.KeyID(key) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	state(trust.Unknown)
	if _, err := store.Trust(key, "Ada", time.Now()); err != nil {
		t.Fatal(err)
	}
	state(trust.Trusted)
	if b, err := os.ReadFile(index); err != nil || strings.Contains(string(b), "Ada") {
		t.Errorf("the index keeps whom the user trusts: %v", err)
	}
	if _, err := store.Forget("Ada"); err != nil {
		t.Fatal(err)
	}
	state(trust.Unknown)
}

func TestAFileThatIsNoModuleHasNoSignature(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "text.wasm", []byte("hello"))
	if p := one(t, NewRegistry([]Folder{{dir, false}}, "", nil)); p.Signature != nil {
		t.Errorf("%+v", p.Signature)
	}
}
