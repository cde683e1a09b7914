package store

import (
	"bytes"
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"syscall"

	"inos/backend/store/disk"
)

// The reserve is room on the disk that is given up when nothing else is left, so that something can be
// removed. Its bytes follow from the space's secret: each that was changed is found.
const (
	reserveFile  = "reserve"
	reserveBytes = 64 << 10
	reservePiece = 4 << 10
)

func (s *Space) reserve() []byte {
	out := make([]byte, reserveBytes)
	_, _ = rand.NewChaCha8(s.keys.Key(reserveFile)).Read(out) // never fails
	return out
}

// roomy does what is going to make room. On a full disk it gives up the reserve, and tries once more.
func (s *Space) roomy(do func() error) error {
	err := do()
	if !noRoom(err) || s.fs.Remove(reserveFile) != nil {
		return err
	}
	_ = s.fs.SyncFolder(".") // a disk that frees nothing before that says so by the next error
	err = do()
	s.keepReserve()
	return err
}

func noRoom(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// keepReserve makes it as long as it should be, or as there is room for. Without one, nothing is lost.
func (s *Space) keepReserve() {
	want := s.reserve()
	have, err := s.readReserve()
	if err == nil && len(have) == len(want) {
		return
	}
	var random [8]byte
	_, _ = crand.Read(random[:]) // never fails
	half := reserveFile + disk.Half + hex.EncodeToString(random[:])
	if n := s.fill(half, want); n <= len(have) || s.fs.Rename(half, reserveFile) != nil {
		_ = s.fs.Remove(half) // else the next collection does it
	}
	_ = s.fs.SyncFolder(".")
}

// fill writes as much of data as there is room for, and says how much that is.
func (s *Space) fill(name string, data []byte) (n int) {
	out, err := s.fs.Create(name)
	for err == nil && n < len(data) {
		var k int
		k, err = out.Write(data[n : n+reservePiece])
		n += k
	}
	if out == nil || errors.Join(out.Sync(), out.Close()) != nil {
		return 0
	}
	return n
}

var errReserve = errors.New("these bytes stand for nothing, and are not those that INOS wrote")

// readReserve is what there is of it: nothing, or its first bytes.
func (s *Space) readReserve() ([]byte, error) {
	have, err := disk.ReadAll(s.fs, reserveFile, reserveBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !bytes.HasPrefix(s.reserve(), have) {
		err = errReserve
	}
	if err != nil {
		return nil, err
	}
	return have, nil
}
