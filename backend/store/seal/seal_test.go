package seal

import (
	"bytes"
	"testing"

	"inos/backend/store/tree"
)

var keys = Derive(Secret{1})

func framed(codec uint8, payload []byte) []byte { return append([]byte{codec}, payload...) }

func TestABlockOpensByItsOwnNameKindAndSpaceAlone(t *testing.T) {
	plain := []byte("what is in it")
	name := keys.Name(Data, plain)
	block := keys.Seal(nil, name, Data, framed(7, plain))
	codec, got, err := keys.Open(bytes.Clone(block), name, Data)
	if err != nil || codec != 7 || !bytes.Equal(got, plain) {
		t.Fatalf("%d, %q, %v", codec, got, err)
	}
	for what, open := range map[string]func(b []byte) error{
		"another name":  func(b []byte) error { _, _, err := keys.Open(b, tree.Name{1}, Data); return err },
		"another kind":  func(b []byte) error { _, _, err := keys.Open(b, name, Meta); return err },
		"another space": func(b []byte) error { _, _, err := Derive(Secret{2}).Open(b, name, Data); return err },
		"cut short":     func(b []byte) error { _, _, err := keys.Open(b[:len(b)-1], name, Data); return err },
	} {
		if open(bytes.Clone(block)) == nil {
			t.Errorf("%s opens it", what)
		}
	}
	for i := range block {
		bad := bytes.Clone(block)
		bad[i] ^= 1
		if _, _, err := keys.Open(bad, name, Data); err == nil {
			t.Errorf("byte %d may be changed", i)
		}
	}
}

func TestEqualContentIsEqualWithinASpaceOnly(t *testing.T) {
	plain := bytes.Repeat([]byte("same"), 100)
	other := Derive(Secret{2})
	name := keys.Name(Data, plain)
	if name == other.Name(Data, plain) || name == keys.Name(Meta, plain) {
		t.Error("names tell of equal content")
	}
	block := keys.Seal(nil, name, Data, framed(0, plain))
	if !bytes.Equal(block, keys.Seal(nil, name, Data, framed(0, plain))) {
		t.Error("peers cannot store it once")
	}
	if a, b := block[:12], keys.Seal(nil, name, Data, framed(1, plain))[:12]; bytes.Equal(a, b) {
		t.Error("one nonce for two payloads under one key")
	}
}

func FuzzOpen(f *testing.F) {
	name := keys.Name(Data, []byte("x"))
	f.Add(keys.Seal(nil, name, Data, framed(1, []byte("x"))), uint8(Data))
	f.Add([]byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, block []byte, kind uint8) {
		again := bytes.Clone(block)
		codec, payload, err := keys.Open(block, name, Kind(kind))
		if err == nil && !bytes.Equal(keys.Seal(nil, name, Kind(kind), framed(codec, payload))[12:], again[12:]) {
			t.Error("it opens as something that was not sealed")
		}
	})
}
