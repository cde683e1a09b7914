package dav

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"path"
	"slices"
	"time"

	"inos/backend/store/tree"
)

// search finds a name among entries, whose names rise.
func search(entries []tree.Entry, name string) (tree.Entry, bool) {
	at, ok := slices.BinarySearchFunc(entries, []byte(name), func(e tree.Entry, name []byte) int {
		return bytes.Compare(e.Name, name)
	})
	if !ok {
		return tree.Entry{}, false
	}
	return entries[at], true
}

// info is a node as webdav asks for it.
type info struct{ *node }

func (i info) Name() string { return i.name }
func (i info) Size() int64  { return int64(i.entry.Size) }
func (i info) IsDir() bool  { return i.folder() }
func (i info) Sys() any     { return nil }

func (i info) Mode() fs.FileMode {
	if i.folder() {
		return fs.ModeDir | 0o500
	}
	return 0o400
}

func (i info) ModTime() time.Time {
	switch {
	case i.branch != nil && i.branch.time.IsZero(): // nothing was put yet
		return time.Unix(0, 0)
	case i.branch != nil:
		return i.branch.time
	}
	return time.Unix(i.entry.Sec, int64(i.entry.Nsec))
}

// ContentType is told from the name alone: a list of a folder reads no file.
func (i info) ContentType(context.Context) (string, error) {
	if known := mime.TypeByExtension(path.Ext(i.name)); known != "" {
		return known, nil
	}
	return "application/octet-stream", nil
}

// ETag changes when the content does, and not otherwise.
func (i info) ETag(context.Context) (string, error) {
	c := i.entry.Content
	return fmt.Sprintf(`"%s-%x-%x"`, hex.EncodeToString(c.Name[:]), c.Level, i.entry.Size), nil
}

// file is a node that is open. One goroutine uses it.
type file struct {
	ctx  context.Context
	tree *Tree
	node *node
	at   int64

	leaf  []byte // the block that was read last
	start int64  // where it begins
}

var errFolder = errors.New("it is a folder")

func (f *file) Close() error               { return nil }
func (f *file) Write([]byte) (int, error)  { return 0, fs.ErrPermission }
func (f *file) Stat() (fs.FileInfo, error) { return info{f.node}, nil }
func (f *file) size() int64                { return int64(f.node.entry.Size) }

// Readdir is the whole folder, whatever count says: that is how webdav asks.
func (f *file) Readdir(int) ([]fs.FileInfo, error) {
	if !f.node.folder() {
		return nil, fs.ErrInvalid
	}
	out, err := f.tree.children(f.ctx, f.node)
	slices.SortFunc(out, func(a, b fs.FileInfo) int { return bytes.Compare([]byte(a.Name()), []byte(b.Name())) })
	return out, err
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size()
	}
	if offset < 0 {
		return f.at, fs.ErrInvalid
	}
	f.at = offset
	return offset, nil
}

func (f *file) Read(p []byte) (int, error) {
	if f.node.folder() {
		return 0, errFolder
	}
	if f.at >= f.size() {
		return 0, io.EOF
	}
	if f.at < f.start || f.at >= f.start+int64(len(f.leaf)) {
		if n, err := f.load(p); n > 0 || err != nil {
			f.at += int64(n)
			return n, err
		}
	}
	n := copy(p, f.leaf[f.at-f.start:])
	f.at += int64(n)
	return n, nil
}

// load reads the block that has the next byte; of a hole it puts the zeros into p.
func (f *file) load(p []byte) (zeros int, err error) {
	from := source{f.tree, f.node.space.Blocks()}
	lists := func(l tree.Link) ([]byte, error) { return from.meta(f.ctx, l) }
	leaf, start, err := f.node.entry.Content.At(uint64(f.at), lists)
	if err != nil {
		return 0, err
	}
	if leaf.Name.Hole() {
		n := min(uint64(len(p)), start+leaf.Size-uint64(f.at))
		clear(p[:n])
		return int(n), nil
	}
	f.leaf, err = from.data(f.ctx, leaf)
	f.start = int64(start)
	if err == nil && uint64(len(f.leaf)) != leaf.Size {
		err = io.ErrUnexpectedEOF
	}
	return 0, err
}
