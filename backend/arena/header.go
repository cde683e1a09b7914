package arena

import "fmt"

func writeHeader(s *Segment) {
	store32(s.mem, SegmentHeaderMagicAt, Magic)
	store16(s.mem, SegmentHeaderKindAt, uint16(s.kind))
	store16(s.mem, SegmentHeaderVersionAt, LayoutVersion)
	store64(s.mem, SegmentHeaderLayoutHashAt, LayoutHash)
	store64(s.mem, SegmentHeaderByteLenAt, uint64(s.byteLen))
	store32(s.mem, SegmentHeaderIdAt, s.id)
}

// checkHeader refuses a segment that is not what it should be (rule A-2).
func checkHeader(s *Segment, kind SegmentKind, minBytes int64) error {
	switch {
	case s.byteLen < minBytes:
		return fmt.Errorf("segment of %d bytes, at least %d expected", s.byteLen, minBytes)
	case load32(s.mem, SegmentHeaderMagicAt) != Magic:
		return fmt.Errorf("not an INOS segment")
	case load16(s.mem, SegmentHeaderKindAt) != uint16(kind):
		return fmt.Errorf("segment of kind %d, %d expected", load16(s.mem, SegmentHeaderKindAt), kind)
	case load16(s.mem, SegmentHeaderVersionAt) != LayoutVersion:
		return fmt.Errorf("layout version %d, %d expected", load16(s.mem, SegmentHeaderVersionAt), LayoutVersion)
	case load64(s.mem, SegmentHeaderLayoutHashAt) != LayoutHash:
		return fmt.Errorf("layout %016x, %016x expected: both sides must be of one build", load64(s.mem, SegmentHeaderLayoutHashAt), LayoutHash)
	case load64(s.mem, SegmentHeaderByteLenAt) != uint64(s.byteLen):
		return fmt.Errorf("header says %d bytes, the segment has %d", load64(s.mem, SegmentHeaderByteLenAt), s.byteLen)
	}
	return nil
}
