package window

import (
	"os"
	"path/filepath"
	"testing"

	"aead.dev/minisign"

	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// signed installs the plugin with a signature of a new key, after it was offered.
func (s *shelf) signed() (key string) {
	s.t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	wasm, err := manifest.Sign(hosttest.Edition(s.t, hosttest.Outside, version("1.0.0")), private, "")
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.folder, "signed.wasm")
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		s.t.Fatal(err)
	}
	offer, err := s.OfferFile(path)
	if err == nil {
		_, err = s.Install(offer.Digest, true)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return public.String()
}

func TestAPublisherIsTrustedByNameAndForgotten(t *testing.T) {
	s := newShelf(t)
	key := s.signed()
	if c := s.card(); c.Signature != trust.Unknown || c.Publisher.Key != key || c.Publisher.Name != "" {
		t.Fatalf("%+v", c)
	}
	if p, err := s.Trust(key, " Ada "); err != nil || p.Name != "Ada" {
		t.Fatalf("%+v, %v", p, err)
	}
	if c := s.card(); c.Signature != trust.Trusted || c.Publisher.Name != "Ada" {
		t.Errorf("%+v", c)
	}
	if p, err := s.Forget(key); err != nil || p.Name != "Ada" {
		t.Errorf("%+v, %v", p, err)
	}
	if c := s.card(); c.Signature != trust.Unknown {
		t.Errorf("%+v", c)
	}
}

func TestOnlyAKeyThatTheUserWasShownIsTrusted(t *testing.T) {
	s := newShelf(t)
	key := s.signed()
	stranger, _, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"a key of no plugin":  second(s.Trust(stranger.String(), "Eve")),
		"no key":              second(s.Trust("key", "Eve")),
		"a name of nothing":   second(s.Trust(key, " ")),
		"a name like an id":   second(s.Trust(key, "E7620F1842B4E81F")),
		"to forget a name":    second(s.Forget("Ada")),
		"to forget a unknown": second(s.Forget(key)),
	} {
		if f := fault.As(err); f == nil || f.Kind == fault.Internal {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := s.node.Publishers().List(); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
