package window

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"inos/backend/fault"
)

// LabRequest asks for one run of an op.
type LabRequest struct {
	Unit   string         `json:"unit"`
	Op     string         `json:"op"`
	Params map[string]any `json:"params"`
	// Inputs are ids of items, in the op's order.
	Inputs []string `json:"inputs"`
	// Preview is the run of a form that is being changed: it takes the place of the last run of the op in
	// the history. Replaces is the preview that it makes useless once it is done; 0: none.
	Preview  bool   `json:"preview"`
	Replaces uint64 `json:"replaces"`
}

// LabRun is one run, as the page shows it. Nothing in it is secret.
type LabRun struct {
	ID        uint64         `json:"id"`
	Unit      string         `json:"unit"`
	Op        string         `json:"op"`
	Params    map[string]any `json:"params"` // in force
	Inputs    []LabItem      `json:"inputs"`
	State     string         `json:"state"` // running, done, failed, cancelled
	Done      uint64         `json:"done"`
	Total     uint64         `json:"total"` // 0: it is not known
	ElapsedMs int64          `json:"elapsedMs"`
	Fault     *fault.Error   `json:"fault"`
	Figures   []LabFigure    `json:"figures"`
	Outputs   []LabItem      `json:"outputs"`
	// PluginMs is the time inside the plugin.
	PluginMs float64 `json:"pluginMs"`
	// FromCache: the result was made before, and kept.
	FromCache bool `json:"fromCache"`
	// Line is the run as a command; Unsaved are the files in it that have to be saved first.
	Line    string   `json:"line"`
	Unsaved []string `json:"unsaved"`
	Preview bool     `json:"preview"`
}

const (
	// maxLabRunning bounds how many run at once, maxLabRuns how many are remembered.
	maxLabRunning = 8
	maxLabRuns    = 64
	// labPeriod is how often the page hears of progress.
	labPeriod = time.Second / 8
)

// labBoard is all runs, the oldest first.
type labBoard struct {
	mu   sync.Mutex
	last uint64
	runs []*labRunning
}

// labRunning is a run with what ends it. The board's lock guards it.
type labRunning struct {
	LabRun
	began  time.Time
	told   time.Time
	cancel context.CancelFunc
}

// Start begins a run; how it goes on is told by LabRunEvent.
func (l *Lab) Start(r LabRequest) (LabRun, error) {
	j, err := l.newLabJob(r)
	if err != nil {
		return LabRun{}, err
	}
	ctx, cancel := context.WithCancel(l.ctx)
	now, err := l.runs.add(newLabRun(j, r.Preview), l.Now(), cancel)
	if err != nil {
		cancel()
		return LabRun{}, err
	}
	l.work.Go(func() {
		defer cancel()
		out, err := j.run(ctx, l.Jobs, func(done, total uint64) { l.progress(now, done, total) })
		if err != nil && ctx.Err() != nil { // whatever became of the worker: it was the user's wish
			err = fault.Wrap(opLab, fault.Canceled, j.op.Name, err, "")
		}
		l.ended(now, j, out, err)
		if err == nil && r.Replaces != 0 {
			l.items.drop(l.runs.forgetPreview(r.Replaces)...)
		}
	})
	return l.runs.one(now, l.Now()), nil
}

func newLabRun(j *labJob, preview bool) LabRun {
	run := LabRun{
		Unit: j.unit, Op: j.op.Name, Params: j.public, Inputs: []LabItem{}, Figures: []LabFigure{}, Outputs: []LabItem{},
		State: taskRunning, Preview: preview,
	}
	for _, i := range j.inputs {
		run.Inputs = append(run.Inputs, i.LabItem)
	}
	run.Line, run.Unsaved = labLine(j, nil)
	return run
}

func (l *Lab) progress(r *labRunning, done, total uint64) {
	now := l.Now()
	l.runs.mu.Lock()
	r.Done, r.Total = done, total
	due := now.Sub(r.told) >= labPeriod
	if due {
		r.told = now
	}
	out := r.at(now)
	l.runs.mu.Unlock()
	if due {
		l.Emit(LabRunEvent, out)
	}
}

