package store

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"inos/backend/store/chunk"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// Bounds of the memory that a put takes, whatever it reads.
const (
	// maxChunkers are how many large files are cut at once, each with a buffer of 8 MiB.
	maxChunkers = 3
	// maxPieces are how many pieces of them wait to be compressed and sealed, each of up to 4 MiB.
	maxPieces = 16
)

// HeapLimit is what a process that only puts and gets gives to debug.SetMemoryLimit: with it, eight
// processors stay below 256 MiB.
const HeapLimit = 200 << 20

// cutter cuts what is read and stores the pieces, on all processors.
type cutter struct {
	session  *session
	chunkers chan struct{} // has one element for each that cuts
	pieces   chan []byte
	progress func(read int64)
	busy     func() bool // says that all processors have other files
	key      [32]byte
}

func newCutter(w *session, progress func(int64), busy func() bool) *cutter {
	c := &cutter{
		session:  w,
		chunkers: make(chan struct{}, maxChunkers),
		pieces:   make(chan []byte, min(maxPieces, 2*runtime.GOMAXPROCS(0))),
		progress: progress,
		busy:     busy,
		key:      w.space.keys.Key("chunks"),
	}
	for range cap(c.pieces) {
		c.pieces <- nil // made when it is needed
	}
	return c
}

// stream stores all that r has.
func (c *cutter) stream(ctx context.Context, r io.Reader) ([]tree.Link, error) {
	c.chunkers <- struct{}{}
	defer func() { <-c.chunkers }()
	ch := chunk.New(c.key)
	defer ch.Close()
	if err := ch.Reset(r); err != nil {
		return nil, err
	}
	var links []*tree.Link
	var work sync.WaitGroup
	var err error
	for err == nil {
		var piece []byte
		if piece, err = ch.Next(); err != nil {
			break
		}
		if err = ctx.Err(); err != nil {
			err = canceled(ctx)
			break
		}
		if err = c.session.failed(); err != nil {
			break
		}
		link := &tree.Link{Size: uint64(len(piece))}
		links = append(links, link)
		if c.busy() { // a copy would only wait
			link.Name, _ = c.session.put(seal.Data, piece) // the session keeps its error
			c.progress(int64(len(piece)))
			continue
		}
		buf := <-c.pieces
		if buf == nil {
			buf = make([]byte, 0, chunk.Max)
		}
		buf = append(buf[:0], piece...)
		work.Go(func() {
			link.Name, _ = c.session.put(seal.Data, buf)
			c.progress(int64(len(buf)))
			c.pieces <- buf
		})
	}
	work.Wait()
	if errors.Is(err, io.EOF) {
		err = c.session.failed()
	}
	out := make([]tree.Link, len(links))
	for i, l := range links {
		out[i] = *l
	}
	return out, err
}

// whole stores what fits into one piece.
func (c *cutter) whole(piece []byte) ([]tree.Link, error) {
	if len(piece) == 0 {
		return nil, nil
	}
	name, err := c.session.put(seal.Data, piece)
	c.progress(int64(len(piece)))
	return []tree.Link{{Name: name, Size: uint64(len(piece))}}, err
}

// content puts as many lists over the links as it takes.
func (w *session) content(links []tree.Link) (tree.Content, error) {
	if len(links) == 0 {
		return tree.Content{}, nil
	}
	for level := uint8(0); ; level++ {
		if len(links) == 1 {
			return tree.Content{Level: level, Link: links[0]}, nil
		}
		above := make([]tree.Link, 0, len(links)/tree.MaxLinks+1)
		for len(links) > 0 {
			n := min(len(links), tree.MaxLinks)
			link, err := w.list(links[:n])
			if err != nil {
				return tree.Content{}, err
			}
			above, links = append(above, link), links[n:]
		}
		links = above
	}
}

func (w *session) list(links []tree.Link) (tree.Link, error) {
	plain, err := tree.EncodeList(links)
	if err != nil {
		return tree.Link{}, err
	}
	out := tree.Link{}
	for _, l := range links {
		out.Size += l.Size
	}
	out.Name, err = w.put(seal.Meta, plain)
	return out, err
}

// hasAll says that everything of a file is there to stay, and counts its pieces if so.
func (w *session) hasAll(c tree.Content) bool {
	if len(w.condemned) > 0 {
		return false
	}
	pieces := uint64(0)
	for link, err := range c.Leaves(w.lists) {
		if err != nil || !link.Name.Hole() && !w.has(link.Name) {
			return false
		}
		if !link.Name.Hole() {
			pieces++
		}
	}
	w.mu.Lock()
	w.tally.Chunks += pieces
	w.mu.Unlock()
	return true
}

// lists loads a list; it has to be there to stay as well.
func (w *session) lists(l tree.Link) ([]byte, error) {
	if !w.has(l.Name) {
		return nil, missing(l.Name)
	}
	return w.space.load(nil, l.Name, seal.Meta, -1)
}
