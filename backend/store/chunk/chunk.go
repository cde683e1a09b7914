// Package chunk cuts a stream where its content says, so that an insertion changes the pieces around
// it and no others. Where it cuts depends on a key: the lengths of the pieces tell nobody what they are.
package chunk

import (
	"io"
	"sync"

	chunkers "github.com/PlakarKorp/go-cdc-chunkers"
	_ "github.com/PlakarKorp/go-cdc-chunkers/chunkers/fastcdc" // FastCDC (Xia et al., 2016) by a keyed gear table
)

// The lengths of pieces in bytes; the mean is about normal. The last piece of a stream may be shorter
// than Min.
const (
	Min    = 256 << 10
	normal = 1 << 20
	Max    = 4 << 20
)

// The algorithm's name in the library. (Its "kfastcdc" has the masks of 8 KiB for all lengths, so that
// each piece is a little longer than Min.)
const algorithm = "fastcdc-v1.0.0"

// Chunker cuts one stream after the other.
type Chunker struct {
	c   *chunkers.Chunker
	key [32]byte
	buf *[]byte
}

// buffers are those of chunkers that were closed.
var buffers = sync.Pool{New: func() any { b := make([]byte, 2*Max); return &b }}

// New makes a chunker, which holds 2·Max bytes until it is closed.
func New(key [32]byte) *Chunker { return &Chunker{key: key, buf: buffers.Get().(*[]byte)} }

// Close gives its memory back. It is of no use any more.
func (c *Chunker) Close() {
	buffers.Put(c.buf)
	*c = Chunker{}
}

// Reset begins a stream.
func (c *Chunker) Reset(r io.Reader) error {
	var err error
	c.c, err = chunkers.NewChunkerBuffer(algorithm, r, &chunkers.ChunkerOpts{
		MinSize: Min, NormalSize: normal, MaxSize: Max, Key: c.key[:],
	}, *c.buf)
	return err
}

// Next is the next piece, until the next call; io.EOF when there is none. An empty stream has none.
func (c *Chunker) Next() ([]byte, error) {
	piece, err := c.c.Next()
	if len(piece) > 0 {
		return piece, nil
	}
	if err == nil {
		err = io.EOF
	}
	return nil, err
}
