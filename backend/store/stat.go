package store

import (
	"context"

	"inos/backend/store/codec"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// Stat says what is in a space, in bytes unless it says otherwise.
type Stat struct {
	Settings Settings `json:"settings"`
	ID       string   `json:"id"`
	Versions int      `json:"versions"`
	// Content is the sum of all versions, as if each were there alone; Unique what is left of it when
	// equal pieces count once; Stored what the space takes on the disk, of which Unused is taken by what
	// nothing refers to any more.
	Content uint64 `json:"content"`
	Unique  uint64 `json:"unique"`
	Stored  int64  `json:"stored"`
	Unused  int64  `json:"unused"`
	// Dense is how much of Unique is compressed at the highest level, Raw how much not at all.
	Dense uint64 `json:"dense"`
	Raw   uint64 `json:"raw"`
	// Dedup is Content over Unique, Compression is Unique over what its blocks take. 1 where there is nothing.
	Dedup       float64 `json:"dedup"`
	Compression float64 `json:"compression"`
	Blocks      int     `json:"blocks"`
	Packs       int     `json:"packs"`
}

// Stat counts. It follows everything that was put, so it takes a moment in a large space.
func (s *Space) Stat(ctx context.Context) (Stat, error) {
	out := Stat{Settings: s.Settings(), ID: s.ID, Dedup: 1, Compression: 1}
	table, err := s.refresh()
	if err != nil {
		return out, err
	}
	versions, err := s.versions(table)
	if err != nil && len(versions) == 0 {
		return out, err
	}
	out.Versions = len(versions)
	for _, v := range versions {
		out.Content += v.Root.Top.Size
	}
	r := &reach{space: s, ctx: ctx, seen: map[tree.Name]found{}, lost: func(string, tree.Name, error) {}}
	if err := r.all(versions); err != nil {
		return out, err
	}
	out.Packs, out.Stored = len(table.Packs()), used(table)
	var useful int64
	var data uint64
	table.Each(func(b index.Block) bool {
		out.Blocks++
		if _, live := r.seen[b.Name]; b.First && (live || b.Kind == seal.Removal) {
			useful += int64(b.Stored)
			out.count(b, &data)
		}
		return true
	})
	out.Unused = max(0, out.Stored-useful-int64(out.Blocks)*pack.RowBytes-int64(out.Packs)*pack.Align)
	if out.Unique > 0 {
		out.Dedup, out.Compression = float64(out.Content)/float64(out.Unique), float64(out.Unique)/float64(data)
	}
	return out, nil
}

func (s *Stat) count(b index.Block, data *uint64) {
	if b.Kind != seal.Data {
		return
	}
	s.Unique += uint64(b.Raw)
	*data += uint64(b.Stored)
	switch b.Codec {
	case codec.Dense, codec.DenseZstd:
		s.Dense += uint64(b.Raw)
	case codec.Raw:
		s.Raw += uint64(b.Raw)
	}
}
