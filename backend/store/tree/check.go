package tree

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalid is the cause of every refusal of a block's content.
var ErrInvalid = errors.New("invalid tree")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func checkCount(what string, n, least, most int) error {
	if n < least || n > most {
		return invalid("%d %s, %d to %d are allowed", n, what, least, most)
	}
	return nil
}

// Check refuses an entry that the format forbids, wherever it came from.
func (e *Entry) Check() error {
	if err := e.CheckAttributes(); err != nil {
		return err
	}
	if err := e.Content.check(); err != nil {
		return fmt.Errorf("%q: %w", e.Name, err)
	}
	return e.checkContent()
}

// CheckAttributes is Check for an entry whose content is not known yet.
func (e *Entry) CheckAttributes() error {
	if err := checkName(e.Name); err != nil {
		return err
	}
	if e.Mode > 0o7777 {
		return invalid("%q has the mode %#o", e.Name, e.Mode)
	}
	if e.Nsec > 999_999_999 {
		return invalid("%q has %d nanoseconds", e.Name, e.Nsec)
	}
	if e.Size > MaxSize {
		return invalid("%q has %d bytes", e.Name, e.Size)
	}
	if e.Kind != File && e.Group != 0 {
		return invalid("%q is no file and has a group", e.Name)
	}
	return e.checkTarget()
}

func checkName(name []byte) error {
	switch n := len(name); {
	case n == 0 || n > MaxNameBytes:
		return invalid("a name has %d bytes", n)
	case bytes.ContainsAny(name, "/\x00"):
		return invalid("the name %q has a byte that no name has", name)
	case string(name) == "." || string(name) == "..":
		return invalid("%q is no name", name)
	}
	return nil
}

func (e *Entry) checkTarget() error {
	n := len(e.Target)
	switch {
	case e.Kind < File || e.Kind > Symlink:
		return invalid("%q is of the unknown kind %d", e.Name, e.Kind)
	case e.Kind != Symlink && n != 0:
		return invalid("%q is no link and leads somewhere", e.Name)
	case e.Kind == Symlink && (n == 0 || n > MaxTargetBytes):
		return invalid("the link %q leads to a path of %d bytes", e.Name, n)
	case bytes.IndexByte(e.Target, 0) >= 0:
		return invalid("the link %q leads to a path with NUL", e.Name)
	}
	return nil
}

func (e *Entry) checkContent() error {
	c := e.Content
	switch {
	case e.Kind == File && c.Size != e.Size:
		return invalid("%q has %d bytes and content of %d", e.Name, e.Size, c.Size)
	case e.Kind == File && c.Level == 0 && !c.Name.Hole() && c.Size > MaxDataBytes:
		return invalid("%q has a block of %d bytes", e.Name, c.Size)
	case e.Kind == Folder && c.Size > 0 && c.Name.Hole():
		return invalid("the folder %q is a hole", e.Name)
	case e.Kind == Symlink && (c != Content{} || e.Size != 0):
		return invalid("the link %q has content", e.Name)
	}
	return nil
}

func (c Content) check() error {
	switch {
	case c.Level > MaxLevel:
		return invalid("content of level %d", c.Level)
	case c.Size == 0 && c != Content{}:
		return invalid("content of no bytes with a name or a level")
	case c.Size > MaxSize:
		return invalid("content of %d bytes", c.Size)
	case c.Name.Hole() && c.Level > 0:
		return invalid("a list that is a hole")
	}
	return nil
}

// sum is the bytes that links stand for.
func sum(links []Link) (uint64, error) {
	var total uint64
	for _, l := range links {
		if l.Size == 0 {
			return 0, invalid("a link of no bytes")
		}
		if l.Size > MaxSize-total {
			return 0, invalid("links of more than %d bytes", uint64(MaxSize))
		}
		total += l.Size
	}
	return total, nil
}

func checkLinks(links []Link) error {
	if err := checkCount("links", len(links), 1, MaxLinks); err != nil {
		return err
	}
	_, err := sum(links)
	return err
}

func checkPage(entries []Entry) error {
	if err := checkCount("entries", len(entries), 1, MaxPageEntries); err != nil {
		return err
	}
	for i := range entries {
		if err := entries[i].Check(); err != nil {
			return err
		}
		if i > 0 {
			if err := checkOrder(entries[i-1].Name, entries[i].Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOrder(before, name []byte) error {
	if bytes.Compare(before, name) >= 0 {
		return invalid("%q stands before %q", before, name)
	}
	return nil
}

// Check refuses a root that the format forbids.
func (r *Root) Check() error {
	switch n := len(r.Path); {
	case n == 0 || n > MaxPathBytes:
		return invalid("a path of %d bytes", n)
	case bytes.IndexByte(r.Path, 0) >= 0:
		return invalid("a path with NUL")
	case r.Sort > Result:
		return invalid("a root of the unknown sort %d", r.Sort)
	case r.Bytes > MaxSize:
		return invalid("a root of %d bytes", r.Bytes)
	}
	if !LabelFits(r.Label) {
		return invalid("a label that is no line of UTF-8 of at most %d bytes", MaxLabelBytes)
	}
	if err := checkNames(r.Replaces, 0, MaxReplaces); err != nil {
		return err
	}
	return r.Top.Check()
}

// LabelFits keeps out what would spoil a line of a terminal.
func LabelFits(label string) bool {
	return len(label) <= MaxLabelBytes && utf8.ValidString(label) && !strings.ContainsFunc(label, unicode.IsControl)
}

// Check refuses a removal that the format forbids.
func (r *Removal) Check() error { return checkNames(r.Roots, 1, MaxRemovals) }

func checkNames(names []Name, least, most int) error {
	if err := checkCount("names of roots", len(names), least, most); err != nil {
		return err
	}
	for _, n := range names {
		if n.Hole() {
			return invalid("a root without a name")
		}
	}
	return nil
}
