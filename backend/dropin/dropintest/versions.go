// Package dropintest says what every way to keep plugin files has to do.
package dropintest

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"inos/backend/dropin"
)

// Conform tests Versions. again opens the same ones as another process would.
func Conform(t *testing.T, open func(t *testing.T) (v dropin.Versions, again func() dropin.Versions)) {
	files := map[string][]byte{}
	for i, size := range []int{0, 1, 4096, 700_000, 3 << 20} {
		data := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(data)
		files[dropin.DigestOf(data)] = data
	}
	v, again := open(t)
	has := func(v dropin.Versions, want map[string][]byte) {
		t.Helper()
		for digest, data := range files {
			_, kept := want[digest]
			got, err := v.Get(digest)
			if kept && (err != nil || !bytes.Equal(got, data)) {
				t.Errorf("%d bytes came back as %d, %v", len(data), len(got), err)
			}
			if !kept && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what is not kept: %d bytes, %v", len(got), err)
			}
		}
	}
	has(v, nil)
	if err := v.Retain(nil); err != nil {
		t.Errorf("none of none: %v", err)
	}
	for range 2 { // the same again
		for digest, data := range files {
			if err := v.Keep(digest, data); err != nil {
				t.Fatal(err)
			}
		}
		has(v, files)
	}
	has(again(), files)
	keep := map[string]bool{}
	for digest := range files {
		keep[digest] = true
	}
	if err := v.Retain(keep); err != nil {
		t.Fatal(err)
	}
	has(v, files)
	large := dropin.DigestOf(files[largest(files)])
	delete(keep, large)
	if err := again().Retain(keep); err != nil {
		t.Fatal(err)
	}
	left := map[string][]byte{}
	for digest := range keep {
		left[digest] = files[digest]
	}
	has(v, left)
	if err := v.Keep(large, files[large]); err != nil {
		t.Fatal(err)
	}
	has(again(), files)
	for _, odd := range []string{"", "..", "../../etc/passwd", strings.Repeat("0", 64), strings.ToUpper(large)} {
		if got, err := v.Get(odd); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %d bytes, %v", odd, len(got), err)
		}
	}
}

func largest(files map[string][]byte) (digest string) {
	for d := range files {
		if len(files[d]) >= len(files[digest]) {
			digest = d
		}
	}
	return digest
}
