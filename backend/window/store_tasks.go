package window

import (
	"context"
	"slices"
	"sync"
	"time"

	"inos/backend/fault"
)

// How a task stands.
const (
	taskRunning   = "running"
	taskDone      = "done"
	taskFailed    = "failed"
	taskCancelled = "cancelled"
)

// StoreTask is long work in the store, as the page shows it.
type StoreTask struct {
	ID      uint64 `json:"id"`
	Kind    string `json:"kind"`    // put, get, collect, check, repair, archive
	Space   string `json:"space"`   // its name
	Subject string `json:"subject"` // what is put or restored; may be empty
	State   string `json:"state"`
	Step    string `json:"step"`
	// Done and Total are bytes; Total 0: it is not known.
	Done      int64        `json:"done"`
	Total     int64        `json:"total"`
	Files     int64        `json:"files"`
	ElapsedMs int64        `json:"elapsedMs"`
	Fault     *fault.Error `json:"fault"`
	Result    *TaskResult  `json:"result"`
}

// TaskResult is what came of a task; what does not concern its kind is zero.
type TaskResult struct {
	Files   uint64 `json:"files"`
	Folders uint64 `json:"folders"`
	Bytes   int64  `json:"bytes"`
	// Stored is by how many bytes the store grew; Freed, by how many it shrank.
	Stored    int64 `json:"stored"`
	Freed     int64 `json:"freed"`
	Unchanged bool  `json:"unchanged"`
	// Blocks were compressed again; Left are those that the budget did not suffice for.
	Blocks int `json:"blocks"`
	Left   int `json:"left"`
	// Fixed places are not damaged any more.
	Fixed  int          `json:"fixed"`
	Health *SpaceHealth `json:"health"`
	// Failed counts what could not be read or written; Problems are the first of them.
	Failed   int      `json:"failed"`
	Problems []string `json:"problems"`
	Target   string   `json:"target"`
	// Version is what was put last.
	Version string `json:"version"`
}

const (
	taskPeriod = 250 * time.Millisecond
	// maxRunning bounds how much is done at once, maxTasks what is remembered with it.
	maxRunning  = 8
	maxTasks    = 24
	maxProblems = 100
)

// task is one that runs, or ran. Its figures are guarded by the board.
type task struct {
	StoreTask
	began  time.Time
	cancel context.CancelFunc
}

// board is all tasks, the oldest first.
type board struct {
	mu      sync.Mutex
	last    uint64
	tasks   []*task
	telling bool
}

// begin starts work in the open store; it ends when that is locked, or when the user cancels it.
func (s *Store) begin(t StoreTask, work func(ctx context.Context, o *opened, p *progress) (TaskResult, error)) (StoreTask, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StoreTask{}, err
	}
	ctx, cancel := context.WithCancel(o.ctx)
	now, err := s.board.add(t, s.Now(), cancel)
	if err != nil {
		cancel()
		leave()
		return StoreTask{}, err
	}
	p := &progress{board: &s.board, task: now}
	go func() {
		defer leave()
		defer cancel()
		result, err := work(ctx, o, p)
		s.board.end(now, result, err, s.Now())
	}()
	s.tell()
	return s.board.one(now, s.Now()), nil
}

func (b *board) add(t StoreTask, now time.Time, cancel context.CancelFunc) (*task, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	running := 0
	for _, other := range b.tasks {
		if other.State == taskRunning {
			running++
		}
	}
	if running >= maxRunning {
		return nil, fault.Newf(opStore, fault.Budget, "the store", "%d things are being done already", running)
	}
	if len(b.tasks) >= maxTasks {
		old := slices.IndexFunc(b.tasks, func(t *task) bool { return t.State != taskRunning })
		b.tasks = slices.Delete(b.tasks, old, old+1)
	}
	b.last++
	t.ID, t.State = b.last, taskRunning
	out := &task{StoreTask: t, began: now, cancel: cancel}
	b.tasks = append(b.tasks, out)
	return out, nil
}

func (b *board) end(t *task, result TaskResult, err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.ElapsedMs = now.Sub(t.began).Milliseconds()
	result.Problems = append([]string{}, result.Problems...)
	t.Result = &result
	switch {
	case err == nil:
		t.State = taskDone
	case fault.KindOf(err) == fault.Canceled:
		t.State = taskCancelled
	default:
		t.State, t.Fault = taskFailed, asFault(err)
	}
}

// one is a copy of a task as it is now.
func (b *board) one(t *task, now time.Time) StoreTask {
	b.mu.Lock()
	defer b.mu.Unlock()
	return t.at(now)
}

func (t *task) at(now time.Time) StoreTask {
	out := t.StoreTask
	if out.State == taskRunning {
		out.ElapsedMs = now.Sub(t.began).Milliseconds()
	}
	return out
}

func (b *board) list(now time.Time) (all []StoreTask, running bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all = []StoreTask{}
	for _, t := range b.tasks {
		all = append(all, t.at(now))
		running = running || t.State == taskRunning
	}
	b.telling = b.telling && running
	return all, running
}

// forget leaves nothing that names what is in a store that is locked.
func (b *board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks = nil
}

// tell keeps the page informed while something runs, and once after.
func (s *Store) tell() {
	s.board.mu.Lock()
	already := s.board.telling
	s.board.telling = true
	s.board.mu.Unlock()
	if already {
		return
	}
	go func() {
		tick := time.NewTicker(taskPeriod)
		defer tick.Stop()
		for range tick.C {
			all, running := s.board.list(s.Now())
			s.Emit(StoreTasksEvent, all)
			if !running {
				return
			}
		}
	}()
}

// Tasks are those that run, and the last that ended.
func (s *Store) Tasks() []StoreTask {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	out := []StoreTask{}
	for _, t := range s.board.tasks {
		out = append(out, t.at(s.Now()))
	}
	return out
}

// CancelTask asks for the end of one that runs.
func (s *Store) CancelTask(id uint64) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	for _, t := range s.board.tasks {
		if t.ID == id && t.State == taskRunning {
			t.cancel()
		}
	}
}

// ForgetTask takes one that ended from the list.
func (s *Store) ForgetTask(id uint64) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.board.tasks = slices.DeleteFunc(s.board.tasks, func(t *task) bool { return t.ID == id && t.State != taskRunning })
}

// progress takes the figures of one task, from several goroutines at once.
type progress struct {
	board *board
	task  *task
}

// step is store.Progress.
func (p *progress) step(step string, done, total int64) {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	p.task.Step, p.task.Done, p.task.Total = step, done, total
}

// at says how many files and bytes are done.
func (p *progress) at(files, bytes int64) {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	p.task.Files, p.task.Done = max(p.task.Files, files), max(p.task.Done, bytes)
}

func (p *progress) total(bytes int64) {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	p.task.Total = bytes
}
