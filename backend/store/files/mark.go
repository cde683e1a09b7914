package files

import "path/filepath"

// ErrItself is in the chain of errors about the folder of the store itself, which is skipped.
var ErrItself error = itself{}

type itself struct{}

func (itself) Error() string        { return "this is the store itself" }
func (itself) Is(target error) bool { return target == ErrSkipped }

// Mark recognises a folder, whatever path leads to it. The zero Mark is of none.
type Mark struct {
	path string
	seen seen
}

// MarkOf is the mark of the folder at path, of none if there is none.
func MarkOf(path string) Mark {
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return Mark{}
	}
	folder, found, err := Find(path)
	if err != nil {
		return Mark{}
	}
	defer folder.Close()
	return Mark{path, found.seen}
}

// Is says that what was found in f is that folder; where a system tells no inodes, by its path.
func (f *Folder) Is(found Found, m Mark) bool {
	if m.seen.inode == 0 {
		return m.path != "" && f.join(found.name) == m.path
	}
	return found.seen.same(m.seen)
}

// Within says that path is that folder or lies in it.
func (m Mark) Within(path string) bool {
	for ; m.path != ""; path = filepath.Dir(path) {
		if at := MarkOf(path); at.path != "" && (at.path == m.path || m.seen.inode != 0 && at.seen.same(m.seen)) {
			return true
		}
		if path == filepath.Dir(path) {
			return false
		}
	}
	return false
}

// Itself is the error about the folder of the store.
func (f *Folder) Itself(found Found) error { return problem(f.join(found.name), ErrItself) }
