package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"inos/backend/store/disk"
)

// states looks at the files that are kept twice.
func (c *check) states() error {
	s := c.space
	err := c.twin(s.store.fs, lockFile, func() ([]Damage, error) {
		err := s.reload()
		s.mu.Lock()
		defer s.mu.Unlock()
		return copies(s.copies, "the space's name and secret"), err
	})
	if err != nil {
		return err
	}
	if _, err := s.readReserve(); err != nil {
		c.damage(Damage{File: reserveFile, What: reason(err), Harmless: true})
	}
	damages := len(c.report.Damages)
	err = c.twin(s.fs, collectFile, func() ([]Damage, error) {
		_, found, err := s.epochFile().read()
		if errors.Is(err, disk.ErrDamaged) {
			err = nil // it is among the damages
		}
		return copies(found, "what collections remember"), unavailableOrNil(s, err)
	})
	c.old = len(c.report.Damages) > damages
	return err
}

// twin looks at two copies. Where they differ somebody may be writing them: it looks again until they do
// not, or until nobody is, whose lock that is.
func (c *check) twin(fsys disk.FS, lock string, look func() ([]Damage, error)) error {
	damages, err := look()
	for end := time.Now().Add(lockPatience); err == nil && len(damages) > 0 && time.Now().Before(end); {
		unlock, taken, no := fsys.Lock(lock, false)
		damages, err = look()
		if taken {
			unlock()
		}
		if taken || no != nil || c.alone {
			break
		}
		select {
		case <-time.After(lockPause):
		case <-c.ctx.Done():
			return canceled(c.ctx)
		}
	}
	for _, d := range damages {
		c.damage(d)
	}
	return err
}

func copies(found [2]disk.Copy, of string) (out []Damage) {
	absent := errors.Is(found[0].Err, fs.ErrNotExist) && errors.Is(found[1].Err, fs.ErrNotExist)
	for i, copied := range found {
		switch other := found[1-i]; {
		case absent || copied.Err == nil && (other.Err != nil || copied.Generation >= other.Generation):
		case copied.Err == nil:
			out = append(out, Damage{File: path.Base(copied.Name), What: "it is older than the other copy of " + of, Harmless: true})
		default:
			out = append(out, Damage{File: path.Base(copied.Name), What: fmt.Sprintf("this copy of %s cannot be read: %v", of, copied.Err),
				Harmless: other.Err == nil})
		}
	}
	return out
}
