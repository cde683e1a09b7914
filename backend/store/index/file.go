package index

import (
	"bufio"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"

	"inos/backend/store/codec"
	"inos/backend/store/disk"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// File is the name of the table's file in its space.
const File = "index"

const (
	part         = "index"
	idBytes      = 16
	pieceBytes   = 1 << 20 // what is sealed at once
	tagBytes     = 16
	version      = 1
	packRowBytes = 16 + 8 + 8 + 1
	rowBytes     = 32 + 4*4 + 2
	// maxPacks is 64 TiB of full packs.
	maxPacks = 1 << 20
	maxRows  = 1 << 28
)

// ErrDamaged says that the file is not what was written. Nothing is lost: the packs have all of it.
var ErrDamaged = errors.New("the index is damaged")

// A pack's state in the file.
const (
	whole byte = iota
	lost
	missing // its file is gone, and nobody knows why
)

// Write replaces the file, which names the missing packs as well. Nobody else may be writing it.
func (t *Table) Write(fsys disk.FS, keys *seal.Keys, missing []pack.ID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.merge()
	var id [idBytes]byte
	_, _ = rand.Read(id[:]) // never fails
	half := File + disk.Half + hex.EncodeToString(id[:8])
	out, err := fsys.Create(half)
	if err != nil {
		return err
	}
	_, err = out.Write(id[:])
	s := &sealer{out: out, aead: keys.AEAD(part, id[:])}
	err = errors.Join(err, t.encode(s, missing), s.close(), out.Sync(), out.Close())
	if err == nil {
		err = fsys.Rename(half, File)
	}
	if err != nil {
		_ = fsys.Remove(half) // half written; the error above is the one that counts
		return err
	}
	t.stale = 0
	return fsys.SyncFolder(".")
}

func (t *Table) encode(w io.Writer, absent []pack.ID) error {
	b := bufio.NewWriterSize(w, 64<<10)
	order := make([]uint32, len(t.packs)) // without those that are gone
	var buf []byte
	buf = binary.LittleEndian.AppendUint32(append(buf, version, 0, 0, 0), uint32(len(t.known)+len(absent)))
	n := uint32(0)
	for i, p := range t.packs {
		if p.Bytes == 0 {
			continue
		}
		order[i], n = n, n+1
		state := whole
		if p.Lost {
			state = lost
		}
		buf = appendPack(buf, p, state)
	}
	for _, id := range absent {
		buf = appendPack(buf, Pack{ID: id, Bytes: 1}, missing)
	}
	buf = binary.LittleEndian.AppendUint64(buf, uint64(len(t.rows)))
	_, _ = b.Write(buf) // Flush has its error
	for _, r := range t.rows {
		buf = append(buf[:0], r.name[:]...)
		for _, v := range [...]uint32{order[r.Pack], r.Offset, r.Stored, r.Raw} {
			buf = binary.LittleEndian.AppendUint32(buf, v)
		}
		_, _ = b.Write(append(buf, byte(r.Kind), byte(r.Codec)))
	}
	return b.Flush()
}

func appendPack(buf []byte, p Pack, state byte) []byte {
	buf = append(buf, p.ID[:]...)
	buf = binary.LittleEndian.AppendUint64(buf, p.Epoch)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(p.Bytes))
	return append(buf, state)
}

// sealer seals a stream in pieces, each by its number, the last one as the last.
type sealer struct {
	out   io.Writer
	aead  cipher.AEAD
	piece []byte
	n     uint64
}

func place(n uint64, last bool) []byte {
	if last {
		return seal.Place(2, n)
	}
	return seal.Place(1, n)
}

func (s *sealer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(s.piece) == pieceBytes {
			if err := s.flush(false); err != nil {
				return 0, err
			}
		}
		k := min(len(p), pieceBytes-len(s.piece))
		s.piece, p = append(s.piece, p[:k]...), p[k:]
	}
	return n, nil
}

func (s *sealer) flush(last bool) error {
	_, err := s.out.Write(s.aead.Seal(nil, place(s.n, last), s.piece, nil))
	s.piece, s.n = s.piece[:0], s.n+1
	return err
}

func (s *sealer) close() error { return s.flush(true) }

// Read is the table of the file; fs.ErrNotExist and ErrDamaged say that there is none.
func Read(fsys disk.FS, keys *seal.Keys) (*Table, error) {
	t := New()
	return t, read(fsys, keys, func(r *bufio.Reader) error { return t.decode(r) })
}

