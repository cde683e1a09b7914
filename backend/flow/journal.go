package flow

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"inos/backend/fault"
	"inos/backend/job"
)

// JournalName is the file beside the outputs that says which items are done.
const JournalName = ".inos-flow"

const (
	opJournal = "flow.journal"
	// maxJournalLine bounds what is read of one item.
	maxJournalLine = 1 << 20
)

// Journal remembers items that are done, so that a later run need not do them again. An item's line is
// written once its outputs are. Safe for concurrent use.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	flow job.Digest
	done map[string]entry
}

// entry is one item that is done: with which flow, from which files, into which.
type entry struct {
	Flow   job.Digest  `json:"flow"`
	Item   string      `json:"item"`
	Inputs []fileState `json:"inputs"`
	Files  []fileState `json:"files"`
}

// fileState tells a file from one that was changed.
type fileState struct {
	Path    string `json:"path"`
	Bytes   int64  `json:"bytes"`
	TimeNs  int64  `json:"time_ns"`
	missing bool
}

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{Path: path, missing: true}
	}
	return fileState{Path: path, Bytes: info.Size(), TimeNs: info.ModTime().UnixNano()}
}

// OpenJournal opens the journal in a folder of outputs, which it makes. Without resume it begins anew.
func OpenJournal(folder string, flow job.Digest, resume bool) (*Journal, error) {
	j := &Journal{flow: flow, done: map[string]entry{}}
	path := filepath.Join(folder, JournalName)
	refuse := func(err error) (*Journal, error) {
		return nil, fault.Wrap(opJournal, fault.Unavailable, path, fault.Bare(err), fault.DiskRemedy(err))
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return refuse(err)
	}
	// Opening a pipe would wait, and what is behind a link is not ours.
	if there, err := os.Lstat(path); err == nil && !there.Mode().IsRegular() {
		return refuse(errors.New("this is no regular file"))
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if resume {
		if err := j.read(path); err != nil {
			return refuse(err)
		}
	} else {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return refuse(err)
	}
	// A run that was killed may have left half a line.
	if _, err := file.WriteString("\n"); err != nil {
		return refuse(errors.Join(err, file.Close()))
	}
	j.file = file
	return j, nil
}

func (j *Journal) read(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxJournalLine)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Flow == j.flow {
			j.done[e.Item] = e
		}
	}
	return lines.Err()
}

// Done tells whether an item was done by this flow from the same files, and all that it wrote is still
// there; it returns the names of what it wrote.
func (j *Journal) Done(item Item) ([]string, bool) {
	e, ok := j.done[item.Name]
	if !ok || len(e.Inputs) != len(item.Paths) {
		return nil, false
	}
	for i, in := range e.Inputs {
		if in != stateOf(item.Paths[i]) {
			return nil, false
		}
	}
	var files []string
	for _, f := range e.Files {
		if f != stateOf(f.Path) {
			return nil, false
		}
		files = append(files, f.Path)
	}
	return files, true
}

// Add notes an item that is done. What cannot be noted is done again.
func (j *Journal) Add(r *Record) {
	e := entry{Flow: j.flow, Item: r.Name, Inputs: r.before}
	for _, path := range r.Files {
		e.Files = append(e.Files, stateOf(path))
	}
	line, err := json.Marshal(e)
	if err != nil || len(line) >= maxJournalLine {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.file.Write(append(line, '\n')) // one write: lines of several items do not mix
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
