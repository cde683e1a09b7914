package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/disk/disktest"
)

// life is a store whose disk is broken while things are done to it, and what was acknowledged.
type life struct {
	disk *disktest.Memory
	s    *Space
	dir  string            // the tree that is put
	torn string            // a pack with a damaged block
	want map[string][]byte // what is there for sure
	gone map[string]bool   // what is not there for sure
	errs []error
}

var (
	lifeOld  = text(1, 600)
	lifeLate = random(2, 600)
	lifeTree = map[string][]byte{"tree/text": text(3, 500), "tree/sub/random": random(4, 300)}
)

// lifeEncoder spares each life the tables of its own.
var lifeEncoder = codec.NewEncoder(0)

// newLife has what was put before, was never pinned, and is going to be removed; and damage.
func newLife(t *testing.T) *life {
	t.Helper()
	l := &life{disk: disktest.New(), dir: filepath.Join(t.TempDir(), "tree")}
	for name, data := range lifeTree {
		path := filepath.Join(filepath.Dir(l.dir), name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	l.s = newSpaceOn(t, l.disk)
	put(t, l.s, "old", lifeOld)
	put(t, l.s, "gone", random(5, 900))
	if err := l.s.Pin(t.Context(), must(l.s.Find("gone")), true); err != nil {
		t.Fatal(err)
	}
	before := l.disk.Files()
	put(t, l.s, "torn", random(6, 500))
	for _, name := range l.disk.Files() {
		if strings.Contains(name, "/packs/") && !slices.Contains(before, name) {
			l.torn = name
		}
	}
	l.s.writeIndex()
	return l
}

// on is the same life on a copy of the disk.
func (l *life) on(t *testing.T, m *disktest.Memory) *life {
	t.Helper()
	s := again(t, m)
	s.encoder = lifeEncoder
	return &life{disk: m, s: s, dir: l.dir, torn: l.torn, want: map[string][]byte{"old": lifeOld}, gone: map[string]bool{}}
}

// live does all that is done to a store. What fails is noted, and the next thing tried.
func (l *life) live() {
	ctx := context.Background()
	l.step(func() error { return errOf(l.s.PutPath(ctx, l.dir, PutOptions{})) }, func() {
		for name, data := range lifeTree {
			l.want[name] = data
		}
	})
	l.step(func() error {
		return errOf(l.s.PutStream(ctx, "late", bytes.NewReader(lifeLate), PutOptions{}))
	}, func() { l.want["late"] = lifeLate })
	l.step(func() error { return l.change("old", func(v Version) error { return l.s.Pin(ctx, v, true) }) }, func() {})
	l.step(func() error { return l.change("gone", func(v Version) error { return l.s.Remove(ctx, v) }) },
		func() { l.gone["gone"] = true })
	for range 2 {
		l.step(func() error { return errOf(l.s.Collect(ctx, 0, nil)) }, func() {})
		l.step(func() error { return errOf(l.s.Archive(ctx, ArchiveOptions{})) }, func() {})
	}
	l.step(func() error { return l.s.Change(ctx, func(set *Settings) { set.Quota += 1 << 30 }) }, func() {})
	l.step(func() error { return errOf(l.s.Check(ctx, CheckOptions{ReadData: true})) }, func() {})
	l.step(func() error { return errOf(l.s.Repair(ctx, nil)) }, func() {})
}

func (l *life) step(do func() error, done func()) {
	if err := do(); err != nil {
		l.errs = append(l.errs, err)
		return
	}
	done()
}

func (l *life) change(name string, do func(Version) error) error {
	v, err := l.s.Find(name)
	if fault.KindOf(err) == fault.NotFound && name == "gone" {
		return nil // by an attempt that failed late
	}
	if err != nil {
		return err
	}
	return do(v)
}

// verify says whether all that was acknowledged is so.
func (l *life) verify(t *testing.T, when string) {
	t.Helper()
	for name, data := range l.want {
		top, below, tree := strings.Cut(name, "/")
		if tree {
			top = l.dir
		}
		v, err := l.s.Find(top)
		if err == nil && tree {
			v.Root.Top, err = l.s.Lookup(t.Context(), v, below)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", when, name, err)
		}
		if got, err := content(l.s, v); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%s: %s: %d bytes, %v", when, name, len(got), err)
		}
	}
	for name := range l.gone {
		if _, err := l.s.Find(name); fault.KindOf(err) != fault.NotFound {
			t.Fatalf("%s: %s was removed: %v", when, name, err)
		}
	}
}

// heal lets the same be done once more, on a disk that works: all of it has to succeed.
func (l *life) heal(t *testing.T, when string) {
	t.Helper()
	l.verify(t, when)
	l.errs = nil
	if l.live(); len(l.errs) > 0 {
		t.Fatalf("%s: and then: %v", when, errors.Join(l.errs...))
	}
	l.verify(t, when+", and all done again")
	r, err := l.s.Check(t.Context(), CheckOptions{ReadData: true})
	if err != nil || r.HitCount != 0 || severe(r) || r.Unfinished != 0 {
		t.Fatalf("%s: %+v, %v", when, r, err)
	}
}

// changing says that an operation changes the disk: a kill, or a full disk, at any other one is the
// same as at the next of these.
func changing(op disktest.Op) bool {
	switch op.Kind {
	case disktest.Open, disktest.Read, disktest.Size, disktest.List, disktest.Lock:
		return false
	}
	return true
}

func each(disktest.Op) bool { return true }

// from breaks the disk at the n-th of those operations.
func from(n int, which func(disktest.Op) bool, broken func(int) func(disktest.Op) error) func(disktest.Op) error {
	var then func(disktest.Op) error
	return func(op disktest.Op) error {
		if then == nil && which(op) {
			if n--; n < 0 {
				then = broken(op.N)
			}
		}
		if then == nil {
			return nil
		}
		return then(op)
	}
}

// failing breaks one operation.
func failing(n int) func(disktest.Op) error { return disktest.At(n, syscall.EIO) }

// count is how many of those operations there are.
func count(m *disktest.Memory, which func(disktest.Op) bool) (n int) {
	for _, op := range m.Ops() {
		if which(op) {
			n++
		}
	}
	return n
}

// each lives a life for each of those operations, at which the disk breaks, and then goes on.
func (l *life) each(t *testing.T, which func(disktest.Op) bool, broken func(int) func(disktest.Op) error, see func(*life)) {
	t.Helper()
	whole := l.on(t, l.disk.Restart())
	whole.disk.Begin()
	if whole.live(); len(whole.errs) > 0 {
		t.Fatal(whole.errs)
	}
	n := count(whole.disk, which)
	for at := range sample(t, n) {
		next := l.on(t, l.disk.Restart())
		next.disk.Begin()
		next.disk.Break(from(at, which, broken))
		next.live()
		next.disk.Break(nil)
		next.unlocked(t)
		see(next)
		next.heal(t, fmt.Sprintf("broken at %d", at))
	}
}

// unlocked says that nobody holds a lock who is done.
func (l *life) unlocked(t *testing.T) {
	t.Helper()
	for _, name := range []string{writersFile(0), writersFile(1), collectFile, lockFile} {
		unlock, taken, err := l.s.fs.Lock(name, true)
		if err != nil || !taken {
			t.Fatalf("%s is held, %v, after %v", name, err, l.errs)
		}
		unlock()
	}
}

// sample is all below n, or every so many when they are run by the race detector.
func sample(t *testing.T, n int) iter.Seq[int] {
	step, at := 1, 0
	if racing {
		step = max(1, n/24)
		at = rand.IntN(step)
	}
	t.Logf("%d operations, every %d from %d on", n, step, at)
	return func(yield func(int) bool) {
		for at := at; at < n && yield(at); at += step {
		}
	}
}

func TestAFullDiskLosesNothingAndSaysWhatToDo(t *testing.T) {
	newLife(t).each(t, disktest.Op.NeedsRoom, disktest.Full, func(l *life) {
		for _, err := range l.errs {
			if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Next != "make room on the disk" || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%v", err)
			}
		}
	})
}

