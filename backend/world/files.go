package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/wire"
)

const (
	// maxFileBytes bounds what a guest may make of a file: a full disk is everybody's trouble.
	maxFileBytes = 4 << 30
	// maxListed bounds the names of one folder.
	maxListed = 100_000
)

// place opens a granted folder and returns the path in it. A guest's path begins with the scope of
// its permission: photos/2026/a.jpg. Links that lead out of the folder are not followed (os.Root).
func (w *World) place(guestPath string, writing bool) (*os.Root, string, error) {
	scope, rest, _ := strings.Cut(guestPath, "/")
	grant, err := w.permitFolder(scope, writing)
	if err != nil {
		return nil, "", err
	}
	if rest == "" {
		rest = "."
	}
	if !fs.ValidPath(rest) {
		return nil, "", fmt.Errorf("%q is no path: it has empty parts, dots or a slash at an end", rest)
	}
	if info, err := os.Stat(grant.Folder); err == nil && !info.IsDir() { // to open a pipe would block
		return nil, "", fmt.Errorf("the folder %s is none any more", scope)
	}
	root, err := os.OpenRoot(grant.Folder)
	if err != nil {
		return nil, "", fmt.Errorf("the folder %s: %w", scope, fault.Bare(err))
	}
	return root, rest, nil
}

// permitFolder: who may write may read.
func (w *World) permitFolder(scope string, writing bool) (Grant, error) {
	m := w.config.Manifest
	if m.FindPermission(manifest.PermitWrite+":"+scope) != nil {
		return w.permit(manifest.PermitWrite + ":" + scope)
	}
	if writing {
		return Grant{}, fmt.Errorf("its manifest does not ask to write the folder %q", scope)
	}
	return w.permit(manifest.PermitRead + ":" + scope)
}

// open opens a regular file of a granted folder; a pipe or a device would block or act.
func (w *World) open(guestPath string, flags int, writing bool) (*os.File, error) {
	root, name, err := w.place(guestPath, writing)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	const newFileMode = 0o644
	f, err := root.OpenFile(name, flags|nonBlocking, newFileMode)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // nothing was written
		return nil, errors.New("it is no file")
	}
	return f, nil
}

// about names the guest's path in an error; the user's real path is none of the guest's business.
func about(guestPath string, err error) error {
	if err == nil {
		return nil
	}
	if err = fault.Bare(err); err.Error() == rootEscape {
		err = errors.New("it leads out of the folder")
	}
	return fmt.Errorf("%s: %w", guestPath, err)
}

// rootEscape is what os.Root says of a link out of it; the error has no name.
const rootEscape = "path escapes from parent"

func (w *World) fileRead(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if a.Offset < 0 || a.Length < 0 || a.Length > wire.MaxDataBytes {
		return wire.Reply{}, fmt.Errorf("%d bytes from %d on", a.Length, a.Offset)
	}
	f, err := w.open(a.Text, os.O_RDONLY, false)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	defer f.Close()
	bytes := make([]byte, a.Length)
	n, err := f.ReadAt(bytes, a.Offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return wire.Reply{Value: int64(n), Data: bytes[:n]}, about(a.Text, err)
}

func (w *World) fileSize(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	f, err := w.open(a.Text, os.O_RDONLY, false)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	return wire.Reply{Value: info.Size()}, nil
}

// fileList answers with the sorted names, a line each; those of folders end with a slash.
func (w *World) fileList(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	root, name, err := w.place(a.Text, false)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	defer root.Close()
	if info, err := root.Stat(name); err == nil && !info.IsDir() {
		return wire.Reply{}, about(a.Text, errors.New("it is no folder"))
	}
	folder, err := root.OpenFile(name, os.O_RDONLY|nonBlocking, 0) // a pipe may have taken its place
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxListed)
	if err != nil && !errors.Is(err, io.EOF) {
		return wire.Reply{}, about(a.Text, err)
	}
	text := lines(entries)
	return wire.Reply{Value: int64(len(text)), Data: piece([]byte(text), a)}, nil
}

func lines(entries []fs.DirEntry) string {
	var names []string
	for _, e := range entries {
		switch {
		case strings.ContainsRune(e.Name(), '\n'): // it would read as two
		case e.IsDir():
			names = append(names, e.Name()+"/\n")
		case e.Type().IsRegular():
			names = append(names, e.Name()+"\n")
		}
	}
	slices.Sort(names)
	return strings.Join(names, "")
}

func (w *World) fileWrite(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if a.Offset < 0 || a.Offset > maxFileBytes-int64(len(a.Data)) {
		return wire.Reply{}, tooBig(a)
	}
	f, err := w.open(a.Text, os.O_WRONLY|os.O_CREATE, true)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	n, err := f.WriteAt(a.Data, a.Offset)
	err = errors.Join(err, f.Close())
	return wire.Reply{Value: int64(n)}, about(a.Text, err)
}

func (w *World) fileResize(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if a.Offset < 0 || a.Offset > maxFileBytes {
		return wire.Reply{}, tooBig(a)
	}
	f, err := w.open(a.Text, os.O_WRONLY|os.O_CREATE, true)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	err = errors.Join(f.Truncate(a.Offset), f.Close())
	return wire.Reply{}, about(a.Text, err)
}

func tooBig(a *wire.Ask) error {
	return fmt.Errorf("%s: a plugin may make files of %d GiB at most", a.Text, maxFileBytes>>30)
}

func (w *World) fileRemove(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	root, name, err := w.place(a.Text, true)
	if err != nil {
		return wire.Reply{}, about(a.Text, err)
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err == nil {
		err = root.Remove(name)
	}
	return wire.Reply{}, about(path.Clean(a.Text), err)
}
