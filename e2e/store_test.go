//go:build e2e

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/node"
	"inos/backend/store"
	"inos/backend/store/keys"
)

const (
	storePanel      = "section[aria-label=Store]"
	storePassphrase = "Zwölf" // each letter takes the driver a while
)

// choose is what the user answers in the store's next dialogs.
func (s *stage) choose(t *testing.T, path string) {
	t.Helper()
	s.must(t, s.run(`await window.go.main.Automation.Choose(a)`, nil, path))
}

// fill types into the field with that label, in the store panel.
func (s *stage) fill(t *testing.T, label, text string) {
	t.Helper()
	const find = `const labels = [...document.querySelectorAll("section[aria-label=Store] label")];
const named = labels.find((l) => l.innerText.trim() === a);
const field = named ? document.getElementById(named.htmlFor) : document.querySelector("[aria-label='" + a + "']");
if (!field) return "";
field.focus(); field.select();
return field.id;`
	id := ""
	eventually(t, "the field "+label, func() bool { return s.run(find, &id, label) == nil && id != "" })
	s.must(t, s.pressOn(`[id="`+id+`"]`, text))
}

// things is a folder with files of several kinds.
func things(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "Voyage")
	canvas := image.NewRGBA(image.Rect(0, 0, 640, 400))
	for y := range 400 {
		for x := range 640 {
			canvas.SetRGBA(x, y, color.RGBA{uint8(90 + y/3), uint8(60 + x/8), uint8(200 - y/3), 255})
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, canvas); err != nil {
		t.Fatal(err)
	}
	log := strings.Repeat("06:30 wind NW 4, clear; made sail and went on to the west.\n", 4000)
	for name, data := range map[string]string{
		"Log/1831-12-27.txt":        log,
		"Log/1832-02-28 Bahia.txt":  log[:900],
		"Pictures/Dusk.png":         picture.String(),
		"Pictures/2026/Harbour.png": picture.String(),
		"Instruments/gps.bin":       strings.Repeat("\x00\x01\xfe\x7fGPS", 9000),
		"Letters/To Henslow.md":     "# My dear Henslow\n\nI have now been on shore for a week.\n",
		"notes.txt":                 "Bring more jars.\n",
		"empty":                     "",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestAStoreIsMadeFilledAndGivesBackEveryByte(t *testing.T) {
	t.Parallel()
	nobody := "DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "none")
	s := openStorePanel(t, "dark", screenWidth, screenHeight, nil, nobody)
	source, target := things(t), t.TempDir()
	s.says(t, storePanel, "There is no store yet", "encrypted")
	s.fill(t, "Passphrase", storePassphrase)
	s.fill(t, "The same once more", storePassphrase+keyEnter)

	s.says(t, dialogue, "Keep the recovery sheet")
	s.pressNamed(t, dialogue, "Show the words")
	var words []string
	eventually(t, "24 words", func() bool {
		return s.run(`return [...document.querySelectorAll("[role=dialog] ol li")].map((li) => li.innerText)`, &words) == nil && len(words) == keys.WordCount
	})
	s.settled(t)
	s.screen.save(t, "store-sheet-dark")
	s.readable(t, dialogue)
	m, err := keys.FromWords(strings.Join(words, " "))
	if err != nil || node.StoreKeys(s.data, nil).Prove(m) != nil {
		t.Errorf("%q: %v", words, err)
	}
	s.choose(t, filepath.Join(target, "sheet.txt"))
	s.pressNamed(t, dialogue, "Save to a file")
	eventually(t, "the sheet is gone", func() bool { return s.gone(t, dialogue) })

	s.says(t, storePanel, "Nothing is stored yet")
	s.settled(t)
	s.screen.save(t, "store-empty-dark")
	s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, source))
	s.says(t, storePanel, "Voyage: stored", "8 files")
	s.says(t, storePanel+" [aria-label='In this folder']", "Letters", "notes.txt")
	s.choose(t, target)
	s.pressNamed(t, storePanel, "Restore")
	s.says(t, storePanel, "Voyage: restored")
	s.screen.save(t, "store-restored-dark")
	sameTree(t, source, filepath.Join(target, "Voyage"))

	var known bool
	s.must(t, s.run(`const told = JSON.stringify([await window.go.main.App.StoreStatus(), await window.go.main.App.StoreTasks()]);
return (told + document.documentElement.outerHTML + JSON.stringify(localStorage)).includes(a)`, &known, storePassphrase))
	kept, err := os.ReadFile(filepath.Join(s.data, "settings.json"))
	if known || err != nil || bytes.Contains(kept, []byte(storePassphrase)) {
		t.Errorf("the page knows the passphrase: %v, %v", known, err)
	}
}

