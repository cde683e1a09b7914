package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
)

func TestOnlyAFileThatCanBeMappedForReadingIsMapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		flag int
		want bool
	}{
		{path, os.O_RDONLY, true},
		{path, os.O_RDWR, false}, // the worker could write
		{empty, os.O_RDONLY, false},
		{t.TempDir(), os.O_RDONLY, false},
		{"/dev/zero", os.O_RDONLY, false},
		{"/proc/self/stat", os.O_RDONLY, false},
		{"/sys/kernel/mm/transparent_hugepage/enabled", os.O_RDONLY, false}, // says that it has a page
	} {
		f, err := os.OpenFile(c.path, c.flag, 0)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		p, ok := (&Worker{}).MapInput(f)
		_ = f.Close()
		if ok != c.want {
			t.Errorf("%s with flags %d: mapped is %t", c.path, c.flag, ok)
		}
		if ok {
			p.Release()
		}
	}
}

// A page that is not there is the disk's fault where the file is as long as it was, and the guest's
// where it has no file.
func TestAFileThatTheSystemCannotReadIsNamed(t *testing.T) {
	h := newTestHost(t, 1<<20)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change  func() error // while the file is lent
		file    bool
		kind    fault.Kind
		subject string
		says    string
	}{
		{func() error { return nil }, true, fault.Unavailable, path, "could not read all"},
		{func() error { return os.Truncate(path, 10) }, true, fault.Invalid, path, "cut short"},
		{func() error { return nil }, false, fault.Fault, "test.unread", "at guest address"},
	} {
		w := h.spawn(t, "unread")
		var call Call
		if c.file {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			p, ok := w.MapInput(f)
			_ = f.Close()
			if !ok {
				t.Fatal("it is not mapped")
			}
			defer p.Release()
			call.Inputs = []*Payload{p}
		}
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		_, err := w.Call(context.Background(), call)
		f := fault.As(err)
		if f == nil || f.Kind != c.kind || f.Subject != c.subject || !strings.Contains(f.Message(), c.says) {
			t.Errorf("%v, want %s about %s", err, c.kind, c.subject)
		}
	}
}
