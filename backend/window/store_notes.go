package window

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"inos/backend/fault"
	"inos/backend/statefile"
	"inos/backend/store"
	"inos/backend/store/keys"
)

// StoreNotes are what the panel remembers: nothing of what is in the store.
type StoreNotes struct {
	// Sheets are the stores (by id) whose recovery sheet was written down, with the day.
	Sheets map[string]string `json:"sheets,omitempty"`
	// Health is what the last check of each space (by id) found.
	Health map[string]SpaceHealth `json:"health,omitempty"`
}

// SpaceHealth is what a check found.
type SpaceHealth struct {
	CheckedMs int64 `json:"checkedMs"` // since 1970; 0: never
	// Thorough says that every byte was read.
	Thorough bool `json:"thorough"`
	Damages  int  `json:"damages"`
	// Lost counts files that cannot be read whole. Which, is in the report of the check alone.
	Lost  int   `json:"lost"`
	Bytes int64 `json:"bytes"` // that were read
	// Details are the first damages and losses; they are told once and not kept.
	Details []string `json:"details,omitempty"`
}

const (
	notesFile     = "store-panel.json"
	maxNotesBytes = 256 << 10
	maxDetails    = 50
)

// OpenStoreNotes are those of a data folder.
func OpenStoreNotes(dataDir string) *statefile.File[StoreNotes] {
	return statefile.New(filepath.Join(dataDir, notesFile), maxNotesBytes, func(n *StoreNotes) error {
		for _, h := range n.Health {
			if h.CheckedMs < 0 || h.Damages < 0 || h.Lost < 0 || h.Bytes < 0 {
				return errors.New("a check cannot have found less than nothing")
			}
		}
		return nil
	})
}

// note remembers what a check found.
func (s *Store) note(sp *store.Space, report store.Report, thorough bool) (SpaceHealth, error) {
	h := SpaceHealth{
		CheckedMs: s.Now().UnixMilli(), Thorough: thorough, Damages: len(report.Damages), Lost: report.HitCount, Bytes: report.Bytes,
	}
	err := s.Notes.Change(func(n *StoreNotes) error {
		if n.Health == nil {
			n.Health = map[string]SpaceHealth{}
		}
		n.Health[sp.ID] = h
		return nil
	})
	for _, hit := range report.Hits[:min(len(report.Hits), maxDetails)] {
		h.Details = append(h.Details, legible([]byte(fmt.Sprintf("%s: %s", hit.Path, hit.Why))))
	}
	for _, d := range report.Damages[:min(len(report.Damages), maxDetails)] {
		h.Details = append(h.Details, legible([]byte(fmt.Sprintf("%s: %s", d.File, d.What))))
	}
	return h, err
}

// Health is what the last check of each space found, by the space's id.
func (s *Store) Health() (map[string]SpaceHealth, error) {
	notes, err := s.Notes.Read()
	if err != nil {
		return nil, err
	}
	out := map[string]SpaceHealth{}
	for id, h := range notes.Health {
		out[id] = h
	}
	return out, nil
}

func (s *Store) sheetKept(id keys.ID) bool {
	notes, err := s.Notes.Read()
	return err == nil && notes.Sheets[id.String()] != ""
}

// StoreSheet is the recovery sheet. It must not reach a log.
type StoreSheet struct {
	Store string   `json:"store"` // id
	Made  string   `json:"made"`
	Words []string `json:"words"`
}

// Sheet is the recovery sheet, to be shown and printed.
func (s *Store) Sheet() (StoreSheet, error) {
	o, err := s.opened()
	if err != nil {
		return StoreSheet{}, err
	}
	return StoreSheet{o.id.String(), s.Now().Format(time.DateOnly), keys.Words(o.master)}, nil
}

// SaveSheet writes the recovery sheet into a new file that the user names; empty: they named none.
func (s *Store) SaveSheet() (path string, err error) {
	sheet, err := s.Sheet()
	if err != nil {
		return "", err
	}
	path, err = s.Dialogs.SaveAs("Save the recovery sheet", "inos-recovery-sheet.txt")
	if err != nil || path == "" {
		return "", fault.Wrap(opStore, fault.Unavailable, "file dialog", err, "")
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = file.WriteString(keys.Sheet(sheet.Store, sheet.Made, sheet.Words))
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err != nil {
		next := fault.DiskRemedy(err)
		if os.IsExist(err) {
			next = "a sheet is never written over a file: choose another name"
		}
		return "", fault.Wrap(opStore, fault.Unavailable, legible([]byte(path)), fault.Bare(err), next)
	}
	return legible([]byte(path)), s.KeepSheet()
}

// KeepSheet notes that the user has the sheet.
func (s *Store) KeepSheet() error {
	o, err := s.opened()
	if err != nil {
		return err
	}
	return s.Notes.Change(func(n *StoreNotes) error {
		if n.Sheets == nil {
			n.Sheets = map[string]string{}
		}
		n.Sheets[o.id.String()] = s.Now().Format(time.DateOnly)
		return nil
	})
}
