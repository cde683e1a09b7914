// Package codec compresses blocks by Brotli, at the level that pays, or not at all.
package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/andybalholm/brotli/matchfinder"
)

// Codec says how a block's payload is read. The numbers are part of the format.
type Codec uint8

// The codecs.
const (
	Raw    Codec = iota // as it is
	Brotli              // compressed while it was written
	Dense               // compressed at the highest level
)

// The levels of the write path, those of brotli.NewWriterV2. Over quick, thorough takes a fifth more time;
// it saves 5 % of source code, and 2 % of programs.
const (
	probe, quick, thorough = 1, 2, 3
	dense                  = 11
	// tiny is none of them, and for less than tinyBytes: as small as thorough, with tables of 32 KiB in
	// place of 1.25 MiB that would have to be cleared for each block.
	tiny      = 4
	tinyBits  = 13
	tinyBytes = 16 << 10
)

// What has Huffman tables of its own. Twice as much as is usual costs 0.1 % of size and saves a twentieth
// of the time. Programs take twice as much again: 0.3 %, and a twelfth.
const (
	metaBlock      = 128 << 10
	quickMetaBlock = 256 << 10
)

const (
	// probeBytes of a block's beginning, middle and end say whether compressing it pays.
	probeBytes = 4 << 10
	// probeFrom is from which length on a probe is cheaper than trying.
	probeFrom = 8 * probeBytes
	// pays: at least one part in 32 has to be saved, since reading it costs time each time.
	pays = 32
)

// Encoder compresses within a budget. Safe for concurrent use.
type Encoder struct {
	budget time.Duration // per MiB, of one processor
	cost   atomic.Int64  // what thorough takes per MiB, in ns: a moving mean
	idle   chan *writers
}

// maxWriters bounds how many compress at once: each set has some 15 MiB of tables.
const maxWriters = 8

// NewEncoder makes one that spends about budget per MiB; 0 is no bound.
func NewEncoder(budget time.Duration) *Encoder {
	e := &Encoder{budget: budget, idle: make(chan *writers, min(runtime.GOMAXPROCS(0), maxWriters))}
	for range cap(e.idle) {
		e.idle <- &writers{}
	}
	return e
}

// Encode appends a codec, and plain as that reads it: compressed, or as it is where that does not pay.
func (e *Encoder) Encode(dst, plain []byte) []byte {
	w := <-e.idle
	defer func() { e.idle <- w }()
	if len(plain) >= probeFrom && !w.promising(plain) {
		return raw(dst, plain)
	}
	level := thorough
	switch {
	case len(plain) < tinyBytes:
		level = tiny
	case binary(plain) || e.budget > 0 && time.Duration(e.cost.Load()) > e.budget:
		level = quick
	}
	start := time.Now()
	out := w.compress(append(dst, byte(Brotli)), plain, level)
	switch level {
	case thorough:
		e.learn(len(plain), time.Since(start))
	case quick: // it may be faster by now
		e.cost.Store(e.cost.Load() - e.cost.Load()/1024)
	}
	if len(out)-len(dst)-1 > len(plain)-len(plain)/pays {
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
func (w *writers) promising(plain []byte) bool {
	samples := w.samples[:0]
	for _, at := range []int{0, (len(plain) - probeBytes) / 2, len(plain) - probeBytes} {
		samples = append(samples, plain[at:at+probeBytes]...)
	}
	w.tried = w.compress(w.tried[:0], samples, probe)
	return len(w.tried) < len(samples)-len(samples)/pays
}

// binary says that plain is no text, as git and grep tell: what has a byte of zero in its beginning.
func binary(plain []byte) bool {
	return bytes.IndexByte(plain[:min(len(plain), 2*probeBytes)], 0) >= 0
}

// EncodeDense compresses at the highest level, which takes some 2 s per MiB, and begins with the codec; ok
// is false when that saves nothing over what is there, the codec included.
func EncodeDense(plain []byte, than int) (out []byte, ok bool) {
	var b bytes.Buffer
	b.WriteByte(byte(Dense))
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: dense, LGWin: window(len(plain))})
	_, err := w.Write(plain)
	if err = errors.Join(err, w.Close()); err != nil || b.Len() >= than {
		return nil, false
	}
	return b.Bytes(), true
}

// window is the smallest that has all of a block in view, within brotli's bounds: the tables grow with it,
// and take longer to make than a small block to compress.
func window(n int) int {
	const least, usual, margin = 10, 22, 16
	return min(max(least, bits.Len(uint(n+margin))), usual)
}

// writers compress one block at a time. What finds matches is made when its level is needed.
type writers struct {
	finders [tiny + 1]matchfinder.MatchFinder
	encoder brotli.Encoder
	matches []matchfinder.Match
	samples [3 * probeBytes]byte
	tried   []byte
}

// compress appends a stream. It is what a matchfinder.Writer does, without its copies of all that goes in
// and comes out.
func (w *writers) compress(dst, plain []byte, level int) []byte {
	if w.finders[level] == nil {
		w.finders[level] = newFinder(level)
	}
	finder := w.finders[level]
	finder.Reset()
	w.encoder.Reset()
	size := metaBlock
	if level == quick {
		size = quickMetaBlock
	}
	for more := true; more; {
		part := plain[:min(len(plain), size)]
		plain = plain[len(part):]
		more = len(plain) > 0
		w.matches = finder.FindMatches(w.matches[:0], part)
		dst = w.encoder.Encode(dst, part, w.matches, !more)
	}
	return dst
}

func newFinder(level int) matchfinder.MatchFinder {
	switch level {
	case probe: // remembers no more than there is
		return &matchfinder.ZFast{MaxDistance: 3 * probeBytes}
	case tiny:
		return &matchfinder.M4{MaxDistance: tinyBytes, HashLen: 5, TableBits: tinyBits}
	default:
		return brotli.NewWriterV2(nil, level).MatchFinder
	}
}

var readers sync.Pool

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
		return expand(dst, payload, n)
	}
	return nil, fmt.Errorf("a block is compressed by way %d, which this version of INOS does not know", codec)
}

func expand(dst, payload []byte, n int) ([]byte, error) {
	from := bytes.NewReader(payload)
	r, _ := readers.Get().(*brotli.Reader)
	if r == nil {
		r = brotli.NewReader(from)
	} else if err := r.Reset(from); err != nil {
		return nil, err
	}
	defer readers.Put(r)
	start := len(dst)
	if cap(dst)-start < n {
		dst = append(make([]byte, 0, start+n), dst...)
	}
	dst = dst[:start+n]
	if _, err := io.ReadFull(r, dst[start:]); err != nil {
		return nil, errLength
	}
	var more [1]byte
	if k, err := r.Read(more[:]); k != 0 || !errors.Is(err, io.EOF) || from.Len() != 0 {
		return nil, errLength
	}
	return dst, nil
}
