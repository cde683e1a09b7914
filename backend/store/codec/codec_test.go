package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
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
			if n > 64<<10 || n == 0 {
				continue // Dense takes seconds; nothing is never archived
			}
			dense, err := e.EncodeDense(plain)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Decode(nil, Codec(dense[0]), dense[1:], n); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes, dense: %v", n, err)
			}
		}
	}
}

// The window that a small block gets costs it nothing.
func TestASmallWindowCompressesNoWorse(t *testing.T) {
	for _, n := range []int{100, 1000, 4096 - 16, 4096, 50 << 10, 100 << 10} {
		var b bytes.Buffer
		w := brotli.NewWriterLevel(&b, brotli.BestCompression)
		_, _ = w.Write(text(n))
		_ = w.Close()
		got, err := NewEncoder(0).EncodeDense(text(n))
		if err != nil || len(got)-1 > b.Len()+b.Len()/100+2 {
			t.Errorf("%d bytes: %d, by the usual window %d", n, len(got), b.Len())
		}
	}
}

func TestWhatDoesNotPayStaysAsItIs(t *testing.T) {
	if way, payload := encode(NewEncoder(0), random(1<<20)); way != Raw || len(payload) != 1<<20 {
		t.Errorf("by way %d: %d bytes", way, len(payload))
	}
}

// What the archive could not make smaller is not tried again, and no larger than it was.
func TestTheDensestIsNeverLargerAndNotTriedAgain(t *testing.T) {
	e, ways := NewEncoder(0), map[Codec]int{}
	for _, plain := range [][]byte{text(20_000), random(10 << 10), []byte("a"), bytes.Repeat([]byte("again"), 9000), bytes.Repeat(random(100), 2)} {
		dense, err := e.EncodeDense(plain)
		if err != nil {
			t.Fatal(err)
		}
		way := Codec(dense[0])
		ways[way]++
		if got, err := Decode(nil, way, dense[1:], len(plain)); err != nil || !bytes.Equal(got, plain) || way.Quick() {
			t.Errorf("%.20q… by way %d: %v", plain, way, err)
		}
		for _, z := range []*zstd.Encoder{e.quick, e.thorough} {
			if was := len(z.EncodeAll(plain, nil)); len(dense)-1 > was {
				t.Errorf("%.20q… was %d and is %d bytes", plain, was, len(dense)-1)
			}
		}
	}
	if ways[Dense] == 0 || ways[DenseZstd] == 0 {
		t.Errorf("of both ways only one was taken: %v", ways)
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
	if _, err := Decode(nil, 77, payload, 5000); !errors.Is(err, ErrNewer) {
		t.Errorf("an unknown way: %v", err)
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
