package arena

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBudgetBoundsTheSumOfSegments(t *testing.T) {
	a := New(1 << 20)
	defer a.Close()
	s, err := a.Create(KindPayload, "first", 700<<10)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Create(KindPayload, "second", 400<<10)
	var over *BudgetError
	if !errors.As(err, &over) || over.Needed != 1100<<10 || over.Limit != 1<<20 {
		t.Fatalf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if a.Used() != 0 || a.Segments() != 0 {
		t.Errorf("after close: %d bytes, %d segments", a.Used(), a.Segments())
	}
	if _, err = a.Create(KindPayload, "second", 400<<10); err != nil {
		t.Errorf("room was not given back: %v", err)
	}
}

func TestSharedAndStatusSegmentsDoNotCount(t *testing.T) {
	a := New(1 << 20)
	defer a.Close()
	for _, kind := range []SegmentKind{KindShared, KindStatus} {
		if _, err := a.Create(kind, "x", 8<<20); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
	if a.Used() != 0 {
		t.Errorf("%d bytes counted", a.Used())
	}
}

func TestReplaceTakesTheOldOnesPlaceInTheBudget(t *testing.T) {
	a := New(1 << 20)
	defer a.Close()
	old, err := a.Create(KindPayload, "old", 600<<10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = a.Replace(old, KindPayload, "too big", 2<<20); err == nil {
		t.Fatal("a replacement over the budget was made")
	}
	if a.Used() != 600<<10 {
		t.Errorf("a refused replacement changed the sum to %d", a.Used())
	}
	if _, err = a.Replace(old, KindPayload, "new", 900<<10); err != nil {
		t.Fatal(err)
	}
	if a.Used() != 900<<10 {
		t.Errorf("used %d", a.Used())
	}
	old.Close()
	if a.Used() != 900<<10 {
		t.Errorf("closing the old one counted twice: %d", a.Used())
	}
}

func TestSetLimitRefusesWhatIsInUse(t *testing.T) {
	a := New(0)
	defer a.Close()
	if a.Limit() != DefaultBudget {
		t.Errorf("default %d", a.Limit())
	}
	if _, err := a.Create(KindPayload, "x", 8<<20); err != nil {
		t.Fatal(err)
	}
	if a.SetLimit(4<<20) == nil || a.SetLimit(MaxBudget+1) == nil {
		t.Error("an impossible budget was taken")
	}
	if err := a.SetLimit(64 << 20); err != nil || a.Limit() != 64<<20 {
		t.Errorf("%v, limit %d", err, a.Limit())
	}
}

func TestImpossibleLengthsAreRefused(t *testing.T) {
	a := New(0)
	defer a.Close()
	for _, n := range []int64{0, -1, MaxBudget + 1, 1 << 62} {
		if _, err := a.Create(KindShared, "x", n); err == nil {
			t.Errorf("%d bytes were made", n)
		}
	}
}

func TestASegmentIsSealedAndZeroed(t *testing.T) {
	a := New(0)
	defer a.Close()
	s, err := a.Create(KindPayload, "x", 5000)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 8192 {
		t.Errorf("length %d, a multiple of the page expected", s.Len())
	}
	for i, b := range s.Bytes() {
		if b != 0 {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	for _, n := range []int64{0, 4096, 1 << 20} {
		if err := unix.Ftruncate(s.FD(), n); err == nil {
			t.Errorf("resized to %d", n)
		}
	}
}

func TestAReadOnlyDescriptorCannotBeMappedWritable(t *testing.T) {
	a := New(0)
	defer a.Close()
	s, err := a.Create(KindPayload, "x", 4096)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := s.ReadOnlyFD()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); !errors.Is(err, unix.EACCES) {
		t.Errorf("mapping it writable: %v, EACCES expected", err)
	}
	ro, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(ro)
	s.Bytes()[7] = 42
	if ro[7] != 42 {
		t.Error("the read-only mapping shows other memory")
	}
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAdoptSharesMemoryAndRefusesWhatIsNotSealed(t *testing.T) {
	a := New(0)
	defer a.Close()
	s, err := a.Create(KindStatus, "x", StatusPageBytes)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Adopt(dup(t, s.FD()), KindStatus, s.Len(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if other.ID() != s.ID() {
		t.Errorf("id %d, %d expected", other.ID(), s.ID())
	}
	other.Bytes()[100] = 9
	if s.Bytes()[100] != 9 {
		t.Error("not the same memory")
	}
	if _, err := Adopt(dup(t, s.FD()), KindStatus, s.Len()*2, true); err == nil {
		t.Error("a wrong length was adopted")
	}
	f, err := os.CreateTemp(t.TempDir(), "plain")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := Adopt(dup(t, int(f.Fd())), KindPayload, 4096, false); err == nil {
		t.Error("a plain file was adopted")
	}
}

func TestOpenRefusesForeignHeaders(t *testing.T) {
	a := New(0)
	defer a.Close()
	spoil := map[string]func(mem []byte){
		"magic":   func(m []byte) { m[SegmentHeaderMagicAt]++ },
		"kind":    func(m []byte) { m[SegmentHeaderKindAt]++ },
		"version": func(m []byte) { m[SegmentHeaderVersionAt]++ },
		"hash":    func(m []byte) { m[SegmentHeaderLayoutHashAt]++ },
		"length":  func(m []byte) { m[SegmentHeaderByteLenAt]++ },
	}
	for name, f := range spoil {
		s, err := a.Create(KindStatus, "x", StatusPageBytes)
		if err != nil {
			t.Fatal(err)
		}
		f(s.Bytes())
		if _, err := OpenStatus(s); err == nil {
			t.Errorf("a wrong %s was believed", name)
		}
		s.Close()
	}
}
