package upkeep

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inos/backend/store"
	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
)

var day0 = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// stand is a service over a real store, with a clock of the test's.
type stand struct {
	*Service
	disk  *disktest.Memory
	store *store.Store
	space *store.Space
	clock time.Time
	load  Load
	told  []store.Report
}

func newStand(t *testing.T, set store.Settings) *stand {
	t.Helper()
	s := &stand{disk: disktest.New(), clock: time.Now()}
	s.store = store.New(s.disk, [32]byte{1})
	set.Name = store.Main
	var err error
	if s.space, err = s.store.Create(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	s.Service = New(DefaultPolicy, Open(t.TempDir()), func() Load { return s.load }, func() time.Time { return s.clock },
		func(_ *store.Space, r store.Report) { s.told = append(s.told, r) }, slog.New(slog.DiscardHandler))
	s.Opened(s.store)
	return s
}

func (s *stand) put(t *testing.T, name string, data []byte) store.Version {
	t.Helper()
	p, err := s.space.PutStream(t.Context(), name, bytes.NewReader(data), store.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Version
}

func (s *stand) stat(t *testing.T) store.Stat {
	t.Helper()
	st, err := s.space.Stat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (s *stand) health(t *testing.T) Health {
	t.Helper()
	state, err := s.state.Read()
	if err != nil {
		t.Fatal(err)
	}
	return state.Spaces[s.space.ID]
}

// after lets time go by, and a turn come.
func (s *stand) after(t *testing.T, d time.Duration) {
	t.Helper()
	s.clock = s.clock.Add(d)
	if rest := s.turn(t.Context(), s.store); rest < s.policy.Look {
		t.Errorf("it rests for %v", rest)
	}
}

func noise(seed byte, n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

func prose(seed uint64, n int) []byte {
	var b bytes.Buffer
	for r := rand.New(rand.NewPCG(seed, 1)); b.Len() < n; {
		fmt.Fprintf(&b, "word%d and %x; ", r.IntN(900), r.IntN(99))
	}
	return b.Bytes()[:n]
}

// flip damages a byte in the middle of each pack.
func (s *stand) flip() {
	for _, name := range s.disk.Files() {
		if strings.Contains(name, "/packs/") {
			data := bytes.Clone(s.disk.Bytes(name))
			data[len(data)/2] ^= 1
			s.disk.Put(name, data)
		}
	}
}

func TestAPartIsVerifiedEachHourAndDamageIsToldOnce(t *testing.T) {
	s := newStand(t, store.Settings{})
	s.put(t, "a", noise(1, 300_000))
	s.after(t, time.Minute)
	first := s.health(t)
	if first.VerifiedMs != s.clock.UnixMilli() || first.Hurt() || !strings.Contains(first.Text(), "is whole") {
		t.Fatalf("%+v: %s", first, first.Text())
	}
	s.flip()
	s.after(t, 30*time.Minute)
	if s.health(t) != first {
		t.Error("it was read again within the hour")
	}
	for range 2 {
		s.after(t, time.Hour)
		if h := s.health(t); !h.Hurt() || h.Damages != 1 || h.Lost != 1 || !strings.Contains(h.Text(), "store check") {
			t.Errorf("%+v: %s", h, h.Text())
		}
	}
	if len(s.told) != 1 {
		t.Errorf("it was told %d times", len(s.told))
	}
	if _, err := s.space.Repair(t.Context(), func(string, int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	s.put(t, "a", noise(1, 300_000))
	s.after(t, time.Hour)
	if h := s.health(t); h.Hurt() {
		t.Errorf("after it was made whole: %+v", h)
	}
}

func TestAPartReadWholeDoesNotHideKnownDamage(t *testing.T) {
	f := Open(t.TempDir())
	bad, good := store.Report{Damages: []store.Damage{{What: "x"}}}, store.Report{}
	for _, step := range []struct {
		report           store.Report
		whole, news, bad bool
	}{{good, true, false, false}, {bad, false, true, true}, {bad, false, false, true}, {good, false, false, true}, {good, true, false, false}} {
		news, err := Note(f, "id", step.report, step.whole, day0)
		state, _ := f.Read()
		if err != nil || news != step.news || state.Spaces["id"].Hurt() != step.bad {
			t.Errorf("%+v: news %t, %+v, %v", step, news, state, err)
		}
	}
}

func TestWhatIsOfNoUseIsCollected(t *testing.T) {
	s := newStand(t, store.Settings{})
	goes, stays := s.put(t, "goes", noise(1, 3<<20)), s.put(t, "stays", noise(2, 3<<20))
	s.after(t, time.Minute) // verifies
	s.after(t, time.Minute)
	before := s.stat(t)
	if err := s.space.Remove(t.Context(), goes); err != nil {
		t.Fatal(err)
	}
	s.after(t, time.Minute)
	if now := s.stat(t).Stored; now < before.Stored {
		t.Errorf("%d of %d bytes a minute after the last look", now, before.Stored)
	}
	s.after(t, 2*time.Hour) // verifies
	s.after(t, time.Minute)
	if now := s.stat(t).Stored; now > before.Stored*2/3 {
		t.Errorf("%d of %d bytes are left", now, before.Stored)
	}
	var out bytes.Buffer
	if err := s.space.Write(t.Context(), stays, &out); err != nil || out.Len() != 3<<20 {
		t.Errorf("what stays: %d bytes, %v", out.Len(), err)
	}
}

func TestWhatIsOldIsArchivedAndNothingElse(t *testing.T) {
	s := newStand(t, store.Settings{ArchiveAfterDays: 7})
	s.policy.Slice = time.Millisecond
	var old []store.Version
	for i := range uint64(3) {
		old = append(old, s.put(t, fmt.Sprint("old ", i), prose(i, 20_000)))
	}
	for range 4 {
		s.after(t, time.Minute)
	}
	if st := s.stat(t); st.Dense > 0 {
		t.Fatalf("%d bytes were archived at once", st.Dense)
	}
	s.after(t, 8*24*time.Hour) // verifies
	turns := 0
	for ; s.stat(t).Dense < 60_000 && turns < 20; turns++ {
		s.after(t, time.Minute)
	}
	if turns < 2 || turns == 20 {
		t.Errorf("%d slices", turns)
	}
	for i, v := range old {
		var out bytes.Buffer
		if err := s.space.Write(t.Context(), v, &out); err != nil || !bytes.Equal(out.Bytes(), prose(uint64(i), 20_000)) {
			t.Errorf("%d bytes, %v", out.Len(), err)
		}
	}
}

func TestABusyMachineABatteryAndTheUsersWordKeepItAway(t *testing.T) {
	s := newStand(t, store.Settings{})
	s.put(t, "a", noise(1, 1000))
	for what, load := range map[string]Load{"busy": {Busy: 0.5}, "on a battery": {Battery: true}} {
		s.load = load
		s.after(t, 2*time.Hour)
		if s.health(t).VerifiedMs != 0 {
			t.Errorf("%s: it read", what)
		}
	}
	s.load = Load{}
	off := func(on bool) {
		t.Helper()
		if err := s.state.Change(func(st *State) error { st.Off = on; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	off(true)
	s.after(t, 2*time.Hour)
	if s.health(t).VerifiedMs != 0 {
		t.Error("off: it read")
	}
	off(false)
	s.load = Load{Busy: -1} // nobody knows
	s.after(t, time.Minute)
	if s.health(t).VerifiedMs == 0 {
		t.Error("on: it did not read")
	}
}

func TestTheBounds(t *testing.T) {
	const mib = 1 << 20
	p := DefaultPolicy
	for _, c := range []struct {
		stored int64
		since  time.Duration
		want   float64
	}{
		{0, time.Hour, 1}, {mib, time.Hour, 1}, {64 * mib, time.Hour, 1}, {640 * mib, time.Hour, 0.1}, {640 * mib, 2 * time.Hour, 0.2},
		{64 * 48 * mib, 24 * time.Hour, 0.5}, {64 * 48 * mib, 1000 * time.Hour, 0.5},
	} {
		if got := p.sample(c.stored, c.since); got != c.want {
			t.Errorf("of %d after %v: %v, want %v", c.stored, c.since, got, c.want)
		}
	}
	for took, want := range map[time.Duration]time.Duration{
		0: time.Minute, time.Second: time.Minute, 10 * time.Second: 100 * time.Second, time.Minute: 10 * time.Minute,
	} {
		if got := p.rest(took); got != want {
			t.Errorf("after %v: %v, want %v", took, got, want)
		}
	}
	for _, c := range []struct {
		stored, unused int64
		want           bool
	}{{100 * mib, 25 * mib, false}, {100 * mib, 26 * mib, true}, {2 * mib, mib, false}, {2 * mib, mib + 1, true}, {0, 0, false}} {
		if got := worth(c.stored, c.unused); got != c.want {
			t.Errorf("%d of %d: %t", c.unused, c.stored, got)
		}
	}
	if _, ok := before(store.Settings{}, day0); ok {
		t.Error("a space without a policy is archived")
	}
	if at, ok := before(store.Settings{ArchiveAfterDays: 27}, day0); !ok || !at.Equal(time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("%v", at)
	}
}

// slow is a disk on which whoever reads a pack waits until he is let go on.
type slow struct {
	disk.FS
	waits  atomic.Bool
	inside chan struct{}
	goOn   chan struct{}
}

func (s *slow) Open(name string) (disk.File, error) {
	if s.waits.Load() && strings.Contains(name, "packs/") {
		s.inside <- struct{}{}
		<-s.goOn
	}
	return s.FS.Open(name)
}

func TestNobodyWaitsForATurnToEnd(t *testing.T) {
	fsys := &slow{FS: disktest.New(), inside: make(chan struct{}, 100), goOn: make(chan struct{})}
	defer close(fsys.goOn)
	st := store.New(fsys, [32]byte{1})
	sp, err := st.Create(t.Context(), store.Settings{Name: store.Main})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sp.PutStream(t.Context(), "a", strings.NewReader("content"), store.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	policy := DefaultPolicy
	policy.Look = time.Microsecond
	s := New(policy, Open(t.TempDir()), func() Load { return Load{} }, time.Now, func(*store.Space, store.Report) {},
		slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	fsys.waits.Store(true)
	s.Opened(st)
	<-fsys.inside // a turn is under way, and does not come back
	cancel()
	if err := <-served; err != context.Canceled {
		t.Errorf("it ended with %v", err)
	}
}

func TestALockedStoreIsLeftAlone(t *testing.T) {
	s := newStand(t, store.Settings{})
	s.policy.Look = time.Microsecond
	var looks atomic.Int32
	looked := make(chan struct{}, 1000)
	s.Service.load = func() Load {
		looks.Add(1)
		select {
		case looked <- struct{}{}:
		default:
		}
		return Load{Battery: true}
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	<-looked
	s.Opened(nil)
	if st, _ := s.current(); st != nil {
		t.Error("it is held still")
	}
	s.Opened(s.store)
	n := looks.Load()
	for looks.Load() < n+3 {
		<-looked
	}
	cancel()
	<-served
}
