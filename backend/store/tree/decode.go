package tree

import (
	"bytes"
	"encoding/binary"
	"errors"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/store"
)

// traverseBytes bounds what is followed in all: pointers may meet, so that a small message reads as
// a huge one. depth is more than the schema nests.
const (
	traverseBytes = 2 * MaxMetaBytes
	depth         = 8
)

// DecodeList reads a list and refuses what EncodeList would not write. Nothing that is decoded here
// keeps data. Errors wrap ErrInvalid.
func DecodeList(data []byte) ([]Link, error) {
	var links []Link
	err := decode(data, func(msg *capnp.Message) error {
		root, err := store.ReadRootLinks(msg)
		if err != nil {
			return err
		}
		list, err := root.Links()
		if err != nil {
			return err
		}
		if err := checkCount("links", list.Len(), 1, MaxLinks); err != nil {
			return err
		}
		links = make([]Link, list.Len())
		for i := range links {
			w := list.At(i)
			links[i] = Link{name(w), w.Size()}
		}
		return checkLinks(links)
	})
	return links, err
}

// DecodePage reads a page of a folder and refuses what EncodePage would not write.
func DecodePage(data []byte) ([]Entry, error) {
	var entries []Entry
	err := decode(data, func(msg *capnp.Message) error {
		root, err := store.ReadRootPage(msg)
		if err != nil {
			return err
		}
		list, err := root.Entries()
		if err != nil {
			return err
		}
		if err := checkCount("entries", list.Len(), 1, MaxPageEntries); err != nil {
			return err
		}
		entries = make([]Entry, list.Len())
		for i := range entries {
			if err := readEntry(list.At(i), &entries[i]); err != nil {
				return err
			}
		}
		return checkPage(entries)
	})
	return entries, err
}

// DecodeRoot reads one version of what was put.
func DecodeRoot(data []byte) (Root, error) {
	var r Root
	err := decode(data, func(msg *capnp.Message) error {
		root, err := store.ReadRootRoot(msg)
		if err != nil {
			return err
		}
		if err := readRoot(root, &r); err != nil {
			return err
		}
		return r.Check()
	})
	return r, err
}

// DecodeRemoval reads the removal of roots.
func DecodeRemoval(data []byte) (Removal, error) {
	var r Removal
	err := decode(data, func(msg *capnp.Message) error {
		root, err := store.ReadRootRemoval(msg)
		if err != nil {
			return err
		}
		r.TimeMs = root.TimeMs()
		list, err := root.Roots()
		if err != nil {
			return err
		}
		if r.Roots, err = names(list, MaxRemovals); err != nil {
			return err
		}
		return r.Check()
	})
	return r, err
}

func decode(data []byte, read func(*capnp.Message) error) error {
	if len(data) == 0 || len(data) > MaxMetaBytes || len(data)%8 != 0 {
		return invalid("%d bytes", len(data))
	}
	msg := &capnp.Message{
		Arena: capnp.NewReadOnlySingleSegment(data), TraverseLimit: traverseBytes, DepthLimit: depth,
	}
	err := read(msg)
	if err != nil && !errors.Is(err, ErrInvalid) {
		return invalid("%v", err)
	}
	return err
}

func name(w interface {
	N0() uint64
	N1() uint64
	N2() uint64
	N3() uint64
}) (n Name) {
	binary.LittleEndian.PutUint64(n[0:], w.N0())
	binary.LittleEndian.PutUint64(n[8:], w.N1())
	binary.LittleEndian.PutUint64(n[16:], w.N2())
	binary.LittleEndian.PutUint64(n[24:], w.N3())
	return n
}

func names(list store.Name_List, most int) ([]Name, error) {
	if err := checkCount("names of roots", list.Len(), 0, most); err != nil || list.Len() == 0 {
		return nil, err
	}
	out := make([]Name, list.Len())
	for i := range out {
		out[i] = name(list.At(i))
	}
	return out, nil
}

// text checks the length before it copies, so that a long one costs nothing.
func text(what string, limit int, get func() ([]byte, error)) ([]byte, error) {
	b, err := get()
	if err != nil || len(b) == 0 {
		return nil, err
	}
	if err := checkCount("bytes of "+what, len(b), 0, limit); err != nil {
		return nil, err
	}
	return bytes.Clone(b), nil
}

func readEntry(w store.Entry, e *Entry) (err error) {
	if w.Kind() > store.Kind(Symlink) {
		return invalid("an entry of the unknown kind %d", w.Kind())
	}
	e.Kind, e.Mode, e.Sec, e.Nsec = Kind(w.Kind()), uint32(w.Mode()), w.Sec(), w.Nsec()
	e.Size, e.Stamp, e.Group = w.Size(), w.Stamp(), w.Group()
	if e.Name, err = text("a name", MaxNameBytes, w.Name); err != nil {
		return err
	}
	if e.Target, err = text("a target", MaxTargetBytes, w.Target); err != nil || !w.HasContent() {
		return err
	}
	c, err := w.Content()
	if err != nil {
		return err
	}
	e.Content = Content{c.Level(), Link{name(c), c.Size()}}
	return nil
}

func readRoot(w store.Root, r *Root) (err error) {
	if w.Sort() > store.Sort(Result) {
		return invalid("a root of the unknown sort %d", w.Sort())
	}
	r.TimeMs, r.Pinned, r.Sort = w.TimeMs(), w.Pinned(), Sort(w.Sort())
	r.Files, r.Folders, r.Bytes = w.Files(), w.Folders(), w.Bytes()
	if r.Path, err = text("a path", MaxPathBytes, w.Path); err != nil {
		return err
	}
	label, err := text("a label", MaxLabelBytes, w.LabelBytes)
	if err != nil {
		return err
	}
	r.Label = string(label)
	list, err := w.Replaces()
	if err != nil {
		return err
	}
	if r.Replaces, err = names(list, MaxReplaces); err != nil {
		return err
	}
	top, err := w.Top()
	if err != nil {
		return err
	}
	return readEntry(top, &r.Top)
}
