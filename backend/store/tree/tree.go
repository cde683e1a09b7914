// Package tree is how the store writes down folders and large files: blocks that name other blocks.
package tree

import (
	"bytes"
	"encoding/hex"
)

// Name is what a block is called inside a space: a keyed BLAKE3 of what it holds. The zero Name is a
// hole: bytes that are zero and were never written.
type Name [32]byte

// Hole says that it names nothing.
func (n Name) Hole() bool { return n == Name{} }

func (n Name) String() string { return hex.EncodeToString(n[:]) }

// Link names Size bytes of content: one data block, one list, or a hole.
type Link struct {
	Name Name
	Size uint64
}

// Content is all of a file, or all pages of a folder. At Level 0 the link is the data block (or the
// page) itself, at Level n it is a list of links of level n-1. Empty content is the zero Content.
// A folder's Size is the sum of its pages' bytes.
type Content struct {
	Level uint8
	Link
}

// Kind is what an entry is.
type Kind uint8

// The kinds of entries. Their numbers are part of the format.
const (
	File Kind = iota + 1
	Folder
	Symlink
)

// Entry is one name in a folder, or the top of what was put.
type Entry struct {
	// Name is as the system has it: 1 to 255 bytes of any encoding, without '/' and NUL, neither "."
	// nor "..".
	Name []byte
	Kind Kind
	// Mode is the permission bits with setuid, setgid and sticky, as in POSIX: 0 to 07777.
	Mode uint32
	// Sec and Nsec are when it was changed, seconds since 1970 (negative: before), and 0 to 999,999,999.
	Sec  int64
	Nsec uint32
	// Size is the bytes of a file, and of all files below a folder.
	Size    uint64
	Content Content
	// Target is where a symbolic link leads, 1 to 4,095 bytes.
	Target []byte
	// Stamp recognises a file that was not changed since (of change time, inode and device); 0: none.
	Stamp uint64
	// Group is equal in the names of one file with several (hard links); 0: it has one name.
	Group uint64
}

// Equal says that both say the same.
func (e *Entry) Equal(f *Entry) bool {
	return e.Kind == f.Kind && e.Mode == f.Mode && e.Sec == f.Sec && e.Nsec == f.Nsec && e.Size == f.Size &&
		e.Content == f.Content && e.Stamp == f.Stamp && e.Group == f.Group &&
		bytes.Equal(e.Name, f.Name) && bytes.Equal(e.Target, f.Target)
}

// Limits of the format. A block that goes beyond one is refused.
const (
	MaxNameBytes   = 255
	MaxTargetBytes = 4095
	// MaxPageEntries bounds a page of a folder, MaxLinks a list.
	MaxPageEntries = 1024
	MaxLinks       = 1024
	// MaxLevel: lists of 1,024 links of 1 MiB, eight high, are more than 2^64 bytes.
	MaxLevel = 6
	// MaxDepth is how deep folders may lie in folders.
	MaxDepth = 512
	// MaxSize is the largest file: what a file system can address.
	MaxSize = 1<<63 - 1
	// MaxDataBytes bounds a data block; a hole may be as large as a file.
	MaxDataBytes = 4 << 20
	// MaxMetaBytes bounds a list, a page, a root and a removal as they are written. A page of 1,024
	// usual entries is a tenth of it.
	MaxMetaBytes = 1 << 20
	// MaxPathBytes is Linux's own bound for what a user can name.
	MaxPathBytes  = 4096
	MaxLabelBytes = 256
	// MaxReplaces bounds the roots that a root stands for, MaxRemovals those that one removal names.
	MaxReplaces = 64
	MaxRemovals = 1024
)
