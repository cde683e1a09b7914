//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheLabInBothThemesAndSizes(t *testing.T) {
	for _, size := range []struct {
		theme         string
		width, height int
		always        bool
	}{{"dark", 1920, 1080, true}, {"light", 1280, 800, true}, {"light", 1920, 1080, false}, {"dark", 1280, 800, false}} {
		if !size.always && !everyScreen {
			continue
		}
		t.Run(fmt.Sprintf("%s %d", size.theme, size.width), func(t *testing.T) {
			t.Parallel()
			s := openLab(t, size.theme, size.width, size.height, "bin/examples/adder.wasm")
			shoot := func(name string) {
				t.Helper()
				s.settled(t)
				s.screen.save(t, fmt.Sprintf("lab-%s-%s-%d", name, size.theme, size.width))
				var wide []string
				s.must(t, s.run(strings.ReplaceAll(overflowing, "aria-label=Plugins", "aria-label=Lab"), &wide))
				if len(wide) > 0 {
					t.Errorf("%s: wider than its place: %q", name, wide)
				}
			}
			s.awaitBirds(t)
			shoot("empty")
			s.readable(t, labPanel)
			s.chooseOp(t, "boids.init")
			s.runLab(t)
			s.says(t, labResult, "init-birds.bin", "00000000")
			shoot("bytes")
			s.pressNamed(t, labResult, "Use as input")
			s.chooseOp(t, "boids.stats")
			s.runLab(t)
			s.says(t, labResult+" [aria-label=Figures]", "polarisation")
			shoot("stats")
			s.readable(t, labPanel)
			s.reachable(t)
			s.must(t, s.run(`document.documentElement.style.fontSize = "200%"`, nil))
			shoot("text-200")
		})
	}
}

// reachable goes through the panel by Tab.
func (s *stage) reachable(t *testing.T) {
	t.Helper()
	watch := strings.NewReplacer("aria-label=Plugins", "aria-label=Lab", `"nav button`, `"nav[aria-label=Panels] button`).Replace(watchFocus)
	var stops int
	s.must(t, s.run(watch, &stops))
	if stops < 10 {
		t.Errorf("only %d stops", stops)
	}
	for range stops + 2 {
		s.key(t, keyTab)
	}
	var missed []string
	s.must(t, s.run(`return window.stops.filter((e) => e.dataset.reached !== "yes")
  .map((e) => (e.getAttribute("aria-label") ?? e.innerText) + ": " + (e.dataset.reached ?? "not reached"))`, &missed))
	if len(missed) > 0 {
		t.Errorf("%q", missed)
	}
}

func TestFilesOfTheLabComeThroughTheDialogsOfTheSystem(t *testing.T) {
	s := openLab(t, "dark", screenWidth, screenHeight)
	folder := t.TempDir()
	path := filepath.Join(folder, "voyage.txt")
	s.must(t, os.WriteFile(path, []byte("made sail"), 0o600))
	named := func(title, path string) {
		t.Helper()
		s.awaitWindow(t, title)
		eventually(t, "the dialog takes the path", func() bool { // it empties its field while it opens
			s.hands(t, "key", "ctrl+l", "ctrl+a", "type", "--delay", "1", path)
			s.hands(t, "key", "Return")
			return s.closes(title)
		})
	}
	s.pressNamed(t, labPanel+" nav", "Choose files")
	named("Files for the Lab", path)
	s.says(t, labPanel+" pre", "made sail")
	kept, err := os.ReadFile(filepath.Join(s.data, "lab.json"))
	if err != nil || !strings.Contains(string(kept), folder) {
		t.Errorf("the folder is not remembered: %s, %v", kept, err)
	}
	s.chooseOp(t, "crypto.encode")
	s.runLab(t)
	s.pressNamed(t, labResult, "Save")
	saved := filepath.Join(folder, "encoded.txt")
	named("Save encode-text.txt", saved)
	eventually(t, "it is saved", func() bool {
		data, err := os.ReadFile(saved)
		return err == nil && strings.Contains(s.text(t, labResult+" pre"), strings.TrimSpace(string(data)))
	})
}
