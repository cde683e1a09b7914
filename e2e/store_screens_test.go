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

func TestTheStorePanelInBothThemesAndSizes(t *testing.T) {
	for _, theme := range []string{"dark", "light"} {
		for _, size := range [][2]int{{1280, 800}, {1920, 1080}} {
			t.Run(fmt.Sprintf("%s %d", theme, size[0]), func(t *testing.T) {
				t.Parallel()
				shoot := func(s *stage, name string) {
					t.Helper()
					s.settled(t)
					s.screen.save(t, fmt.Sprintf("store-%s-%s-%d", name, theme, size[0]))
					var wide []string
					s.must(t, s.run(strings.ReplaceAll(overflowing, "aria-label=Plugins", "aria-label=Store"), &wide))
					if len(wide) > 0 {
						t.Errorf("%s: wider than its place: %q", name, wide)
					}
				}
				s := openStorePanel(t, theme, size[0], size[1], much)
				s.awaitBirds(t)
				shoot(s, "locked")
				s.fill(t, "Passphrase", storePassphrase+keyEnter)
				s.says(t, storePanel+" [aria-label='Stored paths']", "Voyage", "Thesis")
				s.pressNamed(t, storePanel+" [aria-label='Stored paths']", "Voyage")
				s.says(t, storePanel+" [aria-label='In this folder']", "Letters")
				shoot(s, "browse")
				s.readable(t, storePanel)
				s.fill(t, "Search paths and names", "dusk")
				s.pressNamed(t, storePanel+" [aria-label=Found]", "Dusk.png")
				s.says(t, storePanel+" article", "640")
				s.drawn(t)
				shoot(s, "preview")
				for _, view := range []string{"Usage", "Health", "Spaces"} {
					s.must(t, s.run(`[...document.querySelectorAll("section[aria-label=Store] header input")].find((i) => i.value === a).click()`, nil, strings.ToLower(view)))
					s.says(t, storePanel, map[string]string{"Usage": "Different content", "Health": "Check every byte", "Spaces": "Make a space"}[view])
					shoot(s, strings.ToLower(view))
					s.readable(t, storePanel)
				}
				big := filepath.Join(t.TempDir(), "Film.raw")
				s.must(t, os.WriteFile(big, noise(200<<20, 1), 0o600))
				s.must(t, s.run(`const { id, name } = (await window.go.main.App.StoreStatus()).spaces[0];
await window.go.main.App.SetStoreSpace(id, { name, quota: 0, replicas: 0, archiveAfterDays: 0 });
document.querySelector("section[aria-label=Store] header input").click()`, nil))
				s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, big))
				s.says(t, storePanel, "Storing Film.raw", "left")
				s.screen.save(t, fmt.Sprintf("store-progress-%s-%d", theme, size[0]))
				s.pressNamed(t, storePanel, "Cancel")
				s.says(t, storePanel, "Film.raw")

				s = openStorePanel(t, theme, size[0], size[1], nil)
				s.awaitBirds(t)
				s.says(t, storePanel, "There is no store yet")
				shoot(s, "none")
			})
		}
	}
}
