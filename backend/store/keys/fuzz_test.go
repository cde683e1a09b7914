package keys

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzStoreFile(f *testing.F) {
	f.Add(newHeader(ID{1}, Master{2}).encode())
	f.Add([]byte(storeMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, digested(bytes.Clone(data))} {
			h, _, err := decodeHeader(data)
			if err == nil && !bytes.Equal(h.encode(), data) {
				t.Errorf("it reads %x as %x", data, h.encode())
			}
		}
	})
}

func FuzzPassphraseFile(f *testing.F) {
	s, err := seal(Master{1}, ID{2}, "word", cheap, 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.encode())
	f.Add(s.encode()[:sealedBytes-digestBytes])
	f.Add([]byte(sealedMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, digested(bytes.Clone(data))} {
			s, generation, err := decodeSealed(data)
			if err != nil {
				continue
			}
			if !bytes.Equal(s.encode(), data) || s.generation != generation {
				t.Errorf("it reads %x as %x", data, s.encode())
			}
			if err := s.cost.check(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add(strings.Join(Words(Master{1, 2, 3}), " "))
	f.Add("# a note\n1. abandon 2) ABILITY,\t3.")
	f.Add("24\xff zoo")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := FromWords(text)
		if err != nil {
			return
		}
		if again, err := FromWords(strings.Join(Words(m), "\n")); again != m || err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func FuzzKeychainEntry(f *testing.F) {
	f.Add(entry(ID{}, Master{1}))
	f.Add(entryMagic)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := fromEntry(ID{}, text)
		if err == nil && !strings.EqualFold(entry(ID{}, m), strings.TrimSpace(text)) {
			t.Errorf("it reads %q as %q", text, entry(ID{}, m))
		}
	})
}
