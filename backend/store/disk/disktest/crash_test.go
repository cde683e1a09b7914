package disktest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"inos/backend/store/disk"
)

// contents are what a file holds after each crash, and whether that came after "done".
func contents(m *Memory, name string) (before, after map[string]bool) {
	before, after = map[string]bool{}, map[string]bool{}
	for c := range m.Crashes(64, 1) {
		what := "none"
		if data := c.FS.Bytes(name); data != nil {
			what = string(data)
		}
		if c.Noted("done") {
			after[what] = true
		} else {
			before[what] = true
		}
	}
	return before, after
}

// steps does to a disk that has a file "a" with "old" what it is told.
func steps(t *testing.T, do string) *Memory {
	t.Helper()
	m := New()
	must(t, m.Mkdir("f"))
	must(t, disk.Replace(m, "a", []byte("old")))
	m.Begin()
	out, err := m.Create("half")
	must(t, err)
	for step := range strings.FieldsSeq(do) {
		switch step {
		case "write":
			_, err = out.Write([]byte("new!"))
		case "sync":
			err = out.Sync()
		case "rename":
			err = m.Rename("half", "a")
		case "away":
			err = m.Rename("a", "f/a")
		case "remove":
			err = m.Remove("a")
		case "sync-folder":
			err = m.SyncFolder(".")
		case "sync-other":
			err = m.SyncFolder("f")
		}
		must(t, err)
	}
	m.Note("done")
	return m
}

func TestAPowerCutLeavesWhatWasSyncedAndAnyOfTheRest(t *testing.T) {
	for do, want := range map[string]struct{ before, after []string }{
		"write sync rename sync-folder": {[]string{"old", "new!"}, []string{"new!"}},
		"write sync rename":             {[]string{"old", "new!"}, []string{"old", "new!"}},
		"write rename sync-folder": {[]string{"old", "new!", "", "\x00\x00\x00\x00"},
			[]string{"new!", "", "\x00\x00\x00\x00"}},
		"remove write sync rename sync-folder": {[]string{"old", "none", "new!"}, []string{"new!"}},
		"remove sync-folder":                   {[]string{"old", "none"}, []string{"none"}},
		"remove":                               {[]string{"old", "none"}, []string{"old", "none"}},
		"away":                                 {[]string{"old", "none"}, []string{"old", "none"}},
		"away sync-other":                      {[]string{"old", "none"}, []string{"none"}},
	} {
		before, after := contents(steps(t, do), "a")
		for _, c := range []struct {
			got  map[string]bool
			want []string
		}{{before, want.before}, {after, want.after}} {
			for _, content := range c.want {
				if !c.got[content] {
					t.Errorf("%s: %q is never left, only %v", do, content, c.got)
				}
			}
			torn := slices.Contains(c.want, "")
			if !torn && len(c.got) != len(c.want) {
				t.Errorf("%s: %v, want %q", do, c.got, c.want)
			}
		}
	}
}

func TestARenameBetweenFoldersLosesNoFile(t *testing.T) {
	for c := range steps(t, "away").Crashes(64, 1) {
		a, b := c.FS.Bytes("a"), c.FS.Bytes("f/a")
		if (a == nil) == (b == nil) {
			t.Errorf("%s: %q and %q", c.Story, a, b)
		}
	}
}

func TestUnsyncedWritesAreLostTornKeptOrOutOfOrder(t *testing.T) {
	m := New()
	out, err := m.Create("log")
	must(t, err)
	_, err = out.Write([]byte("synced."))
	must(t, err)
	must(t, out.Sync())
	must(t, m.SyncFolder("."))
	m.Begin()
	for _, part := range []string{"AAAA", "BBBB", "CCCC"} {
		_, err = out.Write([]byte(part))
		must(t, err)
	}
	left := map[string]bool{}
	for c := range m.Crashes(200, 1) {
		data := string(c.FS.Bytes("log"))
		if !strings.HasPrefix(data, "synced.") || len(data) > 7+12 {
			t.Fatalf("%s: %q", c.Story, data)
		}
		left[data[7:]] = true
	}
	for _, want := range []string{
		"", "A", "AAAABB", "AAAABBBBCCCC", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x00\x00\x00\x00BBBB",
	} {
		if !left[want] {
			t.Errorf("%q is never left", want)
		}
	}
	disorder := func(s string) bool { return len(s) == 12 && s[:4] != "AAAA" && s[8:] == "CCCC" }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(left)), disorder) {
		t.Error("the last write never lasts without the first")
	}
}

// After a sync that failed, a second one that works proves nothing.
func TestAFailedSyncIsNotMadeGoodByALaterOne(t *testing.T) {
	m := New()
	out, err := m.Create("a")
	must(t, err)
	_, err = out.Write([]byte("data"))
	must(t, err)
	must(t, m.SyncFolder("."))
	m.Break(func(op Op) error {
		if op.Kind == Sync {
			return syscall.EIO
		}
		return nil
	})
	if out.Sync() == nil {
		t.Fatal("it does not fail")
	}
	m.Break(nil)
	must(t, out.Sync())
	m.Note("done")
	if _, after := contents(m, "a"); !after[""] || !after["data"] {
		t.Errorf("%v", after)
	}
}

func TestCrashesAreBoundedAndTheSameForASeed(t *testing.T) {
	m := New()
	for i := range 12 {
		out, err := m.Create(fmt.Sprint("file-", i))
		must(t, err)
		_, err = out.Write(bytes.Repeat([]byte{byte(i)}, 50))
		must(t, err)
	}
	run := func(limit int, seed uint64) (sum [32]byte, most int) {
		h, at, n := sha256.New(), -1, 0
		for c := range m.Crashes(limit, seed) {
			if c.After != at {
				at, n = c.After, 0
			}
			n++
			most = max(most, n)
			fmt.Fprintln(h, c.After, c.Story)
			for _, name := range c.FS.Files() {
				fmt.Fprintf(h, "%s %q\n", name, c.FS.Bytes(name))
			}
		}
		return [32]byte(h.Sum(nil)), most
	}
	one, most := run(40, 7)
	if again, _ := run(40, 7); again != one || most != 40 {
		t.Errorf("most %d of 40, the same %v", most, again == one)
	}
	if other, _ := run(40, 8); other == one {
		t.Error("another seed draws the same")
	}
}

func TestACrashCanCrashAgain(t *testing.T) {
	m := steps(t, "write sync rename")
	for c := range m.Crashes(16, 1) {
		must(t, disk.Replace(c.FS, "a", []byte("third")))
		before := string(c.FS.start.files[c.FS.start.names["a"]].data)
		for again := range c.FS.Crashes(16, 1) {
			if got := string(again.FS.Bytes("a")); got != before && got != "third" {
				t.Errorf("%s, then %s: %q", c.Story, again.Story, got)
			}
		}
	}
}

func TestWhatIsReadLaterDoesNotChangeACrash(t *testing.T) {
	m := steps(t, "write")
	var held []Crash
	for c := range m.Crashes(16, 1) {
		held = append(held, c)
	}
	want := make([]string, len(held))
	for i, c := range held {
		want[i] = string(c.FS.Bytes("half"))
	}
	for c := range m.Crashes(16, 2) {
		must(t, disk.Replace(c.FS, "half", []byte("changed")))
	}
	for i, c := range held {
		if got := string(c.FS.Bytes("half")); got != want[i] {
			t.Errorf("%q became %q", want[i], got)
		}
	}
}
