package bench

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"inos/backend/fault"
)

// UnitsReport sets ops of the units beside programs of their field that do the same with the same
// files. Both sides are whole processes, from the command to the written file: for INOS that is
// `inos run` with its worker, for the others their command line, held to one thread.
type UnitsReport struct {
	Run
	// Scale is how many times smaller the files were than the tasks say.
	Scale int       `json:"scale"`
	Rows  []UnitRow `json:"rows"`
}

// UnitRow is one task. All figures of the other program are 0 where it is missing.
type UnitRow struct {
	Task    string  `json:"task"`
	Op      string  `json:"op"`
	Seconds Spread  `json:"seconds"`
	CPU     float64 `json:"cpu_s"`
	// PeakMB is what all processes of INOS had in memory together, the most at any look.
	PeakMB float64 `json:"peak_mb"`
	Peer   string  `json:"peer"` // its version; empty: the reason beside it
	WhyNo  string  `json:"peer_reason,omitempty"`
	// PeerSeconds and PeerCPU are its medians.
	PeerSeconds float64 `json:"peer_seconds,omitempty"`
	PeerCPU     float64 `json:"peer_cpu_s,omitempty"`
	PeerPeakMB  float64 `json:"peer_peak_mb,omitempty"`
	// Ratio is INOS's time over the other's: below 1 INOS is faster.
	Ratio float64 `json:"ratio,omitempty"`
}

// UnitsOptions say where and how much.
type UnitsOptions struct {
	Dir string // for the files; empty: the system's folder for temporary files
	// Scale divides the files' sizes; 1: what the promises are of.
	Scale int
	// Only has words, of which a task has to have one; empty: all tasks.
	Only []string
}

const unitRounds = 3

// unitTask is one op and who does the same.
type unitTask struct {
	name, op string
	// files makes what both read, in the stage's folder.
	files func(context.Context, *unitStage) error
	inos  []string // after `inos run`, with paths in the folder
	peer  unitPeer
}

// unitPeer is another program, called in the folder.
type unitPeer struct {
	debian  string   // its package
	version []string // what makes it say its version
	argv    []string
	env     []string
}

type unitStage struct {
	programs Programs
	folder   string
	scale    int
	made     map[string]bool
}

// Units measures with the real programs. A report may be incomplete.
func Units(ctx context.Context, p Programs, o UnitsOptions) (*UnitsReport, error) {
	watch := beginWatch()
	report := &UnitsReport{Scale: max(o.Scale, 1), Rows: []UnitRow{}}
	err := report.measure(ctx, p, o)
	if err := watch.end(ctx, &report.Run, err, len(report.Rows) > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *UnitsReport) measure(ctx context.Context, p Programs, o UnitsOptions) error {
	folder, err := os.MkdirTemp(o.Dir, "inos-bench-")
	if err != nil {
		return fault.Wrap("bench.units", fault.Unavailable, o.Dir, fault.Bare(err), "name another folder with --dir DIR")
	}
	defer os.RemoveAll(folder)
	stage := &unitStage{programs: p, folder: folder, scale: r.Scale, made: map[string]bool{}}
	for _, task := range unitTasks {
		if !task.asked(o.Only) {
			continue
		}
		row, err := stage.compare(ctx, task)
		if err != nil {
			return fault.Wrap("bench.units", fault.KindOf(err), task.op, err, "")
		}
		r.Rows = append(r.Rows, row)
	}
	if len(r.Rows) == 0 {
		return fault.New("bench.units", fault.Invalid, strings.Join(o.Only, ", "), "no task has this word", "tasks are found by their op, like image.resize, or by their name")
	}
	return nil
}

// shortVersion leaves out what stands behind a program's name and number.
func shortVersion(line string) string {
	line = strings.TrimPrefix(line, "Version: ")
	if words := strings.Fields(line); len(words) > 3 {
		return strings.Join(words[:3], " ")
	}
	return line
}

func (t unitTask) asked(words []string) bool {
	for _, word := range words {
		if strings.Contains(t.name+" "+t.op, word) {
			return true
		}
	}
	return len(words) == 0
}

// compare lets both take turns, after a run of INOS that fills the cache of compiled plugins.
func (s *unitStage) compare(ctx context.Context, task unitTask) (UnitRow, error) {
	row := UnitRow{Task: task.name, Op: task.op}
	s.programs.note("units, %s: making the files", task.name)
	if err := task.files(ctx, s); err != nil {
		return row, err
	}
	inos := s.inos(task)
	peer := program{name: task.peer.argv[0], argv: s.paths(task.peer.argv), folder: s.folder, env: task.peer.env}
	row.Peer, row.WhyNo = programVersion(ctx, task.peer.debian, task.peer.version[0], task.peer.version[1:]...)
	row.Peer = shortVersion(row.Peer)
	var mine, theirs samples
	var peerPeak int64
	for round := range unitRounds + 1 {
		s.programs.note("units, %s: round %d of %d", task.name, round, unitRounds)
		got, err := inos.measure(ctx)
		if err != nil {
			return row, err
		}
		if round == 0 {
			continue
		}
		mine.add(got)
		if row.Peer == "" {
			continue
		}
		other, err := peer.measure(ctx)
		if err != nil {
			return row, err
		}
		theirs.add(other)
		peerPeak = max(peerPeak, other.peak)
	}
	row.PeakMB, row.CPU = Round(float64(mine.peak)/1e6, 1), Round(Median(mine.cpu), 3)
	row.PeerSeconds, row.PeerCPU = Round(Median(theirs.seconds), 3), Round(Median(theirs.cpu), 3)
	row.PeerPeakMB, row.Ratio = Round(float64(peerPeak)/1e6, 1), Ratio(Median(mine.seconds), Median(theirs.seconds))
	row.Seconds = SpreadOf(mine.seconds)
	return row, nil
}

func (s *samples) add(u usage) {
	s.seconds, s.cpu, s.peak = append(s.seconds, u.seconds), append(s.cpu, u.cpu), max(s.peak, u.together)
}

// inos is the command of a task, in a data folder of the benchmark.
func (s *unitStage) inos(task unitTask) program {
	argv := append([]string{s.programs.Inos}, s.programs.Folders...)
	argv = append(argv, "--data", filepath.Join(s.folder, "data")) // the last one counts
	if s.programs.AllowNoSeccomp {
		argv = append(argv, "--allow-no-seccomp")
	}
	argv = append(argv, "run", "--no-cache", task.op)
	return program{name: task.op, argv: append(argv, s.paths(task.inos)...), folder: s.folder, watch: true}
}

// paths puts the folder before words that begin with "@".
func (s *unitStage) paths(words []string) []string {
	full := make([]string, len(words))
	for i, word := range words {
		before, name, found := strings.Cut(word, "@")
		full[i] = word
		if found {
			full[i] = before + s.folder + string(filepath.Separator) + name
		}
	}
	return full
}

// once makes a file that several tasks read.
func (s *unitStage) once(name string, write func(path string) error) error {
	if s.made[name] {
		return nil
	}
	s.made[name] = true
	return write(filepath.Join(s.folder, name))
}
