package results

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/zeebo/blake3"

	"inos/backend/job"
)

// An entry is a file: the magic, the length of the header, the header, the outputs one after the other,
// and the BLAKE3 hash of all before.
const (
	magic          = "INOS result 1\n"
	lengthBytes    = 4
	sumBytes       = 32
	maxHeaderBytes = 1 << 20
	// maxOutputs bounds the outputs of an op.
	maxOutputs = 16
)

// header is what an entry says about itself, as JSON.
type header struct {
	Key     job.Digest `json:"key"`
	Origin  job.Origin `json:"origin"`
	Outputs []output   `json:"outputs"`
	Figures []figure   `json:"figures"`
}

type output struct {
	Index  int        `json:"index"`
	Name   string     `json:"name"`
	Media  string     `json:"media"`
	Bytes  int64      `json:"bytes"`
	Digest job.Digest `json:"digest"`
}

// figure holds the bits of a number, since JSON has no infinities.
type figure struct {
	Bits     uint64 `json:"bits,string"`
	Reported bool   `json:"reported"`
}

var errDamaged = errors.New("this is no whole result")

func encode(key job.Key, k *job.Kept) ([]byte, error) {
	h := header{Key: job.Digest(key), Origin: k.Origin}
	for _, o := range k.Outputs {
		h.Outputs = append(h.Outputs, output{o.Index, o.Name, o.Media, o.Len, blake3.Sum256(o.Bytes)})
	}
	for _, f := range k.Figures {
		h.Figures = append(h.Figures, figure{math.Float64bits(f.Value), f.Reported})
	}
	text, err := json.Marshal(h)
	if err == nil && len(text) > maxHeaderBytes {
		err = fmt.Errorf("a header of %d bytes", len(text))
	}
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(text)))
	b = append(b, text...)
	for _, o := range k.Outputs {
		b = append(b, o.Bytes...)
	}
	sum := blake3.Sum256(b)
	return append(b, sum[:]...), nil
}

// decode reads an entry; its outputs are parts of b.
func decode(b []byte, key job.Key) (*job.Kept, error) {
	if len(b) < sumBytes {
		return nil, errDamaged
	}
	body := b[:len(b)-sumBytes]
	if sum := blake3.Sum256(body); !bytes.Equal(sum[:], b[len(body):]) {
		return nil, errDamaged
	}
	h, rest, err := decodeHeader(body)
	if err != nil {
		return nil, err
	}
	if h.Key != job.Digest(key) {
		return nil, errDamaged
	}
	k := &job.Kept{Origin: h.Origin}
	for _, o := range h.Outputs {
		if o.Bytes < 0 || o.Bytes > int64(len(rest)) {
			return nil, errDamaged
		}
		k.Outputs = append(k.Outputs, job.Output{
			Index: o.Index, Name: o.Name, Media: o.Media, Bytes: rest[:o.Bytes:o.Bytes], Len: o.Bytes,
		})
		rest = rest[o.Bytes:]
	}
	if len(rest) > 0 {
		return nil, errDamaged
	}
	for _, f := range h.Figures {
		k.Figures = append(k.Figures, job.Reading{Value: math.Float64frombits(f.Bits), Reported: f.Reported})
	}
	return k, nil
}

// decodeHeader reads the first part of an entry and returns what follows.
func decodeHeader(b []byte) (*header, []byte, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(rest) < lengthBytes {
		return nil, nil, errDamaged
	}
	n := binary.LittleEndian.Uint32(rest)
	rest = rest[lengthBytes:]
	if n > maxHeaderBytes || int(n) > len(rest) {
		return nil, nil, errDamaged
	}
	h := new(header)
	if err := json.Unmarshal(rest[:n], h); err != nil || len(h.Outputs) > maxOutputs {
		return nil, nil, errDamaged
	}
	return h, rest[n:], nil
}

// readHeader reads no more of an entry than its header, which nothing has verified.
func readHeader(path string) (*header, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, int64(len(magic))+lengthBytes+maxHeaderBytes))
	if err != nil {
		return nil, err
	}
	h, _, err := decodeHeader(b)
	return h, err
}
