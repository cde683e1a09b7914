package store

import (
	"context"

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
