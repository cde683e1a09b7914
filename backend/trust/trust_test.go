package trust

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"aead.dev/minisign"
)

func newKey(t testing.TB) (Key, minisign.PrivateKey, string, string) {
	t.Helper()
	key, public, secret, err := NewKey("")
	if err != nil {
		t.Fatal(err)
	}
	private, err := OpenKey(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	return key, private, string(public), string(secret)
}

// lookalike is another key with the same id.
func lookalike(t testing.TB, key Key) Key {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(key.String())
	if err != nil {
		t.Fatal(err)
	}
	raw[20] ^= 1
	other, err := ParseKey(base64.StdEncoding.EncodeToString(raw))
	if err != nil || KeyID(other) != KeyID(key) {
		t.Fatalf("no lookalike: %v", err)
	}
	return other
}

func TestAKeySurvivesItsFiles(t *testing.T) {
	key, private, public, _ := newKey(t)
	back, err := ParseKey(public)
	if err != nil || !back.Equal(key) || !IsKey(key.String()) {
		t.Errorf("the .pub file reads as %v, %v", back, err)
	}
	message := []byte("message")
	if !minisign.Verify(key, message, minisign.Sign(private, message)) {
		t.Error("the two halves do not belong together")
	}
}

func TestASignatureIsWorthWhatIsKnownOfItsKey(t *testing.T) {
	key, _, _, _ := newKey(t)
	list := []Publisher{{Name: "Ada", KeyID: KeyID(key), Key: key.String()}}
	forged := Signature{State: Trusted, Name: "Ada"}
	for name, c := range map[string]struct {
		given Signature
		list  []Publisher
		want  State
		says  string
	}{
		"of a publisher":                  {By(key, ""), list, Trusted, "Ada, whom you trust"},
		"of nobody known":                 {By(key, ""), nil, Unknown, "whom you do not know"},
		"of a key with a publisher's id":  {By(lookalike(t, key), ""), list, Unknown, "do not know"},
		"that does not hold":              {Signature{State: Invalid}, list, Invalid, "not hold"},
		"that nobody made":                {Signature{State: Unsigned}, list, Unsigned, "from anyone"},
		"that claims trust without a key": {forged, list, Unsigned, "from anyone"},
		"of somebody forgotten":           {By(key, "").Judge(list), nil, Unknown, "do not know"},
	} {
		got := c.given.Judge(c.list)
		if got.State != c.want || !strings.Contains(got.String(), c.says) ||
			(got.Name != "") != (c.want == Trusted) {
			t.Errorf("%s: %+v, %s", name, got, got)
		}
	}
}

func TestWhatIsNoPublicKeyIsRefused(t *testing.T) {
	key, _, public, secret := newKey(t)
	for name, text := range map[string]string{
		"nothing": "", "text": "hello", "half a key": key.String()[:30], "two": public + public,
		"a secret key": secret, "its bare line": strings.Split(secret, "\n")[1],
		"a megabyte": strings.Repeat("A", 1<<20),
	} {
		_, err := ParseKey(text)
		if err == nil {
			t.Errorf("%s: read as a key", name)
			continue
		}
		if strings.Contains(name, "secret") != strings.Contains(err.Error(), "secret") &&
			name != "its bare line" || len(err.Error()) > 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASecretKeyThatIsWrongIsRefusedAndNotRepeated(t *testing.T) {
	_, _, public, secret := newKey(t)
	raw, err := base64.StdEncoding.DecodeString(strings.Split(secret, "\n")[1])
	if err != nil {
		t.Fatal(err)
	}
	spoilt := func(at int) string {
		b := append([]byte(nil), raw...)
		b[at] ^= 1
		return base64.StdEncoding.EncodeToString(b)
	}
	never := func() (string, error) { return "", errors.New("asked for a passphrase") }
	for name, c := range map[string]struct{ text, want string }{
		"a public key":      {public, "no secret key"},
		"text":              {"hello", "no secret key"},
		"cut short":         {secret[:len(secret)-20], "no secret key"},
		"another algorithm": {spoilt(0), "damaged"},
		"another checksum":  {spoilt(4), "damaged"},
		"a spoilt seed":     {spoilt(62), "damaged"},
		"a spoilt half":     {spoilt(62 + 40), "damaged"},
	} {
		_, err := OpenKey([]byte(c.text), never)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 60 {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, _, _, err := NewKey(strings.Repeat("x", 2000)); err == nil {
		t.Error("a passphrase that minisign cannot read was taken")
	}
}

func FuzzParseKey(f *testing.F) {
	_, _, public, secret := newKey(f)
	f.Add(public)
	f.Add(secret)
	f.Add("untrusted comment: \n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			return
		}
		if again, err := ParseKey(key.String()); err != nil || !again.Equal(key) || IsSecret(text) {
			t.Fatalf("read as %s, which reads as %s, %v", key, again, err)
		}
	})
}
