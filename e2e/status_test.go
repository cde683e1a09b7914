//go:build e2e

package e2e

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// press is a key that the page sees.
func (s *stage) press(t *testing.T, key string) {
	t.Helper()
	s.must(t, s.run(`window.dispatchEvent(new KeyboardEvent("keydown", { key: a, cancelable: true }))`, nil, key))
}

// status is what the status bar says, in one line.
func (s *stage) status(t *testing.T) string {
	t.Helper()
	return strings.Join(strings.Fields(s.text(t, "section[aria-label=Figures]")), " ")
}

// rows is how many rows the status bar has with each of the words for a unit's condition.
const rows = `
const bar = document.querySelector("section[aria-label=Figures]");
const word = bar.querySelector("[data-mood]"), before = word.firstChild.data;
const row = bar.querySelector("button").offsetHeight;
const rows = a.map((text) => { word.firstChild.data = text; return Math.floor(bar.offsetHeight / row); });
word.firstChild.data = before;
return rows;`

func TestPointsWithoutAPlaceAreTold(t *testing.T) {
	t.Parallel()
	hostile, err := filepath.Abs("../build/test")
	if err != nil {
		t.Fatal(err)
	}
	s := openPage(t, `{}`, "--plugins", hostile, "--unit", "hostile")
	s.awaitBirds(t)
	s.must(t, s.run(`await window.go.main.App.SetParams({ behaviour: "nowhere" })`, nil))
	eventually(t, "the word", func() bool { return strings.HasPrefix(s.status(t), "Points lost") })
	s.screen.save(t, "points-lost")
	s.must(t, s.run(`await window.go.main.App.SetParams({ behaviour: "ok" })`, nil))
	eventually(t, "all are there again", func() bool { return strings.HasPrefix(s.status(t), "Running") })
}

func TestTheStatusBar(t *testing.T) {
	s := open(t)

	t.Run("has one row at 1280 points, whatever the unit does", func(t *testing.T) {
		words := []string{"Running", "Starting again", "Not started", "No frames", "Stalled", "Resting", "Points lost"}
		var counted []int
		s.must(t, s.run(rows, &counted, words))
		for i, n := range counted {
			if n != 1 {
				t.Errorf("%d rows with %q", n, words[i])
			}
		}
	})

	t.Run("claims no rate of a unit that stands still", func(t *testing.T) {
		eventually(t, "a rate", func() bool {
			status := s.status(t)
			return strings.HasPrefix(status, "Running") && !strings.Contains(status, "Step – / –")
		})
		worker, _ := s.find(t, "inos-worker")
		s.must(t, syscall.Kill(worker.pid, syscall.SIGSTOP))
		eventually(t, "no rate", func() bool {
			status := s.status(t)
			return strings.HasPrefix(status, "Stalled") && strings.Contains(status, "Step – / –")
		})
		s.must(t, syscall.Kill(worker.pid, syscall.SIGCONT))
		eventually(t, "a rate again", func() bool {
			status := s.status(t)
			return strings.HasPrefix(status, "Running") && !strings.Contains(status, "Step – / –")
		})
	})

	t.Run("a reset in pause is to be seen at once", func(t *testing.T) {
		s.press(t, " ")
		eventually(t, "a paused flock", func() bool { return strings.HasPrefix(s.status(t), "Paused") })
		before := s.frame(t)
		s.press(t, "r")
		var after frame
		eventually(t, "another frame", func() bool { after = s.frame(t); return after.Tick != before.Tick })
		if after.Tick != before.Tick+1 || after.Digest == before.Digest || !strings.HasPrefix(s.status(t), "Paused") {
			t.Errorf("tick %d after %d, %s", after.Tick, before.Tick, s.status(t))
		}
		s.press(t, " ")
	})

	t.Run("a picture is saved at twice the window's size", func(t *testing.T) {
		s.press(t, "s")
		var path string
		eventually(t, "the message", func() bool {
			_, told, saved := strings.Cut(s.text(t, "[role=log] article"), "Picture saved\n")
			path, _, _ = strings.Cut(strings.TrimSpace(told), "\n")
			return saved
		})
		file, err := os.Open(path)
		s.must(t, err)
		defer file.Close()
		picture, err := png.DecodeConfig(file)
		s.must(t, err)
		if picture.Width != 2*screenWidth || picture.Height != 2*screenHeight {
			t.Errorf("%d x %d", picture.Width, picture.Height)
		}
	})
}
