package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/node"
	"inos/backend/settings"
	"inos/backend/settings/settingstest"
)

// withOutside is a stand with the example plugin that has settings.
func withOutside(t *testing.T) *stand {
	t.Helper()
	wasm, err := os.ReadFile(builtFile(t, "examples/outside.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t)
	writeFile(t, filepath.Join(s.data, "plugins", "outside.wasm"), wasm)
	return s
}

// settingRow is a setting as scripts read it.
type settingRow struct {
	Name  string
	Value any
	Set   bool
	Param map[string]any
}

// settings lists those of the plugin, by name.
func (s *stand) settings(t *testing.T) map[string]settingRow {
	t.Helper()
	var document struct {
		Plugin   string
		Settings []settingRow
	}
	got := s.inos(t.Context(), "plugin", "settings", "outside", "--json")
	oneDocument(t, got.stdout, &document)
	rows := map[string]settingRow{}
	for _, row := range document.Settings {
		rows[row.Name] = row
	}
	if got.exit != ExitOK || document.Plugin != "dev.inos.outside" || len(rows) != 2 {
		t.Fatalf("exit %d, %s, %s", got.exit, got.stdout, got.stderr)
	}
	return rows
}

func TestSettingsAreSetShownAndTakenBack(t *testing.T) {
	s := withOutside(t)
	if row := s.settings(t)["volume"]; row.Set || row.Value != 0.5 || row.Param["max"] != 1.0 {
		t.Errorf("%+v", row)
	}
	s.stdin = "hunter2\n"
	got := s.inos(t.Context(), "plugin", "set", "outside", "volume=0.75", "token", "--secret-fd", "0")
	if got.exit != ExitOK || !strings.Contains(got.stdout, "volume         0.75\n") ||
		!strings.Contains(got.stdout, "token          a secret, set\n") {
		t.Errorf("exit %d, %q, %q", got.exit, got.stdout, got.stderr)
	}
	rows := s.settings(t)
	if v, k := rows["volume"], rows["token"]; !v.Set || v.Value != 0.75 || !k.Set || k.Value != nil {
		t.Errorf("%+v", rows)
	}
	if accounts := s.keychain.Accounts(); len(accounts) != 1 ||
		!strings.HasPrefix(accounts[0], "dev.inos.outside/token/") {
		t.Errorf("%q", accounts)
	}
	secret, err := s.keychain.Get(t.Context(), s.keychain.Accounts()[0])
	if secret != "hunter2" || err != nil {
		t.Errorf("%q, %v", secret, err)
	}
	got = s.inos(t.Context(), "plugin", "set", "outside", "volume", "token", "--unset")
	if got.exit != ExitOK || !strings.Contains(got.stdout, "volume         0.5 (default)\n") ||
		!strings.Contains(got.stdout, "token          a secret, not set\n") || len(s.keychain.Accounts()) > 0 {
		t.Errorf("exit %d, %q, %q", got.exit, got.stdout, got.stderr)
	}
}

func TestASettingThatDoesNotFitIsRefusedAndNothingIsSet(t *testing.T) {
	s := withOutside(t)
	s.stdin = "hunter2"
	for _, c := range []struct{ args, want string }{
		{"volume=2", "volume: \"2\" does not fit: it takes 0 to 1"},
		{"volume=0.1 colour=red", `it has no setting "colour"; see inos plugin settings dev.inos.outside`},
		{"volume", "it needs a value; write volume=VALUE, 0 to 1"},
		{"volume=0.1 token=hunter2", "a command line is seen by other programs"},
		{"token=hunter2", "give its name without a value"},
		{"token", "no terminal to ask for the secret at: give --secret-fd N"},
		{"token --secret-fd 9999", "descriptor 9999"},
		{"colour --unset", `it has no setting "colour"`},
	} {
		got := s.inos(t.Context(), append([]string{"plugin", "set", "outside"}, strings.Fields(c.args)...)...)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, c.want) ||
			strings.Contains(got.stdout+got.stderr, "hunter") {
			t.Errorf("%s: exit %d, %q", c.args, got.exit, got.stderr)
		}
	}
	s.stdin = strings.Repeat("hunter2", 40)
	got := s.inos(t.Context(), "plugin", "set", "outside", "token", "--secret-fd", "0", "--json", "--verbose")
	if got.exit != ExitFailed || strings.Contains(got.stdout+got.stderr, "hunter") ||
		!strings.Contains(got.stderr, "token: it does not fit: it takes text of at most 200 bytes") {
		t.Errorf("too long: exit %d, %q", got.exit, got.stderr)
	}
	if rows := s.settings(t); rows["volume"].Set || rows["token"].Set || len(s.keychain.Accounts()) > 0 {
		t.Errorf("%+v, %q", rows, s.keychain.Accounts())
	}
}

func TestAValueThatFitsNoMoreIsShownBesideTheDefault(t *testing.T) {
	got := settingText(node.Setting{State: settings.State{Value: 0.5, Misfit: "a\x1b[2J"}})
	if got != "0.5 (default; a [2J, which you have set, does not fit this version)" {
		t.Errorf("%q", got)
	}
}

func TestAPluginWithoutSettingsSaysSo(t *testing.T) {
	s := newStand(t)
	s.install(t, "echo.wasm")
	list := s.inos(t.Context(), "plugin", "settings", "echo")
	if list.exit != ExitOK || !strings.Contains(list.stdout, "has no settings") {
		t.Errorf("exit %d, %q, %q", list.exit, list.stdout, list.stderr)
	}
	if got := s.inos(t.Context(), "plugin", "set", "echo", "x=1"); got.exit != ExitFailed ||
		!strings.Contains(got.stderr, "it has none") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
}

func outsideWorld(t *testing.T, environment ...string) world {
	t.Helper()
	w := newWorld(t)
	wasm, err := os.ReadFile(builtFile(t, "examples/outside.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(w.data, "plugins", "outside.wasm"), wasm)
	w.environment = environment
	return w
}

// From the terminal through the desktop's keychain into the plugin, and nowhere else.
func TestASecretGoesFromTheTerminalToThePluginAndIsNeverShown(t *testing.T) {
	w := outsideWorld(t, settingstest.Desktop(t)...)
	const secret = "correct horse"
	lacks := w.run(t, "run", "outside.token")
	if lacks.exit != ExitFailed || !strings.Contains(lacks.stderr, "inos plugin set dev.inos.outside token") {
		t.Errorf("before: exit %d, %q", lacks.exit, lacks.stderr)
	}
	said := w.terminal(t, []string{secret}, "plugin", "set", "outside", "token", "volume=0.75", "--verbose")
	if said.exit != ExitOK || !strings.Contains(said.stdout, "a secret, set") ||
		strings.Contains(said.stdout, "horse") {
		t.Fatalf("exit %d, %q", said.exit, said.stdout)
	}
	for op, want := range map[string]string{"token": "13", "volume": "0.75"} {
		if got := w.run(t, "run", "outside."+op); got.exit != ExitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: exit %d, %q, %q", op, got.exit, got.stdout, got.stderr)
		}
	}
	shown := w.run(t, "plugin", "settings", "outside", "--json", "--verbose")
	if shown.exit != ExitOK || strings.Contains(shown.stdout+shown.stderr, "horse") {
		t.Errorf("exit %d, %q, %q", shown.exit, shown.stdout, shown.stderr)
	}
	if got := w.run(t, "plugin", "set", "outside", "token", "--unset"); got.exit != ExitOK {
		t.Errorf("unset: exit %d, %q", got.exit, got.stderr)
	}
	if got := w.run(t, "run", "outside.token"); got.exit != ExitFailed {
		t.Errorf("after: exit %d, %q", got.exit, got.stdout)
	}
}

func TestWithoutAKeychainASecretIsRefusedWithWhatToInstall(t *testing.T) {
	w := outsideWorld(t, "DBUS_SESSION_BUS_ADDRESS=unix:path=/no/such/bus")
	said := w.terminal(t, []string{"correct horse"}, "plugin", "set", "outside", "token")
	if said.exit != ExitFailed || !strings.Contains(said.stdout, "gnome-keyring") ||
		strings.Contains(said.stdout, "horse") {
		t.Errorf("exit %d, %q", said.exit, said.stdout)
	}
	if text, err := os.ReadFile(filepath.Join(w.data, "plugin-settings.json")); err == nil {
		t.Errorf("it keeps %s", text)
	}
}

func TestTheDoctorAsksTheKeychain(t *testing.T) {
	report := func(env ...string) (string, bool) {
		w := outsideWorld(t, env...)
		got := w.run(t, "doctor", "--json")
		var document struct {
			Checks []struct{ Name, Status, Fix string }
		}
		oneDocument(t, got.stdout, &document)
		for _, c := range document.Checks {
			if c.Name == "keychain" {
				return c.Status, strings.Contains(c.Fix, "gnome-keyring")
			}
		}
		return "not checked", false
	}
	if status, fix := report(settingstest.Desktop(t)...); status != "ok" || fix {
		t.Errorf("with one: %s, %t", status, fix)
	}
	if status, fix := report("DBUS_SESSION_BUS_ADDRESS=unix:path=/no/such/bus"); status != "warning" || !fix {
		t.Errorf("without: %s, %t", status, fix)
	}
}

func TestCtrlCAtASecretSetsNothing(t *testing.T) {
	w := outsideWorld(t)
	said := w.terminal(t, []string{"half of it\x03"}, "plugin", "set", "outside", "token")
	if said.exit != ExitInterrupted || !strings.Contains(said.stdout, "token: interrupted") {
		t.Errorf("exit %d, %q", said.exit, said.stdout)
	}
}