func TestADiskErrorAtAnyPointLosesNothing(t *testing.T) {
	newLife(t).each(t, each, failing, func(l *life) {
		for _, err := range l.errs {
			if f := fault.As(err); f == nil || f.Kind != fault.Unavailable && f.Kind != fault.Damaged {
				t.Fatalf("%v", err)
			}
		}
	})
}

func TestAKillAtAnyPointLosesNothing(t *testing.T) {
	newLife(t).each(t, changing, disktest.Stop, func(l *life) {
		l.disk = l.disk.Restart()
		l.s = again(t, l.disk)
		l.s.encoder = lifeEncoder
	})
}

// The same with a block that is damaged: repair sets its pack apart, or says why not, and a collection
// refuses to guess.
func TestARepairMayFailAtAnyPoint(t *testing.T) {
	start := newLife(t)
	bad := start.disk.Bytes(start.torn)
	bad[200] ^= 1 // of the content
	start.disk.Put(start.torn, bad)
	ctx := t.Context()
	whole := start.on(t, start.disk.Restart())
	whole.disk.Begin()
	if r, err := whole.s.Repair(ctx, nil); err != nil || len(r.Quarantined) != 1 || r.Report.HitCount != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, how := range []struct {
		name   string
		which  func(disktest.Op) bool
		broken func(int) func(disktest.Op) error
	}{{"full", disktest.Op.NeedsRoom, disktest.Full}, {"killed", changing, disktest.Stop}, {"failed", each, failing}} {
		for at := range sample(t, count(whole.disk, how.which)) {
			l := start.on(t, start.disk.Restart())
			l.disk.Begin()
			l.disk.Break(from(at, how.which, how.broken))
			_, _ = l.s.Repair(ctx, nil) // what it says is not the point here
			next := start.on(t, l.disk.Restart())
			if r, err := next.s.Repair(ctx, nil); err != nil || len(r.Report.Damages) != 0 || r.Report.HitCount > 1 {
				t.Fatalf("%s at %d: %+v, %v", how.name, at, r, err)
			}
			put(t, next.s, "torn", random(6, 500))
			next.want["torn"] = random(6, 500)
			next.verify(t, how.name)
			sound(t, next.s)
		}
	}
}
