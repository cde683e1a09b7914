package frames

import (
	"bytes"
	"testing"

	"inos/backend/arena"
	"inos/backend/fault"
)

func TestARequestSurvivesTheWire(t *testing.T) {
	want := Request{Kind: KindFrame, Entry: 63, LastEpoch: 0xfffffffe, Generation: 7}
	got, err := ParseRequest(AppendRequest(nil, want))
	if err != nil || got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestGarbageIsNoRequest(t *testing.T) {
	good := AppendRequest(nil, Request{Kind: KindKernel})
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	for name, message := range map[string][]byte{
		"empty":                     {},
		"short":                     good[:15],
		"long":                      append(bytes.Clone(good), 0),
		"foreign magic":             change(arena.StreamRequestMagicAt, 0),
		"kind none":                 change(arena.StreamRequestKindAt, 0),
		"kind gone":                 change(arena.StreamRequestKindAt, byte(KindGone)),
		"kind unknown":              change(arena.StreamRequestKindAt+1, 9),
		"entry after the last":      change(arena.StreamRequestEntryAt, arena.KernelSegmentDirectoryCount),
		"entry far after the last":  change(arena.StreamRequestEntryAt+1, 0xff),
		"text that looks like JSON": []byte(`{"kind":"frame"}`),
	} {
		if r, err := ParseRequest(message); fault.KindOf(err) != fault.Protocol {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
}

func TestAHeaderSurvivesTheWire(t *testing.T) {
	want := Header{Kind: KindFrame, Entry: 3, Generation: 2, Epoch: 9, Count: 4, Stride: 32, ByteLen: 128,
		StampNs: 1 << 60, Tick: 1 << 40}
	message := make([]byte, arena.StreamHeaderBytes+128)
	want.put(message)
	got, err := ParseHeader(message)
	if err != nil || got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := ParseHeader(message[:len(message)-1]); err == nil {
		t.Error("a cut payload was believed")
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add(AppendRequest(nil, Request{Kind: KindFrame, Entry: 1, LastEpoch: 2, Generation: 3}))
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		if err != nil {
			return
		}
		if r.Entry < 0 || r.Entry >= arena.KernelSegmentDirectoryCount {
			t.Fatalf("entry %d got through", r.Entry)
		}
		if !bytes.Equal(AppendRequest(nil, r), b) {
			t.Fatalf("%x is not what %+v says", b, r)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	message := make([]byte, arena.StreamHeaderBytes+4)
	Header{Kind: KindFrame, ByteLen: 4}.put(message)
	f.Add(message)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := ParseHeader(b); err == nil && int(h.ByteLen) != len(b)-arena.StreamHeaderBytes {
			t.Fatalf("%+v promises more than there is", h)
		}
	})
}
