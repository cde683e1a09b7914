package manifest

import (
	"bytes"
	"errors"
	"fmt"
)

// maxModuleBytes bounds a plugin file. Compiling a module of that size already takes seconds.
const maxModuleBytes = 64 << 20

// maxSections bounds the walk: the standard ones are 13, the rest are custom (names, debug).
const maxSections = 1024

var wasmHeader = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// section is one section of a wasm file: its place in the file and its contents.
type section struct {
	id         byte
	name       string // of a custom section
	start, end int    // the whole section, head included
	body       []byte // of a custom section: what follows its name
}

// walk lists the sections of a module, in order.
func walk(wasm []byte) ([]section, error) {
	if len(wasm) > maxModuleBytes {
		return nil, fmt.Errorf("the file has %d bytes, at most %d are allowed", len(wasm), maxModuleBytes)
	}
	if !bytes.HasPrefix(wasm, wasmHeader) {
		return nil, errors.New("this is no WebAssembly module (version 1)")
	}
	var out []section
	for at := len(wasmHeader); at < len(wasm); {
		s, err := readSection(wasm, at)
		if err != nil {
			return nil, fmt.Errorf("section at byte %d: %w", at, err)
		}
		if out = append(out, s); len(out) > maxSections {
			return nil, fmt.Errorf("more than %d sections", maxSections)
		}
		at = s.end
	}
	return out, nil
}

func readSection(wasm []byte, at int) (section, error) {
	r := reader{data: wasm[at:]}
	s := section{id: r.byte(), start: at}
	size := r.u32()
	body := r.take(int(size))
	if r.err != nil {
		return s, r.err
	}
	s.end = at + r.at
	s.body = body
	if s.id == 0 {
		inner := reader{data: body}
		s.name = inner.text()
		if inner.err != nil {
			return s, inner.err
		}
		s.body = body[inner.at:]
	}
	return s, nil
}

var errTruncated = errors.New("it is cut short")

// reader reads wasm's binary encoding; after an error it yields zeros.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) byte() byte {
	if r.err != nil || r.at >= len(r.data) {
		r.fail(errTruncated)
		return 0
	}
	r.at++
	return r.data[r.at-1]
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.data)-r.at {
		r.fail(errTruncated)
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

// u32 reads unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 { return uint32(r.leb(32)) }

// u64 reads unsigned LEB128 of at most 64 bits.
func (r *reader) u64() uint64 { return r.leb(64) }

func (r *reader) leb(bits uint) uint64 {
	var v uint64
	for shift := uint(0); shift < bits; shift += 7 {
		b := r.byte()
		if left := bits - shift; left < 7 && b>>left != 0 {
			break // bits that do not fit, or a continuation that may not be
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.fail(errors.New("a number has too many bits"))
	return 0
}

// text reads a name: a length and as many bytes.
func (r *reader) text() string { return string(r.take(int(r.u32()))) }

// appendU32 writes unsigned LEB128.
func appendU32(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// appendCustom writes a custom section.
func appendCustom(dst []byte, name string, body []byte) []byte {
	inner := append(appendU32(nil, uint32(len(name))), name...)
	dst = append(dst, 0)
	dst = appendU32(dst, uint32(len(inner)+len(body)))
	return append(append(dst, inner...), body...)
}
