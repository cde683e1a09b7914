package grant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"inos/backend/fault"
)

// Entry is a line of the audit log.
type Entry struct {
	When     time.Time `json:"when"`
	Who      string    `json:"who"` // through what the user spoke
	Plugin   string    `json:"plugin"`
	Key      string    `json:"permission,omitempty"` // empty: all
	Decision string    `json:"decision"`             // once, always, never, revoked
	Holder   string    `json:"holder,omitempty"`
	Folder   string    `json:"folder,omitempty"`
	Hosts    []string  `json:"hosts,omitempty"`
}

func entryOf(g Grant) Entry {
	return Entry{
		When: g.When, Plugin: g.Plugin, Key: g.Key, Decision: string(g.Decision),
		Holder: g.Holder, Folder: g.Folder, Hosts: g.Hosts,
	}
}

// log appends a line for each change. Lines are never changed.
type log struct {
	path, who string
	mu        sync.Mutex
}

// maxEntryBytes bounds a line; one that is longer was not written by this program.
const maxEntryBytes = 32 << 10

func (l *log) write(e Entry) error {
	e.Who = l.who
	line, err := json.Marshal(e)
	if err == nil && len(line) > maxEntryBytes {
		err = errors.New("the entry is too long")
	}
	if err == nil {
		err = l.append(append(line, '\n'))
	}
	return fault.Wrap("grant.log", fault.Unavailable, l.path, err, fault.DiskRemedy(err))
}

// append returns when the line is on the disk. After a crash in the middle of a line, the next one
// begins on a line of its own.
func (l *log) append(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if torn(f) {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

func torn(f *os.File) bool {
	end, err := f.Seek(-1, io.SeekEnd)
	if err != nil || end < 0 {
		return false // empty
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, end)
	return err == nil && last[0] != '\n'
}

// Audit is the last entries of the log, at most limit, oldest first. Lines that are none, as a
// crash leaves them, are left out.
func (s *Store) Audit(limit int) ([]Entry, error) {
	f, err := os.Open(s.log.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap("grant.log", fault.Unavailable, s.log.path, fault.Bare(err), "")
	}
	defer f.Close()
	var entries []Entry
	lines := bufio.NewReaderSize(f, maxEntryBytes)
	for {
		line, err := lines.ReadSlice('\n')
		var e Entry
		if json.Unmarshal(bytes.TrimSpace(line), &e) == nil && e.Plugin != "" {
			entries = append(entries, e)
		}
		if len(entries) > 2*limit {
			entries = append(entries[:0], entries[len(entries)-limit:]...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	return entries[max(0, len(entries)-limit):], nil
}
