package bench

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

const (
	// largeBytes of one file, as many as the tree has if that are fewer.
	largeBytes = 1 << 30
	// archiveBytes take a minute: 2 s for a MiB on each processor.
	archiveBytes = 24 << 20
	holeBytes    = 8 << 20
)

// large is the memory for one large file, by turns noise and holes.
func (s *storeStage) large(ctx context.Context) error {
	s.programs.note("store, one large file")
	size := min(int64(largeBytes), 2*s.report.Tree.Bytes)
	path := filepath.Join(s.folder, "large")
	defer os.RemoveAll(path)
	if err := writeHalfHoles(path, size); err != nil {
		return err
	}
	tool := s.inos("store-large", path)
	defer os.RemoveAll(tool.folder)
	if err := s.freshTarget(); err != nil {
		return err
	}
	put, err := s.exec(ctx, tool, tool.put)
	if err != nil {
		return err
	}
	get, err := s.exec(ctx, tool, tool.get)
	if err != nil {
		return err
	}
	s.report.Large = &StoreLarge{size, inMB(put.peak), inMB(get.peak)}
	s.report.PeakMB = max(s.report.PeakMB, inMB(put.peak), inMB(get.peak))
	return nil
}

func writeHalfHoles(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	noise := rand.NewChaCha8([32]byte{2})
	err = f.Truncate(size)
	for at := int64(0); at < size && err == nil; at += 2 * holeBytes {
		_, err = io.CopyN(io.NewOffsetWriter(f, at), noise, min(holeBytes, size-at))
	}
	return errors.Join(err, f.Close())
}

// archive is a part of the tree, as dense as it gets.
func (s *storeStage) archive(ctx context.Context) error {
	s.programs.note("store, archive")
	part := filepath.Join(s.folder, "part")
	defer os.RemoveAll(part)
	bytes, err := s.copyPart(part, min(archiveBytes, s.report.Tree.Bytes/8))
	if err != nil {
		return err
	}
	a := &StoreArchive{Bytes: bytes}
	tool := s.inos("store-archive", part)
	defer os.RemoveAll(tool.folder)
	start := time.Now()
	for i, argv := range [][]string{tool.put, append(tool.put[:4:4], "archive"), append(tool.put[:4:4], "gc")} {
		if _, err := s.exec(ctx, tool, argv); err != nil {
			return err
		}
		if i == 0 {
			a.StoredMB, start = inMB(sizeOfFolder(tool.folder)), time.Now()
		}
	}
	a.Seconds, a.InosMB = Round(time.Since(start).Seconds(), 1), inMB(sizeOfFolder(tool.folder))
	if s.report.Restic != "" {
		restic := s.restic("store-dense", part, "--no-cache", "--compression=max")
		defer os.RemoveAll(restic.folder)
		for _, argv := range [][]string{restic.prepare, restic.put} {
			if _, err := s.exec(ctx, restic, argv); err != nil {
				return err
			}
		}
		a.ResticMB = inMB(sizeOfFolder(restic.folder))
	}
	s.report.Archive = a
	return nil
}

// copyPart copies so many bytes, half of them sources and half of them programs.
func (s *storeStage) copyPart(to string, bytes int64) (sum int64, err error) {
	for _, name := range []string{sourcesPart, programsPart} {
		m := &treeMaker{ctx: context.Background(), folder: filepath.Join(to, name), left: bytes / 2}
		if err := m.copyFrom(func(string) bool { return true }, filepath.Join(s.tree, name)); err != nil && !errors.Is(err, fs.SkipAll) {
			return sum, err
		}
		sum += m.part.Bytes
	}
	return sum, nil
}
