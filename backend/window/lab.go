package window

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"inos/backend/statefile"
)

const opLab = "lab"

// LabDialogs are the system's own. An empty answer: the user changed their mind.
type LabDialogs interface {
	// FilesFrom lets the user choose files; the dialog begins in the folder, if that is one.
	FilesFrom(title, folder string) ([]string, error)
	// SaveInto lets the user name a file to write.
	SaveInto(title, folder, name string) (string, error)
}

// Lab is the lab panel's conversation with the kernel: anyone runs any op on their own files. Safe for
// concurrent use. What a run gives back stays in memory, within a bound, until the window closes; a
// secret parameter is handed to the op and kept nowhere.
type Lab struct {
	Jobs    LabJobs
	Dialogs LabDialogs
	// Emit tells the page something, under one of the names below.
	Emit func(event string, data any)
	Now  func() time.Time
	// Notes are what the panel remembers.
	Notes *statefile.File[LabNotes]

	token  string // in the addresses of items: the page's alone
	ctx    context.Context
	end    context.CancelFunc
	work   sync.WaitGroup
	items  labShelf
	runs   labBoard
	tables labTables

	mu    sync.Mutex
	shown bool
}

// Events to the page.
const (
	LabRunEvent   = "inos:lab-run"   // LabRun: one began, went on or ended; at most 8 times a second
	LabFilesEvent = "inos:lab-files" // LabFiles: files were dropped onto the panel; or the JSON of a fault.Error
)

// Open makes the lab ready; it lasts until Close.
func (l *Lab) Open() *Lab {
	l.token = rand.Text()
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// Close ends what runs and forgets all results.
func (l *Lab) Close() {
	l.end()
	l.work.Wait()
	l.items.forget()
	l.tables.forget()
}

// Show says whether the panel is to be seen: what is dropped onto the window is then for the lab.
func (l *Lab) Show(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown = on
}

func (l *Lab) isShown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shown
}
