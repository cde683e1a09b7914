package dav

import (
	"context"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/webdav"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/files"
	"inos/backend/store/tree"
)

// Bounds of what is kept in memory.
const (
	maxCachedBytes = 32 << 20 // some blocks of files that are read, and lists
	// maxFolder is how many names a folder may have, to be listed in one answer; all folders that are
	// kept have that many together.
	maxFolder = 200_000
)

// fresh is how long what was put is not looked for again.
const fresh = 2 * time.Second

// Tree is what is served. Safe for concurrent use.
type Tree struct {
	versions func() ([]Version, error) // nil: it is always the same
	now      func() time.Time
	blocks   *cache[tree.Name, []byte]
	folders  *cache[tree.Name, []tree.Entry]

	mu   sync.Mutex
	top  *branch
	read time.Time
}

// Version is one to be shown, and where it is.
type Version struct {
	Space *store.Space
	store.Version
}

func newTree() *Tree {
	return &Tree{
		now:     time.Now,
		blocks:  newCache[tree.Name](maxCachedBytes, func(b []byte) int { return len(b) }),
		folders: newCache[tree.Name](maxFolder, func(e []tree.Entry) int { return len(e) + 1 }),
	}
}

// All shows all versions of all paths: space / path / time and id / content.
func All(versions func() ([]Version, error)) *Tree {
	t := newTree()
	t.versions = versions
	return t
}

// One shows what a version has.
func One(v Version) *Tree {
	t := newTree()
	t.top = &branch{}
	t.top.show(v)
	return t
}

// branches are the folders above what was put.
func (t *Tree) branches() (*branch, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.versions == nil || t.top != nil && t.now().Sub(t.read) < fresh {
		return t.top, nil
	}
	versions, err := t.versions()
	if len(versions) == 0 && err != nil {
		return nil, err // what else is damaged does not hide the rest; a check tells of it
	}
	top := &branch{}
	for _, v := range versions {
		top.add(v)
	}
	t.top, t.read = top, t.now()
	return top, nil
}

// node is one name of the tree: a folder above what was put, or something that was.
type node struct {
	name   string
	branch *branch
	space  *store.Space
	entry  tree.Entry
}

func (n *node) folder() bool { return n.branch != nil || n.entry.Kind == tree.Folder }

// find goes down a slash-separated path.
func (t *Tree) find(ctx context.Context, name string) (*node, error) {
	top, err := t.branches()
	if err != nil {
		return nil, err
	}
	n := top.node("/")
	for _, part := range strings.FieldsFunc(name, slash) {
		if n, err = t.child(ctx, n, part); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (t *Tree) child(ctx context.Context, n *node, name string) (*node, error) {
	if n.branch != nil {
		if b := n.branch.kids[name]; b != nil {
			return b.node(name), nil
		}
		return nil, fs.ErrNotExist
	}
	if n.entry.Kind != tree.Folder {
		return nil, fs.ErrNotExist
	}
	entries, err := t.entries(ctx, n)
	if err != nil {
		return nil, err
	}
	if e, ok := search(entries, name); ok {
		return &node{name: name, space: n.space, entry: e}, nil
	}
	return nil, fs.ErrNotExist
}

// entries are what a folder has, by name. Links are left out: WebDAV has none, and where they lead is
// not for the store to say.
func (t *Tree) entries(ctx context.Context, n *node) ([]tree.Entry, error) {
	return t.folders.get(n.entry.Content.Name, func() ([]tree.Entry, error) {
		var out []tree.Entry
		for e, err := range n.space.Entries(ctx, n.entry) {
			if err != nil {
				return nil, err
			}
			if len(out) >= maxFolder {
				return nil, fault.Newf(opMount, fault.Budget, n.name, "a folder with more than %d names is not shown", maxFolder)
			}
			if e.Kind != tree.Symlink {
				out = append(out, e)
			}
		}
		return out, nil
	})
}

// children are the nodes of a folder.
func (t *Tree) children(ctx context.Context, n *node) ([]fs.FileInfo, error) {
	var out []fs.FileInfo
	if n.branch != nil {
		for name, b := range n.branch.kids {
			out = append(out, info{b.node(name)})
		}
		return out, nil
	}
	entries, err := t.entries(ctx, n)
	for _, e := range entries {
		out = append(out, info{&node{name: string(e.Name), space: n.space, entry: e}})
	}
	return out, err
}

// OpenFile opens what is at a path, to be read.
func (t *Tree) OpenFile(ctx context.Context, name string, flag int, _ fs.FileMode) (webdav.File, error) {
	if flag != os.O_RDONLY {
		return nil, fs.ErrPermission
	}
	n, err := t.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return &file{ctx: ctx, tree: t, node: n}, nil
}

// Stat is what a path leads to.
func (t *Tree) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	n, err := t.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// Mkdir refuses.
func (t *Tree) Mkdir(context.Context, string, fs.FileMode) error { return fs.ErrPermission }

// RemoveAll refuses.
func (t *Tree) RemoveAll(context.Context, string) error { return fs.ErrPermission }

// Rename refuses.
func (t *Tree) Rename(context.Context, string, string) error { return fs.ErrPermission }

// source reads through the cache of blocks.
type source struct {
	tree *Tree
	from files.Source
}

func (s source) meta(ctx context.Context, l tree.Link) ([]byte, error) {
	return s.tree.blocks.get(l.Name, func() ([]byte, error) { return s.from.Meta(ctx, l) })
}

func (s source) data(ctx context.Context, l tree.Link) ([]byte, error) {
	return s.tree.blocks.get(l.Name, func() ([]byte, error) {
		return s.from.Data(ctx, l, make([]byte, 0, l.Size))
	})
}

// branch is a folder above what was put: a space, a part of a path, or a version.
type branch struct {
	kids  map[string]*branch
	space *store.Space
	entry tree.Entry // what was put; of the zero Kind: the kids are all
	time  time.Time  // of the newest version below
}

func (b *branch) node(name string) *node {
	if b.entry.Kind != 0 {
		return &node{name: name, space: b.space, entry: b.entry}
	}
	return &node{name: name, branch: b}
}

func (b *branch) kid(name string) *branch {
	if b.kids == nil {
		b.kids = map[string]*branch{}
	}
	if b.kids[name] == nil {
		b.kids[name] = &branch{}
	}
	return b.kids[name]
}

func (b *branch) add(v Version) {
	b.touch(v)
	at := b.kid(shown(v.Space.Name()))
	at.touch(v)
	for _, part := range strings.FieldsFunc(string(v.Root.Path), slash) {
		at = at.kid(shown(part))
		at.touch(v)
	}
	at.kid(versionName(v)).show(v)
}

func slash(r rune) bool { return r == '/' }

func (b *branch) touch(v Version) {
	if v.Time().After(b.time) {
		b.time = v.Time()
	}
}

// show makes b the folder that was put, or one with the file that was.
func (b *branch) show(v Version) {
	top := v.Root.Top
	b.touch(v)
	switch top.Kind {
	case tree.Folder:
		b.space, b.entry = v.Space, top
	case tree.File:
		kid := b.kid(string(top.Name))
		kid.space, kid.entry = v.Space, top
	}
}

// versionName has no colon, which Windows takes in no name, and tells versions of one second apart.
func versionName(v Version) string {
	return v.Time().Format("2006-01-02 15.04.05 ") + v.ID.String()[:8]
}

// shown is a name that leads nowhere else. Names in folders that were put are checked already.
func shown(name string) string {
	if path.Clean("/"+name) != "/"+name {
		return "_" + name
	}
	return name
}
