package window

import (
	"crypto/rand"
	"path/filepath"
	"sync"

	"inos/backend/fault"
)

// StorePick is what the user chose in a dialog of the system, or dropped onto the window. The page has
// no paths of its own: it says the token, once.
type StorePick struct {
	Token string   `json:"token"` // empty: the user chose nothing
	Names []string `json:"names"`
	// Folder is the place of one that was chosen to restore into.
	Folder string `json:"folder"`
}

const (
	// maxPicks bounds what was chosen and not used: the oldest go.
	maxPicks = 32
	// maxDropped bounds what is put at once.
	maxDropped = 1000
	// maxNames bounds those that the page is told.
	maxNames = 20
)

// picks are the paths behind tokens.
type picks struct {
	mu    sync.Mutex
	order []string
	paths map[string][]string
}

func (p *picks) add(paths []string) StorePick {
	out := StorePick{Names: []string{}}
	if len(paths) == 0 {
		return out
	}
	out.Token = rand.Text()
	for _, path := range paths[:min(len(paths), maxNames)] {
		out.Names = append(out.Names, legible([]byte(filepath.Base(path))))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paths == nil {
		p.paths = map[string][]string{}
	}
	p.paths[out.Token] = paths
	p.order = append(p.order, out.Token)
	if len(p.order) > maxPicks {
		delete(p.paths, p.order[0])
		p.order = p.order[1:]
	}
	return out
}

// take is what a token stands for. It stands for nothing afterwards.
func (p *picks) take(token string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	paths := p.paths[token]
	delete(p.paths, token)
	if len(paths) == 0 {
		return nil, fault.New(opStore, fault.Denied, "the window", "nothing was chosen for that", "choose it again")
	}
	return paths, nil
}

func (p *picks) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order, p.paths = nil, nil
}

// ChooseToPut lets the user choose a folder, or files.
func (s *Store) ChooseToPut(folder bool) (StorePick, error) {
	var paths []string
	var err error
	if folder {
		var path string
		if path, err = s.Dialogs.Folder("Folder to store"); path != "" {
			paths = []string{path}
		}
	} else {
		paths, err = s.Dialogs.FilesToStore()
	}
	if err != nil {
		return StorePick{}, fault.Wrap(opStore, fault.Unavailable, "file dialog", err, "")
	}
	return s.pick(paths)
}

// ChooseTarget lets the user choose a folder to restore into.
func (s *Store) ChooseTarget() (StorePick, error) {
	path, err := s.Dialogs.Folder("Folder to restore into")
	if err != nil {
		return StorePick{}, fault.Wrap(opStore, fault.Unavailable, "folder dialog", err, "")
	}
	if path == "" {
		return s.pick(nil)
	}
	out, err := s.pick([]string{path})
	out.Folder = legible([]byte(path))
	return out, err
}

func (s *Store) pick(paths []string) (StorePick, error) {
	if len(paths) > maxDropped {
		return StorePick{}, fault.Newf(opStore, fault.Budget, "the store", "these are %d files; at most %d are put at once: put their folder",
			len(paths), maxDropped)
	}
	return s.picks.add(paths), nil
}

// Show says whether the panel is to be seen: what is dropped onto the window is then for the store, and
// the store's folder is watched.
func (s *Store) Show(on bool) {
	s.mu.Lock()
	s.shown = on
	s.mu.Unlock()
	s.rewatch()
}

// Dropped takes what the system says was dropped onto the window, if the panel is to be seen.
func (s *Store) Dropped(paths []string) (taken bool) {
	s.mu.Lock()
	taken = s.shown
	s.mu.Unlock()
	if !taken {
		return false
	}
	var pick StorePick
	_, err := s.opened()
	if err == nil {
		pick, err = s.pick(paths)
	}
	if err != nil {
		s.Emit(StoreDroppedEvent, Refusal(err).Error())
	} else {
		s.Emit(StoreDroppedEvent, pick)
	}
	return true
}
