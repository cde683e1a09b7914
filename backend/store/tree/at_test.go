package tree

import (
	"errors"
	"testing"
)

func TestEveryByteIsFoundWhereReadingInOrderFindsIt(t *testing.T) {
	lists := map[Name][]byte{}
	list := func(name byte, links ...Link) Link {
		data, err := EncodeList(links)
		if err != nil {
			t.Fatal(err)
		}
		out := Link{Name: Name{name}}
		for _, l := range links {
			out.Size += l.Size
		}
		lists[out.Name] = data
		return out
	}
	top := list(1, list(2, Link{Name{10}, 3}, Link{Size: 4}), Link{Size: 5}, list(3, Link{Name{11}, 1}, Link{Name{12}, 2}))
	c := Content{Level: 2, Link: top}
	load := func(l Link) ([]byte, error) {
		if data, ok := lists[l.Name]; ok {
			return data, nil
		}
		return nil, errors.New("no such list")
	}
	at := uint64(0)
	for want, err := range c.Leaves(load) {
		if err != nil {
			t.Fatal(err)
		}
		for offset := at; offset < at+want.Size; offset++ {
			if got, start, err := c.At(offset, load); got != want || start != at || err != nil {
				t.Errorf("at %d: %v from %d, %v; want %v from %d", offset, got, start, err, want, at)
			}
		}
		at += want.Size
	}
	if at != 15 {
		t.Fatalf("%d bytes", at)
	}
	if _, _, err := c.At(at, load); !errors.Is(err, ErrInvalid) {
		t.Errorf("behind the end: %v", err)
	}
	delete(lists, Name{3})
	if _, _, err := c.At(13, load); err == nil {
		t.Error("a list that is gone was read")
	}
	if _, _, err := (Content{Link: Link{Name{1}, MaxDataBytes + 1}}).At(0, load); !errors.Is(err, ErrInvalid) {
		t.Errorf("a block that is too large: %v", err)
	}
}
