package store

import (
	"context"
	"io"

	"inos/backend/fault"
	"inos/backend/store/files"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// source has the blocks for a restoring.
type source struct{ space *Space }

func (s source) Meta(ctx context.Context, link tree.Link) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, canceled(ctx)
	}
	return s.space.load(nil, link.Name, seal.Meta, -1)
}

func (s source) Data(ctx context.Context, link tree.Link, buf []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, canceled(ctx)
	}
	return s.space.load(buf, link.Name, seal.Data, int64(link.Size))
}

// Restore writes a version into a folder, under its own name. What cannot be restored is in the report
// and does not stop the rest.
func (s *Space) Restore(ctx context.Context, v Version, folder string, opt files.Options) (files.Report, error) {
	return files.Restore(ctx, folder, source{s}, v.Root.Top, opt)
}

// Write writes the content of a version of one file to w, in order.
func (s *Space) Write(ctx context.Context, v Version, w io.Writer) error {
	top := v.Root.Top
	if top.Kind != tree.File {
		return fault.New(opStore, fault.Invalid, string(v.Root.Path), "it is a folder", "name a folder for it: -o DIR")
	}
	from := source{s}
	var buf []byte
	for leaf, err := range top.Content.Leaves(func(l tree.Link) ([]byte, error) { return from.Meta(ctx, l) }) {
		if err == nil {
			buf, err = from.leaf(ctx, leaf, buf[:0], w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leaf writes one piece, or as many zeros as a hole has.
func (s source) leaf(ctx context.Context, leaf tree.Link, buf []byte, w io.Writer) ([]byte, error) {
	if !leaf.Name.Hole() {
		buf, err := s.Data(ctx, leaf, buf)
		if err == nil {
			_, err = w.Write(buf)
		}
		return buf, err
	}
	for left := leaf.Size; left > 0; {
		if ctx.Err() != nil {
			return buf, canceled(ctx)
		}
		n := min(left, uint64(len(zeros)))
		if _, err := w.Write(zeros[:n]); err != nil {
			return buf, err
		}
		left -= n
	}
	return buf, nil
}

var zeros [64 << 10]byte
