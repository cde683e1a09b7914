//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"aead.dev/minisign"

	"inos/backend/manifest"
	"inos/backend/settings/settingstest"
)

const (
	pluginsPanel = "section[aria-label=Plugins]"
	pluginPage   = pluginsPanel + " article"
	dialogue     = "[role=dialog]"
)

// settable is the plugin that asks for everything with a setting of each kind, signed by somebody.
func settable(t *testing.T) string {
	t.Helper()
	path := outsideFile(t, "1.0.0")
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	m.Settings = append(m.Settings,
		manifest.Param{Name: "loud", Label: "Loud", Doc: "Says it loudly.", Kind: manifest.Flag, Default: false},
		manifest.Param{Name: "mode", Label: "Mode", Kind: manifest.Choice, Default: "calm", Options: []string{"calm", "wild"}},
		manifest.Param{Name: "title", Label: "Title", Kind: manifest.Text, Default: "Hello", MaxBytes: 8})
	_, private, err := minisign.GenerateKey(nil)
	if err == nil {
		wasm, err = manifest.Pack(wasm, m)
	}
	if err == nil {
		wasm, err = manifest.Sign(wasm, private, "")
	}
	if err == nil {
		err = os.WriteFile(path, wasm, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// openSettable opens the window with that plugin installed, in an environment.
func openSettable(t *testing.T, settings string, more ...string) *stage {
	t.Helper()
	s := &stage{screen: startScreen(t), data: t.TempDir()}
	s.place(t, screenWidth, screenHeight)
	s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"), []byte(settings), 0o600))
	s.driver = startDriver(t, append(s.environment(t), more...), install(t), []string{"--data", s.data})
	s.awaitBirds(t)
	s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, settable(t)))
	s.pressNamed(t, dialogue, "Install")
	s.says(t, pluginPage, "May know the date and the time")
	return s
}

func (s *stage) opResult(t *testing.T, op string) (value float64) {
	t.Helper()
	s.must(t, s.run(`return await window.go.main.Automation.RunOp("outside", a, {}, "")`, &value, op))
	return value
}

// typed replaces what is in the field of that name and leaves it with Enter.
func (s *stage) typed(t *testing.T, name, text string) {
	t.Helper()
	field := pluginPage + ` input[aria-label="` + name + `"]`
	eventually(t, "the field "+name, func() bool {
		return s.run(`const f = document.querySelector(a); f.focus(); f.select()`, nil, field) == nil
	})
	s.must(t, s.pressOn(field, text+keyEnter))
}

func TestSettingsAreChangedByTheKeyboardAndKept(t *testing.T) {
	t.Parallel()
	nobody := "DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(t.TempDir(), "none")
	s := openSettable(t, `{"theme": "dark", "panel": "plugins"}`, nobody)
	s.pressNamed(t, pluginPage, "Settings")
	s.says(t, pluginPage, "Default: 0.500", "Default: off", "Default: Hello", "Not set")

	t.Run("a number reaches the plugin and goes back to its default", func(t *testing.T) {
		s.typed(t, "volume, typed", "0.75")
		s.says(t, pluginPage, "Set by you", "Reset to 0.500")
		if got := s.opResult(t, "volume"); got != 0.75 {
			t.Errorf("the plugin sees %g", got)
		}
		s.pressNamed(t, pluginPage, "Reset volume")
		s.says(t, pluginPage, "Default: 0.500", "Undo")
		s.pressNamed(t, pluginPage, "Undo volume")
		s.says(t, pluginPage, "Reset to 0.500")
		if got := s.opResult(t, "volume"); got != 0.75 {
			t.Errorf("the plugin sees %g", got)
		}
	})

	t.Run("what does not fit is said beside the field", func(t *testing.T) {
		s.typed(t, "Title", "ääääää")
		s.says(t, pluginPage+` li[aria-label=Title] [role=alert]`, "does not fit")
		s.typed(t, "Title", "Good")
		s.says(t, pluginPage+` li[aria-label=Title]`, "Reset to Hello")
	})

	t.Run("without a keychain a secret is not stored and one reads what to do", func(t *testing.T) {
		s.pressNamed(t, pluginPage, "Set token")
		s.typed(t, "token", "Zauberwort")
		s.says(t, pluginPage+` li[aria-label=token] [role=alert]`, "keychain of the system", "gnome-keyring")
		s.screen.save(t, "plugins-settings-refused")
		s.readable(t, pluginPage)
		s.key(t, keyEscape)
		s.says(t, pluginPage+` li[aria-label=token]`, "Not set")
	})
	s.readable(t, pluginsPanel)

	t.Run("each control is reached by Tab and shows that it has the keyboard", func(t *testing.T) {
		var stops int
		s.must(t, s.run(watchFocus, &stops))
		if stops < 15 {
			t.Fatalf("only %d stops", stops)
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
	})

	t.Run("Escape closes an offer and then the panel, and the focus returns", func(t *testing.T) {
		s.key(t, "1")
		s.must(t, s.run(`document.querySelector("nav button[aria-label=Plugins]").focus()`, nil))
		s.key(t, "3")
		s.pressNamed(t, pluginPage, "Versions")
		s.must(t, s.run(`await window.go.main.Automation.Drop([a])`, nil, outsideFile(t, "1.2.0")))
		s.says(t, dialogue, "1.2.0")
		s.settled(t)
		s.key(t, keyEscape)
		eventually(t, "the offer is gone", func() bool { return s.gone(t, dialogue) })
		s.focusIsOn(t, "Versions")
		for !s.gone(t, pluginsPanel) { // notices go first
			s.key(t, keyEscape)
		}
		s.focusIsOn(t, "Plugins")
	})
}

// gone says whether there is no such element.
func (s *stage) gone(t *testing.T, selector string) (is bool) {
	t.Helper()
	s.must(t, s.run(`return document.querySelector(a) === null`, &is, selector))
	return is
}

// watchFocus puts the focus before the panel, notes which of its controls get it and whether that
// can be seen, and returns how many there are. What draws nothing itself shows it on what it is
// drawn by.
const watchFocus = `
const panel = document.querySelector("section[aria-label=Plugins]");
window.stops = [...panel.querySelectorAll("button, input, select, [tabindex]")].filter((e) =>
  !e.disabled && e.tabIndex >= 0 && !(e.type === "radio" && !e.checked) && e.getClientRects().length > 0);
const ringed = (e) => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
const drawn = (e) => getComputedStyle(e).opacity !== "0" && e.clientWidth > 4;
panel.addEventListener("focusin", ({ target: e }) => setTimeout(() => {
  const shows = drawn(e) ? ringed(e) : [...e.parentElement.children].some((f) => f !== e && ringed(f));
  e.dataset.reached = shows ? "yes" : "no ring";
}));
document.querySelector("nav button:last-of-type").focus();
for (const e of document.querySelectorAll("nav button")) e.focus();
return window.stops.length;`

func TestASecretIsStoredAndAPublisherTrusted(t *testing.T) {
	t.Parallel()
	s := openSettable(t, `{"theme": "light", "panel": "plugins"}`, settingstest.Desktop(t)...)
	const secret = "Zauberwort-4711"

	t.Run("the secret reaches the plugin and leaves the page", func(t *testing.T) {
		s.pressNamed(t, pluginPage, "Settings")
		s.pressNamed(t, pluginPage, "Set token")
		s.typed(t, "token", secret)
		s.says(t, pluginPage+` li[aria-label=token]`, "Replace", "Clear")
		if got := s.opResult(t, "token"); got != float64(len(secret)) {
			t.Errorf("the plugin sees %g bytes", got)
		}
		var known bool
		s.must(t, s.run(`const told = JSON.stringify(await window.go.main.App.ListPlugins());
return (told + document.documentElement.outerHTML).includes(a) ||
  [...document.querySelectorAll("input")].some((f) => f.value.includes(a))`, &known, secret))
		if known {
			t.Error("the page knows it")
		}
		s.settled(t)
		s.screen.save(t, "plugins-settings-light")
		s.readable(t, pluginPage)
	})

	t.Run("it is cleared after a question, which Escape answers with no", func(t *testing.T) {
		s.pressNamed(t, pluginPage, "Clear token")
		s.says(t, dialogue, "cannot bring it back")
		s.key(t, keyEscape)
		s.focusIsOn(t, "Clear token")
		s.key(t, keyEnter)
		s.says(t, dialogue, "cannot bring it back")
		s.pressNamed(t, dialogue, "Clear")
		s.says(t, pluginPage+` li[aria-label=token]`, "Not set")
	})

	t.Run("the owner of the key is named, and forgotten", func(t *testing.T) {
		s.pressNamed(t, pluginPage, "About")
		s.says(t, pluginPage, "Signed by somebody whom you do not know")
		s.pressNamed(t, pluginPage, "Trust this publisher")
		s.says(t, dialogue, "Everybody can make a key", "key id")
		s.settled(t)
		s.screen.save(t, "plugins-trust-light")
		s.readable(t, dialogue)
		s.must(t, s.pressOn(dialogue+" input", "Ada"+keyEnter))
		s.says(t, pluginPage, "Signed by Ada, whom you trust", "Forget Ada")
		s.pressNamed(t, pluginPage, "Forget Ada")
		s.pressNamed(t, dialogue, "Forget")
		s.says(t, pluginPage, "Signed by somebody whom you do not know")
	})
}

// focusIsOn waits until what has that name has the keyboard, and is seen to.
func (s *stage) focusIsOn(t *testing.T, name string) {
	t.Helper()
	has := ""
	defer func() {
		if t.Failed() {
			t.Logf("%q has the focus", has)
		}
	}()
	eventually(t, "the focus is on "+name, func() bool {
		_ = s.run(`const e = document.activeElement, style = getComputedStyle(e);
const ring = e.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
return (ring ? "" : "no ring: ") + (e.getAttribute("aria-label") ?? e.innerText).trim()`, &has)
		return has == name
	})
}
