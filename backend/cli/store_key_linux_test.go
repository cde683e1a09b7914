package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inos/backend/node"
	"inos/backend/settings/settingstest"
	"inos/backend/store/keys"
)

// withStore makes a store that a passphrase opens.
func (w world) withStore(t *testing.T, passphrase string) keys.Master {
	t.Helper()
	k := node.StoreKeys(w.data, nil)
	k.Cost = cheapCost
	_, m, err := k.Create(t.Context(), keys.Protection{Passphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const noDesktop = "DBUS_SESSION_BUS_ADDRESS=unix:path=/no/such/bus"

// opensStore fails unless the program opens the store with that passphrase.
func (w world) opensStore(t *testing.T, passphrase string, want keys.Master) {
	t.Helper()
	w.environment = append(slices.Clone(w.environment), passphraseVariable+"="+passphrase)
	got := w.run(t, "store", "key", "export")
	if read, err := keys.FromWords(got.stdout); read != want || err != nil {
		t.Errorf("%q does not open it: exit %d, %q", passphrase, got.exit, got.stderr)
	}
}

// The real program and the real keychain: from a passphrase into the keychain, and back by the sheet.
func TestTheKeyOfTheStoreGoesThroughTheDesktopsKeychain(t *testing.T) {
	w := newWorld(t)
	w.environment = settingstest.Desktop(t)
	m := w.withStore(t, storeWords)
	moved := w.terminal(t, []string{storeWords}, "store", "key", "change", "--keychain")
	if moved.exit != ExitOK || !strings.Contains(moved.stdout, "has the key") ||
		strings.Contains(moved.stdout, "horse") {
		t.Fatalf("exit %d, %q", moved.exit, moved.stdout)
	}
	got := w.run(t, "store", "key", "export")
	if read, err := keys.FromWords(got.stdout); read != m || err != nil || got.exit != ExitOK {
		t.Fatalf("exit %d, %q, %v", got.exit, got.stderr, err)
	}
	elsewhere := w // the same folder, without that desktop
	elsewhere.environment = []string{noDesktop}
	locked := elsewhere.run(t, "store", "key", "export")
	if locked.exit != ExitFailed || locked.stdout != "" ||
		!strings.Contains(locked.stderr, "gnome-keyring") {
		t.Errorf("without the desktop: exit %d, %q", locked.exit, locked.stderr)
	}
	sheet := filepath.Join(t.TempDir(), "sheet")
	writeFile(t, sheet, []byte(got.stdout))
	typed := elsewhere.terminal(t, []string{"new horse", "new horse"}, "store", "key", "import", sheet)
	if typed.exit != ExitOK || strings.Contains(typed.stdout, "horse") {
		t.Fatalf("import: exit %d, %q", typed.exit, typed.stdout)
	}
	elsewhere.opensStore(t, "new horse", m)
}

// Passphrases come by descriptors, and are wrong without harm.
func TestThePassphraseOfTheStoreIsChangedWithoutATerminal(t *testing.T) {
	w := newWorld(t)
	w.environment = []string{noDesktop}
	m := w.withStore(t, storeWords)
	change := []string{"store", "key", "change", "--new-passphrase-fd", "3"}
	for _, c := range []struct {
		old, next string
		exit      int
		says      string
	}{
		{"wrong horse", "next horse\n", ExitFailed, "the passphrase is wrong"},
		{"", "next horse\n", ExitFailed, "it is locked by a passphrase"},
		{storeWords, "\n", ExitFailed, "an empty passphrase protects nothing"},
		{storeWords, "next horse\n", ExitOK, ""},
	} {
		got := w.withDescriptor(t, change, c.old, c.next)
		if got.exit != c.exit || !strings.Contains(got.stderr, c.says) ||
			strings.Contains(got.stdout+got.stderr, "horse") {
			t.Errorf("%q, %q: exit %d, %q", c.old, c.next, got.exit, got.stderr)
		}
	}
	w.opensStore(t, "next horse", m)
}

// The words are shown on a terminal after a yes, and typed there.
func TestATerminalShowsTheWordsAfterAYesAndTakesThem(t *testing.T) {
	w := newWorld(t)
	w.environment = []string{passphraseVariable + "=" + storeWords, noDesktop}
	m := w.withStore(t, storeWords)
	for typed, shows := range map[string]bool{"\n": false, "n\n": false, "y\n": true} {
		keyboard := terminal(t, typed)
		screen, far := openTerminal(t)
		exit := w.startInto(t, far, keyboard, "store", "key", "export").end()
		_ = far.Close()
		said, _ := readTerminal(screen)
		if !strings.Contains(exit.stderr, "Show them here? [y/N]") ||
			strings.Contains(said, "24. ") != shows || (exit.exit == ExitOK) != shows {
			t.Errorf("%q: exit %d, %q, %d bytes", typed, exit.exit, exit.stderr, len(said))
		}
	}
	typed := terminal(t, strings.Join(keys.Words(m), " ")+"\n")
	got := w.start(t, typed, "store", "key", "import").end()
	if got.exit != ExitOK || !strings.Contains(got.stderr, "The 24 words, in one line: ") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
}

// readTerminal is what a program that has ended wrote to a terminal.
func readTerminal(screen *os.File) (string, error) {
	var said strings.Builder
	for b := make([]byte, 4096); ; {
		n, err := screen.Read(b)
		said.Write(b[:n])
		if err != nil {
			return said.String(), err
		}
	}
}
