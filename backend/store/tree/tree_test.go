package tree

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/store"
)

var update = flag.Bool("update", false, "write the golden vectors anew")

func nameOf(b byte) (n Name) {
	for i := range n {
		n[i] = b + byte(i)
	}
	return n
}

func sampleLinks() []Link {
	return []Link{{nameOf(1), 1 << 20}, {Name{}, 1 << 40}, {nameOf(2), 1}}
}

func samplePage() []Entry {
	return []Entry{
		{Name: []byte("-rf"), Kind: File, Mode: 0o4755, Sec: -1, Nsec: 999_999_999, Size: 5,
			Content: Content{0, Link{nameOf(3), 5}}, Stamp: 7, Group: 9},
		{Name: []byte("a\nb"), Kind: Symlink, Mode: 0o777, Target: []byte("../\xff")},
		{Name: []byte("empty"), Kind: File, Sec: math.MaxInt64},
		{Name: []byte("\xff\xfe"), Kind: Folder, Mode: 0o1777, Sec: math.MinInt64, Size: 1 << 50,
			Content: Content{2, Link{nameOf(4), 300_000}}},
	}
}

func sampleRoot() Root {
	return Root{
		Path: []byte("/home/\xff/photos"), TimeMs: 1_790_000_000_000, Top: samplePage()[3],
		Pinned: true, Sort: Result, Label: "für später", Files: 3, Folders: 1, Bytes: 1 << 50,
		Replaces: []Name{nameOf(5), nameOf(6)},
	}
}

func sampleRemoval() Removal { return Removal{Roots: []Name{nameOf(7), nameOf(8)}, TimeMs: -1} }

func must(t testing.TB, data []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sampleBlocks(t testing.TB) map[string][]byte {
	blocks := map[string][]byte{}
	data, err := EncodeList(sampleLinks())
	blocks["list"] = must(t, data, err)
	data, err = EncodePage(samplePage())
	blocks["page"] = must(t, data, err)
	data, err = EncodeRoot(sampleRoot())
	blocks["root"] = must(t, data, err)
	data, err = EncodeRemoval(sampleRemoval())
	blocks["removal"] = must(t, data, err)
	return blocks
}

func TestEverythingComesBackAsItWas(t *testing.T) {
	blocks := sampleBlocks(t)
	links, err := DecodeList(blocks["list"])
	if err != nil || !reflect.DeepEqual(links, sampleLinks()) {
		t.Errorf("list: %v, %v", links, err)
	}
	page, err := DecodePage(blocks["page"])
	if err != nil || !reflect.DeepEqual(page, samplePage()) {
		t.Errorf("page: %+v, %v", page, err)
	}
	root, err := DecodeRoot(blocks["root"])
	if err != nil || !reflect.DeepEqual(root, sampleRoot()) {
		t.Errorf("root: %+v, %v", root, err)
	}
	removal, err := DecodeRemoval(blocks["removal"])
	if err != nil || !reflect.DeepEqual(removal, sampleRemoval()) {
		t.Errorf("removal: %+v, %v", removal, err)
	}
}

func TestEqualValuesGiveEqualBytes(t *testing.T) {
	if first, second := sampleBlocks(t), sampleBlocks(t); !reflect.DeepEqual(first, second) {
		t.Error("they differ")
	}
	// An empty slice and none are equal too.
	empty := Entry{Name: []byte("a"), Kind: File, Target: []byte{}}
	without := Entry{Name: []byte("a"), Kind: File}
	a, err := EncodePage([]Entry{empty})
	b, err2 := EncodePage([]Entry{without})
	if err != nil || err2 != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%x and %x; %v, %v", a, b, err, err2)
	}
}

