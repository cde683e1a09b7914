//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/dropin"
	"inos/backend/quota"
)

const outsideID = "dev.inos.outside"

// outsideFile is the plugin that asks for everything, as another version, in a file.
func outsideFile(t *testing.T, version string) string {
	t.Helper()
	wasm, _ := edition(t, "outside.wasm", version)
	path := filepath.Join(t.TempDir(), "outside.wasm")
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// says waits until the part of the window says all of the words.
func (s *stage) says(t *testing.T, selector string, words ...string) {
	t.Helper()
	text := ""
	defer func() {
		if t.Failed() {
			t.Logf("%s says %q", selector, text)
		}
	}()
	eventually(t, fmt.Sprintf("%s says %q", selector, words), func() bool {
		text = s.text(t, selector)
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return true
	})
}

// focus gives the keyboard to the button, tab or field of that name within the selector.
const focus = `
const all = [...document.querySelectorAll(a + " :is(button, input, [role=tab])")];
const named = all.find((e) => (e.getAttribute("aria-label") ?? e.innerText).trim().startsWith(b) && !e.disabled);
if (!named) return false;
named.focus();
return document.activeElement === named;`

// key presses the key on whatever has the focus, as a hand does.
func (s *stage) key(t *testing.T, keys string) {
	t.Helper()
	_, err := s.call("POST", "/actions", map[string]any{"actions": []any{map[string]any{
		"type": "key", "id": "keyboard", "actions": []any{
			map[string]any{"type": "keyDown", "value": keys}, map[string]any{"type": "keyUp", "value": keys},
		},
	}}})
	s.must(t, err)
}

const (
	keyEnter  = "\uE007"
	keyTab    = "\uE004"
	keyEscape = "\uE00C"
)

// pressNamed presses what has that name by the keyboard.
func (s *stage) pressNamed(t *testing.T, within, name string) {
	t.Helper()
	eventually(t, "the focus is on "+name, func() bool {
		done := false
		return s.run(focus, &done, within, name) == nil && done
	})
	s.key(t, keyEnter)
}

// runOp runs an op of a plugin in the window's kernel; the error is what its caller would see.
func (s *stage) runOp(op string, params map[string]any) error {
	if params == nil {
		params = map[string]any{}
	}
	return s.run(`return await window.go.main.Automation.RunOp("outside", a, b, "")`, nil, op, params)
}

// settled waits until nothing slides or fades any more, and what is there has been drawn.
func (s *stage) settled(t *testing.T) {
	t.Helper()
	eventually(t, "the page stands still", func() bool {
		var moving int
		err := s.run(`await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
return document.getAnimations().filter((a) => a.playState === "running").length`, &moving)
		return err == nil && moving == 0
	})
}

func TestThePluginsPanel(t *testing.T) {
	t.Parallel()
	s := openWith(t, `{"theme": "dark"}`)
	const panel, detail, dialog = "section[aria-label=Plugins]", "section[aria-label=Plugins] article", "[role=dialog]"

	t.Run("opens by its key and shows what came with INOS", func(t *testing.T) {
		s.key(t, "3")
		s.says(t, panel, "Boids", "Came with INOS", "Install from file")
		s.screen.save(t, "plugins-empty")
	})

	t.Run("a dropped file says what it is before it is installed", func(t *testing.T) {
		s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, outsideFile(t, "1.0.0")))
		s.says(t, dialog, "Install Outside 1.0.0?", "Nobody signed it", "Know the date and the time")
		if _, err := os.Stat(dropin.Open(s.data).Path("outside.wasm")); err == nil {
			t.Error("it is installed before the user says so")
		}
		s.settled(t)
		s.screen.save(t, "plugins-offer")
		s.pressNamed(t, dialog, "Install")
		s.says(t, detail, "Outside", "May know the date and the time", "Not answered")
		s.says(t, panel, "Nobody signed it")
	})

	t.Run("a call that is denied leads to the permissions", func(t *testing.T) {
		s.key(t, keyEscape) // what was told before
		s.key(t, "1")
		if err := s.runOp("clock", nil); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("it is allowed: %v", err)
		}
		s.says(t, "[role=log]", "Outside was not allowed something", "It wanted to know the date and the time")
		s.screen.save(t, "plugins-denied")
		s.pressNamed(t, "[role=log]", "Permissions")
		s.says(t, detail, "May know the date and the time")
	})

	const now = `fieldset[aria-label="May know the date and the time"]`
	t.Run("it is allowed by the keyboard, and the log says through what", func(t *testing.T) {
		s.pressNamed(t, now, "Always")
		s.says(t, detail+" [data-answer=always]", "Allowed")
		s.says(t, "table[aria-label='Audit log']", "now", "always", "window")
		if err := s.runOp("clock", nil); err != nil {
			t.Error(err)
		}
		lines, err := os.ReadFile(filepath.Join(s.data, "audit.jsonl"))
		s.must(t, err)
		var entry struct{ Who, Plugin, Permission, Decision string }
		s.must(t, json.Unmarshal(lines, &entry))
		if entry.Who != "window" || entry.Plugin != outsideID || entry.Permission != "now" || entry.Decision != "always" {
			t.Errorf("%+v", entry)
		}
		s.screen.save(t, "plugins-permissions-dark")
	})

	t.Run("it is revoked before its next call", func(t *testing.T) {
		s.pressNamed(t, now, "Revoke")
		s.says(t, "table[aria-label='Audit log']", "revoked")
		if err := s.runOp("clock", nil); err == nil {
			t.Error("it still is allowed")
		}
	})

	t.Run("clipboard and notices are the desktop's", func(t *testing.T) {
		s.pressNamed(t, `fieldset[aria-label="May read and replace what you copied"]`, "Allow once")
		s.says(t, "table[aria-label='Audit log']", "clipboard")
		s.must(t, s.runOp("copy", map[string]any{"text": "from outside"}))
		var text string
		s.must(t, s.run(`return await window.go.main.Automation.Clipboard()`, &text))
		if text != "from outside" {
			t.Errorf("the clipboard holds %q", text)
		}
		s.pressNamed(t, `fieldset[aria-label="May show you notices"]`, "Allow once")
		s.says(t, "table[aria-label='Audit log']", "notify")
		s.must(t, s.runOp("tell", map[string]any{"text": "All done."}))
		s.says(t, "[role=log]", "Outside says", "All done.", outsideID)
	})

	t.Run("what it uses is drawn, with its last failure", func(t *testing.T) {
		s.pressNamed(t, detail, "Activity")
		s.says(t, detail, "calls", "Last failure", "denied", "It has logged nothing")
		eventually(t, "graphs with samples", func() bool {
			var canvases int
			s.must(t, s.run(`return document.querySelectorAll(".uplot canvas").length`, &canvases))
			return canvases == 4 && strings.Contains(s.text(t, "figure"), "%")
		})
		s.screen.save(t, "plugins-activity-dark")
	})

	t.Run("a limit is set by the keyboard, with the reason beside it where it does not fit", func(t *testing.T) {
		const cpu = detail + " li[aria-label=Processor]"
		s.says(t, cpu, "No limit")
		s.typed(t, "Limit of Processor", "1%")
		s.says(t, cpu+" [role=alert]", "it takes 10%")
		s.typed(t, "Limit of Processor", "50%")
		s.says(t, cpu, "50%, set by you", "Reset")
		if set, err := quota.Open(s.data).Of(outsideID); err != nil || set.CPUPercent != 50 {
			t.Errorf("%+v, %v", set, err)
		}
		s.readable(t, pluginPage)
		s.screen.save(t, "plugins-limits-dark")
		s.pressNamed(t, detail, "Reset all limits")
		s.says(t, cpu, "No limit", "Undo")
	})

	t.Run("disabled, its unit is not offered any more", func(t *testing.T) {
		s.pressNamed(t, detail, "Versions")
		s.pressNamed(t, detail, "Disable")
		s.says(t, detail, "Disabled")
		if err := s.runOp("clock", nil); err == nil || !strings.Contains(err.Error(), "not-found") {
			t.Errorf("it runs: %v", err)
		}
		s.pressNamed(t, detail, "Enable")
		s.says(t, detail, "In use")
	})

	t.Run("a new version is rolled back", func(t *testing.T) {
		s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, outsideFile(t, "1.1.0")))
		s.says(t, dialog, "Replace Outside 1.0.0 by 1.1.0?", "It asks for no more than 1.0.0")
		s.pressNamed(t, dialog, "Install")
		s.says(t, detail, "1.1.0")
		s.pressNamed(t, detail, "Versions")
		s.screen.save(t, "plugins-versions-dark")
		s.pressNamed(t, detail, "Roll back to 1.0.0")
		s.says(t, detail, "1.0.0 · Ready", "Roll back to 1.1.0")
	})

	t.Run("removing asks once, and is taken back", func(t *testing.T) {
		s.pressNamed(t, detail, "Remove Outside")
		s.says(t, dialog, "Its unit outside will be gone")
		s.settled(t)
		s.screen.save(t, "plugins-remove")
		s.pressNamed(t, dialog, "Remove")
		s.says(t, "[role=log]", "Outside was removed")
		s.says(t, detail, "Removed")
		s.pressNamed(t, detail, "Bring 1.0.0 back")
		s.says(t, detail, "1.0.0 · Ready")
	})

	t.Run("what is no plugin is refused with the reason", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "bad.wasm")
		s.must(t, os.WriteFile(path, []byte("no plugin"), 0o600))
		s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, path))
		s.says(t, "[role=log]", "that did not work", "bad.wasm")
	})
}

