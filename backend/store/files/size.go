package files

import (
	"context"
	"io/fs"
	"path/filepath"
)

// Size is the sum of all files' lengths below a path, as far as they can be seen. It is for a progress
// bar: what cannot be seen is told of by whoever reads it.
func Size(ctx context.Context, path string) (sum int64) {
	_ = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}
