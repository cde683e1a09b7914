//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (s *stage) display() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "DISPLAY=" + s.screen.display}
}

// hands moves the pointer and types on the screen, as xdotool's commands say.
func (s *stage) hands(t *testing.T, commands ...string) string {
	t.Helper()
	c := exec.Command("xdotool", commands...)
	c.Env = s.display()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("xdotool %q: %v: %s", commands, err, out)
	}
	return strings.TrimSpace(string(out))
}

// awaitWindow waits until there is a window of that title and gives it the keyboard, as a window
// manager would.
func (s *stage) awaitWindow(t *testing.T, title string) {
	t.Helper()
	s.hands(t, "search", "--sync", "--onlyvisible", "--limit", "1", "--name", title, "windowfocus", "--sync")
}

// closes says whether the window of that title is gone within a second.
func (s *stage) closes(title string) bool {
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); {
		c := exec.Command("xdotool", "search", "--onlyvisible", "--name", title)
		c.Env = s.display()
		if c.Run() != nil { // none is found
			return true
		}
	}
	return false
}

// dragSource shows a window at the upper left corner from which the file can be dragged.
func (s *stage) dragSource(t *testing.T, path string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "dragsource")
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "gtk+-3.0").Output()
	s.must(t, err)
	build := append([]string{"-o", program, "testdata/dragsource.c"}, strings.Fields(string(flags))...)
	if out, err := exec.Command("cc", build...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c := exec.Command(program, "file://"+path)
	c.Env = s.environment(t)
	start(t, c)
	s.hands(t, "search", "--sync", "--onlyvisible", "--limit", "1", "--name", "dragsource")
}

// countDrags counts how often something is dragged to another place over the page.
const countDrags = `window.drags = 0;
addEventListener("dragover", (e) => { if (window.at !== e.clientX) { window.drags++; window.at = e.clientX; } });`

func TestAFileComesThroughTheDesktop(t *testing.T) {
	s := openWith(t, `{"theme": "dark", "panel": "plugins"}`)
	path, newer := outsideFile(t, "1.0.0"), outsideFile(t, "1.1.0")

	t.Run("chosen in the dialog of the system", func(t *testing.T) {
		s.pressNamed(t, pluginsPanel, "Install from file")
		s.awaitWindow(t, "Install a plugin")
		eventually(t, "the dialog takes the path", func() bool { // it empties its field while it opens
			s.hands(t, "key", "ctrl+l", "ctrl+a", "type", "--delay", "1", path)
			s.hands(t, "key", "Return")
			return s.closes("Install a plugin")
		})
		s.says(t, dialogue, "Install Outside 1.0.0?")
		s.key(t, keyEscape)
		eventually(t, "the offer is gone", func() bool { return s.gone(t, dialogue) })
	})

	t.Run("given up in the dialog, nothing is offered", func(t *testing.T) {
		s.pressNamed(t, pluginsPanel, "Install from file")
		s.awaitWindow(t, "Install a plugin")
		s.hands(t, "key", "Escape")
		eventually(t, "the panel goes on", func() bool {
			done := false
			return s.run(focus, &done, pluginsPanel, "Install from file") == nil && done
		})
		if !s.gone(t, dialogue) {
			t.Error("something is offered")
		}
	})

	t.Run("dragged from another program and dropped", func(t *testing.T) {
		s.dragSource(t, newer)
		s.must(t, s.run(countDrags, nil))
		s.hands(t, "mousemove", "20", "20", "mousedown", "1")
		x := 300
		eventually(t, "the page sees it", func() bool {
			x = 300 + (x+7)%300
			s.hands(t, "mousemove", "--sync", strconv.Itoa(x), "400")
			drags := 0
			return s.run(`return window.drags`, &drags) == nil && drags > 2
		})
		s.hands(t, "mouseup", "1")
		s.says(t, dialogue, "Install Outside 1.1.0?")
	})
}
