package tree

import (
	"bytes"
	"reflect"
	"testing"
)

// again fails unless what was accepted can be written and reads as the same. Its own bytes need not
// be what Encode writes: the message may have been laid out in another way.
func again[T any](t *testing.T, value T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	data, err := encode(value)
	if err != nil {
		t.Fatalf("accepted, but cannot be written: %v", err)
	}
	back, err := decode(data)
	if err != nil || !reflect.DeepEqual(value, back) {
		t.Fatalf("written anew it says something else: %v\n%+v\n%+v", err, value, back)
	}
	if twice, err := encode(back); err != nil || !bytes.Equal(twice, data) {
		t.Fatalf("equal values, other bytes: %v", err)
	}
}

func seeds(f *testing.F, name string) {
	for _, data := range sampleBlocks(f) {
		f.Add(data)
	}
	good := sampleBlocks(f)[name]
	f.Add(good[:len(good)/16*8])
}

func FuzzList(f *testing.F) {
	seeds(f, "list")
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodeList(data); err == nil {
			again(t, v, EncodeList, DecodeList)
		}
	})
}

func FuzzPage(f *testing.F) {
	seeds(f, "page")
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodePage(data); err == nil {
			again(t, v, EncodePage, DecodePage)
		}
	})
}

func FuzzRoot(f *testing.F) {
	seeds(f, "root")
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodeRoot(data); err == nil {
			again(t, v, EncodeRoot, DecodeRoot)
		}
	})
}

func FuzzRemoval(f *testing.F) {
	seeds(f, "removal")
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodeRemoval(data); err == nil {
			again(t, v, EncodeRemoval, DecodeRemoval)
		}
	})
}
