package window

import (
	"errors"
	"path/filepath"

	"inos/backend/durable"
	"inos/backend/fault"
)

// LabFiles are files that the user gave.
type LabFiles struct {
	Items []LabItem `json:"items"`
}

// maxLabFiles bounds what is given at once.
const maxLabFiles = 32

// Choose lets the user choose files; none: they changed their mind.
func (l *Lab) Choose() (LabFiles, error) {
	notes, _ := l.Notes.Read() // what cannot be read is not remembered
	folder := ""
	if notes != nil {
		folder = notes.Folder
	}
	paths, err := l.Dialogs.FilesFrom("Files for the Lab", folder)
	if err != nil {
		return LabFiles{}, fault.Wrap(opLab, fault.Unavailable, "file dialog", err, "")
	}
	if len(paths) > 0 {
		// What cannot be remembered does no harm.
		_ = l.Notes.Change(func(n *LabNotes) error { n.Folder = filepath.Dir(paths[0]); return nil })
	}
	return l.take(paths)
}

// take makes items of files.
func (l *Lab) take(paths []string) (LabFiles, error) {
	if len(paths) > maxLabFiles {
		return LabFiles{}, fault.Newf(opLab, fault.Budget, "the lab", "these are %d files; it takes at most %d at once", len(paths), maxLabFiles)
	}
	items := []*labItem{}
	for _, path := range paths {
		i, err := describeFile(path)
		if err != nil {
			return LabFiles{}, err
		}
		items = append(items, i)
	}
	return LabFiles{l.items.add(l.token, items...)}, nil
}

// Dropped takes what the system says was dropped onto the window, if the panel is to be seen.
func (l *Lab) Dropped(paths []string) (taken bool) {
	if !l.isShown() {
		return false
	}
	if files, err := l.take(paths); err != nil {
		l.Emit(LabFilesEvent, Refusal(err).Error())
	} else {
		l.Emit(LabFilesEvent, files)
	}
	return true
}

// Save writes an item into a file that the user names; empty: they named none.
func (l *Lab) Save(id string) (path string, err error) {
	item, err := l.items.find(id)
	if err != nil {
		return "", err
	}
	notes, _ := l.Notes.Read() // what cannot be read is not remembered
	folder := ""
	if notes != nil {
		folder = notes.SaveFolder
	}
	path, err = l.Dialogs.SaveInto("Save "+item.Name, folder, item.Name)
	if err != nil || path == "" {
		return "", fault.Wrap(opLab, fault.Unavailable, "file dialog", err, "")
	}
	data, err := item.whole(maxLabBytes)
	if err == nil {
		err = durable.Write(path, data)
	}
	if err != nil {
		return "", fault.Wrap(opLab, fault.Unavailable, legible([]byte(path)), fault.Bare(err), fault.DiskRemedy(err))
	}
	_ = l.Notes.Change(func(n *LabNotes) error { n.SaveFolder = filepath.Dir(path); return nil })
	return legible([]byte(path)), nil
}

// Forget takes items from the lab; the user's files stay.
func (l *Lab) Forget(id string) { l.items.drop(id) }

func goneFromHistory() error {
	return fault.Wrap(opLab, fault.NotFound, "the lab", errors.New("that run is not in the history any more"), "")
}
