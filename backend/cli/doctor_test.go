package cli

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func checkNamed(t *testing.T, document doctorDocument, name string) check {
	t.Helper()
	for _, c := range document.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check is named %q", name)
	return check{}
}

func TestDoctorReportsAMissingWorkerAndFails(t *testing.T) {
	s := newStand(t)
	got := s.inos(t.Context(), "doctor", "--json")
	var document doctorDocument
	oneDocument(t, got.stdout, &document)
	if got.exit != ExitFailed || document.OK || got.stderr != "" {
		t.Errorf("exit %d, ok %v, %q", got.exit, document.OK, got.stderr)
	}
	if runtime.GOOS != "linux" {
		return // the worker is not looked for where plugins cannot run
	}
	c := checkNamed(t, document, "worker")
	if c.Status != problem || c.Fix == "" || c.Needed != forEverything {
		t.Errorf("%+v", c)
	}
}

func TestDoctorHasAFixForEveryProblem(t *testing.T) {
	s := newStand(t)
	s.environment["GIGACAGE_ENABLED"] = "1"
	s.environment["DISPLAY"] = ":4242"
	got := s.inos(t.Context(), "doctor", "--json", "--data", "/proc/nowhere")
	var document doctorDocument
	oneDocument(t, got.stdout, &document)
	problems := 0
	for _, c := range document.Checks {
		if c.Status != fine && c.Fix == "" {
			t.Errorf("%s: %s without a fix: %s", c.Name, c.Status, c.Detail)
		}
		if c.Status == problem {
			problems++
		}
	}
	if problems < 3 {
		t.Errorf("%d problems of a world full of them", problems)
	}
	for _, name := range []string{"data folder", "display", "worker"} {
		if c := checkNamed(t, document, name); c.Status != problem {
			t.Errorf("%s: %s, %s", name, c.Status, c.Detail)
		}
	}
}

func TestDoctorNamesThePluginsThatCannotBeUsed(t *testing.T) {
	s := newStand(t)
	fix := func() string {
		var document doctorDocument
		oneDocument(t, s.inos(t.Context(), "doctor", "--json").stdout, &document)
		return checkNamed(t, document, "plugins").Fix
	}
	for i := range maxRefusals + 2 {
		name := fmt.Sprintf("broken%d.wasm", i)
		writeFile(t, filepath.Join(s.data, "plugins", name), []byte("hello"))
		if got := fix(); strings.Count(got, ".wasm: this is no WebAssembly") != min(i+1, maxRefusals) {
			t.Errorf("%d files: %q", i+1, got)
		}
	}
	if got := fix(); !strings.HasSuffix(got, "; and 2 more (inos plugin list)") {
		t.Errorf("%q", got)
	}
}

func TestAMissingWindowIsNoFailure(t *testing.T) {
	a := &app{World: World{Stdout: new(strings.Builder)}}
	for _, c := range []struct {
		name   string
		checks []check
		fails  bool
	}{
		{"all is well", []check{{Status: fine, Needed: forEverything}}, false},
		{"no display", []check{{Status: problem, Needed: forWindow}}, false},
		{"a warning", []check{{Status: warning, Needed: forEverything}}, false},
		{"no worker", []check{{Status: problem, Needed: forEverything}}, true},
	} {
		if err := a.printChecks(c.checks); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTheVerdictSaysWhatWorks(t *testing.T) {
	for _, c := range []struct {
		report doctorDocument
		want   string
	}{
		{doctorDocument{OK: true, WindowOK: true}, "All is well."},
		{doctorDocument{OK: true}, "INOS runs here without a window."},
		{doctorDocument{}, "INOS cannot run here yet."},
	} {
		if got := verdict(c.report); got != c.want {
			t.Errorf("%+v: %q, want %q", c.report, got, c.want)
		}
	}
}

func TestProbeOfTheDataFolderLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if err := probeFolder(folder); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(folder, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
