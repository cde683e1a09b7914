package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/node"
	"inos/backend/store/keys"
)

const storeWords = "correct horse battery"

// store makes a store in the data folder and returns its key.
func (s *stand) store(t *testing.T, by keys.Protection) keys.Master {
	t.Helper()
	k := node.StoreKeys(s.data, &s.keychain)
	k.Cost = cheapCost
	_, m, err := k.Create(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// key runs inos store key, with a passphrase in the environment, and never sees a secret.
func (s *stand) key(t *testing.T, passphrase string, args ...string) outcome {
	t.Helper()
	s.environment[passphraseVariable] = passphrase
	got := s.inos(t.Context(), append([]string{"store", "key"}, args...)...)
	if strings.Contains(got.stdout+got.stderr, "horse") {
		t.Errorf("%v shows a passphrase: %q, %q", args, got.stdout, got.stderr)
	}
	return got
}

// opensStore fails unless the passphrase opens the store; the keychain is not asked.
func (s *stand) opensStore(t *testing.T, passphrase string, want keys.Master) {
	t.Helper()
	k := node.StoreKeys(s.data, noKeychain{})
	got, err := k.Unlock(t.Context(), keys.Passphrase{Given: passphrase})
	if got != want || err != nil {
		t.Errorf("%q does not open the store: %v", passphrase, err)
	}
}

type noKeychain struct{}

func (noKeychain) Get(context.Context, string) (string, error) { return "", errors.New("not here") }
func (noKeychain) Set(context.Context, string, string) error   { return errors.New("not here") }
func (noKeychain) Delete(context.Context, string) error        { return errors.New("not here") }

func (s *stand) keyStatus(t *testing.T, exit int) keyStatus {
	t.Helper()
	got := s.key(t, "", "status", "--json")
	var status keyStatus
	oneDocument(t, got.stdout, &status)
	if got.exit != exit {
		t.Errorf("status: exit %d, %s", got.exit, got.stdout)
	}
	return status
}

func TestARecoverySheetOpensTheStoreAgain(t *testing.T) {
	s := newStand(t)
	m := s.store(t, keys.Protection{Passphrase: storeWords})
	sheet := filepath.Join(s.dir, "sheet.txt")
	if got := s.key(t, storeWords, "export", "-o", sheet); got.exit != ExitOK ||
		!strings.Contains(got.stdout, "print it, and delete the file") {
		t.Fatalf("exit %d, %q, %q", got.exit, got.stdout, got.stderr)
	}
	text, err := os.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(sheet)
	id := s.keyStatus(t, ExitOK).Store
	if err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(string(text), id) {
		t.Errorf("%v, %v, %d bytes", info.Mode(), err, len(text))
	}
	if got := s.key(t, storeWords, "export", "-o", sheet); got.exit != ExitFailed ||
		!strings.Contains(got.stderr, "never written over a file") {
		t.Errorf("over a file: exit %d, %q", got.exit, got.stderr)
	}
	if got := s.key(t, "a new horse", "import", sheet); got.exit != ExitOK ||
		!strings.Contains(got.stdout, "passphrase     set") {
		t.Fatalf("import: exit %d, %q", got.exit, got.stderr)
	}
	s.opensStore(t, "a new horse", m)
	if got := s.key(t, storeWords, "export"); got.exit != ExitFailed ||
		!strings.Contains(got.stderr, "the passphrase is wrong") || got.stdout != "" {
		t.Errorf("the old passphrase: exit %d, %q", got.exit, got.stderr)
	}
	s.stdin = string(text)
	if got := s.key(t, "", "import", "--keychain", "--json"); got.exit != ExitOK ||
		!s.keyStatus(t, ExitOK).Keychain {
		t.Errorf("into the keychain, from standard input: exit %d, %q", got.exit, got.stderr)
	}
}

func TestTheSheetIsPrintedAsTextOrJSON(t *testing.T) {
	s := newStand(t)
	m := s.store(t, keys.Protection{Keychain: true})
	got := s.key(t, "", "export")
	if read, err := keys.FromWords(got.stdout); read != m || err != nil || got.exit != ExitOK {
		t.Errorf("exit %d, %v", got.exit, err)
	}
	if !strings.Contains(got.stdout, "\n 1. ") || !strings.Contains(got.stdout, "24. ") {
		t.Errorf("it is not numbered: %d bytes", len(got.stdout))
	}
	var document map[string]any
	got = s.key(t, "", "export", "--json")
	oneDocument(t, got.stdout, &document)
	requireFields(t, document, map[string]any{"store": "", "made": "", "words": []any{}})
	got = s.key(t, "", "export", "--json", "-o", filepath.Join(s.dir, "sheet"))
	clear(document)
	oneDocument(t, got.stdout, &document)
	if _, shows := document["words"]; shows || document["path"] == nil {
		t.Errorf("%v", document)
	}
}

func TestWordsThatAreNotThoseOfTheStoreAreRefused(t *testing.T) {
	s := newStand(t)
	m := s.store(t, keys.Protection{Passphrase: storeWords})
	words := keys.Words(m)
	other := keys.Words(keys.Master{1})
	wrong := append([]string{"hors"}, words[1:]...)
	for text, says := range map[string]string{
		strings.Join(other, " "):      "this is the key of another store",
		strings.Join(wrong, "\n"):     `word 1, "hors", is not in the list`,
		strings.Join(words[:12], " "): "a recovery sheet has 24 words, and these are 12",
		strings.Repeat("zoo ", 24):    "do not fit together",
		strings.Repeat("zoo ", 9000):  "more than 16 KiB",
	} {
		s.stdin = text
		got := s.key(t, "a new horse", "import", "--json")
		if got.exit != ExitFailed || !strings.Contains(got.stderr, says) ||
			strings.Contains(got.stdout+got.stderr, strings.Join(words[1:4], " ")) {
			t.Errorf("exit %d, %q; want %q", got.exit, got.stderr, says)
		}
		s.opensStore(t, storeWords, m)
	}
	s.stdin = strings.Join(words, " ")
	got := s.key(t, "", "import")
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "no terminal") {
		t.Errorf("without a passphrase: exit %d, %q", got.exit, got.stderr)
	}
	s.stdin = ""
	if got := s.key(t, "", "import", "/no/such/sheet"); got.exit != ExitFailed {
		t.Errorf("no file: exit %d", got.exit)
	}
	s.opensStore(t, storeWords, m)
}

func TestTheKeyMovesBetweenKeychainAndPassphrase(t *testing.T) {
	s := newStand(t)
	m := s.store(t, keys.Protection{Passphrase: storeWords})
	if got := s.key(t, storeWords, "change", "--keychain"); got.exit != ExitOK {
		t.Fatalf("exit %d, %q", got.exit, got.stderr)
	}
	if st := s.keyStatus(t, ExitOK); st.Passphrase || !st.Keychain || len(st.Files) != 2 {
		t.Errorf("%+v", st)
	}
	s.stdin = "another horse\n"
	if got := s.key(t, "", "change", "--new-passphrase-fd", "0"); got.exit != ExitOK {
		t.Fatalf("exit %d, %q", got.exit, got.stderr)
	}
	if st := s.keyStatus(t, ExitOK); !st.Passphrase || !st.Keychain {
		t.Errorf("%+v", st)
	}
	s.opensStore(t, "another horse", m)
	s.stdin = "third horse\n"
	got := s.key(t, "", "change", "--passphrase", "--new-passphrase-fd", "0", "--json")
	if got.exit != ExitOK {
		t.Fatalf("exit %d, %q", got.exit, got.stderr)
	}
	if st := s.keyStatus(t, ExitOK); !st.Passphrase || st.Keychain || len(s.keychain.Accounts()) > 0 {
		t.Errorf("%+v, %v", st, s.keychain.Accounts())
	}
	s.opensStore(t, "third horse", m)
	s.keychain.Fault = errors.New("no desktop")
	if got := s.key(t, "third horse", "change", "--keychain"); got.exit != ExitFailed ||
		!strings.Contains(got.stderr, "no desktop") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	s.opensStore(t, "third horse", m)
}

func TestTheStatusSaysWhatIsWrongAndChangeMendsIt(t *testing.T) {
	s := newStand(t)
	s.store(t, keys.Protection{Passphrase: storeWords, Keychain: true})
	for _, name := range []string{"store.b", "keys/passphrase.a"} {
		writeFile(t, filepath.Join(s.data, "store", name), []byte("damaged"))
	}
	bad := 0
	for _, f := range s.keyStatus(t, ExitFailed).Files {
		if f.Error != "" {
			bad++
		}
	}
	said := s.key(t, "", "status")
	if bad != 2 || said.exit != ExitFailed || said.stderr != "" ||
		strings.Count(said.stdout, "it is damaged; inos store key change writes it again") != 2 {
		t.Errorf("%d are bad; exit %d, %q", bad, said.exit, said.stdout)
	}
	s.stdin = "next horse"
	if got := s.key(t, "", "change", "--new-passphrase-fd", "0"); got.exit != ExitOK {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	s.keyStatus(t, ExitOK)
	for _, account := range s.keychain.Accounts() {
		_ = s.keychain.Delete(t.Context(), account)
	}
	for _, name := range []string{"passphrase.a", "passphrase.b"} {
		_ = os.Remove(filepath.Join(s.data, "store", "keys", name))
	}
	got := s.key(t, "", "status")
	if got.exit != ExitFailed || !strings.Contains(got.stdout, "recovery sheet") {
		t.Errorf("exit %d, %q", got.exit, got.stdout)
	}
}

func TestWithoutAStoreNothingIsMade(t *testing.T) {
	s := newStand(t)
	s.stdin = strings.Repeat("abandon ", 23) + "art"
	for _, args := range [][]string{
		{"status"}, {"export"}, {"import"}, {"change"}, {"change", "--keychain"},
	} {
		got := s.key(t, "some horse", append(args, "--json")...)
		var document struct {
			Error struct{ Kind, Message, Next string }
		}
		oneDocument(t, got.stdout, &document)
		if got.exit != ExitFailed || document.Error.Kind != "not-found" ||
			!strings.Contains(document.Error.Message, "there is no store here yet") {
			t.Errorf("%v: exit %d, %s", args, got.exit, got.stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(s.data, "store")); err == nil {
		t.Error("a folder was made")
	}
}
