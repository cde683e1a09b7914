package pack

import (
	"crypto/cipher"
	"errors"
	"io"

	"inos/backend/store/disk"
	"inos/backend/store/seal"
)

// Reader reads one pack. Safe for concurrent use.
type Reader struct {
	ID   ID
	file disk.File
	aead cipher.AEAD
	// sectors says that what the disk cannot read is damage.
	sectors bool
}

// Open opens a pack of a space's folder.
func Open(fsys disk.FS, keys *seal.Keys, id ID) (*Reader, error) {
	f, err := fsys.Open(Path(id))
	if err != nil {
		return nil, err
	}
	return &Reader{ID: id, file: f, aead: keys.AEAD(part, id[:])}, nil
}

// Close lets the file go.
func (r *Reader) Close() error { return r.file.Close() }

// Size is the pack's length in bytes.
func (r *Reader) Size() (int64, error) { return r.file.Size() }

// Block reads a block into buf, which has its length.
func (r *Reader) Block(buf []byte, offset uint32) error {
	n, err := r.file.ReadAt(buf, int64(offset))
	if n == len(buf) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Range is bytes of a pack: from From up to To.
type Range struct{ From, To int64 }

// Scan is what the groups of a pack say.
type Scan struct {
	Entries []Entry
	// Epoch is that of the groups.
	Epoch uint64
	// Lost are ranges in which nothing can be found: not what lies there, nor how much.
	Lost []Range
	// Healed are groups of which one copy of the head or of the directory is damaged. They lost nothing.
	Healed []Range
	// Cut are blocks that the pack ends before, or in.
	Cut []Entry
	end int64
}

// Scan reads the directories of all groups. Damage is no error: it is in what is returned. thorough
// reads both copies of all, and takes for damage what the disk cannot read.
func (r *Reader) Scan(thorough bool) (Scan, error) {
	var s Scan
	r = &Reader{r.ID, r.file, r.aead, thorough}
	size, err := r.file.Size()
	if err != nil {
		return s, err
	}
	last := false
	for at := int64(0); at < size; {
		g, err := r.group(at, size, thorough)
		if err != nil {
			return s, err
		}
		if g == nil {
			break
		}
		if err := r.add(&s, g, at, size, thorough); err != nil {
			return s, err
		}
		at, last = g.end, g.last
		s.end = at
	}
	if s.end < size || !last {
		s.Lost = append(s.Lost, Range{min(s.end, size), size})
	}
	return s, nil
}

func (r *Reader) add(s *Scan, g *group, at, size int64, thorough bool) error {
	if g.start > at {
		s.Lost = append(s.Lost, Range{at, g.start})
	}
	entries, err := r.directory(nil, g, thorough)
	place := Range{g.start, min(g.end, size)}
	switch {
	case errors.Is(err, errBoth):
		s.Lost = append(s.Lost, place)
	case err != nil && !errors.Is(err, errOne):
		return err
	case err != nil || g.healed:
		s.Healed = append(s.Healed, place)
	}
	for _, e := range entries {
		if int64(e.Offset)+int64(e.Stored) > size {
			s.Cut = append(s.Cut, e)
		} else {
			s.Entries = append(s.Entries, e)
		}
	}
	s.Epoch = max(s.Epoch, g.epoch)
	return nil
}

// group is where a group lies.
type group struct {
	head
	start, end int64
	healed     bool
}

// group is the next one that begins at or after at, found by either of its heads; nil when there is none.
func (r *Reader) group(at, size int64, thorough bool) (*group, error) {
	for p := at; p < size; p += Align {
		h, err := r.head(p, leadingHead, p)
		if err == nil {
			g := &group{h, p, p + h.length(), p+h.length() > size} // cut off: its leading side is enough
			if thorough && !g.healed {
				_, err := r.head(g.end-headBytes, trailingHead, g.end)
				if err != nil && !damage(err) {
					return nil, err
				}
				g.healed = err != nil
			}
			return g, nil
		}
		if err != nil && !damage(err) {
			return nil, err
		}
		end := p + Align
		h, err = r.head(end-headBytes, trailingHead, end)
		if err == nil && end-h.length() >= at {
			return &group{h, end - h.length(), end, true}, nil
		}
		if err != nil && !damage(err) {
			return nil, err
		}
	}
	return nil, nil
}

// errSeal is a head or a directory that cannot be opened.
var errSeal = errors.New("its seal is broken")

var (
	errOne  = errors.New("one copy of the directory is damaged")
	errBoth = errors.New("both copies of the directory are damaged")
)

// damage tells what is wrong with the bytes from what is wrong with the disk.
func damage(err error) bool {
	return errors.Is(err, errSeal) || errors.Is(err, errHead) || errors.Is(err, errRow) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (r *Reader) head(at int64, what byte, where int64) (head, error) {
	var buf [headBytes]byte
	plain, err := r.open(buf[:], at, what, where)
	if err != nil {
		return head{}, err
	}
	return decodeHead(plain)
}

// open reads what is sealed at a place, and opens it where it was read.
func (r *Reader) open(buf []byte, at int64, what byte, where int64) ([]byte, error) {
	n, err := r.file.ReadAt(buf, at)
	if n < len(buf) {
		if errors.Is(err, io.EOF) || r.sectors {
			err = errors.Join(io.ErrUnexpectedEOF, err)
		}
		return nil, err
	}
	plain, err := r.aead.Open(buf[:0], seal.Place(what, uint64(where)), buf, nil)
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}

// directory appends the blocks of a group. With errOne they are appended as well.
func (r *Reader) directory(dst []Entry, g *group, thorough bool) ([]Entry, error) {
	body := g.start + int64(headBytes+g.directory())
	leading, err := r.rows(dst, make([]byte, g.directory()), g, body-int64(g.directory()), leadingDirectory, g.start, body)
	if err != nil && !damage(err) || err == nil && !thorough {
		return leading, err
	}
	second := body + int64(g.body)
	trailing, err2 := r.rows(dst, make([]byte, g.directory()+int(g.pad)), g, second, trailingDirectory, g.end, body)
	switch {
	case err2 != nil && !damage(err2):
		return dst, err2
	case err == nil && err2 == nil:
		return leading, nil
	case err == nil:
		return leading, errOne
	case err2 == nil:
		return trailing, errOne
	}
	return dst, errBoth
}

func (r *Reader) rows(dst []Entry, buf []byte, g *group, at int64, what byte, where, body int64) ([]Entry, error) {
	plain, err := r.open(buf, at, what, where)
	if err != nil {
		return dst, err
	}
	out, err := decodeRows(dst, plain[:int(g.blocks)*rowBytes], body, int64(g.body))
	if err != nil {
		return dst, err
	}
	return out, nil
}
