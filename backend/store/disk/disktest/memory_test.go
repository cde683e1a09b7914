package disktest

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"inos/backend/store/disk"
)

func TestTheFoldersOfTheSystemConform(t *testing.T) {
	Conform(t, func(t *testing.T) disk.FS { return disk.Dir(t.TempDir()) })
}

func TestTheDiskInMemoryConforms(t *testing.T) {
	Conform(t, func(*testing.T) disk.FS { return New() })
}

func TestADiskAfterARestartOrACrashConforms(t *testing.T) {
	Conform(t, func(*testing.T) disk.FS { return New().Restart() })
	Conform(t, func(*testing.T) disk.FS {
		for c := range New().Crashes(1, 1) {
			return c.FS
		}
		return nil
	})
}

func TestNothingLiesOutsideTheDisk(t *testing.T) {
	m := New()
	for _, name := range []string{"../a", "/a", "a/../../b", "..", ""} {
		if _, err := m.Create(name); err == nil {
			t.Errorf("%q was created", name)
		}
		if err := m.Rename(name, "a"); err == nil {
			t.Errorf("%q was renamed", name)
		}
		if _, _, err := m.Lock(name, true); err == nil {
			t.Errorf("%q was locked", name)
		}
	}
	if len(m.Files()) > 0 {
		t.Errorf("%v", m.Files())
	}
}

func TestEachOperationIsRecorded(t *testing.T) {
	m := New()
	must(t, disk.Replace(m, "a", []byte("12345")))
	want := []Kind{Create, Write, Sync, Close, Rename, SyncFolder}
	ops := m.Ops()
	if len(ops) != len(want) {
		t.Fatalf("%v", ops)
	}
	for i, op := range ops {
		if op.Kind != want[i] || op.N != i {
			t.Errorf("%d: %v", i, op)
		}
	}
	if ops[1].Bytes != 5 || ops[4].To != "a" {
		t.Errorf("%+v", ops)
	}
	m.Begin()
	holds(t, m, "a", "12345")
	if ops := m.Ops(); len(ops) != 3 || ops[0].String() != "0: open a" || ops[2].Kind != Read {
		t.Errorf("%v", ops)
	}
}

// A file that is replaced is the old one or the new one, whichever operation fails, and with what.
func TestAnyOperationCanFail(t *testing.T) {
	for name, fault := range map[string]func(int) func(Op) error{
		"an error": func(n int) func(Op) error { return At(n, syscall.EIO) }, "full": Full, "killed": Stop,
	} {
		failed := 0
		for n := range 6 {
			m := New()
			must(t, disk.Replace(m, "a", []byte("old")))
			m.Begin()
			m.Break(fault(n))
			err := disk.Replace(m, "a", []byte("new!"))
			if err != nil {
				failed++
			}
			if name == "an error" && !errors.Is(err, syscall.EIO) {
				t.Errorf("operation %d does not fail: %v", n, err)
			}
			next := m.Restart()
			if got := string(next.Bytes("a")); got != "old" && got != "new!" || err == nil && got != "new!" {
				t.Errorf("%s at %d: %q, %v", name, n, got, err)
			}
			must(t, disk.Replace(next, "a", []byte("again")))
		}
		if failed < 3 {
			t.Errorf("%s: only %d fail", name, failed)
		}
	}
}

func TestAWriteThatFailsIsHalfDone(t *testing.T) {
	for fault, want := range map[error]string{syscall.ENOSPC: "1234", ErrStopped: "1234", errGone: ""} {
		m := New()
		out, err := m.Create("a")
		must(t, err)
		m.Break(func(Op) error { return fault })
		n, err := out.Write([]byte("12345678"))
		if got := string(m.Bytes("a")); n != len(want) || !errors.Is(err, fault) || got != want {
			t.Errorf("%v: %d, %v, %q", fault, n, err, got)
		}
	}
}

func TestAKillTakesNoLockAndLosesNothing(t *testing.T) {
	m := New()
	_, taken, err := m.Lock("lock", true)
	if !taken || err != nil {
		t.Fatal(taken, err)
	}
	out, err := m.Create("a")
	must(t, err)
	_, err = out.Write([]byte("never synced"))
	must(t, err)
	next := m.Restart()
	holds(t, next, "a", "never synced")
	if _, taken, err := next.Lock("lock", true); !taken || err != nil {
		t.Errorf("%v, %v", taken, err)
	}
}

func TestAnOddDiskIsSeenAsItIs(t *testing.T) {
	m := New()
	m.Put("a", []byte("put"))
	holds(t, m, "a", "put")
	if m.Bytes("b") != nil {
		t.Error("a file that is not there holds something")
	}
	for c := range m.Crashes(1, 1) {
		if got := string(c.FS.Bytes("a")); got != "put" && c.After > 0 {
			t.Errorf("after a crash: %q", got)
		}
	}
	_, err := m.Open("b")
	is(t, err, fs.ErrNotExist)
}
