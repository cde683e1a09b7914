package files

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"inos/backend/store/tree"
)

// FuzzRestore takes the input for whatever block is asked for: page, list, data. Nothing may come to be
// beside the target, and nothing half written may be left in it.
func FuzzRestore(f *testing.F) {
	m := newMemory()
	linked := m.file(f, "a", noise(chunkBytes+1))
	linked.Group = 1
	again := linked
	again.Name = []byte("b")
	m.folder(f, "top", linked, again, linkTo("c", "../.."), m.file(f, "d", nil), m.folder(f, "e"))
	for _, data := range m.blocks {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		parent := t.TempDir()
		target := filepath.Join(parent, "target")
		for _, top := range []tree.Entry{
			{Kind: tree.Folder, Content: tree.Content{Link: tree.Link{Name: tree.Name{1}, Size: uint64(len(data))}}},
			{Kind: tree.File, Size: 100_000, Content: tree.Content{Level: 2, Link: tree.Link{Name: tree.Name{1}, Size: 100_000}}},
		} {
			top.Name, top.Mode = []byte("top"), 0o700
			_, _ = Restore(context.Background(), target, liar{data}, top, Options{Entries: 20})
		}
		if entries, err := os.ReadDir(parent); len(entries) > 1 || err != nil {
			t.Errorf("beside the target: %v, %v", entries, err)
		}
		noTemporaries(t, target)
	})
}
