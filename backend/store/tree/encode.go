package tree

import (
	"encoding/binary"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/store"
)

// EncodeList writes a list. Equal links give equal bytes, as with all that is encoded here: a block's
// name is made of them. Errors wrap ErrInvalid.
func EncodeList(links []Link) ([]byte, error) {
	if err := checkLinks(links); err != nil {
		return nil, err
	}
	return encode(func(seg *capnp.Segment) error {
		root, err := store.NewRootLinks(seg)
		if err != nil {
			return err
		}
		list, err := root.NewLinks(int32(len(links)))
		if err != nil {
			return err
		}
		for i, l := range links {
			setName(list.At(i), l.Name)
			list.At(i).SetSize(l.Size)
		}
		return nil
	})
}

// EncodePage writes a page of a folder.
func EncodePage(entries []Entry) ([]byte, error) {
	if err := checkPage(entries); err != nil {
		return nil, err
	}
	return encode(func(seg *capnp.Segment) error {
		root, err := store.NewRootPage(seg)
		if err != nil {
			return err
		}
		list, err := root.NewEntries(int32(len(entries)))
		if err != nil {
			return err
		}
		for i := range entries {
			if err := setEntry(list.At(i), &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// EncodeRoot writes one version of what was put.
func EncodeRoot(r Root) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return encode(func(seg *capnp.Segment) error {
		root, err := store.NewRootRoot(seg)
		if err != nil {
			return err
		}
		return setRoot(root, &r)
	})
}

// EncodeRemoval writes the removal of roots.
func EncodeRemoval(r Removal) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return encode(func(seg *capnp.Segment) error {
		root, err := store.NewRootRemoval(seg)
		if err != nil {
			return err
		}
		root.SetTimeMs(r.TimeMs)
		return setNames(r.Roots, root.NewRoots)
	})
}

func encode(fill func(*capnp.Segment) error) ([]byte, error) {
	msg, seg := capnp.NewSingleSegmentMessage(nil)
	defer msg.Release()
	if err := fill(seg); err != nil {
		return nil, invalid("%v", err)
	}
	data := seg.Data()
	if len(data) > MaxMetaBytes {
		return nil, invalid("%d bytes, at most %d are allowed", len(data), MaxMetaBytes)
	}
	return append([]byte(nil), data...), nil
}

// fourWords is what Name, Link and Content of the schema begin with.
type fourWords interface {
	SetN0(uint64)
	SetN1(uint64)
	SetN2(uint64)
	SetN3(uint64)
}

func setName(w fourWords, n Name) {
	w.SetN0(binary.LittleEndian.Uint64(n[0:]))
	w.SetN1(binary.LittleEndian.Uint64(n[8:]))
	w.SetN2(binary.LittleEndian.Uint64(n[16:]))
	w.SetN3(binary.LittleEndian.Uint64(n[24:]))
}

func setNames(names []Name, make func(int32) (store.Name_List, error)) error {
	if len(names) == 0 {
		return nil
	}
	list, err := make(int32(len(names)))
	if err != nil {
		return err
	}
	for i, n := range names {
		setName(list.At(i), n)
	}
	return nil
}

func setEntry(w store.Entry, e *Entry) error {
	w.SetKind(store.Kind(e.Kind))
	w.SetMode(uint16(e.Mode))
	w.SetSec(e.Sec)
	w.SetNsec(e.Nsec)
	w.SetSize(e.Size)
	w.SetStamp(e.Stamp)
	w.SetGroup(e.Group)
	if err := w.SetName(e.Name); err != nil {
		return err
	}
	if len(e.Target) > 0 {
		if err := w.SetTarget(e.Target); err != nil {
			return err
		}
	}
	if e.Content.Size == 0 {
		return nil // a null pointer reads as the zero Content
	}
	c, err := w.NewContent()
	if err != nil {
		return err
	}
	setName(c, e.Content.Name)
	c.SetSize(e.Content.Size)
	c.SetLevel(e.Content.Level)
	return nil
}

func setRoot(w store.Root, r *Root) error {
	w.SetTimeMs(r.TimeMs)
	w.SetPinned(r.Pinned)
	w.SetSort(store.Sort(r.Sort))
	w.SetFiles(r.Files)
	w.SetFolders(r.Folders)
	w.SetBytes(r.Bytes)
	if err := w.SetPath(r.Path); err != nil {
		return err
	}
	if r.Label != "" {
		if err := w.SetLabel(r.Label); err != nil {
			return err
		}
	}
	top, err := w.NewTop()
	if err != nil {
		return err
	}
	if err := setEntry(top, &r.Top); err != nil {
		return err
	}
	return setNames(r.Replaces, w.NewReplaces)
}
