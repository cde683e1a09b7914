package keys

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"inos/backend/fault"
	"inos/backend/settings"
	"inos/backend/settings/settingstest"
	"inos/backend/store/disk"
	"inos/backend/store/disk/disktest"
)

// cheap is a cost for tests.
var cheap = Cost{LogN: 2, R: 1, P: 1}

// over gives the keys on a disk.
func over(fsys disk.FS, chain Keychain) *Keys {
	k := Open(fsys, chain)
	k.Cost = cheap
	return k
}

// made is a store with this protection.
func made(t *testing.T, by Protection) (*Keys, *disktest.Memory, *settingstest.Keychain, Master) {
	t.Helper()
	m, chain := disktest.New(), &settingstest.Keychain{}
	k := over(m, chain)
	id, master, err := k.Create(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.ID(); got != id || err != nil {
		t.Fatalf("%v, %v", got, err)
	}
	return k, m, chain, master
}

func asked(passphrase string) Passphrase {
	return Passphrase{Ask: func(context.Context) (string, error) { return passphrase, nil }}
}

// opens fails unless this passphrase unlocks the store.
func opens(t *testing.T, k *Keys, passphrase string, want Master) {
	t.Helper()
	if got, err := k.Unlock(t.Context(), Passphrase{Given: passphrase}); got != want || err != nil {
		t.Errorf("%q does not open it: %v", passphrase, err)
	}
}

// refuses fails unless unlocking is denied with something to do, and nothing is changed.
func refuses(t *testing.T, k *Keys, m *disktest.Memory, from Passphrase, says string) {
	t.Helper()
	before := snapshot(m)
	got, err := k.Unlock(t.Context(), from)
	f := fault.As(err)
	if got != (Master{}) || f == nil || f.Kind != fault.Denied || f.Next == "" ||
		!strings.Contains(f.Message(), says) {
		t.Errorf("it must be denied with %q: %v", says, err)
	}
	if snapshot(m) != before {
		t.Error("what is on the disk changed")
	}
}

func snapshot(m *disktest.Memory) string {
	var all strings.Builder
	for _, name := range m.Files() {
		fmt.Fprintf(&all, "%s %q\n", name, m.Bytes(name))
	}
	return all.String()
}

func TestEachProtectionOpensTheStore(t *testing.T) {
	for name, by := range map[string]Protection{
		"passphrase": {Passphrase: "correct horse"}, "keychain": {Keychain: true},
		"both": {Passphrase: "correct horse", Keychain: true},
	} {
		k, m, chain, master := made(t, by)
		for _, k := range []*Keys{k, over(m.Restart(), chain)} {
			if by.Passphrase != "" {
				opens(t, k, by.Passphrase, master)
			}
			got, err := k.Unlock(t.Context(), asked(by.Passphrase))
			if got != master || err != nil {
				t.Errorf("%s: %v", name, err)
			}
			s, err := k.State(t.Context())
			if s.Passphrase != (by.Passphrase != "") || s.Keychain != by.Keychain || err != nil {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
			for _, c := range append(k.Check(nil), k.Check(&master)...) {
				if c.Err != nil {
					t.Errorf("%s: %+v", name, c)
				}
			}
		}
	}
}

func TestAPassphraseThatIsGivenComesBeforeTheKeychainAndThatBeforeATerminal(t *testing.T) {
	k, m, chain, master := made(t, Protection{Passphrase: "word", Keychain: true})
	never := Passphrase{Ask: func(context.Context) (string, error) {
		t.Error("somebody was asked")
		return "", nil
	}}
	if got, err := k.Unlock(t.Context(), never); got != master || err != nil {
		t.Errorf("the keychain: %v", err)
	}
	refuses(t, k, m, Passphrase{Given: "wrong", Ask: never.Ask}, "the passphrase is wrong")
	chain.Fault = errors.New("no desktop")
	if got, err := k.Unlock(t.Context(), asked("word")); got != master || err != nil {
		t.Errorf("without a keychain: %v", err)
	}
	opens(t, k, "word", master)
	left := errors.New("left the terminal")
	leaves := func(context.Context) (string, error) { return "", left }
	_, err := k.Unlock(t.Context(), Passphrase{Ask: leaves})
	if !errors.Is(err, left) {
		t.Errorf("%v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Unlock(over, never); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a call that is over: %v", err)
	}
}

// INOS_PASSPHRASE may be set for something else.
func TestAPassphraseCountsForNothingWhereNoneIsSet(t *testing.T) {
	k, _, _, master := made(t, Protection{Keychain: true})
	opens(t, k, "of a plugin's key", master)
}

func TestAWrongOrMissingKeyOpensNothingAndDestroysNothing(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	refuses(t, k, m, Passphrase{Given: "Word"}, "the passphrase is wrong")
	refuses(t, k, m, asked("word "), "the passphrase is wrong")
	refuses(t, k, m, asked(""), "the passphrase is wrong")
	refuses(t, k, m, Passphrase{}, "it is locked by a passphrase")
	var other Master
	before := snapshot(m)
	for name, err := range map[string]error{
		"prove": k.Prove(other), "set": k.SetPassphrase(other, "mine"),
		"keychain": k.SetKeychain(t.Context(), other), "remove": k.RemovePassphrase(t.Context(), other),
	} {
		if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "the key of another store") {
			t.Errorf("%s with another key: %v", name, err)
		}
	}
	if _, err := k.Repair(other); fault.KindOf(err) != fault.Denied {
		t.Errorf("repair with another key: %v", err)
	}
	if snapshot(m) != before {
		t.Error("what is on the disk changed")
	}
	opens(t, k, "word", master)
}

func TestAKeyThatTheKeychainLostIsToldFromOneThatIsDamaged(t *testing.T) {
	k, m, chain, master := made(t, Protection{Keychain: true})
	at := chain.Accounts()[0]
	if id, _ := k.ID(); at != "store "+id.String() {
		t.Errorf("%q", at)
	}
	whole, _ := chain.Get(t.Context(), at)
	foreign := entry(ID{1}, master)
	id, _ := k.ID()
	for _, c := range []struct{ text, says string }{
		{whole[:len(whole)-1], "damaged"}, {whole[:20] + "zz" + whole[22:], "damaged"}, {"", "damaged"},
		{foreign, "damaged"}, {entry(id, Master{1}), "holds another key"},
	} {
		_ = chain.Set(t.Context(), at, c.text)
		refuses(t, k, m, asked("x"), c.says)
	}
	_ = chain.Set(t.Context(), at, whole+"\n")
	if got, err := k.Unlock(t.Context(), Passphrase{}); got != master || err != nil {
		t.Errorf("%v", err)
	}
	_ = chain.Delete(t.Context(), at)
	refuses(t, k, m, Passphrase{}, "its key is not in the keychain, and no passphrase is set")
	chain.Fault = fault.Wrap("k", fault.Unavailable, "keychain", // as where there is no bus to ask at
		fmt.Errorf("there is no desktop session: %w", fs.ErrNotExist), "log in")
	_, err := k.Unlock(t.Context(), Passphrase{})
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Next != "log in, or "+setAnew {
		t.Errorf("%v", err)
	}
	if s, err := k.State(t.Context()); err != nil || s.Keychain || s.KeychainErr == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestThePassphraseIsChanged(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "first"})
	longest := strings.Repeat("x", MaxPassphraseBytes)
	for i, next := range []string{"second", "third", "höhe\tund   tiefe", longest} {
		if err := k.SetPassphrase(master, next); err != nil {
			t.Fatal(err)
		}
		opens(t, k, next, master)
		if files, _, _ := k.sealed(); len(files) != 2 || files[0].Generation != uint64(i)+2 {
			t.Errorf("%+v", files)
		}
	}
	refuses(t, k, m, Passphrase{Given: "first"}, "the passphrase is wrong")
	for _, bad := range []string{"", longest + "x"} {
		if err := k.SetPassphrase(master, bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

func TestTheLastProtectionThatWorksIsNeverTaken(t *testing.T) {
	ctx := t.Context()
	k, m, chain, master := made(t, Protection{Passphrase: "word"})
	stays := func(err error, says string) {
		t.Helper()
		if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), says) {
			t.Errorf("%v", err)
		}
		opens(t, k, "word", master)
	}
	stays(k.RemovePassphrase(ctx, master), "the passphrase stays")
	chain.Fault = errors.New("no desktop")
	stays(k.RemovePassphrase(ctx, master), "the passphrase stays")
	if err := k.SetKeychain(ctx, master); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	chain.Fault = nil
	if err := k.SetKeychain(ctx, master); err != nil {
		t.Fatal(err)
	}
	stays(k.RemoveKeychain(ctx, master, "wrong"), "the key stays in the keychain")
	if err := k.RemovePassphrase(ctx, master); err != nil {
		t.Fatal(err)
	}
	if files := m.Files(); strings.Contains(strings.Join(files, " "), "passphrase") {
		t.Errorf("%v", files)
	}
	if err := k.RemovePassphrase(ctx, master); err != nil {
		t.Errorf("a second time: %v", err)
	}
	err := k.RemoveKeychain(ctx, master, "word")
	got, uerr := k.Unlock(ctx, Passphrase{})
	if fault.KindOf(err) != fault.Denied || got != master || uerr != nil {
		t.Errorf("%v, %v", err, uerr)
	}
	err = errors.Join(k.SetPassphrase(master, "word"), k.RemoveKeychain(ctx, master, "word"))
	if err != nil {
		t.Fatal(err)
	}
	if len(chain.Accounts()) > 0 {
		t.Errorf("%v", chain.Accounts())
	}
	opens(t, k, "word", master)
	if err := k.RemoveKeychain(ctx, master, "word"); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

// forgetful is a keychain that says yes and keeps nothing of use.
type forgetful struct{ settingstest.Keychain }

func (*forgetful) Get(context.Context, string) (string, error) { return "", settings.ErrNotFound }

func TestAKeychainThatForgetsIsNoProtection(t *testing.T) {
	m := disktest.New()
	k := over(m, &forgetful{})
	_, _, err := k.Create(t.Context(), Protection{Keychain: true})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := k.ID(); !errors.Is(err, ErrNoStore) {
		t.Errorf("%v", err)
	}
}

func TestAStoreIsCreatedOnceAndNeverOverAnother(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	if _, _, err := k.Create(t.Context(), Protection{Passphrase: "x"}); err == nil {
		t.Error("it was created twice")
	}
	opens(t, k, "word", master)
	if _, _, err := k.Create(t.Context(), Protection{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a protection: %v", err)
	}
	whole := m.Bytes("store.a")
	for _, name := range []string{"store.a", "store.b"} {
		m.Put(name, []byte("damaged"))
	}
	_, _, err := k.Create(t.Context(), Protection{Passphrase: "x"})
	if fault.KindOf(err) != fault.Denied {
		t.Errorf("over a damaged one: %v", err)
	}
	if err := errors.Join(m.Remove("store.a"), m.Remove("store.b"), m.Mkdir("spaces/00")); err != nil {
		t.Fatal(err)
	}
	_, _, err = k.Create(t.Context(), Protection{Keychain: true})
	if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "what it holds is still there") {
		t.Errorf("over one that lost its files: %v", err)
	}
	m.Put("store.b", whole)
	opens(t, k, "word", master)
}

func TestOneChangesTheKeysAtATime(t *testing.T) {
	k, m, chain, master := made(t, Protection{Passphrase: "word"})
	unlock, taken, err := m.Lock(lockName, true)
	if !taken || err != nil {
		t.Fatal(taken, err)
	}
	for _, k := range []*Keys{k, over(m, chain)} {
		k.patience = 0
		err := k.SetPassphrase(master, "new")
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "another INOS") {
			t.Errorf("%v", err)
		}
		opens(t, k, "word", master)
	}
	changed := make(chan error)
	go func() { changed <- over(m, chain).SetPassphrase(master, "new") }() // this one waits
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := over(m, chain).SetKeychain(ctx, master); fault.KindOf(err) != fault.Canceled {
		t.Errorf("it waits on: %v", err)
	}
	unlock()
	if err := <-changed; err != nil {
		t.Error(err)
	}
}

func TestNoWayOfPrintingShowsTheKey(t *testing.T) {
	m := Master(bytes.Repeat([]byte{0xab}, 32))
	text, err := json.Marshal(struct{ M Master }{m})
	if err != nil {
		t.Fatal(err)
	}
	shown := string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%08b"} {
		for _, what := range []any{m, &m, struct{ M Master }{m}, []Master{m}} {
			shown += fmt.Sprintf(verb+" ", what)
		}
	}
	for _, secret := range []string{"abab", "ABAB", "171", "253", "10101011"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is in %s", secret, shown)
		}
	}
}

func TestAnErrorOfTheDiskIsNeverTakenForAnEmptyFolder(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	m.Break(func(op disktest.Op) error {
		if op.Kind == disktest.Open {
			return syscall.EIO
		}
		return nil
	})
	_, _, err := k.Create(t.Context(), Protection{Passphrase: "x"})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("%v", err)
	}
	m.Break(nil)
	opens(t, k, "word", master)
}

func TestTheDefaultCostIsOneThatIsRead(t *testing.T) {
	if DefaultCost.check() != nil || DefaultCost.LogN < 16 || DefaultCost.R != 8 {
		t.Errorf("%+v", DefaultCost)
	}
}

// BenchmarkGuess is what a guesser pays, and a user: 0.1 to 0.3 s.
func BenchmarkGuess(b *testing.B) {
	s := sealed{cost: DefaultCost}
	for b.Loop() {
		if _, _, err := s.open("x"); err != nil {
			b.Fatal(err)
		}
	}
}