// sameTree compares two folders byte for byte.
func sameTree(t *testing.T, want, got string) {
	t.Helper()
	read := func(root string) map[string]string {
		out := map[string]string{}
		err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			out[strings.TrimPrefix(path, root)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	a, b := read(want), read(got)
	if len(a) != len(b) {
		t.Errorf("%d files became %d", len(a), len(b))
	}
	for name, data := range a {
		if b[name] != data {
			t.Errorf("%s is another one", name)
		}
	}
}

// openStorePanel opens the window on the store panel; prepare may put something there before.
func openStorePanel(
	t *testing.T, theme string, width, height int, prepare func(*testing.T, *store.Space, string), environment ...string,
) *stage {
	t.Helper()
	s := &stage{screen: startScreenOf(t, width, height), data: t.TempDir()}
	s.place(t, width, height)
	s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"),
		[]byte(`{"theme": "`+theme+`", "panel": "store"}`), 0o600))
	if prepare != nil {
		_, m, err := node.StoreKeys(s.data, nil).Create(t.Context(), keys.Protection{Passphrase: storePassphrase})
		s.must(t, err)
		space, err := node.OpenStore(node.StoreFolder(s.data), m).Create(t.Context(), store.Settings{Name: store.Main})
		s.must(t, err)
		prepare(t, space, things(t))
		space.Close()
	}
	s.driver = startDriver(t, append(s.environment(t), environment...), install(t), []string{"--data", s.data})
	eventually(t, "the panel", func() bool { return !s.gone(t, storePanel+" h3") })
	return s
}

// stored puts a folder twice, the second time with one more file.
func stored(t *testing.T, space *store.Space, root string) {
	t.Helper()
	if _, err := space.PutPath(t.Context(), root, store.PutOptions{Label: "as it came", Pinned: true}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Letters", "Home.txt"), []byte("All is well.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := space.PutPath(t.Context(), root, store.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestTheStoreOpensOnlyByItsPassphrase(t *testing.T) {
	t.Parallel()
	s := openStorePanel(t, "light", screenWidth, screenHeight, stored)
	s.says(t, storePanel, "The store is locked")
	s.readable(t, storePanel)
	s.fill(t, "Passphrase", "no"+keyEnter)
	s.says(t, storePanel+" [role=alert]", "The passphrase is wrong")
	s.readable(t, storePanel)
	s.screen.save(t, "store-wrong-light")
	s.fill(t, "Passphrase", storePassphrase+keyEnter)
	s.says(t, storePanel, "Voyage", "2 versions")
	s.pressNamed(t, storePanel, "Lock the store")
	s.says(t, storePanel, "The store is locked")
	if text := s.text(t, storePanel); strings.Contains(text, "Voyage") {
		t.Errorf("it still says %q", text)
	}
}

func TestWhatIsStoredIsFoundAndPreviewed(t *testing.T) {
	t.Parallel()
	s := openStorePanel(t, "dark", screenWidth, screenHeight, stored)
	s.fill(t, "Passphrase", storePassphrase+keyEnter)
	s.says(t, storePanel+" [aria-label='In this folder']", "Letters")
	s.fill(t, "Search paths and names", "henslow")
	s.says(t, storePanel+" [aria-label=Found]", "To Henslow.md")
	s.pressNamed(t, storePanel+" [aria-label=Found]", "To Henslow.md")
	s.says(t, storePanel+" article", "My dear Henslow")
	s.says(t, storePanel+" nav", "Voyage", "Letters")
	s.readable(t, storePanel)

	s.pressNamed(t, storePanel+" nav", "Voyage")
	s.pressNamed(t, storePanel+" [aria-label='In this folder']", "Pictures")
	s.says(t, storePanel+" [aria-label='In this folder']", "Dusk.png")
	s.must(t, s.run(`[...document.querySelectorAll("[aria-label='In this folder'] button")].find((b) => b.innerText.includes("Dusk")).click()`, nil))
	s.says(t, storePanel+" article", "640 × 400 pixels")
	s.drawn(t)
}

// drawn waits until the picture of the preview is.
func (s *stage) drawn(t *testing.T) {
	t.Helper()
	eventually(t, "the picture is drawn", func() bool {
		var at struct{ Width, Natural float64 }
		err := s.run(`const img = document.querySelector("section[aria-label=Store] article img");
return { width: img.getBoundingClientRect().width, natural: img.naturalWidth }`, &at)
		return err == nil && at.Natural == 640 && at.Width > 100
	})
}
