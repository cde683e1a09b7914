//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// badManifest is that of a live unit; %[1]s is its name.
const badManifest = `{"id": "org.example.%[1]s", "name": "%[1]s", "version": "1.0.0", "abi": 1,
"author": "nobody", "licence": "MIT", "doc": "Bad.", "units": [{"name": "%[1]s", "doc": "Bad.",
"live": {"phases": 1, "rateHz": 60, "maxShards": 1, "params": [{"name": "zeal", "label": "Zeal",
"doc": "None.", "kind": "number", "default": 0, "min": 0, "max": 1}],
"channels": [{"name": "nothing", "look": "points", "capacity": 1}]}}]}`

// badUnits is a plugin folder with two live units. The idler never gets beyond its start section:
// the host ends it after two seconds. The quitter traps in each tick.
func badUnits(t *testing.T) string {
	t.Helper()
	idler := wasmtest.New()
	idler.Start(idler.Func("spin", false, wasmtest.Sig("", ""), "", wasmtest.Forever(), wasmtest.Unreachable))
	dir := t.TempDir()
	addBad(t, dir, "idler", idler, wasmtest.Const(0))
	addBad(t, dir, "quitter", wasmtest.New(), wasmtest.Unreachable)
	return dir
}

func addBad(t *testing.T, dir, name string, m *wasmtest.Module, tick []byte) {
	t.Helper()
	m.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(1))
	m.Func("inos_tick", true, wasmtest.Sig("iiii", "i"), "", tick)
	described, err := manifest.ParseJSON(fmt.Appendf(nil, badManifest, name))
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := manifest.Pack(m.Bytes(), described)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".wasm"), plugin, 0o600); err != nil {
		t.Fatal(err)
	}
}

// text is what the user reads in the elements of a selector.
func (s *stage) text(t *testing.T, selector string) (text string) {
	t.Helper()
	s.must(t, s.run(`return [...document.querySelectorAll(a)].map((e) => e.innerText).join("\n")`,
		&text, selector))
	return text
}

// tryAgain presses the button of that name and looks at the window while the unit is on its way.
const tryAgain = `
const button = (name) => [...document.querySelectorAll("main button")].find((e) => e.innerText.trim() === name);
button("Try again").click();
while (!document.querySelector("main section[aria-label='Starting idler']")) await new Promise(requestAnimationFrame);
const seen = {
  rail: document.querySelector("nav").innerText,
  controls: document.querySelector("aside [inert]").innerText,
  status: document.querySelector("section[aria-label=Figures]").innerText,
  chosen: document.querySelector("aside select").value,
};
button("boids").click();
return seen;`

// faintest is the least contrast between the words and the face of a button on the stage (WCAG 2.2).
const faintest = `
const part = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = (rgb) => rgb.match(/[\d.]+/g).slice(0, 3).map((c) => part(c / 255))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const faces = [...document.querySelectorAll("main .mantine-Button-root")].map((e) => getComputedStyle(e))
  .filter((face) => face.backgroundColor.startsWith("rgb("));
return Math.min(...faces.map((face) => {
  const [low, high] = [light(face.color), light(face.backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}));`

func TestAUnitThatDoesNotStart(t *testing.T) {
	t.Parallel()
	s := openPage(t, `{"inspector": true}`, "--plugins", badUnits(t), "--unit", "idler")

	t.Run("is named on the stage with the reason", func(t *testing.T) {
		eventually(t, "the message", func() bool {
			card := s.text(t, "main [role=alert]")
			return strings.Contains(card, "idler did not start") &&
				strings.Contains(card, "org.example.idler: its code at load") && strings.Contains(card, "Try again")
		})
		s.screen.save(t, "failed-start")
	})

	t.Run("can be read by everybody", func(t *testing.T) {
		var contrast float64
		s.must(t, s.run(faintest, &contrast))
		if contrast < 4.5 {
			t.Errorf("the words of a button have a contrast of %.1f", contrast)
		}
	})

	t.Run("has no other one put in its place", func(t *testing.T) {
		var live any
		s.must(t, s.run(`return (await window.go.main.App.Boot()).live`, &live))
		if status := s.status(t); live != nil || !strings.Contains(status, "Not started") {
			t.Errorf("%v runs, the status bar says %q", live, status)
		}
	})

	t.Run("leaves the whole shell to the user while it is tried again", func(t *testing.T) {
		var seen struct{ Rail, Controls, Status, Chosen string }
		s.must(t, s.run(tryAgain, &seen))
		if !strings.EqualFold(strings.Fields(seen.Rail)[0], "idler") || seen.Chosen != "idler" ||
			!strings.Contains(seen.Controls, "Zeal") || !strings.Contains(seen.Status, "Starting") {
			t.Errorf("%+v", seen)
		}
	})

	t.Run("is forgotten when another one is shown meanwhile", func(t *testing.T) {
		s.awaitBirds(t)
		eventually(t, "birds", func() bool { return s.screen.birds(t) })
		if words := s.text(t, "main"); strings.Contains(words, "idler") {
			t.Errorf("the window still says %q", words)
		}
	})

	t.Run("and one that fails in each tick rests in the end", func(t *testing.T) {
		s.must(t, s.run(`const units = document.querySelector("aside select");
Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(units, "quitter");
units.dispatchEvent(new Event("change", { bubbles: true }))`, nil))
		within(t, 2*commandTimeout, "it rests", func() bool {
			card := s.text(t, "main [role=alert]")
			return strings.Contains(card, "quitter failed too often and rests") &&
				strings.Contains(card, "unreachable") && strings.Contains(card, "Start it again")
		})
		if status := s.status(t); !strings.HasPrefix(status, "Resting") {
			t.Errorf("the status bar says %q", status)
		}
	})
}
