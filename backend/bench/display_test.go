package bench

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func noEnvironment(string) string { return "" }

func TestTheSessionsDisplayIsTaken(t *testing.T) {
	d, err := openDisplay(t.Context(), func(name string) string {
		return map[string]string{"DISPLAY": ":7"}[name]
	})
	if err != nil || d.server != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	defer d.close()
	if got := d.environment([]string{"DISPLAY=:7"}); !slices.Equal(got, []string{"DISPLAY=:7"}) {
		t.Errorf("%v", got)
	}
}

func TestAVirtualDisplayComesAndGoes(t *testing.T) {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("Xvfb is not installed: " + err.Error())
	}
	d, err := openDisplay(t.Context(), noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.name, ":") || len(d.environment(nil)) != 1 {
		t.Errorf("display %q, %v", d.name, d.environment(nil))
	}
	d.close()
	if d.server.ProcessState == nil {
		t.Error("its server runs on")
	}
}

func TestWithoutXvfbTheReasonSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := openDisplay(t.Context(), noEnvironment)
	if err == nil || !strings.Contains(err.Error(), "apt-get install xvfb") {
		t.Errorf("%v", err)
	}
}

func TestAWindowThatIsNotBuiltIsAReason(t *testing.T) {
	p := Programs{Desktop: filepath.Join(t.TempDir(), "inos-desktop"), Getenv: noEnvironment}
	if _, err := p.windowBench(t.Context(), "epoch"); err == nil ||
		!strings.Contains(err.Error(), "is not built") {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoJSONIsRefused(t *testing.T) {
	for script, want := range map[string]string{
		"echo hello":                           "printed no JSON: hello",
		"echo '{}'; echo '{}'":                 "printed no JSON",
		"echo first >&2; echo why >&2; exit 3": "exit status 3: why",
		"exit 0":                               "printed no JSON",
	} {
		_, err := jsonOutput(exec.CommandContext(t.Context(), "/bin/sh", "-c", script))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", script, err, want)
		}
	}
	got, err := jsonOutput(exec.CommandContext(t.Context(), "/bin/sh", "-c", `echo '{"a":1}'`))
	if err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
}
