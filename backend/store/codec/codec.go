// Package codec compresses blocks: by Zstandard at the level that pays, or not at all, and once more by
// Brotli for what is to be kept for long.
package codec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Codec says how a block's payload is read. The numbers are part of the format.
type Codec uint8

// The codecs.
const (
	Raw       Codec = iota // as it is
	Brotli                 // read only: compressed while it was written, before Zstd was
	Dense                  // Brotli at the highest level
	Zstd                   // compressed while it was written
	DenseZstd              // as Zstd, where that is smaller than Dense
)

// Quick says that Encode compressed the payload, so that EncodeDense may make it smaller.
func (c Codec) Quick() bool { return c == Brotli || c == Zstd }

// Compare is above 0 where c compresses better than d, whatever the block: of two copies, that is the one to read.
func (c Codec) Compare(d Codec) int { return cmp.Compare(c.rank(), d.rank()) }

func (c Codec) rank() int {
	switch {
	case c == Dense || c == DenseZstd:
		return 2
	case c.Quick():
		return 1
	}
	return 0
}

const (
	// probeBytes of a block's beginning, middle and end say whether compressing it pays.
	probeBytes = 4 << 10
	// probeFrom is from which length on a probe is cheaper than trying.
	probeFrom = 8 * probeBytes
	// pays: at least one part in 32 has to be saved, since reading it costs time each time.
	pays = 32
	// most blocks at once are compressed: each takes 4 MiB of tables and more.
	most = 8
	// view is how far back a block may repeat itself: all of the largest.
	view = 4 << 20
)

// Encoder compresses within a budget. Safe for concurrent use.
type Encoder struct {
	budget time.Duration // per MiB, of one processor
	cost   atomic.Int64  // what thorough takes per MiB, in ns: a moving mean
	// Over quick, thorough saves 4 % of text for a third more time, and 3 % of programs for two fifths.
	quick, thorough *zstd.Encoder
}

// NewEncoder makes one that spends about budget per MiB; 0 is no bound.
func NewEncoder(budget time.Duration) *Encoder {
	return &Encoder{budget: budget, quick: newZstd(zstd.SpeedDefault), thorough: newZstd(zstd.SpeedBetterCompression)}
}

// newZstd leaves checksums out: a block is sealed, and named after what it holds.
func newZstd(level zstd.EncoderLevel) *zstd.Encoder {
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(min(runtime.GOMAXPROCS(0), most)),
		zstd.WithWindowSize(view), zstd.WithSingleSegment(true), zstd.WithZeroFrames(true),
		zstd.WithEncoderCRC(false), zstd.WithAllLitEntropyCompression(true))
	if err != nil { // only options are refused
		panic(err)
	}
	return e
}

// Encode appends a codec, and plain as that reads it: compressed, or as it is where that does not pay.
func (e *Encoder) Encode(dst, plain []byte) []byte {
	if len(plain) >= probeFrom && !e.promising(plain) {
		return raw(dst, plain)
	}
	out := append(dst, byte(Zstd))
	if e.budget > 0 && time.Duration(e.cost.Load()) > e.budget {
		out = e.quick.EncodeAll(plain, out)
		e.cost.Store(e.cost.Load() - e.cost.Load()/1024) // thorough may be faster by now
	} else {
		start := time.Now()
		out = e.thorough.EncodeAll(plain, out)
		e.learn(len(plain), time.Since(start))
	}
	if len(out)-len(dst)-1 >= len(plain)-len(plain)/pays {
		return raw(out[:len(dst)], plain)
	}
	return out
}

func raw(dst, plain []byte) []byte { return append(append(dst, byte(Raw)), plain...) }

// learn counts by bytes: a block of 1 MiB weighs a sixteenth.
func (e *Encoder) learn(n int, took time.Duration) {
	if n < probeFrom {
		return
	}
	perMiB := int64(took) * (1 << 20) / int64(n)
	old := e.cost.Load()
	e.cost.Store(old + (perMiB-old)*int64(min(n, 1<<20))/(16<<20))
}

// promising tries three samples.
func (e *Encoder) promising(plain []byte) bool {
	var samples [3 * probeBytes]byte
	for i, at := range []int{0, (len(plain) - probeBytes) / 2, len(plain) - probeBytes} {
		copy(samples[i*probeBytes:], plain[at:at+probeBytes])
	}
	var tried [len(samples) + 1<<10]byte
	return len(e.quick.EncodeAll(samples[:], tried[:0])) < len(samples)-len(samples)/pays
}

// EncodeDense is what is smallest of all there is, with its codec before it: mostly Brotli at the highest
// level, which takes some 2 s per MiB. Of little that repeats itself Zstandard makes less, and that says so, lest
// somebody tries again.
func (e *Encoder) EncodeDense(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte(byte(Dense))
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: window(len(plain))})
	_, err := w.Write(plain)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	best := b.Bytes()
	for _, z := range []*zstd.Encoder{e.quick, e.thorough} {
		if out := z.EncodeAll(plain, []byte{byte(DenseZstd)}); len(out) < len(best) {
			best = out
		}
	}
	return best, nil
}

// window is the smallest that has all of a block in view, within brotli's bounds: the tables grow with it,
// and take longer to make than a small block to compress.
func window(n int) int {
	const least, usual, margin = 10, 22, 16
	return min(max(least, bits.Len(uint(n+margin))), usual)
}

// ErrNewer means that nothing is wrong with a block, but with who reads it.
var ErrNewer = errors.New("this version of INOS does not know how it is compressed")

// errLength is not for the user: a block's name is what it is refused for.
var errLength = errors.New("a block holds more or less than its length says")

// Decode appends the n bytes that a payload holds. A payload of another length is refused, before
// more than n bytes of memory are taken.
func Decode(dst []byte, codec Codec, payload []byte, n int) ([]byte, error) {
	switch codec {
	case Raw:
		if len(payload) != n {
			return nil, errLength
		}
		return append(dst, payload...), nil
	case Brotli, Dense:
		return readBrotli(dst, payload, n)
	case Zstd, DenseZstd:
		return readZstd(dst, payload, n)
	}
	return nil, fmt.Errorf("way %d: %w", codec, ErrNewer)
}

// room makes sure that more bytes fit behind dst.
func room(dst []byte, more int) []byte {
	if cap(dst)-len(dst) < more {
		dst = append(make([]byte, 0, len(dst)+more), dst...)
	}
	return dst
}

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
	if err != nil { // only options are refused
		panic(err)
	}
	return d
})

func readZstd(dst, payload []byte, n int) ([]byte, error) {
	const slack = 32 // the decoder writes in long words, if it may write beyond the end
	dst = room(dst, n+slack)
	end := len(dst) + n
	out, err := decoder().DecodeAll(payload, dst[:len(dst):end+slack])
	if err != nil || len(out) != end {
		return nil, errLength
	}
	return out, nil
}

var readers sync.Pool

func readBrotli(dst, payload []byte, n int) ([]byte, error) {
	from := bytes.NewReader(payload)
	r, _ := readers.Get().(*brotli.Reader)
	if r == nil {
		r = brotli.NewReader(from)
	} else if err := r.Reset(from); err != nil {
		return nil, err
	}
	defer readers.Put(r)
	start := len(dst)
	dst = room(dst, n)[:start+n]
	if _, err := io.ReadFull(r, dst[start:]); err != nil {
		return nil, errLength
	}
	var more [1]byte
	if k, err := r.Read(more[:]); k != 0 || !errors.Is(err, io.EOF) || from.Len() != 0 {
		return nil, errLength
	}
	return dst, nil
}
