package store

import (
	"context"
	"iter"
	"strings"

	"inos/backend/fault"
	"inos/backend/store/tree"
)

// Entries are what lies in a folder, by name; nothing where e is none. An error is the last.
func (s *Space) Entries(ctx context.Context, e tree.Entry) iter.Seq2[tree.Entry, error] {
	if e.Kind != tree.Folder {
		return func(func(tree.Entry, error) bool) {}
	}
	return e.Content.Entries(func(l tree.Link) ([]byte, error) { return source{s}.Meta(ctx, l) })
}

// Lookup finds what lies at a slash-separated path in a version. It may begin with the name of the top.
func (s *Space) Lookup(ctx context.Context, v Version, path string) (tree.Entry, error) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	e, err := s.below(ctx, v.Root.Top, parts)
	if fault.KindOf(err) == fault.NotFound && len(parts) > 0 && parts[0] == string(v.Root.Top.Name) {
		e, err = s.below(ctx, v.Root.Top, parts[1:])
	}
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(opStore, fault.NotFound, path, "there is nothing at that path in "+string(v.Root.Path),
			"inos store ls ID shows what is in it")
	}
	return e, err
}

func (s *Space) below(ctx context.Context, e tree.Entry, parts []string) (tree.Entry, error) {
next:
	for _, part := range parts {
		for child, err := range s.Entries(ctx, e) {
			if err != nil {
				return e, err
			}
			if string(child.Name) == part {
				e = child
				continue next
			}
		}
		return e, fault.New(opStore, fault.NotFound, part, "it is not there", "")
	}
	return e, nil
}