// Packs are those that the file names, missing ones too. The rest of the file is not looked at.
func Packs(fsys disk.FS, keys *seal.Keys) (ids []pack.ID, err error) {
	err = read(fsys, keys, func(r *bufio.Reader) error {
		return decodePacks(r, func(p Pack, _ byte) { ids = append(ids, p.ID) })
	})
	return ids, err
}

func read(fsys disk.FS, keys *seal.Keys, decode func(*bufio.Reader) error) error {
	f, err := fsys.Open(File)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	var id [idBytes]byte
	if _, err := f.ReadAt(id[:], 0); err != nil {
		return damaged(err)
	}
	o := &opener{file: f, at: idBytes, size: size, aead: keys.AEAD(part, id[:])}
	return damaged(decode(bufio.NewReaderSize(o, 64<<10)))
}

func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

type opener struct {
	file     disk.File
	at, size int64
	aead     cipher.AEAD
	n        uint64
	piece    []byte // what is left of it
	buf      []byte
}

func (o *opener) Read(p []byte) (int, error) {
	for len(o.piece) == 0 {
		if o.at == o.size {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.piece)
	o.piece = o.piece[n:]
	return n, nil
}

func (o *opener) next() error {
	n := min(o.size-o.at, pieceBytes+tagBytes)
	if o.buf == nil {
		o.buf = make([]byte, n)
	}
	if k, err := o.file.ReadAt(o.buf[:n], o.at); int64(k) < n {
		return damaged(err)
	}
	o.at += n
	plain, err := o.aead.Open(o.buf[:0], place(o.n, o.at == o.size), o.buf[:n], nil)
	if err != nil {
		return ErrDamaged
	}
	o.piece, o.n = plain, o.n+1
	return nil
}

// decodePacks reads what encode wrote first, and takes no memory on the word of a count.
func decodePacks(r *bufio.Reader, see func(p Pack, state byte)) error {
	var buf [packRowBytes]byte
	if _, err := io.ReadFull(r, buf[:8]); err != nil {
		return err
	}
	packs := binary.LittleEndian.Uint32(buf[4:])
	if buf[0] != version || packs > maxPacks {
		return ErrDamaged
	}
	for range packs {
		if _, err := io.ReadFull(r, buf[:]); err != nil {
			return err
		}
		state := buf[32]
		p := Pack{pack.ID(buf[:16]), binary.LittleEndian.Uint64(buf[16:]), int64(binary.LittleEndian.Uint64(buf[24:])), state == lost}
		if p.Bytes <= 0 || state > missing {
			return ErrDamaged
		}
		see(p, state)
	}
	return nil
}

func (t *Table) decode(r *bufio.Reader) error {
	err := decodePacks(r, func(p Pack, state byte) {
		if state != missing {
			t.known[p.ID] = uint32(len(t.packs))
			t.packs = append(t.packs, p)
		}
	})
	if err != nil {
		return err
	}
	var buf [rowBytes]byte
	if _, err := io.ReadFull(r, buf[:8]); err != nil {
		return err
	}
	rows := binary.LittleEndian.Uint64(buf[:])
	if rows > maxRows || len(t.known) != len(t.packs) {
		return ErrDamaged
	}
	for range rows {
		if _, err := io.ReadFull(r, buf[:]); err != nil {
			return err
		}
		if err := t.decodeRow(buf[:]); err != nil {
			return err
		}
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		return ErrDamaged
	}
	return nil
}

func (t *Table) decodeRow(b []byte) error {
	r := row{tree.Name(b), Place{
		Pack:   binary.LittleEndian.Uint32(b[32:]),
		Offset: binary.LittleEndian.Uint32(b[36:]),
		Stored: binary.LittleEndian.Uint32(b[40:]),
		Raw:    binary.LittleEndian.Uint32(b[44:]),
		Kind:   seal.Kind(b[48]),
		Codec:  codec.Codec(b[49]),
	}}
	sorted := len(t.rows) == 0 || string(t.rows[len(t.rows)-1].name[:]) <= string(r.name[:])
	if int(r.Pack) >= len(t.packs) || r.Stored > pack.MaxBlock || r.Raw > pack.MaxBlock || !r.Kind.Known() || !sorted {
		return ErrDamaged
	}
	t.rows = append(t.rows, r)
	return nil
}
