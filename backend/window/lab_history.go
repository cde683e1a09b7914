package window

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"inos/backend/statefile"
)

// LabNotes are what the panel remembers between two starts.
type LabNotes struct {
	// Folder is where files were chosen last, SaveFolder where a result was saved.
	Folder     string    `json:"folder,omitempty"`
	SaveFolder string    `json:"saveFolder,omitempty"`
	Runs       []LabPast `json:"runs,omitempty"` // the oldest first
}

// LabPast is a run that ended. It holds no secret, and no words of a plugin.
type LabPast struct {
	ID        string         `json:"id"`
	AtMs      int64          `json:"atMs"` // its end, since 1970
	Unit      string         `json:"unit"`
	Op        string         `json:"op"`
	Params    map[string]any `json:"params,omitempty"`
	Inputs    []LabPastFile  `json:"inputs,omitempty"`
	Outputs   []LabPastFile  `json:"outputs,omitempty"`
	Figures   []LabFigure    `json:"figures,omitempty"`
	State     string         `json:"state"` // done, failed, cancelled
	Kind      string         `json:"kind,omitempty"`
	ElapsedMs int64          `json:"elapsedMs"`
	// Cut says that the parameters were too long to be kept.
	Cut     bool `json:"cut,omitempty"`
	Preview bool `json:"preview,omitempty"`
}

// LabPastFile is a file of a run that ended.
type LabPastFile struct {
	Name  string `json:"name"`
	Media string `json:"media,omitempty"`
	Bytes int64  `json:"bytes"`
	// Path is where a file of the user's lies; Item is what it was in the lab. The page is told neither.
	Path string `json:"path,omitempty"`
	Item string `json:"item,omitempty"`
}

const (
	labNotesFile     = "lab.json"
	maxLabNotesBytes = 4 << 20
	maxLabPast       = 200
	// maxPastParams bounds the parameters of one run, as JSON.
	maxPastParams = 8 << 10
)

// OpenLabNotes are those of a data folder.
func OpenLabNotes(dataDir string) *statefile.File[LabNotes] {
	return statefile.New(filepath.Join(dataDir, labNotesFile), maxLabNotesBytes, func(n *LabNotes) error {
		if len(n.Runs) > maxLabPast {
			return errors.New("it has more runs than are kept")
		}
		return nil
	})
}

// note remembers a run. A disk that is full ends no run: what is not noted is not there later.
func (l *Lab) note(run LabRun, j *labJob, now time.Time) {
	past := LabPast{
		ID: rand.Text(), AtMs: now.UnixMilli(), Unit: run.Unit, Op: run.Op, Params: run.Params, Figures: run.Figures,
		State: run.State, ElapsedMs: run.ElapsedMs, Preview: run.Preview,
	}
	if run.Fault != nil {
		past.Kind = run.Fault.Kind.String()
	}
	if text, err := json.Marshal(past.Params); err != nil || len(text) > maxPastParams {
		past.Params, past.Cut = nil, true
	}
	for _, i := range j.inputs {
		past.Inputs = append(past.Inputs, LabPastFile{Name: i.Name, Media: i.Media, Bytes: i.Bytes, Path: i.path, Item: i.ID})
	}
	for _, o := range run.Outputs {
		past.Outputs = append(past.Outputs, LabPastFile{Name: o.Name, Media: o.Media, Bytes: o.Bytes})
	}
	_ = l.Notes.Change(func(n *LabNotes) error {
		if last := len(n.Runs) - 1; last >= 0 && past.replaces(&n.Runs[last]) {
			n.Runs = n.Runs[:last]
		}
		n.Runs = append(n.Runs, past)
		if len(n.Runs) > maxLabPast {
			n.Runs = slices.Delete(n.Runs, 0, len(n.Runs)-maxLabPast)
		}
		return nil
	})
}

// replaces is true of a preview after a run of the same op on the same files.
func (p *LabPast) replaces(before *LabPast) bool {
	return p.Preview && before.Unit == p.Unit && before.Op == p.Op && slices.Equal(before.Inputs, p.Inputs)
}

// History is what ran, the newest first, as the page is told.
func (l *Lab) History() ([]LabPast, error) {
	notes, err := l.Notes.Read()
	if err != nil {
		return nil, err
	}
	out := []LabPast{}
	for _, p := range slices.Backward(notes.Runs) {
		p.Inputs = slices.Clone(p.Inputs)
		for i := range p.Inputs {
			p.Inputs[i].Path, p.Inputs[i].Item = "", ""
		}
		out = append(out, p)
	}
	return out, nil
}

// ForgetHistory empties it.
func (l *Lab) ForgetHistory() error {
	return l.Notes.Change(func(n *LabNotes) error {
		n.Runs = nil
		return nil
	})
}

// LabAgain is what a run of the history needs to run again.
type LabAgain struct {
	Unit   string         `json:"unit"`
	Op     string         `json:"op"`
	Params map[string]any `json:"params"`
	// Items are the inputs, an empty id where one is not there any more; Missing are the names of those.
	Items   []LabItem `json:"items"`
	Missing []string  `json:"missing"`
}

// Again finds the files of a run of the history.
func (l *Lab) Again(id string) (LabAgain, error) {
	notes, err := l.Notes.Read()
	if err != nil {
		return LabAgain{}, err
	}
	at := slices.IndexFunc(notes.Runs, func(p LabPast) bool { return p.ID == id })
	if at < 0 {
		return LabAgain{}, goneFromHistory()
	}
	p := notes.Runs[at]
	out := LabAgain{Unit: p.Unit, Op: p.Op, Params: p.Params, Items: []LabItem{}, Missing: []string{}}
	for _, f := range p.Inputs {
		item, found := l.findAgain(f)
		if !found {
			out.Missing = append(out.Missing, f.Name)
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func (l *Lab) findAgain(f LabPastFile) (LabItem, bool) {
	if i, err := l.items.find(f.Item); err == nil {
		return i.LabItem, true
	}
	if f.Path == "" {
		return LabItem{}, false
	}
	i, err := describeFile(f.Path)
	if err != nil {
		return LabItem{}, false
	}
	return l.items.add(l.token, i)[0], true
}