func TestTheBlocksMatchTheirGoldenVectors(t *testing.T) {
	blocks := sampleBlocks(t)
	got := "# Blocks of the store's trees, each with every field set: name and bytes.\n" +
		"# Written by `go test ./backend/store/tree -run Golden -update`; the values stand in tree_test.go.\n"
	for _, name := range []string{"list", "page", "root", "removal"} {
		got += name + " " + hex.EncodeToString(blocks[name]) + "\n"
	}
	path := filepath.Join("..", "..", "..", "schemas", "vectors", "store.hex")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if the schema was meant to change, run with -update\n%s", path, got)
	}
}

// forbidden changes a good entry into one that must be refused.
var forbidden = map[string]func(e *Entry){
	"an empty name":                 func(e *Entry) { e.Name = nil },
	"a name of 256 bytes":           func(e *Entry) { e.Name = make([]byte, 256) },
	"a slash":                       func(e *Entry) { e.Name = []byte("a/b") },
	"a leading slash":               func(e *Entry) { e.Name = []byte("/") },
	"NUL":                           func(e *Entry) { e.Name = []byte("a\x00") },
	"dot":                           func(e *Entry) { e.Name = []byte(".") },
	"dot dot":                       func(e *Entry) { e.Name = []byte("..") },
	"no kind":                       func(e *Entry) { e.Kind = 0 },
	"an unknown kind":               func(e *Entry) { e.Kind = 4 },
	"a mode beyond 07777":           func(e *Entry) { e.Mode = 0o10000 },
	"a full second of nanoseconds":  func(e *Entry) { e.Nsec = 1_000_000_000 },
	"more bytes than content":       func(e *Entry) { e.Size++ },
	"more content than bytes":       func(e *Entry) { e.Content.Size++ },
	"no content, but a size":        func(e *Entry) { e.Content = Content{} },
	"a size beyond 2^63":            func(e *Entry) { e.Size, e.Content.Size = 1<<63, 1<<63 },
	"content of no bytes":           func(e *Entry) { e.Size, e.Content.Size = 0, 0 },
	"a level beyond the last":       func(e *Entry) { e.Content.Level = MaxLevel + 1 },
	"a list that is a hole":         func(e *Entry) { e.Content.Level, e.Content.Name = 1, Name{} },
	"a block that is too large":     func(e *Entry) { e.Size, e.Content.Size = 4<<20+1, 4<<20+1 },
	"a file that leads somewhere":   func(e *Entry) { e.Target = []byte("a") },
	"a folder that leads somewhere": func(e *Entry) { e.Kind, e.Target = Folder, []byte("a") },
	"a folder with a group":         func(e *Entry) { e.Kind, e.Group = Folder, 1 },
	"a folder that is a hole":       func(e *Entry) { e.Kind, e.Content.Name = Folder, Name{} },
	"a link with content":           func(e *Entry) { e.Kind, e.Target = Symlink, []byte("a") },
	"a link that leads nowhere":     func(e *Entry) { *e = link("") },
	"a link with NUL":               func(e *Entry) { *e = link("a\x00b") },
	"a link that is too long":       func(e *Entry) { *e = link(strings.Repeat("a", 4096)) },
	"a link with a size":            func(e *Entry) { *e = link("a"); e.Size = 1 },
	"a link with a group":           func(e *Entry) { *e = link("a"); e.Group = 1 },
}

func link(target string) Entry {
	return Entry{Name: []byte("l"), Kind: Symlink, Target: []byte(target)}
}

func goodEntry() Entry {
	return Entry{Name: []byte("a"), Kind: File, Mode: 0o644, Size: 5, Content: Content{0, Link{nameOf(1), 5}}}
}

