package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"inos/backend/store/tree"
)

// memory is a store of the smallest kind: blocks by their digest, and a hook before each answer.
type memory struct {
	blocks map[tree.Name][]byte
	loads  atomic.Int64
	before func(n int64, link tree.Link) error
}

// chunkBytes and fanOut are small, so that files of some 100 KiB have lists of lists.
const (
	chunkBytes = 16 << 10
	fanOut     = 3
)

func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	_, _ = r.Read(data) // never fails
	return data
}

func newMemory() *memory { return &memory{blocks: map[tree.Name][]byte{}} }

func (m *memory) put(data []byte) tree.Link {
	name := tree.Name(sha256.Sum256(data))
	m.blocks[name] = slices.Clone(data)
	return tree.Link{Name: name, Size: uint64(len(data))}
}

func (m *memory) load(link tree.Link) ([]byte, error) {
	n := m.loads.Add(1)
	if m.before != nil {
		if err := m.before(n, link); err != nil {
			return nil, err
		}
	}
	data, ok := m.blocks[link.Name]
	if !ok {
		return nil, errors.New("no such block")
	}
	return data, nil
}

func (m *memory) Meta(_ context.Context, link tree.Link) ([]byte, error) { return m.load(link) }

func (m *memory) Data(_ context.Context, link tree.Link, buf []byte) ([]byte, error) {
	data, err := m.load(link)
	if cap(buf) < int(link.Size) || len(buf) != 0 {
		return nil, fmt.Errorf("a buffer of %d of %d bytes for %d", len(buf), cap(buf), link.Size)
	}
	return append(buf, data...), err
}

// content puts lists above links until one is left.
func (m *memory) content(t testing.TB, links []tree.Link) (c tree.Content) {
	t.Helper()
	for len(links) > 1 {
		var above []tree.Link
		for group := range slices.Chunk(links, fanOut) {
			data, err := tree.EncodeList(group)
			if err != nil {
				t.Fatal(err)
			}
			link := m.put(data)
			link.Size = 0
			for _, l := range group {
				link.Size += l.Size
			}
			above = append(above, link)
		}
		links = above
		c.Level++
	}
	if len(links) == 1 {
		c.Link = links[0]
	}
	return c
}

func (m *memory) pages(t testing.TB, entries []tree.Entry) tree.Content {
	t.Helper()
	var links []tree.Link
	for page := range tree.Pages(entries) {
		data, err := tree.EncodePage(page)
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, m.put(data))
	}
	return m.content(t, links)
}

// folder is an entry with these in it.
func (m *memory) folder(t testing.TB, name string, entries ...tree.Entry) tree.Entry {
	slices.SortFunc(entries, func(a, b tree.Entry) int { return bytes.Compare(a.Name, b.Name) })
	e := tree.Entry{Name: []byte(name), Kind: tree.Folder, Mode: 0o755, Content: m.pages(t, entries)}
	for _, below := range entries {
		e.Size += below.Size
	}
	return e
}

// file is an entry with this content, in blocks of chunkBytes.
func (m *memory) file(t testing.TB, name string, content []byte) tree.Entry {
	var links []tree.Link
	for chunk := range slices.Chunk(content, chunkBytes) {
		links = append(links, m.put(chunk))
	}
	return tree.Entry{Name: []byte(name), Kind: tree.File, Mode: 0o644, Size: uint64(len(content)), Content: m.content(t, links)}
}

func linkTo(name, target string) tree.Entry {
	return tree.Entry{Name: []byte(name), Kind: tree.Symlink, Mode: 0o777, Target: []byte(target)}
}

// scan puts what lies at path, and returns what could not be read.
func (m *memory) scan(t testing.TB, path string) (tree.Entry, []error) {
	t.Helper()
	parent, found, err := Find(path)
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	s := &scanner{m: m, t: t}
	return s.put(parent, found), s.errs
}

type scanner struct {
	m    *memory
	t    testing.TB
	errs []error
}

func (s *scanner) put(in *Folder, found Found) tree.Entry {
	switch found.Entry.Kind {
	case tree.Folder:
		return s.putFolder(in, found)
	case tree.File:
		return s.putFile(in, found)
	}
	return found.Entry
}

func (s *scanner) putFolder(in *Folder, found Found) tree.Entry {
	folder, err := in.Enter(found)
	if err != nil {
		s.errs = append(s.errs, err)
		return found.Entry
	}
	defer folder.Close()
	var entries []tree.Entry
	for below, err := range folder.Entries() {
		if err != nil {
			s.errs = append(s.errs, err)
			continue
		}
		entries = append(entries, s.put(folder, below))
		found.Entry.Size += entries[len(entries)-1].Size
	}
	found.Entry.Content = s.m.pages(s.t, entries)
	return found.Entry
}

func (s *scanner) putFile(in *Folder, found Found) tree.Entry {
	file, err := in.Open(&found)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	var links []tree.Link
	at := int64(0)
	hole := func(end int64) {
		if end > at {
			links = append(links, tree.Link{Size: uint64(end - at)})
		}
	}
	for x, err := range found.Extents(file) {
		if err != nil {
			s.t.Fatal(err)
		}
		hole(x.Offset)
		for at = x.Offset; at < x.Offset+x.Length; at += chunkBytes {
			chunk := make([]byte, min(chunkBytes, x.Offset+x.Length-at))
			if _, err := file.ReadAt(chunk, at); err != nil && err != io.EOF {
				s.t.Fatal(err)
			}
			links = append(links, s.m.put(chunk))
		}
		at = x.Offset + x.Length
	}
	hole(int64(found.Entry.Size))
	if err := found.Unchanged(file); err != nil {
		s.errs = append(s.errs, err)
	}
	found.Entry.Content = s.m.content(s.t, links)
	return found.Entry
}

// flat lists a tree by path, without what differs between two places of the same content.
func (m *memory) flat(t testing.TB, e tree.Entry) map[string]string {
	t.Helper()
	out := map[string]string{}
	groups := map[uint64]int{}
	var walk func(path string, e tree.Entry)
	walk = func(path string, e tree.Entry) {
		if e.Group != 0 {
			if groups[e.Group] == 0 {
				groups[e.Group] = len(groups) + 1
			}
			e.Group = uint64(groups[e.Group])
		}
		content := e.Content.Link.Name.String()
		if e.Kind == tree.Folder {
			content = ""
		}
		out[path] = fmt.Sprintf("%d %04o %d.%09d %d %s %q group %d", e.Kind, e.Mode, e.Sec, e.Nsec, e.Size, content, e.Target, e.Group)
		if e.Kind != tree.Folder {
			return
		}
		load := func(l tree.Link) ([]byte, error) { return m.blocks[l.Name], nil }
		for below, err := range e.Content.Entries(load) {
			if err != nil {
				t.Fatal(err)
			}
			walk(path+"/"+string(below.Name), below)
		}
	}
	walk(string(e.Name), e)
	return out
}
