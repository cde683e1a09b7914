package window

import (
	"crypto/rand"
	"io"
	"os"
	"slices"
	"sync"

	"inos/backend/fault"
	"inos/backend/input"
)

// Where an item comes from.
const (
	labFile    = "file"
	labExample = "example"
	labResult  = "result"
)

const (
	// maxLabItems and maxLabBytes bound what the lab remembers: the oldest go.
	maxLabItems = 200
	maxLabBytes = 512 << 20
)

// LabItem is a file that the user gave, an example, or what a run gave back. The page knows no paths: it
// says the id.
type LabItem struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Media string `json:"media"`
	// Kind is how it is shown: picture, sound, table, text, bytes.
	Kind   string `json:"kind"`
	Bytes  int64  `json:"bytes"`
	Width  int    `json:"width"` // of a picture
	Height int    `json:"height"`
	Origin string `json:"origin"` // file, example, result
	Output string `json:"output"` // of a result: the output's name
	// URL is where the page reads its bytes.
	URL string `json:"url"`
}

// labItem is one with its bytes: in a file of the user's, or in memory.
type labItem struct {
	LabItem
	path  string // empty: data
	data  []byte
	index int // of a result: the output's number
	// confided: a secret is in it, or in what it was made of.
	confided bool
}

// content is what an item holds, to be read from any place.
type content interface {
	io.ReadSeeker
	io.Closer
}

func (i *labItem) open() (content, error) {
	if i.path == "" {
		return memory(i.data), nil
	}
	info, err := os.Stat(i.path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fault.New(opLab, fault.Invalid, i.Name, "it is no file but "+whatElse(info), "choose a file")
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(i.path)
	}
	if err != nil {
		return nil, fault.Wrap(opLab, fault.Unavailable, i.Name, fault.Bare(err), "choose the file again")
	}
	return file, nil
}

func whatElse(info os.FileInfo) string {
	if info.IsDir() {
		return "a folder"
	}
	return "a device or a pipe"
}

// whole is everything, if that is not more than the limit.
func (i *labItem) whole(limit int64) ([]byte, error) {
	if i.path == "" {
		return i.data, nil
	}
	return input.ReadFile(i.path, limit)
}

// labShelf holds items, the oldest first.
type labShelf struct {
	mu    sync.Mutex
	items []*labItem
}

// add gives items an id and a place; the oldest go when there are too many, but never one of these.
func (s *labShelf) add(token string, items ...*labItem) []LabItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []LabItem{}
	for _, i := range items {
		i.ID = rand.Text()
		i.URL = labPath + token + "/" + i.ID
		s.items = append(s.items, i)
		out = append(out, i.LabItem)
	}
	s.makeRoom(len(items))
	return out
}

// makeRoom needs the lock; the last ones stay whatever they take.
func (s *labShelf) makeRoom(last int) {
	var bytes int64
	for _, i := range s.items {
		bytes += int64(len(i.data))
	}
	for len(s.items) > last && (len(s.items) > maxLabItems || bytes > maxLabBytes) {
		bytes -= int64(len(s.items[0].data))
		s.items = slices.Delete(s.items, 0, 1)
	}
}

func (s *labShelf) find(id string) (*labItem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.items {
		if i.ID == id {
			return i, nil
		}
	}
	return nil, fault.New(opLab, fault.NotFound, "the lab", "that file or result is not here any more",
		"choose the file again, or run again")
}

func (s *labShelf) drop(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = slices.DeleteFunc(s.items, func(i *labItem) bool { return slices.Contains(ids, i.ID) })
}

func (s *labShelf) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = nil
}
