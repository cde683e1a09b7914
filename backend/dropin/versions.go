package dropin

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lukechampine.com/blake3"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

// MaxBytes bounds a plugin's file.
const MaxBytes = 64 << 20

// Versions keeps plugin files by their BLAKE3 digest, in hex. What Keep has returned for is on the
// disk. Methods are called one at a time.
type Versions interface {
	Keep(digest string, wasm []byte) error
	// Get returns the very bytes that were kept; the error is fs.ErrNotExist when there are none
	// that match the digest.
	Get(digest string) ([]byte, error)
	// Retain drops all others.
	Retain(digests map[string]bool) error
}

// versionFolder is Versions in a folder, a file each.
type versionFolder string

func (v versionFolder) path(digest string) string {
	return filepath.Join(string(v), digest+".wasm")
}

func (v versionFolder) Keep(digest string, wasm []byte) error {
	if _, err := v.Get(digest); err == nil {
		return nil
	}
	if err := os.MkdirAll(string(v), 0o700); err != nil {
		return err
	}
	return durable.Write(v.path(digest), wasm)
}

func (v versionFolder) Get(digest string) ([]byte, error) {
	if !IsDigest(digest) {
		return nil, fs.ErrNotExist
	}
	wasm, err := input.ReadUnlinked(v.path(digest), MaxBytes)
	switch {
	case fault.KindOf(err) == fault.NotFound || err == nil && DigestOf(wasm) != digest:
		return nil, fmt.Errorf("the copy of version %.8s is gone or damaged: %w", digest, fs.ErrNotExist)
	case err != nil:
		return nil, err
	}
	return wasm, nil
}

func (v versionFolder) Retain(digests map[string]bool) error {
	entries, err := os.ReadDir(string(v))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		digest, ours := strings.CutSuffix(e.Name(), ".wasm")
		if ours && IsDigest(digest) && !digests[digest] {
			err = errors.Join(err, os.Remove(v.path(digest)))
		}
	}
	return err
}

// DigestOf is the BLAKE3 digest in hex.
func DigestOf(wasm []byte) string {
	digest := blake3.Sum256(wasm)
	return hex.EncodeToString(digest[:])
}
