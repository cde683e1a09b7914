package results

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"inos/backend/job"
)

type testCache struct {
	*Cache
	limit int64
	now   time.Time
}

func newCache(t *testing.T) *testCache {
	c := &testCache{limit: 1 << 30, now: time.Unix(2e9, 0).UTC()}
	c.Cache = Open(filepath.Join(t.TempDir(), FolderName), func() int64 { return c.limit },
		func() time.Time { c.now = c.now.Add(time.Second); return c.now })
	return c
}

func keptOf(text string) *job.Kept {
	return &job.Kept{
		Origin: job.Origin{
			Made: time.Unix(1e9, 0).UTC(), Plugin: "dev.inos.fake", Version: "1.2.3", Unit: "fake", Op: "echo",
			Params: map[string]any{"n": 4.0, "word": "höhe"}, GuestNs: 5,
			Inputs: []job.Source{{Name: "a.txt", Bytes: 3, Digest: job.Digest{7}}},
		},
		Outputs: []job.Output{
			{Index: 0, Name: "out", Media: "text/plain", Bytes: []byte(text), Len: int64(len(text))},
			{Index: 2, Name: "empty", Bytes: []byte{}},
		},
		Figures: []job.Reading{{Value: math.Inf(-1), Reported: true}, {}, {Value: 1e-300, Reported: true}},
	}
}

func TestWhatIsKeptComesBackAsItWas(t *testing.T) {
	c := newCache(t)
	want := keptOf("some text")
	c.Put(job.Key{1}, want)
	if got := c.Get(job.Key{1}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if c.Get(job.Key{2}) != nil {
		t.Error("there is a result under a key that nobody used")
	}
	info, err := os.Stat(c.path(job.Key{1}, entryEnding))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c.Mark(job.Key{3})
	if !c.Marked(job.Key{3}) || c.Marked(job.Key{1}) || c.Get(job.Key{3}) != nil {
		t.Error("marks and results are mixed up")
	}
}

func TestADamagedEntryIsNoneAndGoes(t *testing.T) {
	c := newCache(t)
	whole, err := encode(job.Key{1}, keptOf("some text"))
	if err != nil {
		t.Fatal(err)
	}
	path := c.path(job.Key{1}, entryEnding)
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	check := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if c.Get(job.Key{1}) != nil {
			t.Errorf("%s was believed", what)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%s is still there", what)
		}
	}
	for at := range whole {
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[at] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d", bit, at), b)
		}
		check(fmt.Sprintf("a file cut at %d", at), whole[:at])
	}
	check("a byte too many", append(bytes.Clone(whole), 0))
	other, err := encode(job.Key{2}, keptOf("some text"))
	if err != nil {
		t.Fatal(err)
	}
	check("the entry of another key", other)
}

func TestALinkIsNoEntry(t *testing.T) {
	c := newCache(t)
	c.Put(job.Key{1}, keptOf("some text"))
	path := c.path(job.Key{1}, entryEnding)
	if err := os.Rename(path, path+"x"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+"x", path); err != nil {
		t.Fatal(err)
	}
	if c.Get(job.Key{1}) != nil {
		t.Error("it was followed")
	}
}

func TestWhatWasNotUsedForLongestGoesFirst(t *testing.T) {
	c := newCache(t)
	c.limit = 40 * (fileCost + 20_000)
	text := strings.Repeat("x", 15_000)
	for i := range 100 {
		c.Put(job.Key{byte(i)}, keptOf(text))
		if c.Get(job.Key{0}) == nil { // used all the time
			t.Fatalf("after %d results the one that is used is gone", i)
		}
	}
	if err := c.Trim(); err != nil {
		t.Fatal(err)
	}
	s, err := c.Stat()
	if err != nil || s.Bytes > c.limit || s.Results < 20 {
		t.Errorf("%+v, %v", s, err)
	}
	if c.Get(job.Key{0}) == nil || c.Get(job.Key{99}) == nil || c.Get(job.Key{1}) != nil {
		t.Error("the wrong ones are gone")
	}
	gone, err := c.Clear()
	if err != nil || gone != s.Bytes {
		t.Errorf("%d bytes gone of %d, %v", gone, s.Bytes, err)
	}
}

func TestAWriterThatWasKilledLeavesNothingForLong(t *testing.T) {
	c := newCache(t)
	c.Put(job.Key{1}, keptOf("text"))
	half := filepath.Join(c.folder, newPrefix+"123")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, age := range []time.Duration{time.Minute, staleAfter + time.Minute} {
		old, there := c.now.Add(-age), age < staleAfter
		if err := os.Chtimes(half, old, old); err != nil {
			t.Fatal(err)
		}
		s, err := c.Stat()
		if err != nil || s.Results != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := os.Stat(half); (err == nil) != there {
			t.Errorf("after %s: %v", age, err)
		}
	}
}

func TestALimitOfNothingKeepsNothing(t *testing.T) {
	c := newCache(t)
	c.limit = 0
	c.Put(job.Key{1}, keptOf("text"))
	c.Mark(job.Key{2})
	if entries, err := os.ReadDir(c.folder); err == nil && len(entries) > 0 {
		t.Errorf("%d files", len(entries))
	}
	c.limit = 32 << 10
	c.Put(job.Key{1}, keptOf(strings.Repeat("x", 8000)))
	if c.Get(job.Key{1}) != nil || c.Fits(8<<10) || !c.Fits(7<<10) {
		t.Error("a result that takes more than its share is kept")
	}
	if c.Put(job.Key{1}, keptOf(strings.Repeat("x", 5000))); c.Get(job.Key{1}) == nil {
		t.Error("a result within its share is not kept")
	}
}

func TestTheLimitIsTheUsers(t *testing.T) {
	data := t.TempDir()
	l := OpenLimit(data)
	if l.Bytes() != DefaultLimit {
		t.Errorf("at first %d", l.Bytes())
	}
	if err := l.Set(0); err != nil || l.Bytes() != 0 || OpenLimit(data).Bytes() != 0 {
		t.Errorf("then %d, %v", l.Bytes(), err)
	}
	if err := os.WriteFile(filepath.Join(data, limitName), []byte(`{"limit_bytes": -1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := OpenLimit(data).Bytes(); n != 0 {
		t.Errorf("of a damaged file %d", n)
	}
}

func TestAnOutputIsExplained(t *testing.T) {
	c := newCache(t)
	k := keptOf("some text")
	c.Put(job.Key{1}, k)
	c.Put(job.Key{2}, keptOf("other text"))
	h, err := readHeader(c.path(job.Key{1}, entryEnding))
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.Explain(h.Outputs[0].Digest)
	if err != nil || len(found) != 1 || found[0].Output != "out" || !reflect.DeepEqual(found[0].Origin, k.Origin) {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := c.Explain(job.Digest{}); err != nil || len(found) != 0 {
		t.Errorf("of nothing: %+v, %v", found, err)
	}
}

func FuzzDecode(f *testing.F) {
	whole, err := encode(job.Key{1}, keptOf("some text"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:len(whole)-sumBytes])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, rest, err := decodeHeader(b)
		if err == nil && (len(h.Outputs) > maxOutputs || len(rest) > len(b)) {
			t.Errorf("%d outputs, %d bytes of %d", len(h.Outputs), len(rest), len(b))
		}
	})
}
