package dropin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"inos/backend/fault"
)

// File is a plugin file that was read and found to be one.
type File struct {
	ID, Version, Digest string
	Key                 string // that signed it; empty: nobody did
	Name                string // in the folder
	Wasm                []byte // not needed where it lies there already
}

// Change is what was done to a plugin.
type Change struct {
	ID   string `json:"id"`
	File string `json:"file"` // its path
	// From and To are versions; empty: it was, or is, not there.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Displaced is the plugin that the file's name belonged to before; empty: none.
	Displaced string `json:"displaced,omitempty"`
	// Unchanged: it was as it should be already.
	Unchanged bool `json:"unchanged,omitempty"`
	Disabled  bool `json:"disabled,omitempty"`
}

// Install puts a file into the folder, in place of the plugin's present one, which is kept. Without
// replace it takes nothing back: no older version, no file of another name's owner.
func (b *Book) Install(f File, replace bool) (c Change, err error) {
	if err := CheckName(f.Name); err != nil {
		return c, fault.Wrap("plugin.install", fault.Invalid, f.Name, err, "")
	}
	_, err = b.Update(func(s *State) error {
		p := s.Plugins[f.ID]
		c = Change{ID: f.ID, From: p.Version.Version, To: f.Version, Disabled: p.Disabled}
		if p.Removed() {
			c.From, p.File, p.Disabled, p.Pinned = "", f.Name, false, false
		}
		c.File, c.Disabled = b.Path(p.File), p.Disabled
		if p.Digest == f.Digest && b.digestOf(p.File) == f.Digest {
			c.Unchanged = true
			return nil
		}
		if err := b.mayInstall(*s, p, f, replace); err != nil {
			return err
		}
		c.Displaced = s.displace(p.File, f.ID)
		if err := b.keepFiles(p, f); err != nil {
			return err
		}
		p.succeed(Version{f.Digest, f.Version, b.now().UTC(), f.Key})
		p.Source = Installed
		s.Plugins[f.ID] = p
		return nil
	})
	return c, err
}

// mayInstall says why f must not become plugin p.
func (b *Book) mayInstall(s State, p Plugin, f File, replace bool) error {
	refuse := func(message, next string) error {
		return fault.New("plugin.install", fault.Denied, f.ID, message, next)
	}
	switch owner := s.Owner(p.File); {
	case p.Pinned:
		return refuse("it is pinned at version "+p.Version.Version, "inos plugin unpin "+f.ID)
	case replace:
		return nil
	case !p.Removed() && Newer(p.Version.Version, f.Version):
		return refuse(fmt.Sprintf("version %s is there, which is newer than %s", p.Version.Version, f.Version),
			"give --replace to go back to it")
	case p.Key != "" && p.Key != f.Key:
		return refuse("the version that is there was signed with another key",
			"see who signed it: inos plugin verify FILE; give --replace if you trust it")
	case owner != "" && owner != f.ID:
		return refuse(fmt.Sprintf("%s is the file of another plugin, %s", b.Path(p.File), owner),
			"rename your file, or give --replace to remove that one")
	case owner == "" && b.inTheWay(p.File, f.Digest):
		return refuse("another file is there under that name, "+b.Path(p.File),
			"rename your file, or give --replace")
	}
	return nil
}

func (b *Book) inTheWay(name, digest string) bool {
	_, err := os.Lstat(b.Path(name))
	return !errors.Is(err, fs.ErrNotExist) && b.digestOf(name) != digest
}

// displace makes the plugin whose file has that name a removed one.
func (s *State) displace(file, id string) string {
	owner := s.Owner(file)
	if owner == "" || owner == id {
		return ""
	}
	p := s.Plugins[owner]
	p.remove()
	p.Pending = false // its file is overwritten
	s.Plugins[owner] = p
	return owner
}

func (p *Plugin) remove() {
	p.succeed(Version{})
	p.Earlier = p.Earlier[:min(len(p.Earlier), 1)]
}

// keepFiles keeps the new file, without which nothing goes on, and the present one if it is what
// was recorded.
func (b *Book) keepFiles(p Plugin, f File) error {
	if !p.Removed() {
		_ = b.keepPresent(p) // then there is no way back to it
	}
	return b.keepError(f.ID, b.files.Keep(f.Digest, f.Wasm))
}

// keepPresent keeps the plugin's file as it lies in the folder.
func (b *Book) keepPresent(p Plugin) error {
	if _, err := b.files.Get(p.Digest); err == nil {
		return nil
	}
	wasm, err := readFile(b.Path(p.File))
	if err == nil && DigestOf(wasm) != p.Digest {
		err = errors.New("it is not the file that was recorded")
	}
	if err == nil {
		err = b.files.Keep(p.Digest, wasm)
	}
	return err
}

func (b *Book) keepError(id string, err error) error {
	return fault.Wrap("plugin.keep", fault.Unavailable, id, fault.Bare(err), fault.DiskRemedy(err))
}

// Remove takes the plugin out of the folder. Its last version is kept for Rollback.
func (b *Book) Remove(id string) (c Change, err error) {
	_, err = b.change(id, func(s *State, p *Plugin) error {
		if p.Removed() {
			return gone("plugin.remove", id, "it was removed already")
		}
		lies := b.digestOf(p.File)
		if _, err := os.Lstat(b.Path(p.File)); err == nil && lies != p.Digest {
			return fault.New("plugin.remove", fault.Denied, id,
				b.Path(p.File)+" is not the file that was installed", "install it, or delete it yourself")
		}
		if lies != "" {
			if err := b.keepPresent(*p); err != nil {
				return b.keepError(id, err)
			}
		}
		c = Change{ID: id, File: b.Path(p.File), From: p.Version.Version}
		p.remove()
		return nil
	})
	return c, err
}