// ended tells what came of a run, and notes it.
func (l *Lab) ended(r *labRunning, j *labJob, out *labOutcome, err error) {
	now := l.Now()
	l.runs.mu.Lock()
	r.ElapsedMs = now.Sub(r.began).Milliseconds()
	switch {
	case err == nil:
		r.State, r.Figures = taskDone, append(r.Figures, out.figures...)
		r.PluginMs, r.FromCache = out.pluginMs, out.fromCache
		r.Outputs = l.items.add(l.token, out.outputs...)
		r.Line, r.Unsaved = labLine(j, out.outputs)
	case fault.KindOf(err) == fault.Canceled:
		r.State = taskCancelled
	default:
		r.State, r.Fault = taskFailed, redacted(asLabFault(err), j.secrets())
	}
	run := r.at(now)
	l.runs.mu.Unlock()
	if run.Preview && run.State == taskCancelled { // nobody waits for it: the form changed again
		l.runs.forgetPreview(run.ID)
	} else {
		l.note(run, j, now)
	}
	l.Emit(LabRunEvent, run)
}

func asLabFault(err error) *fault.Error {
	if known := fault.As(err); known != nil {
		return known
	}
	return &fault.Error{Op: opLab, Kind: fault.Internal, Subject: "the lab", Err: err}
}

// redacted is a failure without the secrets that the plugin was given: it may have put them into its words.
func redacted(f *fault.Error, secrets []string) *fault.Error {
	if len(secrets) == 0 {
		return f
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	pairs := []string{}
	for _, s := range secrets {
		pairs = append(pairs, s, "•••")
	}
	clean := strings.NewReplacer(pairs...).Replace
	out := *f
	out.Subject, out.Next, out.Err = clean(f.Subject), clean(f.Next), errors.New(clean(f.Message()))
	return &out
}

func (b *labBoard) add(run LabRun, now time.Time, cancel context.CancelFunc) (*labRunning, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	running := 0
	for _, r := range b.runs {
		if r.State == taskRunning {
			running++
		}
	}
	if running >= maxLabRunning {
		return nil, fault.Newf(opLab, fault.Budget, "the lab", "%d ops are running already; wait for one, or cancel it", running)
	}
	if len(b.runs) >= maxLabRuns {
		old := slices.IndexFunc(b.runs, func(r *labRunning) bool { return r.State != taskRunning })
		b.runs = slices.Delete(b.runs, old, old+1)
	}
	b.last++
	run.ID = b.last
	out := &labRunning{LabRun: run, began: now, cancel: cancel}
	b.runs = append(b.runs, out)
	return out, nil
}

func (b *labBoard) one(r *labRunning, now time.Time) LabRun {
	b.mu.Lock()
	defer b.mu.Unlock()
	return r.at(now)
}

// at needs the lock.
func (r *labRunning) at(now time.Time) LabRun {
	out := r.LabRun
	if out.State == taskRunning {
		out.ElapsedMs = now.Sub(r.began).Milliseconds()
	}
	return out
}

// forgetPreview takes a preview from the list and returns the ids of what it gave.
func (b *labBoard) forgetPreview(id uint64) (items []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs = slices.DeleteFunc(b.runs, func(r *labRunning) bool {
		if r.ID != id || !r.Preview {
			return false
		}
		for _, o := range r.Outputs {
			items = append(items, o.ID)
		}
		return true
	})
	return items
}

// CancelRun asks for the end of one that runs.
func (l *Lab) CancelRun(id uint64) {
	l.runs.mu.Lock()
	defer l.runs.mu.Unlock()
	for _, r := range l.runs.runs {
		if r.ID == id && r.State == taskRunning {
			r.cancel()
		}
	}
}

// Runs are those that run, and the last that ended.
func (l *Lab) Runs() []LabRun {
	l.runs.mu.Lock()
	defer l.runs.mu.Unlock()
	out := []LabRun{}
	for _, r := range l.runs.runs {
		out = append(out, r.at(l.Now()))
	}
	return out
}
