package manifest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"aead.dev/minisign"

	"inos/backend/fault"
)

// Two secret keys that nobody else uses, made by the minisign tool (minisign -G -W).
const (
	adaSecret = "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
		"SbHHUg2ESN2SLZ19FGLP5mWzhYLggJajgNZ1yjn2Zi/3mdB3OUD4hcOUrPoGhtbMnGmA6XXBxmxN+B9NRyx5" +
		"PN4RnIalM5BcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	bobSecret = "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
		"t8Tqj9aeuWbIODtHI45W+/2jc0uxggA81PyYyTqPUF/ZIdfRCvhhCmCvw7YZXSkNAby5pnjHN5Hr/8plrX6M" +
		"ya51Wc7p3Wu8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

func secretKey(t testing.TB, text string) (minisign.PrivateKey, minisign.PublicKey) {
	t.Helper()
	var key minisign.PrivateKey
	if err := key.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return key, key.Public().(minisign.PublicKey)
}

func packed(t testing.TB) []byte {
	t.Helper()
	wasm, err := Pack(goodModule().bytes(), goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clip(wasm) // what is appended to it is another file
}

func signedByAda(t testing.TB) []byte {
	t.Helper()
	key, _ := secretKey(t, adaSecret)
	signed, err := Sign(packed(t), key, "version 1\tof good")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clip(signed)
}

func TestASignedFileSaysWhoSignedItAndIsOtherwiseTheSame(t *testing.T) {
	signed := signedByAda(t)
	_, ada := secretKey(t, adaSecret)
	s, err := VerifySignature(signed)
	if err != nil || s == nil || !s.Key.Equal(ada) || s.Comment() != "version 1\tof good" {
		t.Fatalf("verified as %+v, %v", s, err)
	}
	rest, err := Strip(signed)
	if err != nil || !bytes.Equal(rest, packed(t)) || !bytes.HasPrefix(signed, rest) {
		t.Errorf("the rest is not the packed file: %v", err)
	}
	if m, err := Parse(signed); err != nil || m.ID != goodManifest().ID {
		t.Errorf("it is no plugin any more: %v", err)
	}
	again, err := Sign(signed, first(secretKey(t, adaSecret)), "version 1\tof good")
	if err != nil || !bytes.Equal(again, signed) {
		t.Errorf("signed again it is another file: %v", err)
	}
	if s, err := VerifySignature(packed(t)); s != nil || err != nil {
		t.Errorf("an unsigned file: %v, %v", s, err)
	}
}

func first[A, B any](a A, _ B) A { return a }

func TestBothFormsOfMinisignVerify(t *testing.T) {
	key, ada := secretKey(t, adaSecret)
	wasm := packed(t)
	hashed := minisign.NewReader(bytes.NewReader(wasm))
	if _, err := hashed.Read(make([]byte, len(wasm))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"prehashed, ED": hashed.Sign(key), "legacy, Ed": minisign.Sign(key, wasm),
	} {
		signed, err := Embed(wasm, ada, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := VerifySignature(signed)
		if err != nil || !minisign.Verify(ada, wasm, s.Text()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoBitOfASignedFileMayChange(t *testing.T) {
	signed := signedByAda(t)
	section := len(packed(t))
	for at := 0; at < len(signed); at++ {
		if at < section && at%7 != 0 { // of the rest a sample
			continue
		}
		for bit := range 8 {
			flipped := bytes.Clone(signed)
			flipped[at] ^= 1 << bit
			// A section of another name is none of ours: such a file is an unsigned one.
			if s, err := VerifySignature(flipped); s != nil || err == nil && at < section {
				t.Fatalf("byte %d of %d, bit %d: still signed, %v", at, len(signed), bit, err)
			}
		}
	}
}

func TestOnlyTheRightSignatureIsPutIn(t *testing.T) {
	key, ada := secretKey(t, adaSecret)
	other, bob := secretKey(t, bobSecret)
	wasm := packed(t)
	text := minisign.Sign(key, wasm)
	for name, c := range map[string]struct {
		key  minisign.PublicKey
		text []byte
		want string
	}{
		"another key":            {bob, text, "not by this key"},
		"another one's":          {ada, minisign.Sign(other, wasm), "not by this key"},
		"over another file":      {ada, minisign.Sign(key, wasm[1:]), "not by this key"},
		"over the signed file":   {ada, minisign.Sign(key, signedByAda(t)), "not by this key"},
		"no signature":           {ada, []byte("hello"), "no signature of minisign"},
		"cut short":              {ada, text[:len(text)-10], "no signature of minisign"},
		"4 MiB of comment":       {ada, commented(key, wasm, strings.Repeat("x", 4<<20)), "bytes"},
		"a comment of 5000":      {ada, commented(key, wasm, strings.Repeat("x", 5000)), "bytes"},
		"an escape sequence":     {ada, commented(key, wasm, "\x1b[2J"), "control character"},
		"bytes that are no text": {ada, commented(key, wasm, "\xff\xfe"), "UTF-8"},
	} {
		_, err := Embed(wasm, c.key, c.text)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	for _, comment := range []string{"two\nlines", "\r", strings.Repeat("x", maxCommentBytes+1)} {
		if _, err := Sign(wasm, key, comment); err == nil {
			t.Errorf("signed with the comment %.10q", comment)
		}
	}
}

func commented(key minisign.PrivateKey, wasm []byte, comment string) []byte {
	return minisign.SignWithComments(key, wasm, comment, untrustedComment)
}

// seeds are files whose signature section is wrong, and what is said about it. The fuzz test starts
// from them too: testdata/fuzz/FuzzSignature.
func seeds(t testing.TB) map[string]struct {
	wasm []byte
	want string
} {
	wasm, signed := packed(t), signedByAda(t)
	section := signed[len(wasm):]
	s, err := Signature(signed)
	if err != nil {
		t.Fatal(err)
	}
	with := func(body string) []byte { return appendCustom(wasm, SignatureName, []byte(body)) }
	good := s.Key.String() + "\n" + string(s.Text())
	put := func(old, new string) []byte { return with(strings.Replace(good, old, new, 1)) }
	key, _ := secretKey(t, adaSecret)
	stolen, err := Sign(appendCustom(wasm, "more", nil), key, "")
	if err != nil {
		t.Fatal(err)
	}
	padded := slices.Concat(wasm, []byte{0, section[1], section[2] | 0x80, 0}, section[3:])
	return map[string]struct {
		wasm []byte
		want string
	}{
		"there twice":           {slices.Concat(signed, section), "at the end"},
		"not at the end":        {appendCustom(signed, "more", nil), "at the end"},
		"before the rest":       {slices.Concat(wasm[:8], section, wasm[8:]), "at the end"},
		"cut short":             {signed[:len(signed)-1], "cut short"},
		"empty":                 {with(""), "public key"},
		"a key alone":           {with(s.Key.String() + "\n"), "no signature of minisign"},
		"without a key":         {with(string(s.Text())), "public key"},
		"4 MiB of comment":      {put("version", strings.Repeat("v", 4<<20)), "bytes"},
		"a long comment":        {put("version", strings.Repeat("v", 5000)), "bytes"},
		"an escape sequence":    {put("version", "\x1b[2J"), "control"},
		"another first line":    {put(untrustedComment, "x"), "form"},
		"lines of Windows":      {with(strings.ReplaceAll(good, "\n", "\r\n")), "form"},
		"a line more":           {with(good + "\n"), "form"},
		"a length written long": {padded, "form"},
		"over another comment":  {put("version 1", "version 2"), "not hold"},
		"over another file":     {slices.Concat(wasm, sectionOf(t, stolen)), "not hold"},
	}
}

func sectionOf(t testing.TB, signed []byte) []byte {
	t.Helper()
	s, err := Signature(signed)
	if err != nil {
		t.Fatal(err)
	}
	return s.section()
}

func TestASignatureThatIsWrongIsRefusedWithTheReason(t *testing.T) {
	for name, c := range seeds(t) {
		s, err := VerifySignature(c.wasm)
		if s != nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v, want %q", name, s, err, c.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: a reason of %d bytes", name, len(err.Error()))
		}
	}
}

func TestPackLeavesASignatureOut(t *testing.T) {
	again, err := Pack(signedByAda(t), goodManifest())
	if err != nil || !bytes.Equal(again, packed(t)) {
		t.Errorf("packed anew it is not what it was unsigned: %v", err)
	}
	for name, c := range seeds(t) {
		bare, err := Strip(c.wasm)
		if err != nil {
			continue // no module at all
		}
		if s, err := Signature(bare); s != nil || err != nil {
			t.Errorf("%s: stripped it still says %v, %v", name, s, err)
		}
	}
}

func TestASectionMoreMayBeOneTooMany(t *testing.T) {
	key, _ := secretKey(t, adaSecret)
	wasm := packed(t)
	have, err := walk(wasm)
	if err != nil {
		t.Fatal(err)
	}
	wasm = append(wasm, bytes.Repeat([]byte{0, 1, 0}, maxSections-len(have))...)
	if _, err := Sign(wasm, key, ""); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a file with one section more than may be was signed: %v", err)
	}
}

// FuzzSignature feeds whole files. What is accepted is the one way to write that signature, and
// what holds can be taken off and put back.
func FuzzSignature(f *testing.F) {
	f.Add(signedByAda(f))
	f.Add(packed(f))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		s, err := Signature(wasm)
		if err != nil || s == nil {
			return
		}
		rest, err := Strip(wasm)
		if err != nil || !bytes.Equal(slices.Concat(rest, s.section()), wasm) {
			t.Fatalf("there is another file with this signature: %v", err)
		}
		if held, _ := VerifySignature(wasm); held == nil {
			return
		}
		if again, err := Embed(rest, s.Key, s.Text()); err != nil || !bytes.Equal(again, wasm) {
			t.Fatalf("it does not go back in: %v", err)
		}
	})
}
