package keys

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/scrypt"
)

const (
	sealedName    = "keys/passphrase" // of the twin
	sealedMagic   = "INOSKEY"
	sealedVersion = 1

	saltBytes    = 32
	secretBytes  = len(Master{}) + tagBytes
	sealedHeader = len(sealedMagic) + 1 + len(ID{}) + 8 + 4 + saltBytes
	sealedBytes  = sealedHeader + secretBytes + digestBytes
)

// MaxPassphraseBytes bounds a passphrase; the minisign tool's are as long.
const MaxPassphraseBytes = 1023

// Cost is what one guess at a passphrase takes: 128·R·2^LogN bytes, and time in proportion to that
// and to P.
type Cost struct{ LogN, R, P uint8 }

// DefaultCost takes 64 MiB and 0.1 to 0.3 s.
var DefaultCost = Cost{LogN: 16, R: 8, P: 1}

// A file that somebody else wrote may ask for 1 GiB and a few seconds, and not for more.
const (
	maxScryptBytes = 1 << 30
	maxScryptWork  = 1 << 24 // R·P·2^LogN; DefaultCost is 2^19
)

func (c Cost) check() error {
	n := uint64(1) << min(c.LogN, 40)
	r, p := uint64(c.R), uint64(c.P)
	switch {
	case c.LogN < 1 || r < 1 || p < 1:
		return errors.New("it asks for a scrypt that there is not")
	case 128*n*r > maxScryptBytes || n*r*p > maxScryptWork:
		return errors.New("its passphrase would take more than 1 GiB or too long to check")
	}
	return nil
}

// sealed is what keys/passphrase.a and .b say: the master key under a passphrase.
type sealed struct {
	id         ID // of the store
	generation uint64
	cost       Cost
	salt       [saltBytes]byte
	secret     [secretBytes]byte
}

func (s sealed) header() []byte {
	out := append([]byte(sealedMagic), sealedVersion)
	out = append(out, s.id[:]...)
	out = binary.LittleEndian.AppendUint64(out, s.generation)
	out = append(out, s.cost.LogN, s.cost.R, s.cost.P, 0)
	return append(out, s.salt[:]...)
}

func (s sealed) encode() []byte { return digested(append(s.header(), s.secret[:]...)) }

// decodeSealed implements disk.Twin's Decode.
func decodeSealed(data []byte) (sealed, uint64, error) {
	var s sealed
	body, err := opened(data, sealedMagic, sealedVersion, sealedBytes)
	if err != nil {
		return s, 0, err
	}
	rest := body[len(sealedMagic)+1:]
	rest = rest[copy(s.id[:], rest):]
	s.generation, rest = binary.LittleEndian.Uint64(rest), rest[8:]
	s.cost, rest = Cost{rest[0], rest[1], rest[2]}, rest[3:]
	if rest[0] != 0 {
		return sealed{}, 0, errDamaged
	}
	rest = rest[1:]
	rest = rest[copy(s.salt[:], rest):]
	copy(s.secret[:], rest)
	if err := s.cost.check(); err != nil {
		return sealed{}, 0, err
	}
	return s, s.generation, nil
}

// seal puts the master key under a passphrase. The salt makes a key that seals nothing else.
func seal(m Master, id ID, passphrase string, cost Cost, generation uint64) (sealed, error) {
	s := sealed{id: id, generation: generation, cost: cost}
	_, _ = rand.Read(s.salt[:]) // never fails
	key, err := s.key(passphrase)
	if err != nil {
		return s, err
	}
	copy(s.secret[:], sealer(key).Seal(nil, once[:], m[:], s.header()))
	return s, nil
}

// open takes the master key out; ok is false when the passphrase is another one.
func (s sealed) open(passphrase string) (m Master, ok bool, err error) {
	key, err := s.key(passphrase)
	if err != nil {
		return m, false, err
	}
	plain, err := sealer(key).Open(nil, once[:], s.secret[:], s.header())
	copy(m[:], plain)
	return m, err == nil, nil
}

func (s sealed) key(passphrase string) ([]byte, error) {
	if err := s.cost.check(); err != nil {
		return nil, err
	}
	key, err := scrypt.Key([]byte(passphrase), s.salt[:], 1<<s.cost.LogN, int(s.cost.R), int(s.cost.P), 32)
	if err != nil {
		return nil, fmt.Errorf("scrypt: %w", err)
	}
	return key, nil
}