// writeRaw encodes without any check, as an attacker would.
func writeRaw[T any](t *testing.T, root func(*capnp.Segment) (T, error), fill func(T) error) []byte {
	t.Helper()
	msg, seg := capnp.NewSingleSegmentMessage(nil)
	defer msg.Release()
	w, err := root(seg)
	if err == nil {
		err = fill(w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(seg.Data())
}

func rawPage(t *testing.T, entries ...Entry) []byte {
	t.Helper()
	return writeRaw(t, store.NewRootPage, func(w store.Page) error {
		list, err := w.NewEntries(int32(len(entries)))
		for i := 0; i < len(entries) && err == nil; i++ {
			err = rawEntry(list.At(i), entries[i])
		}
		return err
	})
}

// rawEntry writes also the content that an Entry of no bytes has none of.
func rawEntry(w store.Entry, e Entry) error {
	if err := setEntry(w, &e); err != nil || e.Content == (Content{}) || e.Content.Size > 0 {
		return err
	}
	c, err := w.NewContent()
	if err == nil {
		setName(c, e.Content.Name)
		c.SetLevel(e.Content.Level)
	}
	return err
}

func TestWhatTheFormatForbidsIsRefused(t *testing.T) {
	for what, spoil := range forbidden {
		t.Run(what, func(t *testing.T) {
			e := goodEntry()
			spoil(&e)
			if err := e.Check(); !errors.Is(err, ErrInvalid) {
				t.Errorf("Check: %v", err)
			}
			if _, err := EncodePage([]Entry{e}); !errors.Is(err, ErrInvalid) {
				t.Errorf("EncodePage: %v", err)
			}
			r := sampleRoot()
			r.Top = e
			if _, err := EncodeRoot(r); !errors.Is(err, ErrInvalid) {
				t.Errorf("EncodeRoot: %v", err)
			}
			if e.Mode > 0xffff {
				return // the message has no room for it
			}
			if _, err := DecodePage(rawPage(t, e)); !errors.Is(err, ErrInvalid) {
				t.Errorf("DecodePage: %v", err)
			}
		})
	}
	if _, err := DecodePage(rawPage(t, goodEntry())); err != nil {
		t.Errorf("the good entry: %v", err)
	}
}

func TestAPageInAnotherOrderIsRefused(t *testing.T) {
	named := func(names ...string) (page []Entry) {
		for _, n := range names {
			page = append(page, Entry{Name: []byte(n), Kind: File})
		}
		return page
	}
	many := make([]string, MaxPageEntries+1)
	for i := range many {
		many[i] = fmt.Sprintf("%05d", i)
	}
	for what, page := range map[string][]Entry{
		"none": {}, "twice": named("a", "a"), "falling": named("b", "a"),
		"bytes, not letters": named("é", "z"), "too many": named(many...),
	} {
		if _, err := EncodePage(page); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: EncodePage: %v", what, err)
		}
		if _, err := DecodePage(rawPage(t, page...)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: DecodePage: %v", what, err)
		}
	}
	if _, err := DecodePage(rawPage(t, named(many[1:]...)...)); err != nil {
		t.Errorf("a full page: %v", err)
	}
}

func TestAListThatDoesNotAddUpIsRefused(t *testing.T) {
	for what, links := range map[string][]Link{
		"none": {}, "no bytes": {{nameOf(1), 0}}, "a hole of no bytes": {{}},
		"overflow":    {{nameOf(1), 1 << 62}, {nameOf(1), 1 << 62}},
		"wraps round": {{nameOf(1), math.MaxUint64}, {nameOf(1), 2}},
		"too many":    slices.Repeat([]Link{{nameOf(1), 1}}, MaxLinks+1),
	} {
		if _, err := EncodeList(links); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: EncodeList: %v", what, err)
		}
		raw := writeRaw(t, store.NewRootLinks, func(w store.Links) error {
			list, err := w.NewLinks(int32(len(links)))
			for i, l := range links {
				setName(list.At(i), l.Name)
				list.At(i).SetSize(l.Size)
			}
			return err
		})
		if _, err := DecodeList(raw); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: DecodeList: %v", what, err)
		}
	}
}

func TestARootBeyondItsLimitsIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(r *Root){
		"no path":          func(r *Root) { r.Path = nil },
		"a long path":      func(r *Root) { r.Path = make([]byte, 4097) },
		"a path with NUL":  func(r *Root) { r.Path = []byte("/a\x00") },
		"an unknown sort":  func(r *Root) { r.Sort = 4 },
		"a long label":     func(r *Root) { r.Label = strings.Repeat("a", 257) },
		"two lines":        func(r *Root) { r.Label = "a\nb" },
		"no UTF-8":         func(r *Root) { r.Label = "\xff" },
		"too much":         func(r *Root) { r.Bytes = 1 << 63 },
		"too many to go":   func(r *Root) { r.Replaces = slices.Repeat([]Name{nameOf(1)}, 65) },
		"an unnamed to go": func(r *Root) { r.Replaces = []Name{{}} },
		"no top":           func(r *Root) { r.Top = Entry{} },
	} {
		r := sampleRoot()
		spoil(&r)
		if _, err := EncodeRoot(r); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: EncodeRoot: %v", what, err)
		}
		raw := writeRaw(t, store.NewRootRoot, func(w store.Root) error { return setRoot(w, &r) })
		if _, err := DecodeRoot(raw); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: DecodeRoot: %v", what, err)
		}
	}
}

func TestARemovalBeyondItsLimitsIsRefused(t *testing.T) {
	for what, roots := range map[string][]Name{
		"none": {}, "unnamed": {{}}, "too many": slices.Repeat([]Name{nameOf(1)}, MaxRemovals+1),
	} {
		if _, err := EncodeRemoval(Removal{Roots: roots}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: EncodeRemoval: %v", what, err)
		}
		raw := writeRaw(t, store.NewRootRemoval, func(w store.Removal) error { return setNames(roots, w.NewRoots) })
		if _, err := DecodeRemoval(raw); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: DecodeRemoval: %v", what, err)
		}
	}
}

func TestBytesThatAreNoMessageAreRefused(t *testing.T) {
	for what, data := range map[string][]byte{
		"nothing": nil, "half a word": make([]byte, 12), "a null root": make([]byte, 8),
		"too large":          make([]byte, MaxMetaBytes+8),
		"a far pointer":      {2, 0, 0, 0, 9, 0, 0, 0},
		"a pointer past all": {0, 0, 0, 0x10, 1, 0, 1, 0},
	} {
		if _, err := DecodeList(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: list: %v", what, err)
		}
		if _, err := DecodePage(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: page: %v", what, err)
		}
		if _, err := DecodeRoot(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: root: %v", what, err)
		}
		if _, err := DecodeRemoval(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: removal: %v", what, err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	var page []Entry
	for i := range 128 {
		e := goodEntry()
		e.Name = fmt.Appendf(nil, "photo-%04d.jpg", i)
		page = append(page, e)
	}
	data, err := EncodePage(page)
	must(b, data, err)
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_, _ = EncodePage(page)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_, _ = DecodePage(data)
		}
	})
}

// Whatever an entry says more one day has to be compared as well.
func TestEntriesThatDifferInAnythingAreNotEqual(t *testing.T) {
	whole := Entry{Name: []byte("name"), Kind: Symlink, Target: []byte("target")}
	same := Entry{Name: []byte("name"), Kind: Symlink, Target: []byte("target")}
	if !whole.Equal(&same) {
		t.Error("an entry is not equal to itself")
	}
	for i := range reflect.TypeFor[Entry]().NumField() {
		other := whole
		switch f := reflect.ValueOf(&other).Elem().Field(i); f.Kind() {
		case reflect.Slice:
			f.SetBytes([]byte("other"))
		case reflect.Struct:
			f.Set(reflect.ValueOf(Content{Level: 1}))
		case reflect.Int64:
			f.SetInt(7)
		default:
			f.SetUint(7)
		}
		if whole.Equal(&other) || other.Equal(&whole) {
			t.Errorf("%+v is taken for %+v", other, whole)
		}
	}
}
