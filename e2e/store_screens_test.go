//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/store"
)

// much puts enough for lists, a map of the room and a long work.
func much(t *testing.T, space *store.Space, root string) {
	t.Helper()
	stored(t, space, root)
	for name, size := range map[string]int{
		"Photographs": 9 << 20, "Music": 5 << 20, "Thesis": 2 << 20, "Mail": 1 << 20, "Recipes": 300 << 10, "Taxes 2025": 120 << 10,
	} {
		folder := filepath.Join(filepath.Dir(root), name)
		if err := os.MkdirAll(filepath.Join(folder, "Old"), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			at := filepath.Join(folder, "Old", fmt.Sprintf("%s %d.dat", name, i))
			if i%2 == 0 {
				at = filepath.Join(folder, fmt.Sprintf("%s %d.dat", name, i))
			}
			if err := os.WriteFile(at, noise(size/(i+2), i), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := space.PutPath(t.Context(), folder, store.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := space.Change(t.Context(), func(s *store.Settings) { s.Quota = 48 << 20 }); err != nil {
		t.Fatal(err)
	}
}

// noise cannot be compressed.
func noise(size, seed int) []byte {
	out := make([]byte, size)
	for i, x := 0, uint32(seed); i < size; i++ {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

// everyScreen also draws what takes long; a usual run draws each view once in either theme.
var everyScreen = os.Getenv("INOS_SCREENS") == "all"

func TestTheStorePanelInBothThemesAndSizes(t *testing.T) {
	for _, size := range []struct {
		theme         string
		width, height int
		always        bool
	}{{"dark", 1280, 800, true}, {"light", 1920, 1080, true}, {"light", 1280, 800, false}, {"dark", 1920, 1080, false}} {
		if !size.always && !everyScreen {
			continue
		}
		t.Run(fmt.Sprintf("%s %d", size.theme, size.width), func(t *testing.T) {
			t.Parallel()
			v := &views{openStorePanel(t, size.theme, size.width, size.height, much), fmt.Sprintf("%s-%d", size.theme, size.width)}
			v.files(t)
			for _, view := range [][2]string{{"usage", "Different content"}, {"health", "Check every byte"}, {"spaces", "Make a space"}} {
				v.look(t, view[0])
				v.says(t, storePanel, view[1])
				v.shoot(t, view[0])
				v.readable(t, storePanel)
			}
			v.pressNamed(t, storePanel, "Make a space")
			v.says(t, storePanel, "Compress densely after days")
			v.shoot(t, "space-form")
			v.large(t)
			if everyScreen {
				v.progress(t)
				v.stage = openStorePanel(t, size.theme, size.width, size.height, nil)
				v.awaitBirds(t)
				v.says(t, storePanel, "There is no store yet")
				v.shoot(t, "none")
			}
		})
	}
}

// views is a store panel that is drawn view by view.
type views struct {
	*stage
	name string
}

// shoot draws what there is, and finds what sticks out of the panel.
func (v *views) shoot(t *testing.T, name string) {
	t.Helper()
	v.settled(t)
	v.screen.save(t, fmt.Sprintf("store-%s-%s", name, v.name))
	var wide []string
	v.must(t, v.run(strings.ReplaceAll(overflowing, "aria-label=Plugins", "aria-label=Store"), &wide))
	if len(wide) > 0 {
		t.Errorf("%s: wider than its place: %q", name, wide)
	}
}

func (v *views) look(t *testing.T, view string) {
	t.Helper()
	v.must(t, v.run(`[...document.querySelectorAll("section[aria-label=Store] header input")].find((i) => i.value === a).click()`, nil, view))
}

func (v *views) files(t *testing.T) {
	v.awaitBirds(t)
	v.shoot(t, "locked")
	v.fill(t, "Passphrase", storePassphrase+keyEnter)
	v.says(t, storePanel+" [aria-label='Stored paths']", "Voyage", "Thesis")
	v.pressNamed(t, storePanel+" [aria-label='Stored paths']", "Voyage")
	v.says(t, storePanel+" [aria-label='In this folder']", "Letters")
	v.shoot(t, "browse")
	v.readable(t, storePanel)
	v.fill(t, "Search paths and names", "dusk")
	v.says(t, storePanel+" [aria-label=Found]", "Dusk.png")
	v.shoot(t, "search")
	v.pressNamed(t, storePanel+" [aria-label=Found]", "Dusk.png")
	v.drawn(t)
	v.shoot(t, "preview")
}

// large is the panel with text at 200 %.
func (v *views) large(t *testing.T) {
	v.look(t, "files")
	v.must(t, v.run(`document.documentElement.style.fontSize = "200%"`, nil))
	eventually(t, "no row lies on another", func() bool {
		var apart bool
		err := v.run(`return [...document.querySelectorAll("section[aria-label=Store] li[aria-posinset]")].every((li) => {
  const next = li.nextElementSibling;
  return !next || next.getBoundingClientRect().top >= li.getBoundingClientRect().bottom - 1;
})`, &apart)
		return err == nil && apart
	})
	v.shoot(t, "text-200")
	v.must(t, v.run(`document.documentElement.style.fontSize = ""`, nil))
}

func (v *views) progress(t *testing.T) {
	big := filepath.Join(t.TempDir(), "Film.raw")
	v.must(t, os.WriteFile(big, noise(200<<20, 1), 0o600))
	v.must(t, v.run(`const { id, name } = (await window.go.main.App.StoreStatus()).spaces[0];
await window.go.main.App.SetStoreSpace(id, { name, quota: 0, replicas: 0, archiveAfterDays: 0 });
await window.go.main.Automation.Drop([a])`, nil, big))
	v.says(t, storePanel, "Storing Film.raw", "left")
	v.screen.save(t, "store-progress-"+v.name)
	v.pressNamed(t, storePanel, "Cancel")
	v.says(t, storePanel, "Film.raw:")
}