// Rollback brings back the last version, or the present one where its file is gone. A second one
// undoes the first.
func (b *Book) Rollback(id string) (c Change, err error) {
	_, err = b.change(id, func(s *State, p *Plugin) error {
		back, err := b.lastVersion(id, *p)
		if err != nil {
			return err
		}
		if owner := s.Owner(p.File); owner != "" && owner != id || owner == "" && b.inTheWay(p.File, back.Digest) {
			return fault.New("plugin.rollback", fault.Denied, id,
				"another file is there under the name of its own, "+b.Path(p.File), "move that one away")
		}
		c = Change{ID: id, File: b.Path(p.File), From: p.Version.Version, To: back.Version, Disabled: p.Disabled}
		if !p.Removed() {
			_ = b.keepPresent(*p) // then there is no way back to it
		}
		p.succeed(back)
		return nil
	})
	return c, err
}

func (b *Book) lastVersion(id string, p Plugin) (Version, error) {
	back := p.Version
	if _, err := os.Lstat(b.Path(p.File)); p.Removed() || err == nil {
		if len(p.Earlier) == 0 {
			return back, gone("plugin.rollback", id, "there is no earlier version")
		}
		back = p.Earlier[0]
	}
	if _, err := b.files.Get(back.Digest); err != nil {
		return back, fault.Wrap("plugin.rollback", fault.NotFound, id,
			fmt.Errorf("version %s cannot come back: %w", back.Version, err), "install it from its file")
	}
	return back, nil
}

// SetDisabled says whether the plugin's units are offered.
func (b *Book) SetDisabled(id string, on bool) (Change, error) {
	return b.mark(id, func(p *Plugin) *bool { return &p.Disabled }, on)
}

// SetPinned says whether the plugin is kept at its version.
func (b *Book) SetPinned(id string, on bool) (Change, error) {
	return b.mark(id, func(p *Plugin) *bool { return &p.Pinned }, on)
}

func (b *Book) mark(id string, flag func(*Plugin) *bool, on bool) (c Change, err error) {
	_, err = b.change(id, func(_ *State, p *Plugin) error {
		if p.Removed() {
			return gone("plugin.change", id, "it was removed")
		}
		at := flag(p)
		c = Change{ID: id, File: b.Path(p.File), From: p.Version.Version, To: p.Version.Version, Unchanged: *at == on}
		*at = on
		c.Disabled = p.Disabled
		return nil
	})
	return c, err
}

// SetProblem notes why a version did not start; empty: it did. It is for plugins of the folder only;
// of others nothing is noted.
func (b *Book) SetProblem(id, digest, why string) error {
	if len(why) > maxProblem {
		why = why[:maxProblem]
	}
	s, err := b.Read()
	if p, known := s.Plugins[id]; err != nil || !known || p.Digest != digest || p.Problem == why {
		return err
	}
	_, err = b.change(id, func(_ *State, p *Plugin) error {
		if p.Digest == digest {
			p.Problem = strings.ToValidUTF8(why, "")
		}
		return nil
	})
	return err
}

// change is Update for a plugin that must be known.
func (b *Book) change(id string, change func(*State, *Plugin) error) (State, error) {
	return b.Update(func(s *State) error {
		p, known := s.Plugins[id]
		if !known {
			return gone("plugin.change", id, "no such plugin is in "+b.Folder())
		}
		if err := change(s, &p); err != nil {
			return err
		}
		s.Plugins[id] = p
		return nil
	})
}

func gone(op, id, message string) error {
	return fault.New(op, fault.NotFound, id, message, "see inos plugin list")
}

// Note is something that was seen in the folder: a plugin that is there for the first time, lies
// under another name, or was replaced by somebody who may.
type Note struct {
	ID  string
	Was Plugin // as it was read
	Now Plugin
}

// Record writes notes down, unless the plugin is not what it was any more.
func (b *Book) Record(notes []Note) (State, error) {
	return b.Update(func(s *State) error {
		for _, n := range notes {
			if p := s.Plugins[n.ID]; p.Digest != n.Was.Digest || p.File != n.Was.File {
				continue
			}
			if owner := s.Owner(n.Now.File); owner != "" && owner != n.ID {
				continue
			}
			n.Now.Disabled = n.Now.Disabled || s.Damaged != ""
			s.Plugins[n.ID] = n.Now
			_ = b.keepPresent(n.Now) // a full disk costs the way back to it, nothing else
		}
		s.Damaged = "" // all that lay there has been noted
		return nil
	})
}

// Seen is the note of a file that was found in the folder; was is what is known of its plugin.
func (b *Book) Seen(f File, was Plugin) Note {
	now := was
	if was.Removed() {
		now = Plugin{Source: Dropped, Earlier: was.Earlier}
	}
	now.File = f.Name
	if was.Digest != f.Digest {
		now.succeed(Version{f.Digest, f.Version, b.now().UTC(), f.Key})
		now.Source = Dropped
	}
	now.Pending = false
	return Note{f.ID, was, now}
}
