// Package keys keeps the master key of a store: in files sealed by a passphrase, in the keychain of
// the desktop, or both. SPEC.md has the formats and the rules.
package keys

import (
	"crypto/cipher"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/chacha20poly1305"
)

// Master is the key that all of a store is sealed by. No way of printing shows it.
type Master [32]byte

const hidden = "(the key of a store)"

// String implements fmt.Stringer.
func (Master) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Master) GoString() string { return hidden }

// Format implements fmt.Formatter: %x of an array would show it.
func (Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText implements encoding.TextMarshaler, for JSON and logs.
func (Master) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// ID names a store.
type ID [16]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// proof shows, to whoever knows the master key, that it is that of the store with this header. Its
// key seals nothing else, so it needs no nonce.
func (m Master) proof(header []byte) []byte {
	return m.prover(header).Seal(nil, once[:], nil, header)
}

func (m Master) proves(header, proof []byte) bool {
	_, err := m.prover(header).Open(nil, once[:], proof, header)
	return err == nil
}

func (m Master) prover(header []byte) cipher.AEAD {
	var key [chacha20poly1305.KeySize]byte
	blake3.DeriveKey("INOS store 1: proof of the master key", append(m[:], header...), key[:])
	return sealer(key[:])
}

// sealer seals by a key of the right length.
func sealer(key []byte) cipher.AEAD {
	out, err := chacha20poly1305.New(key)
	if err != nil {
		panic(err) // a bug: only the length can be wrong
	}
	return out
}

// once is the nonce of keys that seal a single thing.
var once [chacha20poly1305.NonceSize]byte
