package input

import (
	"context"
	"io"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
)

// digestPiece is read at a time; between two of them the context is looked at.
const digestPiece = 1 << 20

// Digest is the BLAKE3 hash of a regular file of known size, from its start, whatever was read of it.
// Bytes that others change meanwhile are hashed as they are met.
func (s *Source) Digest(ctx context.Context) (digest [32]byte, err error) {
	if s.File() == nil {
		return digest, fault.New(opRead, fault.Internal, s.name, "only a regular file has a digest", "")
	}
	hasher, piece := blake3.New(), make([]byte, digestPiece)
	for at := int64(0); at < s.size; {
		if ctx.Err() != nil {
			return digest, fault.Wrap(opRead, fault.Canceled, s.name, context.Cause(ctx), "")
		}
		n, err := s.file.ReadAt(piece[:min(digestPiece, s.size-at)], at)
		_, _ = hasher.Write(piece[:n]) // a hash takes all
		at += int64(n)
		if err != nil && (err != io.EOF || at < s.size) {
			return digest, fault.Wrap(opRead, fault.Other, s.name, fault.Bare(err), "the file changed while it was read")
		}
	}
	return [32]byte(hasher.Sum(nil)), nil
}
