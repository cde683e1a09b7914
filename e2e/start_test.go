//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
)

// idler is a live unit whose plugin never gets beyond its start section: the host ends it after two
// seconds.
const idler = `{"id": "org.example.idler", "name": "Idler", "version": "1.0.0", "abi": 1,
"author": "nobody", "licence": "MIT", "doc": "Never starts.", "units": [{"name": "idler",
"doc": "Never starts.", "live": {"phases": 1, "rateHz": 60, "maxShards": 1,
"params": [{"name": "zeal", "label": "Zeal", "doc": "None.", "kind": "number", "default": 0, "min": 0, "max": 1}],
"channels": [{"name": "nothing", "look": "points", "capacity": 1}]}}]}`

// idlerFolder is a plugin folder with the idler in it.
func idlerFolder(t *testing.T) string {
	t.Helper()
	m := wasmtest.New()
	m.Start(m.Func("spin", false, wasmtest.Sig("", ""), "", wasmtest.Forever(), wasmtest.Unreachable))
	m.Func("inos_abi", true, wasmtest.Sig("", "i"), "", wasmtest.Const(1))
	m.Func("inos_tick", true, wasmtest.Sig("iiii", "i"), "", wasmtest.Const(0))
	described, err := manifest.ParseJSON([]byte(idler))
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := manifest.Pack(m.Bytes(), described)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "idler.wasm"), plugin, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
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

func TestAUnitThatDoesNotStart(t *testing.T) {
	s := openPage(t, `{"inspector": true}`, "--plugins", idlerFolder(t), "--unit", "idler")

	t.Run("is named on the stage with the reason", func(t *testing.T) {
		eventually(t, "the message", func() bool {
			card := s.text(t, "main [role=alert]")
			return strings.Contains(card, "idler did not start") &&
				strings.Contains(card, "org.example.idler: its code at load") && strings.Contains(card, "Try again")
		})
		s.screen.save(t, "failed-start")
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
}
