package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"inos/backend/fault"
)

// StoreReport sets the store beside restic, and beside tar with zstd, which stores nothing twice or
// encrypted and is there for scale. Each of them is a whole process; the file system, the tree and the
// warm page cache are the same for all, and so is that the disk was idle when it began.
type StoreReport struct {
	Run
	Tree StoreTree `json:"tree"`
	// Restic and Zstd are versions; empty: the reason beside it.
	Restic      string     `json:"restic,omitempty"`
	WhyNoRestic string     `json:"restic_reason,omitempty"`
	Zstd        string     `json:"zstd,omitempty"`
	WhyNoZstd   string     `json:"zstd_reason,omitempty"`
	Rows        []StoreRow `json:"rows"`
	// PutRatio, GetRatio and AgainRatio are how many times as long restic takes, with or without its
	// cache, whichever is faster. StoredRatio is INOS's size over restic's.
	PutRatio    float64 `json:"put_ratio,omitempty"`
	GetRatio    float64 `json:"get_ratio,omitempty"`
	AgainRatio  float64 `json:"put_again_ratio,omitempty"`
	StoredRatio float64 `json:"stored_ratio,omitempty"`
	// PeakMB is the most that INOS took in any of this, the large file included.
	PeakMB  float64       `json:"peak_mb"`
	Large   *StoreLarge   `json:"large"`   // null: not measured
	Archive *StoreArchive `json:"archive"` // null: not measured
}

// StoreRow is one program at one task, medians of the rounds.
type StoreRow struct {
	Tool    string `json:"tool"`
	Task    string `json:"task"` // put, get or put again
	Seconds Spread `json:"seconds"`
	// MBPerS is in megabytes of the tree; CPUPerGiB are seconds of processors for a GiB of it.
	MBPerS    float64 `json:"mb_per_s"`
	CPUPerGiB float64 `json:"cpu_s_per_gib"`
	PeakMB    float64 `json:"peak_mb"`   // the most memory, of all rounds
	StoredMB  float64 `json:"stored_mb"` // after that task
}

// StoreLarge is one large file, half of it holes.
type StoreLarge struct {
	Bytes     int64   `json:"bytes"`
	PutPeakMB float64 `json:"put_peak_mb"`
	GetPeakMB float64 `json:"get_peak_mb"`
}

// StoreArchive is a part of the tree, compressed as densely as each can.
type StoreArchive struct {
	Bytes    int64   `json:"bytes"`
	StoredMB float64 `json:"stored_mb"` // before that
	InosMB   float64 `json:"inos_mb"`
	ResticMB float64 `json:"restic_mb,omitempty"` // 0: it is not there
	Seconds  float64 `json:"seconds"`
}

// StoreOptions say where and how much.
type StoreOptions struct {
	Dir   string // for the tree and the stores; empty: the system's folder for temporary files
	Bytes int64  // of the tree; 0: DefaultStoreBytes
	// Patience is how long it waits at most for a file system that is busy with what was deleted.
	Patience time.Duration
}

// DefaultStoreBytes are enough for the differences, and few enough for five rounds in five minutes.
const DefaultStoreBytes = 600 << 20

// StorePatience is what ext4 needs at most.
const StorePatience = 6 * time.Minute

const (
	storeRounds = 5
	putTask     = "put"
	getTask     = "get"
	againTask   = "put again"
)

var storeTasks = []string{putTask, getTask, againTask}

