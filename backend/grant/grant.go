// Package grant keeps what the user permits each plugin, and the log of who permitted what, when.
//
// A grant belongs to a plugin's id and to the hand that it came from, its holder: the publisher's
// key, or the digest of a file that nobody signed. A plugin of the same id from another hand has no
// grants.
package grant

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/statefile"
)

const (
	opDecide = "grant.decide"
	// Bounds of the document: every plugin of a full folder may have all permissions.
	maxFileBytes = 8 << 20
	maxGrants    = 16_000
	maxText      = 4096
)

// Decision is the user's answer.
type Decision string

// The decisions.
const (
	Once   Decision = "once" // for this run of the program
	Always Decision = "always"
	Never  Decision = "never"
)

// Grant is one answer of the user's.
type Grant struct {
	Plugin string `json:"plugin"`
	// Key names the permission, as manifest.Permission.Key does: "read:photos".
	Key      string   `json:"permission"`
	Decision Decision `json:"decision"`
	Holder   string   `json:"holder"`
	// Folder is the one that was picked (read, write), an absolute path.
	Folder string `json:"folder,omitempty"`
	// Hosts are those that were asked for when the user said yes (http).
	Hosts []string  `json:"hosts,omitempty"`
	When  time.Time `json:"when"`
}

// document is the file.
type document struct {
	Grants []Grant `json:"grants"`
}

func (d *document) check() error {
	if len(d.Grants) > maxGrants {
		return fmt.Errorf("%d grants, at most %d are kept", len(d.Grants), maxGrants)
	}
	for i := range d.Grants {
		if err := d.Grants[i].check(); err != nil {
			return fmt.Errorf("grants[%d]: %w", i, err)
		}
	}
	return nil
}

func (g *Grant) check() error {
	for _, text := range []string{g.Plugin, g.Key, g.Holder, g.Folder} {
		if len(text) > maxText || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			return errors.New("a text is too long or has control characters")
		}
	}
	switch {
	case g.Plugin == "" || g.Key == "" || g.Holder == "":
		return errors.New("plugin, permission or holder is missing")
	case g.Decision != Once && g.Decision != Always && g.Decision != Never:
		return fmt.Errorf("decision %q is none of once, always, never", g.Decision)
	case g.Folder != "" && !filepath.IsAbs(g.Folder):
		return fmt.Errorf("folder %q is no absolute path", g.Folder)
	}
	return nil
}

func (g *Grant) is(plugin, key string) bool { return g.Plugin == plugin && g.Key == key }

// Store keeps the grants of a data folder. Safe for concurrent use; what another process changes
// counts from the next question on.
type Store struct {
	file *statefile.File[document]
	log  *log
	now  func() time.Time

	mu   sync.Mutex
	once []Grant
}

// Open is the store of a data folder, which need not exist. who stands in the log beside each
// change: "window", "command line".
func Open(dataDir, who string, now func() time.Time) *Store {
	path := filepath.Join(dataDir, "grants.json")
	return &Store{
		file: statefile.New(path, maxFileBytes, (*document).check),
		log:  &log{path: filepath.Join(dataDir, "audit.jsonl"), who: who}, now: now,
	}
}

// Find is the user's answer about a permission of a plugin that came from holder. false: none yet.
func (s *Store) Find(plugin, key, holder string) (Grant, bool, error) {
	all, err := s.List()
	for _, g := range all {
		if g.is(plugin, key) && g.Holder == holder {
			return g, true, err
		}
	}
	return Grant{}, false, err
}

// List is every answer that counts now; those for this run come first.
func (s *Store) List() ([]Grant, error) {
	s.mu.Lock()
	all := slices.Clone(s.once)
	s.mu.Unlock()
	d, err := s.file.Read()
	if err != nil {
		return all, err
	}
	return append(all, d.Grants...), nil
}

// Decide notes an answer, which replaces the one before. It is in the log before it counts.
func (s *Store) Decide(g Grant) error {
	g.When = s.now().UTC()
	if err := g.check(); err != nil {
		return fault.Wrap(opDecide, fault.Invalid, g.Plugin, err, "")
	}
	if err := s.log.write(entryOf(g)); err != nil {
		return err
	}
	s.mu.Lock()
	s.once = slices.DeleteFunc(s.once, func(old Grant) bool { return old.is(g.Plugin, g.Key) })
	if g.Decision == Once {
		s.once = append(s.once, g)
	}
	s.mu.Unlock()
	if g.Decision == Once {
		return nil
	}
	return s.file.Change(func(d *document) error {
		d.drop(g.Plugin, g.Key)
		if len(d.Grants) >= maxGrants {
			return fmt.Errorf("there are %d grants already", maxGrants)
		}
		d.Grants = append(d.Grants, g)
		return nil
	})
}

// Revoke takes answers back: the next question finds none. An empty key stands for all of the
// plugin's. It reports how many there were.
func (s *Store) Revoke(plugin, key string) (int, error) {
	mine := func(g Grant) bool { return g.Plugin == plugin && (key == "" || g.Key == key) }
	if all, err := s.List(); err == nil && !slices.ContainsFunc(all, mine) {
		return 0, nil // nothing to write down
	}
	n := 0
	if err := s.log.write(Entry{When: s.now().UTC(), Plugin: plugin, Key: key, Decision: "revoked"}); err != nil {
		return 0, err
	}
	s.mu.Lock()
	before := len(s.once)
	s.once = slices.DeleteFunc(s.once, mine)
	n += before - len(s.once)
	s.mu.Unlock()
	err := s.file.Change(func(d *document) error {
		before := len(d.Grants)
		d.Grants = slices.DeleteFunc(d.Grants, mine)
		n += before - len(d.Grants)
		return nil
	})
	return n, err
}

func (d *document) drop(plugin, key string) {
	d.Grants = slices.DeleteFunc(d.Grants, func(g Grant) bool { return g.is(plugin, key) })
}
