//go:build e2e

// Package e2e drives the real window: its own X server, WebKitWebDriver, the automation build of
// the program, the plugins as they are shipped.
package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// stage is one running window.
type stage struct {
	*driver
	screen *screen
	kernel int // process id of the program
	data   string
}

// open starts the window with these flags and waits until it draws the flock.
func open(t *testing.T, flags ...string) *stage {
	t.Helper()
	return openWith(t, "{}", flags...)
}

// openWith is open with settings that the page had saved (JSON).
func openWith(t *testing.T, settings string, flags ...string) *stage {
	t.Helper()
	s := openPage(t, settings, flags...)
	s.awaitBirds(t)
	return s
}

// openPage is openWith for a window that may have no flock.
func openPage(t *testing.T, settings string, flags ...string) *stage {
	t.Helper()
	s := &stage{screen: startScreen(t), data: t.TempDir()}
	s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"), []byte(settings), 0o600))
	program := install(t)
	s.driver = startDriver(t, s.environment(t), program, append([]string{"--data", s.data}, flags...))
	var figures struct{ KernelPID int }
	eventually(t, "the page is loaded", func() bool {
		return s.run(`return window.go.main.Automation.Figures()`, &figures) == nil
	})
	s.kernel = figures.KernelPID
	return s
}

// place is how the window was left, with a flock that leaves the processors to what is tested beside it.
func (s *stage) place(t *testing.T, width, height int) {
	t.Helper()
	s.must(t, os.WriteFile(filepath.Join(s.data, "window.json"), fmt.Appendf(nil,
		`{"width": %d, "height": %d, "unit": "boids", "params": {"count": 500}}`, width, height), 0o600))
}

// awaitBirds waits until the page is loaded and has reported that it draws.
func (s *stage) awaitBirds(t *testing.T) {
	t.Helper()
	eventually(t, "the page draws", func() bool {
		var fps float64
		err := s.run(`return (await window.go.main.Automation.Figures()).report.fps`, &fps)
		return err == nil && fps > 0
	})
}

// environment is a clean one: a home of its own, this screen, no session of the user's.
func (s *stage) environment(t *testing.T) []string {
	home := t.TempDir()
	return []string{
		"PATH=" + os.Getenv("PATH"), "DISPLAY=" + s.screen.display, "HOME=" + home, "LANG=C.UTF-8",
		"XDG_CACHE_HOME=" + cache(t), "XDG_CONFIG_HOME=" + home, "XDG_RUNTIME_DIR=" + home,
		"NO_AT_BRIDGE=1", "GTK_A11Y=none", "GSETTINGS_BACKEND=memory",
	}
}

// cache is common to all tests of a run, like a user's: the second start finds it warm.
func cache(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(root(t), "build", "cache", "e2e")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// install lays the automation build beside worker and plugins, as an installation does.
func install(t *testing.T) (program string) {
	t.Helper()
	dir, build := t.TempDir(), filepath.Join(root(t), "build")
	program = filepath.Join(dir, "inos-desktop")
	for to, from := range map[string]string{
		program:                           filepath.Join(build, "test", "inos-desktop-automation"),
		filepath.Join(dir, "inos-worker"): filepath.Join(build, "bin", "inos-worker"),
	} {
		if err := copyFile(to, from); err != nil {
			t.Fatalf("%v; build first: make build", err)
		}
	}
	if err := os.Symlink(filepath.Join(build, "bin", "plugins"), filepath.Join(dir, "plugins")); err != nil {
		t.Fatal(err)
	}
	return program
}

func copyFile(to, from string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

func (s *stage) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// process is a child or grandchild of the program.
type process struct {
	pid, parent int
	name        string
}

// family lists the descendants of the driver: the program, WebKit's processes, workers.
func (s *stage) family(t *testing.T) []process {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]process{}
	for _, folder := range folders {
		if p, err := readProcess(folder); err == nil {
			all[p.pid] = p
		}
	}
	var out []process
	for _, p := range all {
		for q, ok := p, true; ok; q, ok = all[q.parent] {
			if q.parent == s.pid {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// readProcess reads /proc/N/stat: the name is in parentheses and may hold anything.
func readProcess(folder string) (process, error) {
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return process{}, err
	}
	text := string(stat)
	opening, closing := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if opening < 0 || closing < opening {
		return process{}, errors.New("no name")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:opening]))
	if err != nil {
		return process{}, err
	}
	fields := strings.Fields(text[closing+1:])
	if len(fields) < 2 || fields[0] == "Z" {
		return process{}, errors.New("it has ended")
	}
	parent, err := strconv.Atoi(fields[1])
	return process{pid: pid, parent: parent, name: text[opening+1 : closing]}, err
}

// find is the process of that name; the kernel cuts names at 15 bytes.
func (s *stage) find(t *testing.T, name string) (process, bool) {
	t.Helper()
	for _, p := range s.family(t) {
		if strings.HasPrefix(p.name, name) {
			return p, true
		}
	}
	return process{}, false
}

// kill ends the process of that name by force.
func (s *stage) kill(t *testing.T, name string) process {
	t.Helper()
	p, found := s.find(t, name)
	if !found {
		t.Fatalf("there is no %s among %v", name, s.family(t))
	}
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	return p
}

// available skips nothing: what is missing is an error, since `make setup` installs it.
func TestMain(m *testing.M) {
	for _, tool := range []string{"Xvfb", "WebKitWebDriver"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "%s is missing; install it with: make setup\n", tool)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