func TestTheLogOfAPluginIsShownSearchedAndExported(t *testing.T) {
	t.Parallel()
	s := openWith(t, `{"theme": "light", "panel": "plugins"}`)
	const detail = "section[aria-label=Plugins] article"
	hostile := filepath.Join(root(t), "build", "test", "hostile.wasm")
	s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, hostile))
	s.pressNamed(t, "[role=dialog]", "Install")
	s.says(t, detail, "Hostile")
	eventually(t, "it can be run", func() bool {
		err := s.run(`return await window.go.main.Automation.RunOp("hostile", "log_flood", {}, "")`, nil)
		return err != nil && strings.Contains(err.Error(), "log-flood")
	})
	s.pressNamed(t, detail, "Activity")
	s.says(t, detail, "Last failure", "log-flood")
	eventually(t, "lines", func() bool { return s.text(t, "ol[aria-label^=Log]") != "" })
	s.settled(t)
	s.screen.save(t, "plugins-log-light")
	s.pressNamed(t, detail, "Export")
	s.says(t, "[role=log]", "Log exported")
	files, err := filepath.Glob(filepath.Join(s.data, "pictures", "inos-log-*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if text, err := os.ReadFile(files[0]); err != nil || len(strings.Split(string(text), "\n")) < 10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	s.must(t, s.run(`document.documentElement.style.fontSize = "200%"`, nil))
	s.settled(t)
	s.screen.save(t, "plugins-text-200")
	eventually(t, "the words of the graphs grow with the text", func() bool {
		var pixels float64
		s.must(t, s.run(`const { font } = document.querySelector(".uplot canvas").getContext("2d");
return parseFloat(font.match(/[\d.]+px/)[0]) / devicePixelRatio`, &pixels))
		return pixels == 24
	})
	var wide []string
	s.must(t, s.run(overflowing, &wide))
	if len(wide) > 0 {
		t.Errorf("with text at 200 %% wider than their place: %q", wide)
	}
}

func TestThePluginsPanelInBothThemesAndSizes(t *testing.T) {
	type size struct{ width, height int }
	smallest := size{900, 600}
	for theme, sizes := range map[string][]size{"dark": {smallest}, "light": {smallest, {1280, 800}}} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s %d", theme, size.width), func(t *testing.T) {
				t.Parallel()
				name := fmt.Sprintf("plugins-%%s-%s-%d", theme, size.width)
				s := &stage{screen: startScreenOf(t, size.width, size.height), data: t.TempDir()}
				s.place(t, size.width, size.height)
				s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"),
					[]byte(`{"theme": "`+theme+`", "panel": "plugins"}`), 0o600))
				for _, f := range []dropin.File{sparks(t, "1.0.0"), sparks(t, "1.1.0")} {
					_, err := dropin.Open(s.data).Install(f, true)
					s.must(t, err)
				}
				s.driver = startDriver(t, s.environment(t), install(t), []string{"--data", s.data})
				s.awaitBirds(t)
				for _, tab := range []string{"About", "Permissions", "Settings", "Activity", "Versions"} {
					s.pressNamed(t, "section[aria-label=Plugins] article", tab)
					s.settled(t)
					if size == smallest { // colours are the same in all
						s.readable(t, pluginsPanel)
					}
					s.screen.save(t, fmt.Sprintf(name, strings.ToLower(tab)))
				}
				s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, outsideFile(t, "1.0.0")))
				s.pressNamed(t, "[role=dialog]", "Install")
				s.says(t, "section[aria-label=Plugins] article", "May know")
				s.settled(t)
				s.screen.save(t, fmt.Sprintf(name, "asks"))
				var wide []string
				s.must(t, s.run(overflowing, &wide))
				if len(wide) > 0 {
					t.Errorf("wider than their place: %q", wide)
				}
			})
		}
	}
}

// overflowing names what sticks out of the panel to the right.
const overflowing = `
const panel = document.querySelector("section[aria-label=Plugins]"), edge = panel.getBoundingClientRect().right + 1;
return [...panel.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > edge)
  .map((e) => e.tagName + " " + e.className);`
