// Package trust knows whose plugins the user trusts: the keys of publishers, the store of those
// that the user named, and what a signature on a plugin file is worth therefore.
//
// A key is known by all of its bytes. Its id is a name tag that anybody can copy: it is shown to
// people and never decides anything.
package trust

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"
)

// State is what a plugin file's signature is worth.
type State string

// The states.
const (
	Unsigned State = "unsigned" // it could be from anyone
	Unknown  State = "unknown"  // it holds, by a key that the user has not named
	Trusted  State = "trusted"  // it holds, by a publisher whom the user named
	Invalid  State = "invalid"  // it does not hold: the file is refused
	Bundled  State = "bundled"  // the file came with the program
)

// Signature says who vouches for a plugin file.
type Signature struct {
	State   State  `json:"state"`
	KeyID   string `json:"keyId,omitempty"`
	Key     string `json:"key,omitempty"`     // the public key, in minisign's base64
	Name    string `json:"name,omitempty"`    // of the trusted publisher
	Comment string `json:"comment,omitempty"` // the signer's own, signed
}

// Key is a public key.
type Key = minisign.PublicKey

// By is a signature that holds, of a key that nobody has looked up yet.
func By(key Key, comment string) Signature {
	return Signature{State: Unknown, KeyID: KeyID(key), Key: key.String(), Comment: comment}
}

// Judge looks the signature's key up among the publishers. One that does not hold stays as it is.
func (s Signature) Judge(publishers []Publisher) Signature {
	switch {
	case s.State == Invalid:
		return s
	case s.Key == "":
		return Signature{State: Unsigned}
	}
	s.State, s.Name = Unknown, ""
	for _, p := range publishers {
		if p.Key == s.Key {
			s.State, s.Name = Trusted, p.Name
		}
	}
	return s
}

// String is a sentence for people.
func (s Signature) String() string {
	switch s.State {
	case Trusted:
		return fmt.Sprintf("signed by %s, whom you trust (key %s)", s.Name, s.KeyID)
	case Unknown:
		return fmt.Sprintf("signed by somebody whom you do not know (key %s)", s.KeyID)
	case Bundled:
		return "came with INOS"
	case Invalid:
		return "its signature does not hold"
	}
	return "nobody signed it: it could be from anyone"
}

// KeyID is a key's id as the minisign tool shows it.
func KeyID(key Key) string { return fmt.Sprintf("%016X", key.ID()) }

// Sizes of minisign's keys, in bytes before base64.
const (
	publicKeyBytes = 42
	secretKeyBytes = 158
)

// maxKeyText bounds the text of a key file: a comment of a line, and the key.
const maxKeyText = 4 << 10

// IsKey reports whether the text is a bare public key and not, say, the name of a file.
func IsKey(text string) bool {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return err == nil && len(b) == publicKeyBytes
}

// IsSecret reports whether the text holds a secret key, so that nobody repeats it.
func IsSecret(text string) bool {
	if i := strings.LastIndexByte(strings.TrimSpace(text), '\n'); i >= 0 {
		text = text[i+1:]
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return err == nil && len(b) == secretKeyBytes
}

// ParseKey reads a public key: the text of a .pub file, or its base64 line.
func ParseKey(text string) (key Key, err error) {
	switch {
	case len(text) > maxKeyText:
		return key, fmt.Errorf("a public key has %d bytes at most", maxKeyText)
	case IsSecret(text):
		return key, errors.New("this is a secret key: keep it to yourself and give the .pub file")
	}
	if key.UnmarshalText([]byte(strings.TrimSpace(text))) != nil {
		return key, errors.New("this is no public key of minisign")
	}
	return key, nil
}
