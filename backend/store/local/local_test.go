package local

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
	"inos/backend/store/tree"
)

func item(name string) Item { return Item{Sort: tree.Plugin, Name: name} }

func content(seed byte, size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

func open(fsys disk.FS) *Store {
	return Open(fsys, func() time.Time { return time.Unix(1, 0) })
}

const most = 64 << 20

func has(t *testing.T, s *Store, i Item, want []byte, where string) {
	t.Helper()
	if got, err := s.Load(t.Context(), i, most); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %s is %d bytes, want %d; %v", where, i.Name, len(got), len(want), err)
	}
}

func lacks(t *testing.T, s *Store, i Item, want error) {
	t.Helper()
	if got, err := s.Load(t.Context(), i, most); !errors.Is(err, want) {
		t.Errorf("%s is %d bytes, %v; want %v", i.Name, len(got), err, want)
	}
}

func keep(t *testing.T, s *Store, i Item, data []byte) {
	t.Helper()
	if err := s.Keep(t.Context(), i, data); err != nil {
		t.Fatal(err)
	}
}

func TestTheNewestContentOfAnItemCountsAndNothingElseIsThere(t *testing.T) {
	m := disktest.New()
	s := open(m)
	lacks(t, s, item("a"), fs.ErrNotExist)
	if names, err := s.Names(tree.Plugin); len(names) != 0 || err != nil || len(m.Files()) != 0 {
		t.Errorf("reading made something: %v, %v, %v", names, err, m.Files())
	}
	keep(t, s, item("a"), content(1, 1000))
	keep(t, s, Item{Sort: tree.Result, Name: "a", Label: "of another sort"}, content(2, 1000))
	keep(t, open(m), item("a"), content(3, 500))
	has(t, s, item("a"), content(3, 500), "in the same store")
	has(t, s, Item{Sort: tree.Result, Name: "a"}, content(2, 1000), "of another sort")
	lacks(t, s, item("b"), fs.ErrNotExist)
	if got, err := s.Load(t.Context(), item("a"), 499); fault.KindOf(err) != fault.Budget {
		t.Errorf("more than may be: %d bytes, %v", len(got), err)
	}
	if err := s.Forget(t.Context(), tree.Plugin, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	has(t, s, item("a"), content(3, 500), "after forgetting others")
}

func TestRoomIsGivenBackWhenItIsWorthIt(t *testing.T) {
	m := disktest.New()
	s := open(m)
	size := func() (sum int) {
		for _, name := range m.Files() {
			sum += len(m.Bytes(name))
		}
		return sum
	}
	none := func(name string) bool { return name == "stays" }
	keep(t, s, item("stays"), content(0, 300_000))
	for i := range byte(20) {
		keep(t, s, item(fmt.Sprint("goes ", i)), content(1+i, 600_000))
		if err := s.Forget(t.Context(), tree.Plugin, none); err != nil {
			t.Fatal(err)
		}
		if n := size(); n > 300_000+4*600_000 {
			t.Fatalf("%d bytes after %d", n, i)
		}
	}
	has(t, s, item("stays"), content(0, 300_000), "after collections")
	has(t, open(m), item("stays"), content(0, 300_000), "opened again")
}

func TestWorth(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		stored, unused int64
		want           bool
	}{
		{0, 0, false}, {mib, mib, false}, {2 * mib, 2*mib - 1, true}, {16 * mib, 5 * mib, true}, {16 * mib, 4 * mib, false},
		{17 * mib, 6 * mib, false}, {100 * mib, 51 * mib, true}, {100 * mib, 49 * mib, false},
	} {
		if got := Worth(c.stored, c.unused); got != c.want {
			t.Errorf("%d of %d: %t", c.unused, c.stored, got)
		}
	}
}

func TestNoCrashLosesWhatWasKept(t *testing.T) {
	m := disktest.New()
	s := open(m)
	m.Begin()
	keep(t, s, item("first"), content(1, 3000))
	m.Note("first")
	keep(t, s, item("second"), content(2, 1_100_000))
	m.Note("second")
	m.Note("forgetting")
	if err := s.Forget(t.Context(), tree.Plugin, func(name string) bool { return name == "first" }); err != nil {
		t.Fatal(err)
	}
	n := 0
	for c := range m.Crashes(16, 1) {
		n++
		s := open(c.FS)
		if c.Noted("first") {
			has(t, s, item("first"), content(1, 3000), c.Story)
		}
		if c.Noted("second") && !c.Noted("forgetting") {
			has(t, s, item("second"), content(2, 1_100_000), c.Story)
		}
		if n%4 == 0 { // whatever was left half done
			if err := s.Keep(t.Context(), item("third"), content(3, 300)); err != nil {
				t.Errorf("%s: %v", c.Story, err)
			}
			has(t, open(c.FS), item("third"), content(3, 300), c.Story)
		}
		if t.Failed() {
			return
		}
	}
	if n < 200 {
		t.Errorf("%d crashes", n)
	}
}

