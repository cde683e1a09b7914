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

	written int64 // whole groups
	entries []Entry
	body    []byte
	filling sync.WaitGroup // blocks that have their place in body, and are not yet there
	buffer  *[]byte        // of bodies
}

// bodies are buffers for the blocks of a group. What is never filled takes no memory.
var bodies = sync.Pool{New: func() any { b := make([]byte, 0, maxBody); return &b }}

// Create begins a pack in a space's folder, whose Folder must be there.
func Create(fsys disk.FS, keys *seal.Keys, epoch uint64) (*Writer, error) {
	w := &Writer{fs: fsys, epoch: epoch, buffer: bodies.Get().(*[]byte)}
	w.body = (*w.buffer)[:0]
	_, _ = rand.Read(w.ID[:]) // never fails
	w.aead = keys.AEAD(part, w.ID[:])
	var err error
	w.out, err = fsys.Create(Path(w.ID) + Unfinished)
	return w, err
}

// Add makes room for a block of n bytes. The caller puts it there, at the same time as others put theirs
// if it likes, and then calls Filled. Before there is too much for one group, that is written: flushed
// are its blocks, with their places.
func (w *Writer) Add(e Entry, n int) (room []byte, flushed []Entry, err error) {
	if len(w.body)+n > maxBody || len(w.entries) == maxBlocks {
		if flushed, err = w.Flush(); err != nil {
			return nil, nil, err
		}
	}
	e.Stored = uint32(n)
	w.entries = append(w.entries, e)
	at := len(w.body)
	w.body = w.body[:at+n]
	w.filling.Add(1)
	return w.body[at : at+n : at+n], flushed, nil
}

// Filled says that a block is in the room that Add made for it. Safe for concurrent use.
func (w *Writer) Filled() { w.filling.Done() }

// Bytes is how long the pack will be at least.
func (w *Writer) Bytes() int64 { return w.written + int64(len(w.body)) }

// Flush writes what was added as a group, and returns its blocks with their places.
func (w *Writer) Flush() ([]Entry, error) {
	if len(w.entries) == 0 {
		return nil, nil
	}
	return w.flush(false)
}

func (w *Writer) flush(last bool) ([]Entry, error) {
	h := head{w.epoch, uint32(len(w.entries)), uint32(len(w.body)), 0, last}.padded()
	if err := w.write(h); err != nil {
		return nil, err
	}
	placed := w.entries
	at := w.written + int64(headBytes+h.directory())
	for i := range placed {
		placed[i].Offset = uint32(at)
		at += int64(placed[i].Stored)
	}
	w.written += h.length()
	w.entries, w.body = nil, w.body[:0]
	return placed, nil
}

// write lays out a group.
func (w *Writer) write(h head) error {
	w.filling.Wait()
	start, end := uint64(w.written), uint64(w.written+h.length())
	var plain [headPlain]byte
	ends := h.encode(plain[:0])
	rows := encodeRows(make([]byte, 0, h.directory()+int(h.pad)), w.entries)
	leading := w.aead.Seal(nil, seal.Place(leadingHead, start), ends, nil)
	leading = w.aead.Seal(leading, seal.Place(leadingDirectory, start), rows, nil)
	rows = append(rows, make([]byte, h.pad)...)
	trailing := w.aead.Seal(nil, seal.Place(trailingDirectory, end), rows, nil)
	trailing = w.aead.Seal(trailing, seal.Place(trailingHead, end), ends, nil)
	for _, part := range [][]byte{leading, w.body, trailing} {
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// close ends the writer, in whatever state.
func (w *Writer) close() error {
	if w.buffer != nil {
		w.filling.Wait()
		bodies.Put(w.buffer)
		w.buffer, w.body = nil, nil
	}
	return w.out.Close()
}

// Finish writes what is left, and gives the pack its name: when it returns, the pack lasts. It returns
// the blocks of the last group.
func (w *Writer) Finish() ([]Entry, error) {
	placed, err := w.flush(true)
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
