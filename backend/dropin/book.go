// Package dropin keeps the drop-in folder: which file each plugin is, what it was before, what the
// user has said about it. The state is one file; each change is written before the folder is
// touched, so that a process that dies half-way leaves a note of what is to be done.
package dropin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

const (
	stateFile = "plugins.json"
	lockFile  = "plugins.lock"
)

// Book is the state of one data folder's plugins. Several processes may have it open; its methods
// are safe for concurrent use.
type Book struct {
	data  string
	files Versions
	now   func() time.Time
}

// Open opens the book of a data folder, whose versions are files of their own. Nothing is read or made
// yet.
func Open(dataDir string) *Book {
	return OpenWith(dataDir, Folder(filepath.Join(dataDir, VersionsFolder)))
}

// VersionsFolder is where a data folder's versions lie as files.
const VersionsFolder = "versions"

// OpenWith is Open for versions that are kept elsewhere.
func OpenWith(dataDir string, files Versions) *Book {
	return &Book{data: dataDir, files: files, now: time.Now}
}

// Folder is the drop-in folder.
func (b *Book) Folder() string { return filepath.Join(b.data, "plugins") }

// StatePath is the file that changes with each change.
func (b *Book) StatePath() string { return filepath.Join(b.data, stateFile) }

// Path is where a file of the folder lies.
func (b *Book) Path(name string) string { return filepath.Join(b.Folder(), name) }

// Get is the kept copy of a plugin's file.
func (b *Book) Get(digest string) ([]byte, error) { return b.files.Get(digest) }

func readFile(path string) ([]byte, error) { return input.ReadUnlinked(path, MaxBytes) }

// Read is the state as it is. What a process that died has begun is brought to its end first; where
// that cannot be, the state says Pending.
func (b *Book) Read() (State, error) {
	s, err := b.load()
	if errors.Is(err, errDamaged) || err == nil && s.pending() {
		if done, err := b.Update(func(*State) error { return nil }); err == nil {
			return done, nil
		}
	}
	return s, b.fault(err)
}

func (s State) pending() bool {
	for _, p := range s.Plugins {
		if p.Pending {
			return true
		}
	}
	return false
}

// Update changes the state, alone among all processes, and makes the folder agree with it. When it
// returns without an error all of that is on the disk.
func (b *Book) Update(change func(*State) error) (State, error) {
	unlock, err := durable.Lock(filepath.Join(b.data, lockFile))
	if err != nil {
		return State{}, b.fault(err)
	}
	defer unlock()
	if err := os.MkdirAll(b.Folder(), 0o700); err != nil {
		return State{}, b.fault(err)
	}
	s, err := b.load()
	if errors.Is(err, errDamaged) {
		s, err = b.setAside()
	}
	if err == nil {
		err = b.settle(&s) // what somebody else began
	}
	if err != nil {
		return s, b.fault(err)
	}
	if err := change(&s); err != nil {
		return s, err
	}
	s.forget()
	if err := b.save(s); err != nil {
		return s, b.fault(err)
	}
	if err := b.settle(&s); err != nil {
		return s, b.fault(err)
	}
	_ = b.files.Retain(s.digests()) // what stays too long is taken next time
	return s, nil
}

func (b *Book) fault(err error) error {
	if fault.As(err) != nil {
		return err
	}
	return fault.Wrap("plugins.state", fault.Unavailable, b.StatePath(), fault.Bare(err), fault.DiskRemedy(err))
}

// errDamaged marks a state that nobody can read.
var errDamaged = errors.New("damaged")

func (b *Book) load() (State, error) {
	data, err := input.ReadUnlinked(b.StatePath(), maxStateBytes)
	switch kind := fault.KindOf(err); {
	case kind == fault.NotFound:
		return newState(), nil
	case kind == fault.Budget || kind == fault.Invalid:
		return newState(), fmt.Errorf("%w: %w", errDamaged, err)
	case err != nil:
		return newState(), err
	}
	s, err := decode(data)
	if err != nil && !errors.Is(err, errNewer) {
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return s, err
}

// setAside renames a damaged state and begins a new one, which says so.
func (b *Book) setAside() (State, error) {
	name := fmt.Sprintf("plugins-damaged-%s.json", b.now().UTC().Format("20060102-150405.000000"))
	s := newState()
	s.Damaged = filepath.Join(b.data, name)
	if err := os.Rename(b.StatePath(), s.Damaged); err != nil {
		return s, err
	}
	return s, b.save(s)
}

func (b *Book) save(s State) error {
	durable.Sweep(b.data, stateFile)
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if len(data) > maxStateBytes {
		return fault.New("plugins.state", fault.Budget, b.StatePath(), "it has grown too large", "remove some plugins")
	}
	if old, err := os.ReadFile(b.StatePath()); err == nil && bytes.Equal(old, data) {
		return nil
	}
	return durable.Write(b.StatePath(), data)
}

// settle makes the folder agree with the state.
func (b *Book) settle(s *State) error {
	if !s.pending() {
		return nil
	}
	durable.Sweep(b.Folder(), ".wasm")
	for id, p := range s.Plugins {
		if !p.Pending {
			continue
		}
		if err := b.put(p); err != nil {
			return fault.Wrap("plugins.put", fault.Unavailable, b.Path(p.File), fault.Bare(err), fault.DiskRemedy(err))
		}
		p.Pending = false
		s.Plugins[id] = p
	}
	return b.save(*s)
}

// put makes the plugin's file what the plugin says. Where its copy is gone the file stays as it is
// and is refused from now on, with a remedy.
func (b *Book) put(p Plugin) error {
	if p.Removed() {
		return durable.Remove(b.Path(p.File))
	}
	if b.digestOf(p.File) == p.Digest {
		return nil
	}
	wasm, err := b.files.Get(p.Digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return durable.Write(b.Path(p.File), wasm)
}

// digestOf is the digest of a file of the folder; empty where it cannot be read.
func (b *Book) digestOf(name string) string {
	wasm, err := readFile(b.Path(name))
	if err != nil {
		return ""
	}
	return DigestOf(wasm)
}
