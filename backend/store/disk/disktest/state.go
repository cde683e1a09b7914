package disktest

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"inos/backend/store/disk"
)

// state is a disk as programs see it, and what of it a power cut leaves for sure.
type state struct {
	files   []inode // by number
	names   map[string]int
	folders map[string]bool
	lasting map[string]int // names that were made to last
	pending []change       // what was done to names since, oldest first
}

// inode is what a file holds. It only grows, so copies of a state share the bytes.
type inode struct {
	data   []byte
	synced int   // so much of it lasts
	writes []int // where each write since begins
	doubt  bool  // a sync failed
}

// change is what was done to names at once: all of it lasts, or nothing.
type change struct {
	what    string
	edits   []edit
	folders []string
}

// edit gives a name a file, or none.
type edit struct {
	name string
	file int
}

const gone = -1

func newState() state {
	return state{
		names: map[string]int{}, lasting: map[string]int{}, folders: map[string]bool{".": true},
	}
}

func (s *state) clone() state {
	c := state{
		files: slices.Clone(s.files), names: maps.Clone(s.names), folders: maps.Clone(s.folders),
		lasting: maps.Clone(s.lasting), pending: slices.Clone(s.pending),
	}
	for i := range c.files {
		c.files[i].data = slices.Clip(c.files[i].data)
		c.files[i].writes = slices.Clip(c.files[i].writes)
		s.files[i].data, s.files[i].writes = c.files[i].data, c.files[i].writes
	}
	return c
}

// apply lets a thing happen that was found possible.
func (s *state) apply(e event) {
	switch e.kind {
	case Create:
		number := s.next()
		s.files = append(s.files, inode{})
		s.change("create "+e.name, edit{e.name, number})
	case Rename:
		number := s.names[e.name]
		s.change("rename "+changeText(e.name, e.to), edit{e.name, gone}, edit{e.to, number})
	case Remove:
		s.change("remove "+e.name, edit{e.name, gone})
	case Mkdir:
		for at := e.name; at != "."; at = path.Dir(at) {
			s.folders[at] = true
		}
	case removedFolder:
		delete(s.folders, e.name)
	case SyncFolder:
		s.syncFolder(e.name)
	case Write:
		f := &s.files[e.file]
		f.writes = append(f.writes, len(f.data))
		f.data = append(f.data, e.data...)
	case Sync:
		s.files[e.file].sync()
	case failedSync:
		s.files[e.file].doubt = true
	case put:
		s.put(e.name, e.data)
	}
}

// next is the number that the next new file gets.
func (s *state) next() int { return len(s.files) }

func (s *state) change(what string, edits ...edit) {
	c := change{what: what, edits: edits}
	for _, e := range edits {
		if folder := path.Dir(e.name); !slices.Contains(c.folders, folder) {
			c.folders = append(c.folders, folder)
		}
	}
	c.apply(s.names)
	s.pending = append(s.pending, c)
}

func (c change) apply(names map[string]int) {
	for _, e := range c.edits {
		if e.file == gone {
			delete(names, e.name)
		} else {
			names[e.name] = e.file
		}
	}
}

// syncFolder makes what was done in a folder last. A rename between two folders is one change, as in
// the journal of every file system in use: it lasts when either of them is synced.
func (s *state) syncFolder(folder string) {
	var rest []change
	for _, c := range s.pending {
		if slices.Contains(c.folders, folder) {
			c.apply(s.lasting)
		} else {
			rest = append(rest, c)
		}
	}
	s.pending = rest
}

func (f *inode) sync() {
	if !f.doubt {
		f.synced, f.writes = len(f.data), nil
	}
}

// settle makes everything last.
func (s *state) settle() {
	s.lasting, s.pending = maps.Clone(s.names), nil
	for i := range s.files {
		s.files[i].doubt = false
		s.files[i].sync()
	}
}

func (s *state) put(name string, data []byte) {
	number := s.next()
	s.files = append(s.files, inode{data: slices.Clone(data), synced: len(data)})
	s.names[name], s.lasting[name] = number, number
}

// find is the number of a file.
func (s *state) find(kind Kind, name string) (int, error) {
	if number, there := s.names[name]; there {
		return number, nil
	}
	if s.folders[name] {
		return 0, refused(kind, name, fs.ErrInvalid)
	}
	return 0, refused(kind, name, fs.ErrNotExist)
}

// free says whether a new file may have a name.
func (s *state) free(kind Kind, name string) error {
	if _, there := s.names[name]; there || s.folders[name] {
		return refused(kind, name, fs.ErrExist)
	}
	if !s.folders[path.Dir(name)] {
		return refused(kind, name, fs.ErrNotExist)
	}
	return nil
}

func (s *state) list(folder string) []disk.Info {
	var out []disk.Info
	for name, number := range s.names {
		if path.Dir(name) == folder {
			out = append(out, disk.Info{Name: path.Base(name), Size: int64(len(s.files[number].data))})
		}
	}
	for name := range s.folders {
		if name != "." && path.Dir(name) == folder {
			out = append(out, disk.Info{Name: path.Base(name), Folder: true})
		}
	}
	slices.SortFunc(out, func(a, b disk.Info) int { return strings.Compare(a.Name, b.Name) })
	return out
}