// Store measures with the real programs. A report may be incomplete.
func Store(ctx context.Context, p Programs, o StoreOptions) (*StoreReport, error) {
	watch := beginWatch()
	report := &StoreReport{}
	err := report.measure(ctx, p, o)
	if err := watch.end(ctx, &report.Run, err, len(report.Rows) > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *StoreReport) measure(ctx context.Context, p Programs, o StoreOptions) error {
	folder, err := os.MkdirTemp(o.Dir, "inos-bench-")
	if err != nil {
		return fault.Wrap("bench.store", fault.Unavailable, o.Dir, fault.Bare(err), "name another folder with --dir DIR")
	}
	defer os.RemoveAll(folder)
	if o.Bytes == 0 {
		o.Bytes = DefaultStoreBytes
	}
	tree := filepath.Join(folder, "tree")
	p.note("store, making a tree")
	if r.Tree, err = makeStoreTree(ctx, tree, o.Bytes); err != nil {
		return fault.Wrap("bench.store", fault.Unavailable, folder, fault.Bare(err), fault.DiskRemedy(err))
	}
	s := &storeStage{programs: p, folder: folder, tree: tree, report: r}
	s.settle(ctx, o.Patience)
	for _, step := range []func(context.Context) error{s.compare, s.large, s.archive} {
		if err := step(ctx); err != nil {
			return fault.Wrap("bench.store", fault.KindOf(err), "store", err, "")
		}
	}
	return nil
}

// storeStage is where the programs run.
type storeStage struct {
	programs     Programs
	folder, tree string
	report       *StoreReport
	targets      int // that were put aside
}

// settle waits as long as ext4 makes names slowly: for each new file it passes over those that were
// deleted in the last minutes, up to six, which is none of these programs' doing.
func (s *storeStage) settle(ctx context.Context, patience time.Duration) {
	const slow, again = 40 * time.Microsecond, 10 * time.Second
	for end := time.Now().Add(patience); ctx.Err() == nil && time.Now().Before(end); {
		if fileSystem(s.folder) != "ext4" || s.nameCost() < slow {
			return
		}
		s.programs.note("store, waiting until ext4 has done with what was deleted lately")
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// nameCost is what a new empty file takes; an error will show where it matters.
func (s *storeStage) nameCost() time.Duration {
	const files = 300
	folder, err := os.MkdirTemp(s.folder, "names-")
	start := time.Now()
	for i := 0; i < files && err == nil; i++ {
		err = os.WriteFile(filepath.Join(folder, strconv.Itoa(i)), nil, 0o600)
	}
	return time.Since(start) / files
}

// roomForTargets is how many times the tree must be free for what was restored to stay.
const roomForTargets = 6

// samples are what a program took for a task, round by round.
type samples struct {
	seconds, cpu []float64
	peak         int64
	stored       int64
}

// compare lets all of them take turns.
func (s *storeStage) compare(ctx context.Context) error {
	tools, err := s.tools(ctx)
	if err != nil {
		return err
	}
	all := map[string]map[string]*samples{}
	for round := 1; round <= storeRounds && err == nil; round++ {
		for _, tool := range tools {
			if all[tool.name] == nil {
				all[tool.name] = map[string]*samples{putTask: {}, getTask: {}, againTask: {}}
			}
			s.programs.note("store, round %d of %d, %s", round, storeRounds, tool.name)
			if err = s.turn(ctx, tool, all[tool.name], round == 1); err != nil {
				break
			}
		}
	}
	for _, tool := range tools {
		for _, task := range storeTasks {
			if got := all[tool.name][task]; got != nil && len(got.seconds) > 0 {
				s.report.Rows = append(s.report.Rows, s.row(tool.name, task, got))
			}
		}
	}
	s.report.ratios()
	return err
}

// turn is one round of one program: a fresh store, in, out, in again. The first one is verified.
func (s *storeStage) turn(ctx context.Context, tool storeTool, took map[string]*samples, verify bool) error {
	defer os.RemoveAll(tool.folder)
	if err := errors.Join(s.freshTarget(), os.MkdirAll(tool.folder, 0o700)); err != nil {
		return err
	}
	if tool.prepare != nil {
		if _, err := s.exec(ctx, tool, tool.prepare); err != nil {
			return err
		}
	}
	for _, task := range storeTasks {
		argv := map[string][]string{putTask: tool.put, getTask: tool.get, againTask: tool.put}[task]
		used, err := s.exec(ctx, tool, argv)
		if err != nil {
			return err
		}
		got := took[task]
		got.seconds, got.cpu = append(got.seconds, used.seconds), append(got.cpu, used.cpu)
		got.peak, got.stored = max(got.peak, used.peak), sizeOfFolder(tool.folder)
		if task == getTask && verify {
			if err := sameStoreTree(s.report.Tree, filepath.Join(s.target(), tool.restored)); err != nil {
				return fault.Wrap("bench.store", fault.Internal, tool.name, err, "")
			}
		}
	}
	return nil
}

// freshTarget is an empty folder to restore to. The last one stays until the end where there is room:
// ext4 makes names slowly after many were deleted, which is none of these programs' doing.
func (s *storeStage) freshTarget() error {
	if err := os.Mkdir(s.target(), 0o700); !errors.Is(err, os.ErrExist) {
		return err
	}
	s.targets++
	old := filepath.Join(s.folder, fmt.Sprint("target-", s.targets))
	if err := os.Rename(s.target(), old); err != nil {
		return err
	}
	if room := freeBytes(s.folder); room < roomForTargets*s.report.Tree.Bytes {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	return os.Mkdir(s.target(), 0o700)
}

func (s *storeStage) row(tool, task string, got *samples) StoreRow {
	bytes := float64(s.report.Tree.Bytes)
	row := StoreRow{Tool: tool, Task: task, CPUPerGiB: Round(Median(got.cpu)/bytes*(1<<30), 2),
		PeakMB: inMB(got.peak), StoredMB: inMB(got.stored)}
	row.Seconds = SpreadOf(got.seconds)
	row.MBPerS = Round(bytes/megabyte/row.Seconds.P50, 1)
	return row
}

func inMB(bytes int64) float64 { return Round(float64(bytes)/megabyte, 3) }

// ratios compares INOS with whichever restic is better at it.
func (r *StoreReport) ratios() {
	best := func(task string) (inos, restic StoreRow) {
		for _, row := range r.Rows {
			switch {
			case row.Task != task || row.Tool == tarTool:
			case row.Tool == inosTool:
				inos = row
			case restic.Tool == "" || row.Seconds.P50 < restic.Seconds.P50:
				restic = row
			}
		}
		return inos, restic
	}
	for task, into := range map[string]*float64{putTask: &r.PutRatio, getTask: &r.GetRatio, againTask: &r.AgainRatio} {
		inos, restic := best(task)
		*into = Ratio(restic.Seconds.P50, inos.Seconds.P50)
		r.PeakMB = max(r.PeakMB, inos.PeakMB)
	}
	if inos, restic := best(putTask); restic.StoredMB > 0 {
		r.StoredRatio = Round(inos.StoredMB/restic.StoredMB, 3)
	}
}
