// Package results keeps what ops gave, so that the same need not be computed twice: a folder of files
// that anybody may delete at any time. Each is verified when it is read; one that is damaged is as one
// that is not there. Several processes share the folder.
package results

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/job"
)

// FolderName is the folder below the data folder.
const FolderName = "results"

// Endings of the files.
const (
	entryEnding = ".result"
	markEnding  = ".slow"
	newPrefix   = ".new-"
)

const (
	// DefaultLimit is how many bytes are kept unless the user says otherwise.
	DefaultLimit = 256 << 20
	// share of the limit is the most that one result may take.
	share = 4
	// fileCost is what a file takes beside its bytes.
	fileCost = 4096
	// staleAfter is the age of a half-written file whose writer must be gone.
	staleAfter = time.Hour
	// lookEvery is how many bytes are written between two looks at what all processes have written.
	lookEvery = 16 << 20
)

// Cache is the folder. Its methods are safe for concurrent use.
type Cache struct {
	folder string
	limit  func() int64
	now    func() time.Time

	mu      sync.Mutex
	written int64 // bytes since the last look
	looked  bool
}

// Open is the cache in a folder, which need not be there. limit is how many bytes it may take at this
// moment; 0: nothing is kept.
func Open(folder string, limit func() int64, now func() time.Time) *Cache {
	return &Cache{folder: folder, limit: limit, now: now}
}

// Get is what was kept under the key; nil: nothing. What is damaged is removed.
func (c *Cache) Get(key job.Key) *job.Kept {
	if c.limit() == 0 {
		return nil
	}
	path := c.path(key, entryEnding)
	b, err := input.ReadUnlinked(path, c.most())
	if err != nil {
		return nil
	}
	k, err := decode(b, key)
	if err != nil {
		_ = os.Remove(path) // if it stays, it is damaged still
		return nil
	}
	c.touch(path)
	return k
}

// Fits tells whether a result with so many bytes of outputs may be kept; what else is in it is small.
func (c *Cache) Fits(byteLen int64) bool { return byteLen < c.most() }

// Put keeps a result, and lets go of those that were not used for longest.
func (c *Cache) Put(key job.Key, k *job.Kept) {
	b, err := encode(key, k)
	if err != nil || int64(len(b)) > c.most() {
		return
	}
	c.write(c.path(key, entryEnding), b)
}

// Mark remembers a key alone.
func (c *Cache) Mark(key job.Key) {
	if c.limit() > 0 {
		c.write(c.path(key, markEnding), nil)
	}
}

// Marked tells whether a key is remembered.
func (c *Cache) Marked(key job.Key) bool {
	path := c.path(key, markEnding)
	if _, err := os.Lstat(path); c.limit() == 0 || err != nil {
		return false
	}
	c.touch(path)
	return true
}

// most is the largest entry, in bytes.
func (c *Cache) most() int64 { return c.limit() / share }

func (c *Cache) path(key job.Key, ending string) string {
	return filepath.Join(c.folder, hex.EncodeToString(key[:])+ending)
}

// touch makes an entry the last one to go.
func (c *Cache) touch(path string) {
	now := c.now()
	_ = os.Chtimes(path, now, now) // else it goes a little earlier
}

// write makes a file as a whole. It is not forced to the disk: what a crash leaves of it is found out
// when it is read, and costs no more than to compute it again.
func (c *Cache) write(path string, b []byte) {
	if os.MkdirAll(c.folder, 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(c.folder, newPrefix) // 0600
	if err != nil {
		return
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return
	}
	c.touch(path)
	c.account(int64(len(b)) + fileCost)
}

// account looks at the whole folder now and then.
func (c *Cache) account(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written += bytes
	if c.looked && c.written < min(lookEvery, c.limit()/share) {
		return
	}
	c.written, c.looked = 0, true
	_, _ = c.shrink(c.limit())
}

// Trim brings the folder below the limit, at once.
func (c *Cache) Trim() error {
	_, err := c.shrink(c.limit())
	return err
}

// Clear removes all and returns how many bytes that were.
func (c *Cache) Clear() (int64, error) { return c.shrink(0) }

// Stat is what is kept.
type Stat struct {
	Folder  string    `json:"folder"`
	Results int       `json:"results"`
	Bytes   int64     `json:"bytes"`
	Limit   int64     `json:"limit_bytes"`
	Oldest  time.Time `json:"oldest_use,omitzero"`
}

// Stat counts what is kept.
func (c *Cache) Stat() (Stat, error) {
	files, err := c.list()
	s := Stat{Folder: c.folder, Limit: c.limit()}
	for _, f := range files {
		s.Bytes += f.bytes
		if strings.HasSuffix(f.path, entryEnding) {
			s.Results++
			if s.Oldest.IsZero() {
				s.Oldest = f.used
			}
		}
	}
	return s, err
}

// file is one file of the folder.
type file struct {
	path  string
	bytes int64
	used  time.Time
}

// list is all files of ours, those that were not used for longest first. Half-written ones whose writer
// is gone are removed.
func (c *Cache) list() (files []file, err error) {
	entries, err := os.ReadDir(c.folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap("results.list", fault.Unavailable, c.folder, fault.Bare(err), "")
	}
	for _, e := range entries {
		info, err := e.Info()
		path := filepath.Join(c.folder, e.Name())
		switch {
		case err != nil || !info.Mode().IsRegular(): // it is gone, or none of ours
		case strings.HasPrefix(e.Name(), newPrefix):
			if c.now().Sub(info.ModTime()) > staleAfter {
				_ = os.Remove(path) // the next look tries again
			}
		case strings.HasSuffix(e.Name(), entryEnding), strings.HasSuffix(e.Name(), markEnding):
			files = append(files, file{path, info.Size() + fileCost, info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	return files, nil
}

// shrink removes files until no more than limit bytes are left, and returns how many bytes went.
func (c *Cache) shrink(limit int64) (gone int64, err error) {
	files, err := c.list()
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, f := range files {
		sum += f.bytes
	}
	for _, f := range files {
		if sum <= limit {
			break
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return gone, fault.Wrap("results.remove", fault.Unavailable, f.path, fault.Bare(err), "")
		}
		sum -= f.bytes
		gone += f.bytes
	}
	return gone, nil
}
