package files

import (
	"context"
	"fmt"
	"os"
	"testing"

	"inos/backend/store/tree"
)

// few answers with a few blocks of noise, whatever their names: what is measured is the writing.
type few struct {
	*memory
	data []byte
}

func (f few) Data(_ context.Context, link tree.Link, buf []byte) ([]byte, error) {
	at := int(link.Name[0]) * 64
	return append(buf, f.data[at:at+int(link.Size)]...), nil
}

// BenchmarkRestore writes 16,000 files of 25 KB and seven of 43 MB, 700 MB in all.
func BenchmarkRestore(b *testing.B) {
	m := newMemory()
	leaf := func(i, size int) tree.Link {
		return tree.Link{Name: tree.Name{byte(i), byte(i >> 8), 1}, Size: uint64(size)}
	}
	var folders []tree.Entry
	for i := range 200 {
		var files []tree.Entry
		for j := range 80 {
			size := 1 + (i*80+j)*7919%50_000
			files = append(files, tree.Entry{Name: fmt.Appendf(nil, "file %d", j), Kind: tree.File, Mode: 0o644,
				Sec: 1_700_000_000, Size: uint64(size), Content: tree.Content{Link: leaf(i*80+j, size)}})
		}
		folders = append(folders, m.folder(b, fmt.Sprintf("folder %d", i), files...))
	}
	for i := range 7 {
		var links []tree.Link
		for j := range 43 {
			links = append(links, leaf(j, 1_000_000))
		}
		folders = append(folders, tree.Entry{Name: fmt.Appendf(nil, "large %d", i), Kind: tree.File, Mode: 0o644,
			Size: 43_000_000, Content: m.content(b, links)})
	}
	top := m.folder(b, "top", folders...)
	source := few{m, noise(1<<20 + 256*64)}
	b.SetBytes(int64(top.Size))
	for b.Loop() {
		b.StopTimer()
		target, err := os.MkdirTemp("", "restore")
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		report, err := Restore(context.Background(), target, source, top, Options{})
		if err != nil || report.Failed != 0 || report.Bytes != top.Size {
			b.Fatal(report, err)
		}
		b.StopTimer()
		if err := os.RemoveAll(target); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
