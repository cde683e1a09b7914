package files

import (
	"iter"
	"os"
)

// Extent is a range of a file that holds data.
type Extent struct{ Offset, Length int64 }

// Extents are the ranges of data of an open file, rising, up to the size that was found; what lies
// between them are holes. Where a file system tells of no holes there is one. An error is the last.
func (found Found) Extents(file *os.File) iter.Seq2[Extent, error] {
	size := found.seen.size
	return func(yield func(Extent, error) bool) {
		if size == 0 {
			return
		}
		if found.seen.blocks*512 >= uint64(size) || found.seen.blocks == 0 && !tellsHoles {
			yield(Extent{0, size}, nil)
			return
		}
		for at := int64(0); at < size; {
			start, end, err := nextData(file, at, size)
			if err != nil {
				yield(Extent{}, problem(file.Name(), err))
				return
			}
			if start >= size || !yield(Extent{start, end - start}, nil) {
				return
			}
			at = end
		}
	}
}
