package keys

import (
	"errors"
	"syscall"
	"testing"

	"inos/backend/fault"
	"inos/backend/settings/settingstest"
	"inos/backend/store/disk/disktest"
)

// crashesPerPoint bounds the disks that are tried after each operation.
const crashesPerPoint = 24

// eitherOpens fails unless one of the passphrases opens the store.
func eitherOpens(t *testing.T, k *Keys, want Master, story string, passphrases ...string) {
	t.Helper()
	for _, passphrase := range passphrases {
		if got, err := k.Unlock(t.Context(), Passphrase{Given: passphrase}); got == want && err == nil {
			return
		}
	}
	t.Errorf("%s: none of %q opens it", story, passphrases)
}

func TestWhereverAChangeOfPassphraseIsCutTheOldOrTheNewOneOpens(t *testing.T) {
	k, m, chain, master := made(t, Protection{Passphrase: "old"})
	m.Begin()
	if err := k.SetPassphrase(master, "new"); err != nil {
		t.Fatal(err)
	}
	m.Note("done")
	tried := 0
	for c := range m.Crashes(crashesPerPoint, 1) {
		tried++
		k := over(c.FS, chain)
		if c.Noted("done") {
			eitherOpens(t, k, master, c.Story, "new")
			refuses(t, k, c.FS, Passphrase{Given: "old"}, "the passphrase is wrong")
			continue
		}
		eitherOpens(t, k, master, c.Story, "old", "new")
		if err := k.SetPassphrase(master, "third"); err != nil { // it goes on from there
			t.Fatalf("%s: %v", c.Story, err)
		}
		eitherOpens(t, k, master, c.Story, "third")
		if bad := k.bad(&master); len(bad) > 0 {
			t.Errorf("%s: afterwards %v", c.Story, bad)
		}
	}
	if tried < 60 {
		t.Errorf("only %d crashes", tried)
	}
}

// A repair that is cut is no worse than none.
func TestWhereverARepairIsCutTheStoreOpens(t *testing.T) {
	for _, damaged := range allFiles {
		k, m, chain, master := made(t, Protection{Passphrase: "word"})
		m.Put(damaged, []byte("damaged"))
		m.Begin()
		if _, err := k.Repair(master); err != nil {
			t.Fatal(err)
		}
		m.Note("done")
		for c := range m.Crashes(crashesPerPoint, 2) {
			k := over(c.FS, chain)
			eitherOpens(t, k, master, c.Story, "word")
			if bad := k.bad(&master); c.Noted("done") && len(bad) > 0 {
				t.Errorf("%s: %v", c.Story, bad)
			}
		}
	}
}

func TestWhereverTheProtectionIsMovedAndCutOneOfThemOpens(t *testing.T) {
	k, m, chain, master := made(t, Protection{Passphrase: "word", Keychain: true})
	m.Begin()
	if err := k.RemovePassphrase(t.Context(), master); err != nil {
		t.Fatal(err)
	}
	m.Note("done")
	for c := range m.Crashes(crashesPerPoint, 3) {
		k := over(c.FS, chain)
		if got, err := k.Unlock(t.Context(), Passphrase{}); got != master || err != nil {
			t.Errorf("%s: %v", c.Story, err)
		}
		s, err := k.State(t.Context())
		if err != nil || s.PassphraseErr != nil || c.Noted("done") && s.Passphrase {
			t.Errorf("%s: %+v, %v", c.Story, s, err)
		}
	}
}

// Whatever a creation leaves is a store that opens, or none, and then the next one makes one.
func TestWhereverACreationIsCutThereIsAStoreThatOpensOrNone(t *testing.T) {
	for _, by := range []Protection{{Passphrase: "word"}, {Keychain: true}} {
		m, chain := disktest.New(), &settingstest.Keychain{}
		k := over(m, chain)
		id, master, err := k.Create(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		m.Note("done")
		none, whole := 0, 0
		for c := range m.Crashes(crashesPerPoint, 4) {
			k := over(c.FS, chain)
			at, err := k.ID()
			if err == nil {
				whole++
				got, err := k.Unlock(t.Context(), Passphrase{Given: by.Passphrase})
				if at != id || got != master || err != nil {
					t.Errorf("%s: %v", c.Story, err)
				}
				continue
			}
			none++
			if !errors.Is(err, ErrNoStore) || c.Noted("done") {
				t.Fatalf("%s: %v", c.Story, err)
			}
			again := Protection{Passphrase: "again"}
			_, second, err := k.Create(t.Context(), again)
			if err != nil {
				t.Fatalf("%s: %v", c.Story, err)
			}
			opens(t, k, "again", second)
		}
		if none == 0 || whole == 0 {
			t.Errorf("%d without a store, %d with one", none, whole)
		}
	}
}

// A keychain entry alone must do, also beside a passphrase file that an attempt has left.
func TestWhatACutCreationLeftIsNoPassphraseOfTheNext(t *testing.T) {
	m, chain := disktest.New(), &settingstest.Keychain{}
	k := over(m, chain)
	if _, _, err := k.Create(t.Context(), Protection{Passphrase: "first"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Remove("store.a"), m.Remove("store.b")); err != nil {
		t.Fatal(err)
	}
	_, master, err := k.Create(t.Context(), Protection{Keychain: true})
	if err != nil {
		t.Fatal(err)
	}
	opens(t, k, "first", master) // by the keychain: no passphrase is set
	if s, _ := k.State(t.Context()); s.Passphrase || s.PassphraseErr != nil {
		t.Errorf("%+v", s)
	}
}

func TestWhicheverOperationFailsNoKeyIsLost(t *testing.T) {
	_, count, _, master := made(t, Protection{Passphrase: "old"})
	count.Begin()
	if err := over(count, &settingstest.Keychain{}).SetPassphrase(master, "new"); err != nil {
		t.Fatal(err)
	}
	for name, breaking := range map[string]func(int) func(disktest.Op) error{
		"an error": func(n int) func(disktest.Op) error { return disktest.At(n, syscall.EIO) },
		"full":     disktest.Full,
		"killed":   disktest.Stop,
	} {
		failed := 0
		for n := range len(count.Ops()) {
			k, m, chain, master := made(t, Protection{Passphrase: "old"})
			m.Begin()
			m.Break(breaking(n))
			err := k.SetPassphrase(master, "new")
			k = over(m.Restart(), chain)
			if err == nil {
				eitherOpens(t, k, master, name, "new")
				continue
			}
			failed++
			f := fault.As(err)
			if f == nil || name == "full" && f.Next != "make room on the disk" {
				t.Errorf("%s at %d: %v", name, n, err)
			}
			eitherOpens(t, k, master, name, "old", "new")
			if err := k.SetPassphrase(master, "third"); err != nil {
				t.Errorf("%s at %d, then again: %v", name, n, err)
			}
			eitherOpens(t, k, master, name, "third")
		}
		if failed < 8 {
			t.Errorf("%s: only %d of %d fail", name, failed, len(count.Ops()))
		}
	}
}
