package keys

import (
	"bytes"
	"errors"

	"github.com/zeebo/blake3"
)

const (
	storeName    = "store" // of the twin
	storeMagic   = "INOSSTORE"
	storeVersion = 1

	digestBytes = 32
	tagBytes    = 16
	headerBytes = len(storeMagic) + 1 + len(ID{})
	storeBytes  = headerBytes + tagBytes + digestBytes
)

// header is what store.a and store.b say.
type header struct {
	id    ID
	proof [tagBytes]byte
}

var (
	errDamaged = errors.New("it is damaged")
	errNewer   = errors.New("it was written by a newer INOS")
)

func (h header) sealed() []byte {
	out := append([]byte(storeMagic), storeVersion)
	return append(out, h.id[:]...)
}

func newHeader(id ID, m Master) header {
	h := header{id: id}
	copy(h.proof[:], m.proof(h.sealed()))
	return h
}

// of says whether it is the header of the store that has this master key.
func (h header) of(m Master) bool { return m.proves(h.sealed(), h.proof[:]) }

func (h header) encode() []byte { return digested(append(h.sealed(), h.proof[:]...)) }

// decodeHeader implements disk.Twin's Decode. A header is never changed: all are of generation 0.
func decodeHeader(data []byte) (header, uint64, error) {
	var h header
	body, err := opened(data, storeMagic, storeVersion, storeBytes)
	if err != nil {
		return h, 0, err
	}
	copy(h.id[:], body[len(storeMagic)+1:])
	copy(h.proof[:], body[headerBytes:])
	return h, 0, nil
}

// digested appends a digest over all: it tells damage from a wrong key.
func digested(data []byte) []byte {
	sum := blake3.Sum256(data)
	return append(data, sum[:]...)
}

// opened checks digest, magic, version and length, and returns all but the digest. Files of later
// versions end in a digest too, so a newer file is told from a damaged one.
func opened(data []byte, magic string, version byte, length int) ([]byte, error) {
	body := data[:max(0, len(data)-digestBytes)]
	sum := blake3.Sum256(body)
	switch {
	case len(body) <= len(magic) || string(body[:len(magic)]) != magic:
		return nil, errDamaged
	case !bytes.Equal(sum[:], data[len(body):]):
		return nil, errDamaged
	case body[len(magic)] > version:
		return nil, errNewer
	case body[len(magic)] != version, len(data) != length:
		return nil, errDamaged
	}
	return body, nil
}
