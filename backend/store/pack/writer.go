package pack

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"path"
	"sync"

	"inos/backend/store/disk"
	"inos/backend/store/seal"
)

// Folder is where the packs of a space lie.
const Folder = "packs"

// part names the packs' keys.
const part = "packs"

// Unfinished is how the names of packs end that are still written, or never were whole: nothing in
// them was promised to anybody.
const Unfinished = ".part"

// Path is a pack's file in its space.
func Path(id ID) string { return path.Join(Folder, id.String()) }

// Writer fills one pack. It is not safe for concurrent use. After an error it can only be discarded.
type Writer struct {
	ID    ID
	fs    disk.FS
	aead  cipher.AEAD
	epoch uint64
	out   disk.Output

	placed int64      // where the group that is being filled begins, or the pack ends
	body   *body      // of that group; nil: the last one was ended
	behind chan error // how the group before it ends, which is being written meanwhile; nil: there is none
}

// body is the blocks of a group.
type body struct {
	entries []Entry
	bytes   []byte
	filling sync.WaitGroup // blocks that have their place in bytes, and are not yet there
}

// Room is where a block comes to lie.
type Room struct {
	Bytes []byte
	body  *body
}

// Filled says that the block is there. Safe for concurrent use.
func (r Room) Filled() { r.body.filling.Done() }

// bodies are those of groups that are written. What is never filled takes no memory.
var bodies = sync.Pool{New: func() any { return &body{bytes: make([]byte, 0, maxBody)} }}

func (b *body) free() {
	b.entries, b.bytes = nil, b.bytes[:0] // the entries were handed out
	bodies.Put(b)
}

// Create begins a pack in a space's folder, whose Folder must be there.
func Create(fsys disk.FS, keys *seal.Keys, epoch uint64) (*Writer, error) {
	w := &Writer{fs: fsys, epoch: epoch, body: bodies.Get().(*body)}
	_, _ = rand.Read(w.ID[:]) // never fails
	w.aead = keys.AEAD(part, w.ID[:])
	var err error
	w.out, err = fsys.Create(Path(w.ID) + Unfinished)
	return w, err
}

// Add makes room for a block of n bytes. The caller puts it there, at the same time as others put theirs
// if it likes, and then calls Filled. Before there is too much for one group, that is written: flushed
// are its blocks, with their places.
func (w *Writer) Add(e Entry, n int) (room Room, flushed []Entry, err error) {
	if len(w.body.bytes)+n > maxBody || len(w.body.entries) == maxBlocks {
		if flushed, err = w.Flush(); err != nil {
			return Room{}, nil, err
		}
	}
	b := w.body
	e.Stored = uint32(n)
	b.entries = append(b.entries, e)
	at := len(b.bytes)
	b.bytes = b.bytes[:at+n]
	b.filling.Add(1)
	return Room{b.bytes[at : at+n : at+n], b}, flushed, nil
}

// Bytes is how long the pack will be at least.
func (w *Writer) Bytes() int64 {
	if w.body == nil {
		return w.placed
	}
	return w.placed + int64(len(w.body.bytes))
}

// Flush begins to write what was added as a group, and returns its blocks with their places. It waits for
// the group before it alone. What fails then is an error of the next group.
func (w *Writer) Flush() ([]Entry, error) {
	if len(w.body.entries) == 0 {
		return nil, nil
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	write, placed := w.group(false)
	behind := make(chan error, 1)
	go func() { behind <- write() }()
	w.behind = behind
	return placed, nil
}

// settle waits for the group that is being written.
func (w *Writer) settle() error {
	if w.behind == nil {
		return nil
	}
	err := <-w.behind
	w.behind = nil
	return err
}

// group ends the group that is being filled and begins the next one.
func (w *Writer) group(last bool) (write func() error, placed []Entry) {
	b, start := w.body, w.placed
	h := head{w.epoch, uint32(len(b.entries)), uint32(len(b.bytes)), 0, last}.padded()
	at := start + int64(headBytes+h.directory())
	for i := range b.entries {
		b.entries[i].Offset = uint32(at)
		at += int64(b.entries[i].Stored)
	}
	w.placed += h.length()
	if w.body = nil; !last {
		w.body = bodies.Get().(*body)
	}
	return func() error {
		defer b.free()
		return w.write(h, uint64(start), b)
	}, b.entries
}

// write lays out a group.
func (w *Writer) write(h head, start uint64, b *body) error {
	b.filling.Wait()
	end := start + uint64(h.length())
	var plain [headPlain]byte
	ends := h.encode(plain[:0])
	rows := encodeRows(make([]byte, 0, h.directory()+int(h.pad)), b.entries)
	leading := w.aead.Seal(nil, seal.Place(leadingHead, start), ends, nil)
	leading = w.aead.Seal(leading, seal.Place(leadingDirectory, start), rows, nil)
	rows = append(rows, make([]byte, h.pad)...)
	trailing := w.aead.Seal(nil, seal.Place(trailingDirectory, end), rows, nil)
	trailing = w.aead.Seal(trailing, seal.Place(trailingHead, end), ends, nil)
	for _, part := range [][]byte{leading, b.bytes, trailing} {
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// close ends the writer, in whatever state.
func (w *Writer) close() error {
	err := w.settle()
	if w.body != nil {
		w.body.filling.Wait()
		w.body.free()
		w.body = nil
	}
	return errors.Join(err, w.out.Close())
}

// Finish writes what is left, and gives the pack its name: when it returns, the pack lasts. It returns
// the blocks of the last group.
func (w *Writer) Finish() ([]Entry, error) {
	err := w.settle()
	var placed []Entry
	if err == nil {
		var write func() error
		write, placed = w.group(true)
		err = write()
	}
	if err == nil {
		err = w.out.Sync()
	}
	if err = errors.Join(err, w.close()); err != nil {
		return nil, err
	}
	if err := w.fs.Rename(Path(w.ID)+Unfinished, Path(w.ID)); err != nil {
		return nil, err
	}
	return placed, w.fs.SyncFolder(Folder)
}

// Discard removes a pack that was not finished.
func (w *Writer) Discard() {
	_ = w.close()                            // whatever is in it
	_ = w.fs.Remove(Path(w.ID) + Unfinished) // else the next collection does it
}
