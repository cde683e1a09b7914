package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

// FileName is the store's file in the data folder.
const FileName = "publishers.json"

// Bounds of the store.
const (
	maxPublishers = 1000
	maxStoreBytes = 1 << 20
	maxNameRunes  = 64
)

const (
	storeVersion = 1
	keyIDDigits  = 16
)

// Publisher is a key and the name that the user gave its owner.
type Publisher struct {
	Name  string    `json:"name"`
	KeyID string    `json:"keyId"`
	Key   string    `json:"key"`   // minisign's base64
	Since time.Time `json:"since"` // when the user named it
}

type storeFile struct {
	Version    int         `json:"version"`
	Publishers []Publisher `json:"publishers"`
}

// Store is the file of trusted publishers. Nothing of it is kept in memory, so several processes
// may use it at once: each sees what the others wrote, and writers take turns.
type Store struct {
	path string
}

// Open is the store at that path. Without a file nobody is trusted.
func Open(path string) *Store { return &Store{path} }

// List is everybody who is trusted, by name. What cannot have been written by Trust is an error:
// a damaged store trusts nobody.
func (s *Store) List() ([]Publisher, error) {
	data, err := input.ReadFile(s.path, maxStoreBytes)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, s.wrong(fault.As(err).Err)
	}
	list, err := decodeStore(data)
	if err != nil {
		return nil, s.wrong(err)
	}
	return list, nil
}

// Find is the publisher of that key; nil: it is nobody's that is trusted.
func (s *Store) Find(key Key) (*Publisher, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p Publisher) bool { return p.Key == key.String() })
	if i < 0 {
		return nil, nil
	}
	return &list[i], nil
}

// Trust names the owner of a key, or names it anew. Neither a name nor an id may come to mean
// another key while it is in use.
func (s *Store) Trust(key Key, name string, when time.Time) (Publisher, error) {
	name = strings.TrimSpace(name)
	p := Publisher{name, KeyID(key), key.String(), when.UTC().Truncate(time.Second)}
	err := s.change(func(list []Publisher) ([]Publisher, error) {
		list = slices.DeleteFunc(list, func(q Publisher) bool { return q.Key == p.Key })
		list = append(list, p)
		slices.SortFunc(list, func(a, b Publisher) int { return strings.Compare(a.Name, b.Name) })
		return list, fault.Wrap("trust.add", fault.Invalid, "publisher", checkList(list),
			"inos plugin publishers lists those you have")
	})
	return p, err
}

// Forget ends the trust in the publisher of that name or key id.
func (s *Store) Forget(who string) (Publisher, error) {
	var gone Publisher
	err := s.change(func(list []Publisher) ([]Publisher, error) {
		id, _ := parseID(who)
		i := slices.IndexFunc(list, func(p Publisher) bool {
			return strings.EqualFold(p.Name, who) || p.KeyID == id // no name looks like an id
		})
		if i < 0 {
			return nil, fault.New("trust.forget", fault.NotFound, "publisher",
				"nobody of this name or key id is trusted", "inos plugin publishers lists them")
		}
		gone = list[i]
		return slices.Delete(list, i, i+1), nil
	})
	return gone, err
}

// change edits the list while nobody else does.
func (s *Store) change(edit func([]Publisher) ([]Publisher, error)) error {
	unlock, err := durable.Lock(s.path + ".lock")
	if err != nil {
		return s.unwritten(err)
	}
	defer unlock()
	list, err := s.List()
	if err != nil {
		return err
	}
	if list, err = edit(list); err != nil {
		return err
	}
	data, err := json.MarshalIndent(storeFile{storeVersion, list}, "", "  ")
	if err == nil {
		err = durable.Write(s.path, data)
	}
	return s.unwritten(err)
}

func (s *Store) wrong(err error) error {
	return fault.Wrap("trust.list", fault.Invalid, s.path, err,
		"correct it, or move it away and name the publishers anew with inos plugin trust")
}

func (s *Store) unwritten(err error) error {
	return fault.Wrap("trust.write", fault.Unavailable, s.path, fault.Bare(err),
		fault.DiskRemedy(err))
}

func decodeStore(data []byte) ([]Publisher, error) {
	var file storeFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("this is no store of publishers: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows after the publishers")
	}
	if file.Version != storeVersion {
		return nil, fmt.Errorf("its version is %d, this program knows %d", file.Version, storeVersion)
	}
	return file.Publishers, checkList(file.Publishers)
}

// checkList refuses lists in which a name, an id or a key is not one publisher's alone.
func checkList(list []Publisher) error {
	if len(list) > maxPublishers {
		return fmt.Errorf("%d publishers, at most %d are kept", len(list), maxPublishers)
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for _, p := range list {
		if err := checkPublisher(p); err != nil {
			return err
		}
		name := strings.ToLower(p.Name)
		switch {
		case names[name]:
			return fmt.Errorf("the name %q is another key's already", p.Name)
		case ids[p.KeyID]:
			return fmt.Errorf("the key id %s is another key's already", p.KeyID)
		}
		names[name], ids[p.KeyID] = true, true
	}
	return nil
}

func checkPublisher(p Publisher) error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	key, err := ParseKey(p.Key)
	switch {
	case err != nil:
		return fmt.Errorf("%q: %w", p.Name, err)
	case key.String() != p.Key || KeyID(key) != p.KeyID:
		return fmt.Errorf("%q: the key is written differently than INOS would, or has another id",
			p.Name)
	}
	return nil
}

func checkName(name string) error {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxNameRunes {
		return fmt.Errorf("a publisher's name has 1 to %d characters", maxNameRunes)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("a publisher's name has no control characters")
	}
	if _, isID := parseID(name); isID {
		return errors.New("a publisher's name must not look like a key id")
	}
	return nil
}

// parseID reads a key id, which has 16 hexadecimal digits.
func parseID(text string) (string, bool) {
	_, err := strconv.ParseUint(text, 16, 64)
	return strings.ToUpper(text), err == nil && len(text) == keyIDDigits
}
