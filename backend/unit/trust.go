package unit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"inos/backend/dropin"
)

// MayReplace says whether a file may take the place of the one that was recorded, although nobody
// installed it. It is asked with the registry's lock held.
type MayReplace func(old dropin.Plugin, next PluginInfo) bool

// Keep puts the registry's drop-in folder under a book. may is asked about changed files; nil:
// SameSigner. tell gets what a user must hear about the book; may be nil. It must be called
// before anything else.
func (r *Registry) Keep(book *dropin.Book, may MayReplace, tell func(text string)) {
	r.book, r.mayReplace = book, may
	if may == nil {
		r.mayReplace = SameSigner
	}
	if tell != nil {
		r.tell = tell
	}
}

func (r *Registry) isDropIn(folder string) bool {
	return r.book != nil && filepath.Clean(folder) == filepath.Clean(r.book.Folder())
}

// SameSigner lets a file take the place of one that was signed with the same key, unless it is older.
func SameSigner(old dropin.Plugin, next PluginInfo) bool {
	return old.Key != "" && next.key() == old.Key && !dropin.Newer(old.Version.Version, next.Manifest.Version)
}

// looksAtDropIn is false in safe mode, too.
func (r *Registry) looksAtDropIn() bool {
	return slices.ContainsFunc(r.used(), func(f Folder) bool { return r.isDropIn(f.Path) })
}

// readBook is what is known of the drop-in folder; without plugins: nothing can be known.
func (r *Registry) readBook() dropin.State {
	if r.book == nil {
		return dropin.State{}
	}
	r.bookStat = stat(r.book.StatePath())
	s, err := r.book.Read()
	switch {
	case err != nil:
		r.trouble(err.Error())
		s.Plugins = nil // nothing of the folder is used
	case s.Damaged != "":
		r.trouble("the list of installed plugins was damaged; it lies in " + s.Damaged +
			" now, and all plugins of the folder are disabled (inos plugin enable ID)")
	}
	return s
}

// stat is a file's; nil: it is not there.
func stat(path string) os.FileInfo {
	st, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	return st
}

// sameState says whether nobody has written the state between two looks; its times alone are too coarse.
func sameState(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// trouble tells something once.
func (r *Registry) trouble(text string) {
	if text != r.told {
		r.told = text
		r.tell(text)
	}
}

// judge decides about the files of the drop-in folder by what is known of them, and says what is to
// be recorded should they be accepted, by path.
func (r *Registry) judge(found []PluginInfo, known dropin.State) map[string]dropin.Note {
	notes := map[string]dropin.Note{}
	there := map[string]bool{}
	for _, p := range found {
		there[p.Path] = true
	}
	for i := range found {
		p := &found[i]
		if p.Refused != "" || p.held || !r.isDropIn(filepath.Dir(p.Path)) {
			continue
		}
		if known.Plugins == nil {
			p.Refused = "what was installed cannot be read: " + short(r.told)
			continue
		}
		file := filepath.Base(p.Path)
		was := known.Plugins[p.Manifest.ID]
		if p.Refused = r.verdict(*p, was, known, there); p.Refused != "" {
			continue
		}
		if was.File == file && was.Digest == p.Digest {
			p.Dropped = &was
			continue
		}
		note := r.book.Seen(dropin.File{
			ID: p.Manifest.ID, Version: p.Manifest.Version, Digest: p.Digest, Key: p.key(), Name: file,
		}, was)
		note.Now.Disabled = note.Now.Disabled || known.Damaged != ""
		p.Dropped, notes[p.Path] = &note.Now, note
	}
	return notes
}

// verdict is why a file of the drop-in folder must not be used; empty: it may.
func (r *Registry) verdict(
	p PluginInfo, was dropin.Plugin, known dropin.State, there map[string]bool,
) string {
	file := filepath.Base(p.Path)
	if owner := known.Owner(file); owner != "" && owner != p.Manifest.ID {
		return fmt.Sprintf("%s was the file of %s, and now it is %s; move it away, or run inos plugin install %s",
			file, owner, p.Manifest.ID, p.Path)
	}
	if was.Removed() {
		return ""
	}
	if recorded := r.book.Path(was.File); was.File != file && there[recorded] {
		return fmt.Sprintf("plugin %s is there already, in %s; remove one of the two", p.Manifest.ID, recorded)
	}
	if was.Digest == p.Digest || !was.Pinned && r.mayReplace(was, p) {
		return ""
	}
	if was.Key != "" && p.key() == was.Key && !was.Pinned {
		return fmt.Sprintf("%s is version %s, and %s was installed; to go back, run inos plugin install --replace %s",
			file, p.Manifest.Version, was.Version.Version, p.Path)
	}
	return fmt.Sprintf("%s is not the file that was installed; if you changed it, run inos plugin install %s",
		file, p.Path)
}

// record writes down what was accepted for the first time.
func (r *Registry) record(found []PluginInfo, notes map[string]dropin.Note, known dropin.State) {
	var accepted []dropin.Note
	for _, p := range found {
		if note, new := notes[p.Path]; new && p.Refused == "" {
			accepted = append(accepted, note)
		}
	}
	if !r.looksAtDropIn() || known.Plugins == nil || len(accepted) == 0 && known.Damaged == "" {
		return
	}
	if _, err := r.book.Record(accepted); err != nil {
		r.trouble("what is new in " + r.book.Folder() + " could not be noted: " + err.Error())
	}
}