func TestAFullDiskIsToldAndLosesNothing(t *testing.T) {
	refused := 0
	for n := range 200 {
		m := disktest.New()
		m.Break(disktest.Full(n))
		err := open(m).Keep(t.Context(), item("first"), content(1, 3000))
		m.Break(nil)
		if err == nil {
			break
		}
		refused++
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room on the disk") {
			t.Fatalf("at %d: %v", n, err)
		}
		keep(t, open(m), item("first"), content(1, 3000))
		has(t, open(m), item("first"), content(1, 3000), "after that")
	}
	m := disktest.New()
	keep(t, open(m), item("first"), content(1, 3000))
	for n := range 40 {
		m.Begin()
		m.Break(disktest.Full(n))
		err := open(m).Keep(t.Context(), item("second"), content(byte(n), 3000))
		m.Break(nil)
		has(t, open(m), item("first"), content(1, 3000), fmt.Sprint(n, err))
	}
	if refused < 10 {
		t.Errorf("refused %d times", refused)
	}
}

func TestOneCopyOfTheKeyIsEnoughAndTheOtherIsMadeAnew(t *testing.T) {
	m := disktest.New()
	keep(t, open(m), item("a"), content(1, 100))
	whole := m.Bytes("local/key.a")
	for _, name := range []string{"local/key.a", "local/key.b"} {
		for what, data := range map[string][]byte{"empty": {}, "cut": whole[:50], "changed": append([]byte("x"), whole[1:]...)} {
			m.Put(name, data)
			has(t, open(m), item("a"), content(1, 100), what)
			keep(t, open(m), item("a"), content(1, 100))
			if !bytes.Equal(m.Bytes(name), whole) {
				t.Errorf("%s %s: it was left so", name, what)
			}
		}
	}
}

func TestWhatNobodyCanReadIsSetAsideAndSaidSo(t *testing.T) {
	m := disktest.New()
	keep(t, open(m), item("a"), content(1, 100))
	for _, name := range m.Files() {
		if strings.Contains(name, "/space.") {
			m.Put(name, []byte("garbage"))
		}
	}
	lacks(t, open(m), item("a"), ErrLost)
	if len(m.Files()) == 0 || strings.Contains(fmt.Sprint(m.Files()), "damaged") {
		t.Errorf("reading changed something: %v", m.Files())
	}
}

func TestAnErrorOfTheSystemSetsNothingAside(t *testing.T) {
	m := disktest.New()
	keep(t, open(m), item("a"), content(1, 100))
	for n := range 12 {
		m.Begin()
		m.Break(func(op disktest.Op) error {
			if op.N >= n {
				return syscall.EIO
			}
			return nil
		})
		err := open(m).Keep(t.Context(), item("b"), content(2, 100))
		m.Break(nil)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("at %d: %v", n, err)
		}
		has(t, open(m), item("a"), content(1, 100), fmt.Sprint("at ", n))
	}
}

func TestSeveralThatBeginAtOnceHaveOneStore(t *testing.T) {
	m := disktest.New()
	var all sync.WaitGroup
	for i := range byte(6) {
		all.Go(func() {
			if err := open(m).Keep(t.Context(), item(fmt.Sprint(i)), content(i, 2000)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range byte(6) {
		has(t, open(m), item(fmt.Sprint(i)), content(i, 2000), "afterwards")
	}
}

func FuzzTheKeysFileIsReadOrRefusedWhole(f *testing.F) {
	for _, seed := range []string{"", keyHeader, string(encodeKey([32]byte{1})), string(encodeKey([32]byte{})[:100])} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if key, _, err := decodeKey(data); err == nil && !bytes.Equal(encodeKey(key), data) {
			t.Errorf("%q was taken for a key", data)
		}
	})
}
