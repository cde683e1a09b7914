package chunk

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

func random(seed uint64, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	return b
}

func cut(t testing.TB, key byte, r io.Reader) [][]byte {
	t.Helper()
	c := New([32]byte{key})
	if err := c.Reset(r); err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for {
		p, err := c.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(p))
	}
}

func TestPiecesJoinedAreTheStream(t *testing.T) {
	for _, n := range []int{0, 1, Min - 1, Min, Min + 1, Max, Max + 1, 20 << 20} {
		whole := random(1, n)
		pieces := cut(t, 1, iotest.HalfReader(bytes.NewReader(whole)))
		if !bytes.Equal(bytes.Join(pieces, nil), whole) {
			t.Errorf("%d bytes: other ones came back", n)
		}
		for i, p := range pieces {
			if len(p) > Max || (len(p) < Min && i < len(pieces)-1) {
				t.Errorf("%d bytes: a piece of %d", n, len(p))
			}
		}
	}
}

func TestTheMeanIsAboutAMebibyte(t *testing.T) {
	const n = 128 << 20
	if mean := n / len(cut(t, 1, bytes.NewReader(random(2, n)))); mean < 800<<10 || mean > 1300<<10 {
		t.Errorf("the mean is %d KiB", mean>>10)
	}
}

func TestAnInsertionChangesFewPieces(t *testing.T) {
	whole := random(3, 32<<20)
	seen := map[string]bool{}
	for _, p := range cut(t, 1, bytes.NewReader(whole)) {
		seen[string(p)] = true
	}
	fresh := 0
	for _, p := range cut(t, 1, io.MultiReader(bytes.NewReader(random(4, 19)), bytes.NewReader(whole))) {
		if !seen[string(p)] {
			fresh += len(p)
		}
	}
	if fresh > 2*Max {
		t.Errorf("%d new bytes", fresh)
	}
}

func TestAnotherKeyCutsElsewhere(t *testing.T) {
	whole := random(5, 32<<20)
	ends := map[int]bool{}
	for at, pieces := 0, cut(t, 1, bytes.NewReader(whole)); len(pieces) > 0; pieces = pieces[1:] {
		at += len(pieces[0])
		ends[at] = at < len(whole)
	}
	for at, pieces := 0, cut(t, 2, bytes.NewReader(whole)); len(pieces) > 0; pieces = pieces[1:] {
		if at += len(pieces[0]); ends[at] {
			t.Errorf("both cut at %d", at)
		}
	}
}

func TestAReadErrorIsReturned(t *testing.T) {
	broken := errors.New("broken")
	c := New([32]byte{})
	if err := c.Reset(io.MultiReader(bytes.NewReader(random(6, Max)), iotest.ErrReader(broken))); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := c.Next(); err != nil {
			if !errors.Is(err, broken) {
				t.Error(err)
			}
			return
		}
	}
}

func BenchmarkCut(b *testing.B) {
	whole := random(7, 64<<20)
	c := New([32]byte{1})
	b.SetBytes(int64(len(whole)))
	for b.Loop() {
		if err := c.Reset(bytes.NewReader(whole)); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := c.Next(); err != nil {
				break
			}
		}
	}
}
