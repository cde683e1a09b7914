package cli

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// processLimit bounds one run of a program.
const processLimit = time.Minute

// programsFolder is removed after the last test.
var programsFolder string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "inos-test-")
	if err != nil {
		panic(err)
	}
	programsFolder = folder
	exit := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(exit)
}

// buildPrograms builds the real programs, once for all tests of this file.
var buildPrograms = sync.OnceValue(func() error {
	for _, name := range []string{"inos", "inos-worker"} {
		build := exec.Command("go", "build", "-o", filepath.Join(programsFolder, name),
			"inos/backend/cmd/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return errors.New(string(out))
		}
	}
	return nil
})

// world is a folder of real programs with a data folder of its own.
type world struct {
	programs, data string
	environment    []string // beside PATH and HOME
}

func newWorld(t *testing.T) world {
	t.Helper()
	if err := buildPrograms(); err != nil {
		t.Fatal(err)
	}
	return world{programs: programsFolder, data: t.TempDir()}
}

// builtFile is what `make build` leaves under build/bin.
func builtFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "build", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; run make build", err)
	}
	return path
}

// withPlugins puts the built plugins into the world's drop-in folder.
func (w world) withPlugins(t *testing.T, more ...string) world {
	t.Helper()
	for _, name := range append(more, "plugins/boids.wasm", "examples/adder.wasm") {
		wasm, err := os.ReadFile(builtFile(t, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(w.data, "plugins", filepath.Base(name)), wasm)
	}
	return w
}

func (w world) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(w.programs, "inos"),
		append([]string{"--data", w.data}, args...)...)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.data}, w.environment...)
	return command
}

