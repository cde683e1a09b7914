package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"aead.dev/minisign"

	"inos/backend/fault"
)

// SignatureName is the custom section of the wasm file that says who signed the rest of it.
const SignatureName = "inos.signature"

// Bounds of the section. The minisign tool itself keeps a comment below 8 KiB.
const (
	maxSignatureBytes = 8 << 10
	maxCommentBytes   = 4 << 10
)

// untrustedComment is the line of a signature that nobody signs. It is always this one, so that no
// byte of a signed file is anybody's to choose.
const untrustedComment = "signature of an INOS plugin"

// Signed is what a signature section says. The file brings its key along, so a signature that
// holds proves that the file is as the owner of that key signed it, and not who the owner is.
type Signed struct {
	Key       minisign.PublicKey
	Signature minisign.Signature
}

// Comment is the signer's own, covered by the signature.
func (s *Signed) Comment() string { return s.Signature.TrustedComment }

// Text is the signature as the minisign tool keeps it, in a .minisig file.
func (s *Signed) Text() []byte { return []byte(s.Signature.String()) }

// Signature reads the signature of a plugin file without checking that it holds; nil: there is
// none.
func Signature(wasm []byte) (*Signed, error) {
	s, _, err := unsign(wasm)
	return s, err
}

// VerifySignature reads the signature and checks that it holds; nil: there is none.
func VerifySignature(wasm []byte) (*Signed, error) {
	s, rest, err := unsign(wasm)
	if err != nil || s == nil {
		return nil, err
	}
	if !minisign.Verify(s.Key, rest, s.Text()) {
		return nil, signatureError("its signature does not hold: it was changed after it was signed",
			"get it anew from its publisher")
	}
	return s, nil
}

// Strip is the file without its signature, whatever that looks like: what a signature is over.
func Strip(wasm []byte) ([]byte, error) {
	sections, err := walk(wasm)
	if err != nil {
		return nil, moduleError(err)
	}
	return without(wasm, sections, SignatureName), nil
}

// Sign signs the file in place of an older signature. The comment is seen by whoever verifies it.
func Sign(wasm []byte, key minisign.PrivateKey, comment string) ([]byte, error) {
	if err := checkComment(comment); err != nil {
		return nil, signatureError(err.Error(), "")
	}
	rest, err := Strip(wasm)
	if err != nil {
		return nil, err
	}
	r := minisign.NewReader(bytes.NewReader(rest))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, moduleError(err)
	}
	public, ok := key.Public().(minisign.PublicKey)
	if !ok {
		return nil, fault.New("manifest.sign", fault.Internal, "", "a key of another library", "")
	}
	return Embed(rest, public, r.SignWithComments(key, comment, untrustedComment))
}

// Embed puts a signature that the minisign tool made into the file that it is over, in place of an
// older one.
func Embed(wasm []byte, key minisign.PublicKey, minisig []byte) ([]byte, error) {
	s, err := decodeMinisig(minisig)
	if err != nil {
		return nil, signatureError("the signature: "+err.Error(), "")
	}
	rest, err := Strip(wasm)
	if err != nil {
		return nil, err
	}
	signed := &Signed{key, s}
	if !minisign.Verify(key, rest, signed.Text()) {
		return nil, signatureError("the signature is not by this key over this file",
			"sign the file as inos plugin pack wrote it, and give the key that belongs to it")
	}
	out := append(rest, signed.section()...)
	_, err = Signature(out) // one section more may be one too many
	return out, err
}

func signatureError(message, next string) error {
	return fault.New("manifest.signature", fault.Invalid, "", message, next)
}

// section is the one form in which this signature stands at the end of a file.
func (s *Signed) section() []byte {
	sealed := s.Signature
	sealed.UntrustedComment = untrustedComment
	return appendCustom(nil, SignatureName, []byte(s.Key.String()+"\n"+sealed.String()))
}

// unsign takes a file apart: its signature, nil where it has none, and all before it.
func unsign(wasm []byte) (*Signed, []byte, error) {
	sections, err := walk(wasm)
	if err != nil {
		return nil, nil, moduleError(err)
	}
	for i, s := range sections {
		if s.id != 0 || s.name != SignatureName {
			continue
		}
		signed, err := decodeSignature(s.body)
		switch {
		case i != len(sections)-1:
			err = errors.New("there must be one, at the end of the file")
		case err == nil && !bytes.Equal(wasm[s.start:], signed.section()):
			err = errors.New("it is not in the form of plugins/SPEC.md")
		}
		if err != nil {
			return nil, nil, signatureError(fmt.Sprintf("its section %s: %v", SignatureName, err),
				"get the file anew from its publisher")
		}
		return signed, wasm[:s.start], nil
	}
	return nil, wasm, nil
}

func decodeSignature(body []byte) (*Signed, error) {
	if len(body) > maxSignatureBytes {
		return nil, errTooLong(len(body))
	}
	line, text, _ := bytes.Cut(body, []byte("\n"))
	s := &Signed{}
	if err := s.Key.UnmarshalText(line); err != nil {
		return nil, errors.New("it does not begin with a public key of minisign")
	}
	var err error
	s.Signature, err = decodeMinisig(text)
	return s, err
}

func decodeMinisig(text []byte) (s minisign.Signature, err error) {
	if len(text) > maxSignatureBytes {
		return s, errTooLong(len(text))
	}
	if s.UnmarshalText(text) != nil {
		return s, errors.New("this is no signature of minisign")
	}
	return s, checkComment(s.TrustedComment)
}

func errTooLong(n int) error {
	return fmt.Errorf("it has %d bytes, at most %d are allowed", n, maxSignatureBytes)
}

// checkComment refuses what could not be one line on a terminal. A tab is the tool's own habit.
func checkComment(text string) error {
	if len(text) > maxCommentBytes {
		return fmt.Errorf("the comment has %d bytes, at most %d are allowed",
			len(text), maxCommentBytes)
	}
	if !utf8.ValidString(text) {
		return errors.New("the comment is no UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\t' {
			return fmt.Errorf("the comment has the control character %U", r)
		}
	}
	return nil
}
