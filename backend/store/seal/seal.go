// Package seal is the cryptography of one space: names of blocks, and blocks that only who has the
// space's secret can read or make. Rules SEAL-1 to SEAL-6 of the store's SPEC.md.
package seal

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/chacha20poly1305"

	"inos/backend/store/tree"
)

// SecretBytes is the length of a space's secret.
const SecretBytes = 32

// Secret is all that a space's keys come from. It does not show itself.
type Secret [SecretBytes]byte

func (Secret) String() string   { return "secret" }
func (Secret) GoString() string { return "secret" }

// Kind is what a block holds. The numbers are part of the format.
type Kind uint8

// The kinds of blocks.
const (
	Data    Kind = iota + 1 // bytes of a file
	Meta                    // a list or a page of a folder
	Root                    // one version of what was put
	Removal                 // roots that are removed
	kinds
)

// Known says whether k is one of the kinds.
func (k Kind) Known() bool { return k >= Data && k < kinds }

// Overhead is by how many bytes a block is longer than what it holds, compressed.
const Overhead = chacha20poly1305.NonceSize + codecBytes + chacha20poly1305.Overhead

const codecBytes = 1

// The contexts of BLAKE3's key derivation. They are part of the format and never used elsewhere.
const (
	contextName  = "INOS 2026-11 store: names of blocks, kind "
	contextBlock = "INOS 2026-11 store: keys of blocks"
	contextNonce = "INOS 2026-11 store: nonces of blocks"
	contextPart  = "INOS 2026-11 store: "
)

// Keys are what a space's secret gives. Safe for concurrent use.
type Keys struct {
	secret Secret
	names  [kinds]*hashes
	block  *hashes
	nonce  *hashes
}

// hashes are keyed BLAKE3 states that nobody uses at the moment.
type hashes struct{ sync.Pool }

func keyed(context string, secret Secret) *hashes {
	key := make([]byte, 32)
	blake3.DeriveKey(context, secret[:], key)
	return &hashes{sync.Pool{New: func() any { return hasher(key) }}}
}

func hasher(key []byte) *blake3.Hasher {
	h, err := blake3.NewKeyed(key)
	if err != nil {
		panic(err) // the key is 32 bytes long
	}
	return h
}

// sum is the keyed BLAKE3 of the parts, one after the other.
func (h *hashes) sum(parts ...[]byte) (out [32]byte) {
	b := h.Get().(*blake3.Hasher)
	b.Reset()
	for _, p := range parts {
		_, _ = b.Write(p) // never fails
	}
	b.Sum(out[:0])
	h.Put(b)
	return out
}

// Derive makes the keys of a space.
func Derive(secret Secret) *Keys {
	k := &Keys{secret: secret, block: keyed(contextBlock, secret), nonce: keyed(contextNonce, secret)}
	for kind := Data; kind < kinds; kind++ {
		k.names[kind] = keyed(contextName+string('0'+rune(kind)), secret)
	}
	return k
}

// Key is a key for another part of the space, which it names.
func (k *Keys) Key(part string) (out [32]byte) {
	blake3.DeriveKey(contextPart+part, k.secret[:], out[:])
	return out
}

// AEAD seals what belongs to a part of the space and, within it, to an id of which there is one.
func (k *Keys) AEAD(part string, id []byte) cipher.AEAD {
	key := k.Key(part)
	h := hasher(key[:])
	_, _ = h.Write(id) // never fails
	a, err := chacha20poly1305.New(h.Sum(nil))
	if err != nil {
		panic(err) // the key is 32 bytes long
	}
	return a
}

// Name is what a block that holds these bytes is called.
func (k *Keys) Name(kind Kind, plain []byte) tree.Name { return k.names[kind].sum(plain) }

// Seal appends the block that holds framed: a codec, and the payload that it says how to read. Equal
// arguments give equal blocks, so that peers of a space store each once; the nonce depends on all that is
// sealed, so that a payload that was compressed again never meets another one under the same key and nonce.
func (k *Keys) Seal(dst []byte, name tree.Name, kind Kind, framed []byte) []byte {
	nonce := k.nonce.sum(name[:], []byte{byte(kind)}, framed)
	dst = append(dst, nonce[:chacha20poly1305.NonceSize]...)
	return k.aead(name).Seal(dst, nonce[:chacha20poly1305.NonceSize], framed, about(kind))
}

// Sealed is the length of a block that holds framed.
func Sealed(framed []byte) int { return len(framed) + Overhead - codecBytes }

// errOpen says no more: whether the key, the name, the kind or a byte is wrong cannot be known.
var errOpen = errors.New("a block's seal is broken")

// Open returns what a block of that name and kind holds. It lies in block, which is overwritten.
func (k *Keys) Open(block []byte, name tree.Name, kind Kind) (codec uint8, payload []byte, err error) {
	if len(block) < Overhead {
		return 0, nil, errOpen
	}
	nonce, sealed := block[:chacha20poly1305.NonceSize], block[chacha20poly1305.NonceSize:]
	plain, err := k.aead(name).Open(sealed[:0], nonce, sealed, about(kind))
	if err != nil {
		return 0, nil, errOpen
	}
	return plain[0], plain[codecBytes:], nil
}

func (k *Keys) aead(name tree.Name) cipher.AEAD {
	key := k.block.sum(name[:])
	a, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic(err) // the key is 32 bytes long
	}
	return a
}

// about is the associated data: a block of one kind is none of another.
func about(kind Kind) []byte { return []byte{'I', 'N', 'O', 'S', 1, byte(kind)} }

// Place is the nonce for something that lies at one place of a file that is written once: what it is,
// and where.
func Place(what byte, where uint64) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSize)
	nonce[0] = what
	binary.LittleEndian.PutUint64(nonce[4:], where)
	return nonce
}
