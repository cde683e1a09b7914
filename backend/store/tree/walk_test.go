package tree

import (
	"errors"
	"io"
	"slices"
	"testing"
)

// blocks is a store in memory; put names what it is given by a counter.
type blocks map[Name][]byte

func (b blocks) put(t *testing.T, data []byte, err error) Name {
	t.Helper()
	must(t, data, err)
	n := nameOf(byte(len(b) + 1))
	b[n] = data
	return n
}

func (b blocks) list(t *testing.T, links ...Link) Link {
	t.Helper()
	total, _ := sum(links)
	data, err := EncodeList(links)
	return Link{b.put(t, data, err), total}
}

func (b blocks) load(l Link) ([]byte, error) {
	if data, ok := b[l.Name]; ok {
		return data, nil
	}
	return nil, io.ErrUnexpectedEOF
}

func TestLeavesComeInOrderWithTheirHoles(t *testing.T) {
	b := blocks{}
	leaf := func(n byte, size uint64) Link { return Link{nameOf(100 + n), size} }
	hole := Link{Size: 1 << 40}
	low := b.list(t, leaf(1, 5), hole, leaf(2, 7))
	top := b.list(t, low, hole, low)
	want := []Link{leaf(1, 5), hole, leaf(2, 7), hole, leaf(1, 5), hole, leaf(2, 7)}
	var got []Link
	for l, err := range (Content{2, top}).Leaves(b.load) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for range (Content{}).Leaves(b.load) {
		t.Error("no content has a leaf")
	}
}

func lastError[T any](seq func(func(T, error) bool)) (last error) {
	for _, err := range seq {
		if last != nil {
			return errors.New("it goes on after an error")
		}
		last = err
	}
	return last
}

func TestListsThatLieAreRefused(t *testing.T) {
	b := blocks{}
	small := b.list(t, Link{nameOf(100), 5})
	big := b.list(t, Link{nameOf(100), MaxDataBytes + 1})
	loop := Link{nameOf(250), 5}
	data, err := EncodeList([]Link{loop})
	b[loop.Name] = must(t, data, err)
	for what, c := range map[string]struct {
		content Content
		want    error
	}{
		"less than promised": {Content{1, Link{small.Name, 6}}, ErrInvalid},
		"more than promised": {Content{1, Link{small.Name, 4}}, ErrInvalid},
		"a list for a list":  {Content{2, small}, io.ErrUnexpectedEOF},
		"a large block":      {Content{1, big}, ErrInvalid},
		"a large block, top": {Content{0, Link{nameOf(100), MaxDataBytes + 1}}, ErrInvalid},
		"not there":          {Content{1, Link{nameOf(99), 5}}, io.ErrUnexpectedEOF},
		"too high":           {Content{7, loop}, ErrInvalid},
		"a list as a page":   {Content{0, Link{small.Name, 5}}, nil},
		"holes all over":     {Content{1, Link{Name{}, 5}}, ErrInvalid},
	} {
		if err := lastError(c.content.Leaves(b.load)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A list that names itself ends at the last level.
	n := 0
	for range (Content{MaxLevel, loop}).Leaves(b.load) {
		n++
	}
	if n != 1 {
		t.Errorf("a loop has %d leaves", n)
	}
}

func TestEntriesOfAllPagesMustRise(t *testing.T) {
	b := blocks{}
	page := func(names ...string) Link {
		var entries []Entry
		for _, n := range names {
			entries = append(entries, Entry{Name: []byte(n), Kind: File})
		}
		data, err := EncodePage(entries)
		return Link{b.put(t, data, err), uint64(len(data))}
	}
	first, second := page("a", "b"), page("c")
	var got string
	for e, err := range (Content{1, b.list(t, first, second)}).Entries(b.load) {
		if err != nil {
			t.Fatal(err)
		}
		got += string(e.Name)
	}
	if got != "abc" {
		t.Errorf("got %q", got)
	}
	short := Link{first.Name, first.Size - 8}
	for what, links := range map[string][]Link{
		"the same page twice": {first, first}, "falling": {second, first}, "short": {short},
		"a hole": {first, {Size: 100}}, "no page": {b.list(t, first)},
	} {
		content := Content{1, b.list(t, links...)}
		if err := lastError(content.Entries(b.load)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
