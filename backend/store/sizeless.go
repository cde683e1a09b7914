package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"inos/backend/fault"
	"inos/backend/store/files"
	"inos/backend/store/tree"
)

// Bounds of what is read of a file that says it is empty: some, as in /proc, never end, or wait for what
// never comes.
const (
	maxSizeless      = 64 << 20
	sizelessPatience = 5 * time.Second
)

// sizeless stores a file that says it is empty, and is not: those that a system makes up when they are
// read say so. What it has is stored as it was read.
func (p *putting) sizeless(file *os.File, found *files.Found) ([]tree.Link, error) {
	_ = file.SetReadDeadline(time.Now().Add(sizelessPatience)) // what cannot be waited for has none
	buf := pieces.Get().(*[]byte)
	defer pieces.Put(buf)
	n, err := file.Read(*buf) // at once: some give the rest to nobody
	if n == 0 {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return nil, fault.Wrap(opStore, fault.Unavailable, file.Name(), fault.Bare(err), "")
	}
	all := io.MultiReader(bytes.NewReader((*buf)[:n]), file)
	links, err := p.cutter.stream(p.ctx, io.LimitReader(all, maxSizeless+1))
	if err != nil {
		return nil, unavailable(file.Name(), fault.Bare(err))
	}
	found.Entry.Stamp = 0
	for _, l := range links {
		found.Entry.Size += l.Size
	}
	if found.Entry.Size > maxSizeless {
		return nil, fault.New(opStore, fault.Unavailable, file.Name(),
			"it says that it is empty, and has more than 64 MiB", "put what it has through a pipe: inos store put - --name NAME")
	}
	return links, nil
}
