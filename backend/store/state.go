package store

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"

	"inos/backend/store/disk"
)

// state is a small sealed document that is kept twice. Each write has a higher generation.
type state[T any] struct {
	fs   disk.FS
	name string
	aead cipher.AEAD
}

type document[T any] struct {
	Generation uint64 `json:"generation"`
	Value      T      `json:"value"`
}

// errSeal is for whoever holds another key, and for damage: nobody can tell them apart.
var errSeal = errors.New("its seal is broken: it is damaged, or was made with another key")

func (s state[T]) twin() disk.Twin[document[T]] {
	return disk.Twin[document[T]]{FS: s.fs, Name: s.name, Decode: s.decode}
}

func (s state[T]) decode(data []byte) (d document[T], generation uint64, err error) {
	n := s.aead.NonceSize()
	if len(data) < n {
		return d, 0, errSeal
	}
	plain, err := s.aead.Open(nil, data[:n], data[n:], nil)
	if err != nil {
		return d, 0, errSeal
	}
	j := json.NewDecoder(bytes.NewReader(plain))
	j.DisallowUnknownFields()
	err = j.Decode(&d)
	return d, d.Generation, err
}

// read is the document; the zero one when it was never written.
func (s state[T]) read() (document[T], [2]disk.Copy, error) {
	d, copies, err := s.twin().Read()
	if errors.Is(err, fs.ErrNotExist) {
		return document[T]{}, copies, nil
	}
	return d, copies, err
}

// write replaces the document that old is. Nobody else may be writing it.
func (s state[T]) write(old document[T], value T) error {
	plain, err := json.Marshal(document[T]{old.Generation + 1, value})
	if err != nil {
		return err
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return s.twin().Write(s.aead.Seal(nonce, nonce, plain, nil))
}
