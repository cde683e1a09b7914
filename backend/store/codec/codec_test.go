package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"testing"

	"github.com/andybalholm/brotli"
)

func text(n int) []byte {
	var b bytes.Buffer
	for r := rand.New(rand.NewPCG(1, 2)); b.Len() < n; {
		fmt.Fprintf(&b, "line %d of %x\n", r.IntN(1000), r.IntN(50))
	}
	return b.Bytes()[:n]
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// encode compresses plain, and says by which codec.
func encode(e *Encoder, plain []byte) (Codec, []byte) {
	framed := e.Encode(nil, plain)
	return Codec(framed[0]), framed[1:]
}

func TestWhatIsCompressedComesBack(t *testing.T) {
	e := NewEncoder(0)
	for _, n := range []int{0, 1, 15, 16, 17, 1000, probeFrom - 1, probeFrom, probeFrom + 1, 600 << 10, 4 << 20} {
		for _, plain := range [][]byte{text(n), random(n), make([]byte, n)} {
			way, payload := encode(e, plain)
			if got, err := Decode([]byte("x"), way, payload, n); err != nil || !bytes.Equal(got[1:], plain) || got[0] != 'x' {
				t.Errorf("%d bytes by way %d: %v", n, way, err)
			}
			if len(payload) > n {
				t.Errorf("%d bytes became %d", n, len(payload))
			}
			if n > 600<<10 {
				continue // Dense takes seconds
			}
			dense, ok := EncodeDense(plain, n)
			if !ok {
				continue
			}
			if got, err := Decode(nil, Codec(dense[0]), dense[1:], n); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes, dense: %v", n, err)
			}
		}
	}
}

// The window that a small block gets costs it nothing.
func TestASmallWindowCompressesNoWorse(t *testing.T) {
	for _, n := range []int{100, 1000, 4096 - 16, 4096, 50 << 10, 300 << 10} {
		var b bytes.Buffer
		w := brotli.NewWriterLevel(&b, brotli.BestCompression)
		_, _ = w.Write(text(n))
		_ = w.Close()
		got, ok := EncodeDense(text(n), n)
		if !ok || len(got)-1 > b.Len()+b.Len()/100+2 {
			t.Errorf("%d bytes: %d, by the usual window %d", n, len(got), b.Len())
		}
	}
}

func TestWhatDoesNotPayStaysAsItIs(t *testing.T) {
	if way, payload := encode(NewEncoder(0), random(1<<20)); way != Raw || len(payload) != 1<<20 {
		t.Errorf("by way %d: %d bytes", way, len(payload))
	}
	if _, ok := EncodeDense(random(10<<10), 1+(10<<10)); ok {
		t.Error("random bytes became fewer")
	}
}

// Letters that repeat nowhere still say less than eight bits each.
func TestFewLettersAreCompressed(t *testing.T) {
	for name, c := range map[string]struct {
		plain string
		most  float64
	}{
		"hexadecimal": {hex.EncodeToString(random(150 << 10)), 0.51},
		"base64":      {base64.StdEncoding.EncodeToString(random(225 << 10)), 0.76},
	} {
		way, payload := encode(NewEncoder(0), []byte(c.plain))
		if got := float64(len(payload)) / float64(len(c.plain)); way != Zstd || got > c.most {
			t.Errorf("%s by way %d: %.3f of it are left", name, way, got)
		}
	}
}

func TestAnotherLengthIsRefused(t *testing.T) {
	way, payload := encode(NewEncoder(0), text(5000))
	for _, n := range []int{0, 4999, 5001, 1 << 20} {
		if _, err := Decode(nil, way, payload, n); err == nil {
			t.Errorf("5000 bytes read as %d", n)
		}
	}
	if _, err := Decode(nil, way, append(bytes.Clone(payload), 0), 5000); err == nil {
		t.Error("a byte more was not seen")
	}
	if _, err := Decode(nil, 77, payload, 5000); err == nil {
		t.Error("an unknown way was taken")
	}
}

// Stores written before Zstd was there have blocks of the first way.
func TestBlocksOfTheFirstWayAreRead(t *testing.T) {
	for _, n := range []int{1, 5000, 1 << 20} {
		var b bytes.Buffer
		w := brotli.NewWriterV2(&b, 3)
		_, _ = w.Write(text(n))
		_ = w.Close()
		if got, err := Decode(nil, Brotli, b.Bytes(), n); err != nil || !bytes.Equal(got, text(n)) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := Decode(nil, Brotli, b.Bytes()[:b.Len()-1], n); err == nil {
			t.Errorf("%d bytes were read of a torn stream", n)
		}
	}
}

// What Debian's zstd reads is Zstandard.
func TestZstdIsReadByItsOwnProgram(t *testing.T) {
	for _, n := range []int{1000, 100 << 10, 4 << 20} {
		way, payload := encode(NewEncoder(0), text(n))
		cmd := exec.Command("zstd", "-d", "-c")
		cmd.Stdin = bytes.NewReader(payload)
		got, err := cmd.Output()
		if way != Zstd || err != nil || !bytes.Equal(got, text(n)) {
			t.Errorf("%d bytes by way %d: zstd: %v", n, way, err)
		}
		cmd = exec.Command("zstd", "-c", "-19")
		cmd.Stdin = bytes.NewReader(text(n))
		theirs, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(nil, Zstd, theirs, n); err != nil || !bytes.Equal(got, text(n)) {
			t.Errorf("%d bytes of zstd -19: %v", n, err)
		}
	}
}

// FuzzDecode: no payload takes more memory than its block may have, and the decoder's own window.
func FuzzDecode(f *testing.F) {
	for _, plain := range [][]byte{nil, text(100), make([]byte, 1<<20)} {
		way, payload := encode(NewEncoder(0), plain)
		f.Add(uint8(way), payload, uint16(len(plain)))
	}
	f.Fuzz(func(t *testing.T, way uint8, payload []byte, n uint16) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out, err := Decode(nil, Codec(way), payload, int(n))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("it took %d bytes", took)
		}
		if err == nil && len(out) != int(n) {
			t.Errorf("%d bytes, not %d", len(out), n)
		}
	})
}