func (w world) run(t *testing.T, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	command := w.command(ctx, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// liveFigures are what the tests compare.
type liveFigures struct {
	Count, Shards, Ticks, Published int
	Mode, Checksum                  string
	Interrupted                     bool
	StepMs                          struct {
		P50, P95, Max float64
		N, Missed     int
	} `json:"step_ms"`
	PhaseMs []float64 `json:"phase_ms"`
}

func (w world) live(t *testing.T, args ...string) liveFigures {
	t.Helper()
	got := w.run(t, append([]string{"live", "boids", "--json"}, args...)...)
	if got.exit != ExitOK {
		t.Fatalf("%v: exit %d, %s", args, got.exit, got.stderr)
	}
	var figures liveFigures
	oneDocument(t, got.stdout, &figures)
	return figures
}

func TestTheProgramIsStatic(t *testing.T) {
	w := newWorld(t)
	file, err := elf.Open(filepath.Join(w.programs, "inos"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) != 0 {
		t.Errorf("it links %v, %v", libraries, err)
	}
}

func TestTheFlockIsTheSameForAnyShardsAndRuns(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, mode := range []string{"exact", "fast"} {
		args := []string{"-p", "count=2000", "-p", "mode=" + mode, "--seed", "7", "--ticks", "300"}
		first := w.live(t, append(args, "--shards", "1")...)
		if first.Ticks != 300 || first.Published != 300 || first.Count != 2000 ||
			first.Mode != mode || first.StepMs.N != 300 || first.StepMs.Missed != 0 {
			t.Errorf("%+v, want 300 ticks of 2000 birds in mode %s, all of them seen", first, mode)
		}
		for _, shards := range []string{"1", "2"} {
			if again := w.live(t, append(args, "--shards", shards)...); again.Checksum != first.Checksum {
				t.Errorf("%s, %s shards: %s, then %s", mode, shards, first.Checksum, again.Checksum)
			}
		}
		other := w.live(t, "-p", "count=2000", "-p", "mode="+mode, "--seed", "8", "--ticks", "300")
		if other.Checksum == first.Checksum {
			t.Errorf("%s: seed 8 gives the same flock as seed 7", mode)
		}
	}
}

func TestThePluginComputesWhatNativeCodeComputes(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, mode := range []string{"exact", "fast"} {
		out, err := exec.Command(builtFile(t, "flock-native"), mode, "1500", "1", "120", "7", "--json").Output()
		if err != nil {
			t.Fatal(err)
		}
		var native struct{ Checksum string }
		oneDocument(t, string(out), &native)
		plugin := w.live(t, "-p", "count=1500", "-p", "mode="+mode, "--seed", "7", "--ticks", "120")
		if plugin.Checksum != native.Checksum {
			t.Errorf("%s: plugin %s, native %s", mode, plugin.Checksum, native.Checksum)
		}
	}
}

func TestADamagedCompileCacheIsDoneWithout(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	args := []string{"-p", "count=200", "--seed", "7", "--ticks", "5"}
	want := w.live(t, args...).Checksum
	cached, err := filepath.Glob(filepath.Join(w.data, "cache", "*", "wazero-*", "*"))
	if err != nil || len(cached) == 0 {
		t.Fatalf("nothing was cached: %v", err)
	}
	for _, damage := range []string{"", "garbage"} {
		for _, name := range cached {
			writeFile(t, name, []byte(damage))
		}
		if got := w.live(t, args...).Checksum; got != want {
			t.Errorf("with %q in the cache: %s, want %s", damage, got, want)
		}
	}
}

func TestShortTicksAreMeasuredOrCountedAsMissed(t *testing.T) {
	got := newWorld(t).withPlugins(t).live(t, "-p", "count=100", "--ticks", "5000", "--shards", "1")
	// A busy machine may keep the reader from the ring; what it missed must be said.
	if got.StepMs.N+got.StepMs.Missed != 5000 || got.StepMs.N < 500 {
		t.Errorf("%d of 5000 ticks measured, %d missed", got.StepMs.N, got.StepMs.Missed)
	}
	if !(got.StepMs.P50 > 0 && got.StepMs.P50 <= got.StepMs.P95 && got.StepMs.P95 <= got.StepMs.Max) {
		t.Errorf("%+v", got.StepMs)
	}
}

func TestCtrlCEndsARunWithItsFigures(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	var stderr bytes.Buffer
	command := w.command(ctx, "live", "boids", "-p", "count=500")
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4096)
	n, err := stdout.Read(text) // the meter's first line: it runs
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest := new(bytes.Buffer)
	if _, err := rest.ReadFrom(stdout); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // the exit code is what counts
	if exit := command.ProcessState.ExitCode(); exit != ExitInterrupted {
		t.Errorf("exit %d, want 130: %s", exit, stderr.String())
	}
	for _, want := range []string{"500 birds", "checksum"} {
		if all := string(text[:n]) + rest.String(); !strings.Contains(all, want) {
			t.Errorf("%q lacks %q", all, want)
		}
	}
}

func TestAFlockThatIsTooBigIsRefusedWithTheSizeItNeeds(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	refused := func(arena string) budgetRefusal {
		got := w.run(t, "live", "boids", "-p", "count=250000", "--ticks", "1", "--json", "--arena", arena)
		var document struct{ Error budgetRefusal }
		oneDocument(t, got.stdout, &document)
		e := document.Error
		if got.exit != ExitFailed || e.Kind != "budget" || e.Needed <= e.Limit {
			t.Fatalf("exit %d, %s", got.exit, got.stdout)
		}
		return e
	}
	e := refused("16MiB")
	for _, arena := range []string{strconv.FormatInt(e.Needed, 10), suggestedArena(t, e.Next)} {
		big := w.live(t, "--arena", arena, "-p", "count=250000", "--ticks", "1")
		if big.Count != 250000 {
			t.Errorf("with a budget of %s there are %d birds", arena, big.Count)
		}
	}
	close := refused(strconv.FormatInt(e.Needed-1, 10))
	sizes := regexp.MustCompile(`[0-9.]+ MiB`).FindAllString(close.Message, -1)
	if close.Needed != e.Needed || len(sizes) != 2 || sizes[0] == sizes[1] {
		t.Errorf("one byte too few: %+v", close)
	}
}

type budgetRefusal struct {
	Kind, Message, Next string
	Needed, Limit       int64
}

// suggestedArena is the budget that a remedy names.
func suggestedArena(t *testing.T, remedy string) string {
	t.Helper()
	_, size, found := strings.Cut(remedy, "--arena ")
	if !found {
		t.Fatalf("%q names no budget", remedy)
	}
	return size
}

func TestOpsTakeFilesAndGiveFiles(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	flock, later := filepath.Join(w.data, "flock.bin"), filepath.Join(w.data, "later.bin")
	for _, args := range [][]string{
		{"run", "boids.init", "-p", "count=1000", "-p", "seed=7", "-o", flock},
		{"run", "boids.step", "-i", flock, "-p", "steps=60", "-o", later},
	} {
		if got := w.run(t, args...); got.exit != ExitOK {
			t.Fatalf("%v: exit %d, %s", args, got.exit, got.stderr)
		}
	}
	before, after := readFile(t, flock), readFile(t, later)
	if len(before) != 32000 || len(after) != len(before) || bytes.Equal(before, after) {
		t.Errorf("%d bytes, then %d", len(before), len(after))
	}
	got := w.run(t, "run", "boids.stats", "-i", later, "--json")
	var document struct {
		Results []struct {
			Name  string
			Value float64
		}
		Files []string
	}
	oneDocument(t, got.stdout, &document)
	if len(document.Results) == 0 || document.Results[0].Name != "polarisation" ||
		!(document.Results[0].Value > 0 && document.Results[0].Value <= 1) {
		t.Errorf("%s", got.stdout)
	}
	pipe := w.run(t, "run", "boids.init", "-p", "count=1000", "-p", "seed=7", "-o", "-")
	if pipe.exit != ExitOK || pipe.stdout != string(before) {
		t.Errorf("-o -: exit %d, %d bytes", pipe.exit, len(pipe.stdout))
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheAdderAddsWhatTheFileHolds(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	values := filepath.Join(w.data, "values.bin")
	var data []byte
	for _, v := range []float32{1.5, 2.5, -1} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	writeFile(t, values, data)
	for _, c := range []struct {
		args []string
		name string
		want float64
	}{
		{[]string{"adder.add", "-p", "a=40", "-p", "b=2"}, "sum", 42},
		{[]string{"adder.sum", "-i", values}, "sum", 3},
		{[]string{"adder.add_at", "-i", values, "-p", "i=0", "-p", "j=1"}, "sum", 4},
	} {
		got := w.run(t, append([]string{"run", "--json"}, c.args...)...)
		var document map[string]any
		oneDocument(t, got.stdout, &document)
		if value, found := figureNamed(document, c.name); !found || value != c.want {
			t.Errorf("%v: %v, want %v: %s", c.args, value, c.want, got.stderr)
		}
	}
}

func figureNamed(document map[string]any, name string) (float64, bool) {
	results, _ := document["results"].([]any)
	for _, result := range results {
		if fields, _ := result.(map[string]any); fields["name"] == name {
			value, ok := fields["value"].(float64)
			return value, ok
		}
	}
	return 0, false
}

// TestWhatOnlyAPluginCanTellFailsWithOne has command lines that are well formed and wrong.
func TestWhatOnlyAPluginCanTellFailsWithOne(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, args := range [][]string{
		{"run", "boids.stats"},
		{"run", "boids.fly"},
		{"run", "nobody.fly"},
		{"run", "adder.add", "-p", "a=one"},
		{"run", "adder.add", "-p", "a=NaN"},
		{"run", "adder.add", "-p", "c=1"},
		{"run", "adder.add", "-i", "/dev/null"},
		{"run", "adder.add", "-o", filepath.Join(w.data, "nothing.bin")},
		{"run", "boids.init", "-o", "/no/such/folder/flock.bin"},
		{"live", "adder", "--ticks", "1"},
		{"live", "nobody", "--ticks", "1"},
		{"live", "../boids", "--ticks", "1"},
		{"live", "boids", "-p", "count=-1", "--ticks", "1"},
		{"live", "boids", "-p", "count=100.5", "--ticks", "1"},
		{"live", "boids", "-p", "mode=slow", "--ticks", "1"},
		{"live", "boids", "-p", "count=1e99", "--ticks", "1"},
		{"live", "boids", "--shards", "200", "--ticks", "1"},
	} {
		got := w.run(t, args...)
		if got.exit != ExitFailed || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
			t.Errorf("%v: exit %d, %q, %q", args, got.exit, got.stdout, got.stderr)
		}
		got = w.run(t, append(args, "--json")...)
		var document errorDocumentRead
		oneDocument(t, got.stdout, &document)
		if e := document.Error; got.exit != ExitFailed || e.Kind == "" || e.Subject == "" || e.Message == "" {
			t.Errorf("%v --json: exit %d, %s", args, got.exit, got.stdout)
		}
	}
	if got := w.run(t, "run", "../../etc.passwd"); got.exit != ExitUsage {
		t.Errorf("a path for an op: exit %d", got.exit)
	}
}

func TestTheWindowsFlagsAreCheckedBeforeItNeedsADisplay(t *testing.T) {
	desktop := builtFile(t, "inos-desktop")
	for want, args := range map[string][]string{
		`--plugins "/no/such/folder": no such file or directory`: {"--plugins", "/no/such/folder"},
		`--data "/dev/null": this is a file, not a folder`:       {"--data", "/dev/null"},
		`the shared memory takes 1MiB to 1GiB`:                   {"--arena", "1"},
	} {
		out, err := exec.Command(desktop, args...).CombinedOutput()
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) || exit.ExitCode() != ExitUsage || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
}

func TestDoctorStartsARealWorker(t *testing.T) {
	w := newWorld(t)
	got := w.run(t, "doctor", "--json")
	var document doctorDocument
	oneDocument(t, got.stdout, &document)
	if c := checkNamed(t, document, "worker"); c.Status != fine {
		t.Errorf("%s: %s", c.Status, c.Detail)
	}
	if got.exit != ExitOK || !document.OK {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
}

func TestUnitsIsQuick(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	w.run(t, "units") // fills the index
	best := time.Hour
	for range 5 {
		start := time.Now()
		if got := w.run(t, "units", "--json"); got.exit != ExitOK {
			t.Fatalf("exit %d, %s", got.exit, got.stderr)
		}
		best = min(best, time.Since(start))
	}
	if best > 60*time.Millisecond {
		t.Errorf("the best of five took %v, promised are 60 ms", best)
	}
}

func TestBenchCallAndEpochMeasure(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for name, fields := range map[string]map[string]any{
		"call": {"unit": "", "add": map[string]any{}, "window": map[string]any{}, "ratio": 1,
			"job": map[string]any{}},
		"epoch": {"unit": "", "worker": map[string]any{}, "page": nil},
	} {
		got := w.run(t, "bench", name, "--json", "--plugins", filepath.Join(w.data, "plugins"))
		if got.exit != ExitOK {
			t.Errorf("%s: exit %d, %s", name, got.exit, got.stderr)
			continue
		}
		document := map[string]any{}
		oneDocument(t, got.stdout, &document)
		requireFields(t, document, fields)
	}
}

func TestFiguresMoveWithTheLoad(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	small := w.live(t, "-p", "count=500", "--ticks", "100", "--shards", "1")
	big := w.live(t, "-p", "count=20000", "--ticks", "100", "--shards", "1")
	if small.StepMs.P50*3 > big.StepMs.P50 {
		t.Errorf("500 birds take %v ms, 20,000 take %v ms", small.StepMs.P50, big.StepMs.P50)
	}
	few, many := small.PhaseMs, big.PhaseMs
	if last := len(few) - 1; last < 0 || len(many) != len(few) || few[last]*3 > many[last] {
		t.Errorf("phases of 500 birds take %v ms, of 20,000 %v ms", few, many)
	}
}
