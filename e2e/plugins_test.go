//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"inos/backend/dropin"
	"inos/backend/manifest"
)

// edition is an example plugin as another version.
func edition(t *testing.T, file, version string) ([]byte, *manifest.Manifest) {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(root(t), "build", "bin", "examples", file))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	m.Version = version
	if wasm, err = manifest.Pack(wasm, m); err != nil {
		t.Fatal(err)
	}
	return wasm, m
}

// sparks is the example plugin as another version.
func sparks(t *testing.T, version string) dropin.File {
	t.Helper()
	wasm, m := edition(t, "sparks.wasm", version)
	return dropin.File{ID: m.ID, Version: version, Digest: dropin.DigestOf(wasm), Name: "sparks.wasm", Wasm: wasm}
}

const offered = `return [...document.querySelectorAll("aside select[aria-label='Live unit'] option")].map((e) => e.value)`

// offers says whether the window lets the user choose the unit.
func (s *stage) offers(t *testing.T, unit string) bool {
	t.Helper()
	var units []string
	s.must(t, s.run(offered, &units))
	for _, u := range units {
		if u == unit {
			return true
		}
	}
	return false
}

const choose = `const units = document.querySelector("aside select[aria-label='Live unit']");
Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(units, a);
units.dispatchEvent(new Event("change", { bubbles: true }))`

func TestAPluginIsDroppedInWhileTheWindowRuns(t *testing.T) {
	s := openWith(t, `{"inspector": true}`)
	book := dropin.Open(s.data)

	t.Run("and offered once it is whole, within a second", func(t *testing.T) {
		wasm := sparks(t, "1.0.0").Wasm
		f, err := os.Create(book.Path("sparks.wasm"))
		s.must(t, err)
		defer f.Close()
		const pieces = 6
		for i := range pieces {
			_, err := f.Write(wasm[i*len(wasm)/pieces : (i+1)*len(wasm)/pieces])
			s.must(t, err)
			if s.offers(t, "sparks") || strings.Contains(s.text(t, "body"), "sparks.wasm") {
				t.Errorf("the window talks about %d of %d pieces", i+1, pieces)
			}
			if i < pieces-1 {
				time.Sleep(250 * time.Millisecond) // the slow copy is what is tested
			}
		}
		whole := time.Now()
		eventually(t, "it is offered", func() bool { return s.offers(t, "sparks") })
		took := time.Since(whole)
		t.Logf("offered %d ms after the copy's end", took.Milliseconds())
		if took > time.Second {
			t.Errorf("it took %s", took)
		}
		s.screen.save(t, "plugin-added")
	})

	t.Run("shown on a click", func(t *testing.T) {
		s.must(t, s.run(choose, nil, "sparks"))
		eventually(t, "it is shown", func() bool {
			return strings.HasPrefix(s.status(t), "Running") && strings.Contains(strings.ToLower(s.text(t, "nav")), "sparks")
		})
	})

	t.Run("reloaded when a new version is installed", func(t *testing.T) {
		_, err := book.Install(sparks(t, "1.1.0"), true)
		s.must(t, err)
		eventually(t, "it says so", func() bool {
			return strings.Contains(s.text(t, "body"), "version 1.1.0 was reloaded in ") ||
				strings.Contains(s.text(t, "body"), "Version 1.1.0 was reloaded in ")
		})
		s.screen.save(t, "plugin-reloaded")
		if !strings.HasPrefix(s.status(t), "Running") {
			t.Errorf("the status bar says %q", s.status(t))
		}
	})

	t.Run("and stopped when it is disabled", func(t *testing.T) {
		_, err := book.SetDisabled(sparks(t, "1.1.0").ID, true)
		s.must(t, err)
		eventually(t, "the card", func() bool {
			card := s.text(t, "main [role=alert]")
			return strings.Contains(card, "sparks was stopped") && strings.Contains(card, "its plugin was disabled") ||
				strings.Contains(card, "sparks was stopped") && strings.Contains(card, "Its plugin was disabled")
		})
		s.screen.save(t, "plugin-disabled")
	})
}

// badStart starts the program and kills it before it can have drawn.
func (s *stage) badStart(t *testing.T, program, mark string) {
	t.Helper()
	c := exec.Command(program, "--data", s.data)
	c.Env = s.environment(t)
	start(t, c)
	eventually(t, "the start is marked", func() bool {
		text, err := os.ReadFile(filepath.Join(s.data, "starting.json"))
		return err == nil && string(text) == mark
	})
	s.must(t, syscall.Kill(-c.Process.Pid, syscall.SIGKILL))
	_ = c.Wait()
}

func TestAfterTwoBadStartsTheWindowLeavesPluginsOut(t *testing.T) {
	s := &stage{screen: startScreen(t), data: t.TempDir()}
	_, err := dropin.Open(s.data).Install(sparks(t, "1.0.0"), false)
	s.must(t, err)
	s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"), []byte(`{"inspector": true}`), 0o600))
	program := install(t)
	s.badStart(t, program, `{"bad":0}`)
	s.badStart(t, program, `{"bad":1}`)
	s.driver = startDriver(t, s.environment(t), program, []string{"--data", s.data})
	s.awaitBirds(t)
	eventually(t, "it says so", func() bool {
		words := s.text(t, "body")
		return strings.Contains(words, "Safe mode") && strings.Contains(words, "The last 2 starts of INOS ended")
	})
	s.screen.save(t, "safe-mode")
	if s.offers(t, "sparks") {
		t.Error("a dropped-in plugin is offered")
	}
	if _, err := os.Stat(filepath.Join(s.data, "starting.json")); err == nil {
		t.Error("there was a picture, and the start is still marked")
	}
	s.must(t, s.run(`[...document.querySelectorAll("button")].find((e) => e.innerText.trim() === "Use all plugins").click()`, nil))
	eventually(t, "all are offered", func() bool { return s.offers(t, "sparks") })
}
