// Package pack keeps blocks in files that are written once. Rules PACK-1 to PACK-9 of the store's
// SPEC.md.
//
// A pack is a row of groups, of which the last one says so. A group is
//
//	head · directory · blocks · directory with padding · head
//
// where heads and directories are sealed, each by a nonce that says where it lies. Each is there twice,
// so that one damaged byte loses one block and nothing else; a group's length is a multiple of Align,
// so that a reader who cannot open a head finds the next one. Without the key nothing but the pack's
// length is to be seen.
package pack

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"

	"inos/backend/store/codec"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// ID names a pack: random.
type ID [16]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads a pack's name.
func ParseID(name string) (id ID, ok bool) {
	n, err := hex.Decode(id[:], []byte(name)[:min(len(name), 2*len(id))])
	return id, err == nil && n == len(id) && name == id.String()
}

// Entry is one block of a pack.
type Entry struct {
	Name   tree.Name
	Kind   seal.Kind
	Codec  codec.Codec
	Offset uint32 // where the block begins in the pack
	Stored uint32 // its length there
	Raw    uint32 // the length of what it holds
}

const (
	// Align is what a group's length is a multiple of: a page of the disk.
	Align = 4096
	// MaxBytes is from which length on a pack takes no more.
	MaxBytes = 64 << 20
	// MaxBlock is the length of the longest block: the longest piece, and what sealing adds.
	MaxBlock = 4<<20 + seal.Overhead
	// maxBody bounds the blocks of a group together, and so what a writer holds.
	maxBody   = 8 << 20
	maxBlocks = 1 << 14

	version   = 1
	tagBytes  = 16
	headPlain = 24
	headBytes = headPlain + tagBytes
	rowBytes  = 42
	// RowBytes is what the directories say of a block, in bytes.
	RowBytes = 2 * rowBytes
)

// What a nonce stands for. The leading ones count from where the group begins, the trailing ones from
// where it ends.
const (
	leadingHead byte = iota + 1
	leadingDirectory
	trailingDirectory
	trailingHead
)

// head is what the ends of a group say.
type head struct {
	epoch  uint64
	blocks uint32
	body   uint32
	pad    uint32
	last   bool
}

var errHead = errors.New("it says what cannot be")

func (h head) directory() int { return int(h.blocks)*rowBytes + tagBytes }

func (h head) length() int64 {
	return int64(2*headBytes+2*h.directory()) + int64(h.body) + int64(h.pad)
}

// padded is h with as much padding as makes its length fit.
func (h head) padded() head {
	h.pad = uint32((Align - h.length()%Align) % Align)
	return h
}

func (h head) encode(dst []byte) []byte {
	dst = append(dst, version, 0, 0, 0)
	if h.last {
		dst[len(dst)-1] = 1
	}
	dst = binary.LittleEndian.AppendUint64(dst, h.epoch)
	dst = binary.LittleEndian.AppendUint32(dst, h.blocks)
	dst = binary.LittleEndian.AppendUint32(dst, h.body)
	return binary.LittleEndian.AppendUint32(dst, h.pad)
}

func decodeHead(b []byte) (head, error) {
	if len(b) != headPlain || b[0] != version || b[1]|b[2] != 0 || b[3] > 1 {
		return head{}, errHead
	}
	h := head{
		epoch:  binary.LittleEndian.Uint64(b[4:]),
		blocks: binary.LittleEndian.Uint32(b[12:]),
		body:   binary.LittleEndian.Uint32(b[16:]),
		pad:    binary.LittleEndian.Uint32(b[20:]),
		last:   b[3] == 1,
	}
	if h.blocks > maxBlocks || h.body > maxBody || h.pad >= Align || h.length()%Align != 0 {
		return head{}, errHead
	}
	return h, nil
}

func encodeRows(dst []byte, entries []Entry) []byte {
	for _, e := range entries {
		dst = append(dst, e.Name[:]...)
		dst = binary.LittleEndian.AppendUint32(dst, e.Stored)
		dst = binary.LittleEndian.AppendUint32(dst, e.Raw)
		dst = append(dst, byte(e.Kind), byte(e.Codec))
	}
	return dst
}

var errRow = errors.New("its directory names a block that cannot be")

// decodeRows appends the blocks of a directory whose first one lies at offset.
func decodeRows(dst []Entry, rows []byte, offset, body int64) ([]Entry, error) {
	end := offset + body
	for ; len(rows) >= rowBytes; rows = rows[rowBytes:] {
		e := Entry{
			Name:   tree.Name(rows[:32]),
			Stored: binary.LittleEndian.Uint32(rows[32:]),
			Raw:    binary.LittleEndian.Uint32(rows[36:]),
			Kind:   seal.Kind(rows[40]),
			Codec:  codec.Codec(rows[41]),
			Offset: uint32(offset),
		}
		if !e.Kind.Known() || e.Stored < seal.Overhead || e.Stored > MaxBlock || e.Raw > MaxBlock || e.Name.Hole() {
			return nil, errRow
		}
		offset += int64(e.Stored)
		dst = append(dst, e)
	}
	if offset != end || end > math.MaxUint32 || len(rows) != 0 {
		return nil, errRow
	}
	return dst, nil
}
