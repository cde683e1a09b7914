package store

import (
	"context"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"inos/backend/fault"
)

// Settings are what the user says of a space.
type Settings struct {
	Name string `json:"name"`
	// Quota is the most bytes that the space takes on the disk; 0: no bound.
	Quota int64 `json:"quota,omitempty"`
	// Replicas is on how many peers each block should be.
	Replicas int `json:"replicas,omitempty"`
	// ArchiveAfterDays is from which age on content is compressed at the highest level in idle time; 0:
	// never by itself.
	ArchiveAfterDays int   `json:"archiveAfterDays,omitempty"`
	Created          int64 `json:"created"` // ms since 1970
}

const (
	maxSpaceName = 64
	maxReplicas  = 64
	maxDays      = 36500
)

func (s Settings) check() error {
	bad := func(why string) error { return fault.New(opStore, fault.Invalid, s.Name, why, "") }
	if s.Name == "" || len(s.Name) > maxSpaceName || !utf8.ValidString(s.Name) || s.Name != strings.TrimSpace(s.Name) ||
		strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) || r == '/' }) {
		return bad("a space's name is 1 to 64 bytes of printable text without '/'")
	}
	if s.Quota < 0 || s.Replicas < 0 || s.Replicas > maxReplicas || s.ArchiveAfterDays < 0 || s.ArchiveAfterDays > maxDays {
		return bad("a quota is 0 or more, replicas are 0 to 64, days are 0 to 36,500")
	}
	return nil
}

// identity is what the space's file says.
type identity struct {
	Secret   string   `json:"secret"`
	Settings Settings `json:"settings"`
}

// Settings are those in force.
func (s *Space) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doc.Value.Settings
}

// Name is what the user calls the space.
func (s *Space) Name() string { return s.Settings().Name }

// Change alters the settings. A name that another space has is refused.
func (s *Space) Change(ctx context.Context, change func(*Settings)) error {
	unlock, err := hold(ctx, s.store.fs, lockFile, true) // as whoever makes a space
	if err != nil {
		return err
	}
	defer unlock()
	unlock, err = hold(ctx, s.fs, lockFile, true)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.reload(); err != nil {
		return err
	}
	set := s.Settings()
	old := set.Name
	change(&set)
	if err := set.check(); err != nil {
		return err
	}
	if set.Name != old {
		if _, err := s.store.vacant(set.Name); err != nil {
			return err
		}
	}
	return s.write(set)
}

// write makes settings last; the locks of Change are held.
func (s *Space) write(set Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := identity{s.doc.Value.Secret, set}
	if err := s.file.write(s.doc, next); err != nil {
		return unavailable(set.Name, err)
	}
	s.doc = document[identity]{s.doc.Generation + 1, next}
	return nil
}

// reload reads what another process may have changed.
func (s *Space) reload() error {
	doc, copies, err := s.file.read()
	if err != nil {
		return unopened(s.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies = copies
	if doc.Generation > s.doc.Generation && doc.Value.Secret == s.doc.Value.Secret {
		s.doc = doc
	}
	return nil
}

// Secret is what a peer needs to be a member of the space. It must not reach a log.
func (s *Space) Secret() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, _ := hex.DecodeString(s.doc.Value.Secret) // it was checked when the space was opened
	return raw
}
