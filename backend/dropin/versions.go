package dropin

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/zeebo/blake3"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

// MaxBytes bounds a plugin's file.
const MaxBytes = 64 << 20

// Versions keeps plugin files by their BLAKE3 digest, in hex. What Keep has returned for is on the
// disk. Keep and Retain are called by one at a time among all processes.
type Versions interface {
	// Keep keeps a file. One that is kept, and whole, costs no more than reading it.
	Keep(digest string, wasm []byte) error
	// Get returns the very bytes that were kept; where it has none that match the digest, the error is
	// fs.ErrNotExist and says whether they are damaged: see Gone.
	Get(digest string) ([]byte, error)
	// Retain drops the others, sooner or later.
	Retain(digests map[string]bool) error
}

// Gone is an error of Versions, and fs.ErrNotExist: there is no such file, or no such file any more.
type Gone string

// Why a file is gone.
const (
	NotKept Gone = "no copy of it is kept any more"
	Hurt    Gone = "the copy of it is damaged"
)

func (g Gone) Error() string { return string(g) }

// Is makes it fs.ErrNotExist.
func (g Gone) Is(target error) bool { return target == fs.ErrNotExist }

// Folder is Versions in a folder, a file each, as INOS kept them before it had a store.
type Folder string

func (v Folder) path(digest string) string {
	return filepath.Join(string(v), digest+".wasm")
}

// Keep writes a file.
func (v Folder) Keep(digest string, wasm []byte) error {
	if _, err := v.Get(digest); err == nil {
		return nil
	}
	if err := os.MkdirAll(string(v), 0o700); err != nil {
		return err
	}
	return durable.Write(v.path(digest), wasm)
}

// Get reads one.
func (v Folder) Get(digest string) ([]byte, error) {
	if !IsDigest(digest) {
		return nil, NotKept
	}
	wasm, err := input.ReadUnlinked(v.path(digest), MaxBytes)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, NotKept
	case err == nil && DigestOf(wasm) != digest:
		return nil, Hurt
	}
	return wasm, err
}

// Digests are those of the files that are there, whole or not.
func (v Folder) Digests() ([]string, error) {
	entries, err := os.ReadDir(string(v))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		if digest, ours := strings.CutSuffix(e.Name(), ".wasm"); ours && IsDigest(digest) {
			out = append(out, digest)
		}
	}
	return out, err
}

// Drop deletes a file.
func (v Folder) Drop(digest string) error { return os.Remove(v.path(digest)) }

// Retain deletes the others, and what writers that were killed left.
func (v Folder) Retain(digests map[string]bool) error {
	durable.Sweep(string(v), ".wasm")
	there, err := v.Digests()
	for _, digest := range there {
		if !digests[digest] {
			err = errors.Join(err, v.Drop(digest))
		}
	}
	return err
}

// DigestOf is the BLAKE3 digest in hex.
func DigestOf(wasm []byte) string {
	digest := blake3.Sum256(wasm)
	return hex.EncodeToString(digest[:])
}
