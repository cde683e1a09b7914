package store

import (
	"bytes"
	"testing"

	"inos/backend/store/disk/disktest"
	"inos/backend/store/seal"
)

// FuzzState: a state opens as what was sealed, or not at all; with the key anything may be inside.
func FuzzState(f *testing.F) {
	keys := seal.Derive(seal.Secret{1})
	s := state[epoch]{disktest.New(), "epoch", keys.AEAD("epoch", []byte("id"))}
	f.Add([]byte(`{"generation":3,"value":{"number":2,"condemned":["00"]}}`), true)
	f.Add([]byte("nothing"), false)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		nonce := make([]byte, s.aead.NonceSize())
		if sealed {
			data = s.aead.Seal(bytes.Clone(nonce), nonce, data, nil)
		}
		doc, generation, err := s.decode(data)
		if err == nil && (!sealed || doc.Generation != generation) {
			t.Errorf("%+v", doc)
		}
		if err == nil {
			doc.Value.condemned()
		}
	})
}
