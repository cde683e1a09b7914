package keys

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
)

// Keychain keeps secrets by account. Each call may wait for the user, and ends soon after ctx does.
// The error of Get and Delete for what is not there, and no other, is of kind fault.NotFound. No error
// repeats a secret.
type Keychain interface {
	Get(ctx context.Context, account string) (string, error)
	Set(ctx context.Context, account, secret string) error
	Delete(ctx context.Context, account string) error
}

func notThere(err error) bool { return fault.KindOf(err) == fault.NotFound }

// account is the entry of a store.
func account(id ID) string { return "store " + id.String() }

const (
	entryMagic    = "inos-store-1:"
	entrySumBytes = 8
)

// entry is what the keychain keeps: the key, and a sum that finds an entry that was changed or is
// another store's.
func entry(id ID, m Master) string {
	return entryMagic + hex.EncodeToString(m[:]) + hex.EncodeToString(entrySum(id, m))
}

var errEntry = errors.New("the entry of this store in the keychain is damaged")

func fromEntry(id ID, text string) (m Master, err error) {
	digits, ours := strings.CutPrefix(strings.TrimSpace(text), entryMagic)
	data, err := hex.DecodeString(digits)
	if !ours || err != nil || len(data) != len(m)+entrySumBytes {
		return m, errEntry
	}
	read := Master(data[:len(m)])
	if subtle.ConstantTimeCompare(entrySum(id, read), data[len(m):]) != 1 {
		return m, errEntry
	}
	return read, nil
}

func entrySum(id ID, m Master) []byte {
	var sum [entrySumBytes]byte
	blake3.DeriveKey("INOS store 1: sum of the keychain's entry", append(m[:], id[:]...), sum[:])
	return sum[:]
}
