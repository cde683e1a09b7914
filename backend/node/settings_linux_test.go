package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/trust"
)

const secret = "correct horse"

func (o *outside) setting(name string, value any) {
	o.t.Helper()
	if err := o.SetSetting(o.t.Context(), o.info(), name, value); err != nil {
		o.t.Fatal(err)
	}
}

// lacks expects that the op fails, and that the error says what is not set and how to set it.
func (o *outside) lacks(op, name string) {
	o.t.Helper()
	out, err := o.run(op, nil, nil)
	if err == nil || !strings.Contains(err.Error(), name+": you have not set this secret") ||
		!strings.Contains(err.Error(), "inos plugin set "+outsideID+" "+name) {
		o.t.Errorf("%s without %s: %q, %v", op, name, out, err)
	}
}

func newSigner(t *testing.T) *minisign.PrivateKey {
	t.Helper()
	_, _, text, err := trust.NewKey("")
	if err != nil {
		t.Fatal(err)
	}
	key, err := trust.OpenKey(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &key
}

// resign puts another version into the folder, signed with key; nil: nobody signs it.
func (o *outside) resign(key *minisign.PrivateKey, change func(*manifest.Manifest)) {
	o.t.Helper()
	o.key = key
	o.install(change)
}

func TestAPluginReadsWhatTheUserHasSetAndNoMore(t *testing.T) { inCAndRust(t, testSettings) }

func testSettings(t *testing.T, file string) {
	o := startFile(t, file, nil)
	o.gives("volume=0.5", "volume", nil, nil)
	o.lacks("token", "token")
	o.setting("volume", 0.75)
	o.setting("token", secret)
	o.gives("volume=0.75", "volume", nil, nil)
	o.gives("length=13", "token", nil, nil)
	for _, name := range []string{"volume", "token", "token"} { // the last is not set any more
		if err := o.ClearSetting(t.Context(), o.info(), name); err != nil {
			t.Fatal(err)
		}
	}
	o.gives("volume=0.5", "volume", nil, nil)
	o.lacks("token", "token")
}

func TestASettingLastsThroughTheVersionsOfOneSignerAndIsNobodyElses(t *testing.T) {
	o := startOutside(t, nil)
	ada, bob := newSigner(t), newSigner(t)
	o.resign(ada, nil)
	o.setting("volume", 0.9)
	o.setting("token", secret)

	o.resign(ada, func(m *manifest.Manifest) { m.Version = "1.1.0" })
	o.gives("volume=0.9", "volume", nil, nil)
	o.gives("length=13", "token", nil, nil)

	o.resign(ada, func(m *manifest.Manifest) {
		m.Version, m.Settings[0].Max, m.Settings[0].Default = "2.0.0", 0.8, 0.3
	})
	o.gives("volume=0.3", "volume", nil, nil)
	if list, err := o.Settings(o.info()); err != nil || list[0].Set || list[0].Misfit != 0.9 {
		t.Errorf("%+v, %v", list, err)
	}

	o.resign(bob, func(m *manifest.Manifest) { m.Version = "3.0.0" })
	o.gives("volume=0.5", "volume", nil, nil)
	o.lacks("token", "token")

	o.resign(nil, func(m *manifest.Manifest) { m.Version = "3.0.0" })
	o.gives("volume=0.5", "volume", nil, nil)
	o.lacks("token", "token")

	o.resign(ada, nil)
	o.gives("volume=0.9", "volume", nil, nil)
	o.gives("length=13", "token", nil, nil)
}

func TestASecretIsInNoFileAndInNoList(t *testing.T) {
	o := startOutside(t, nil)
	o.setting("token", secret)
	o.gives("length=13", "token", nil, nil)
	list, err := o.Settings(o.info())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(list)
	if err != nil || strings.Contains(string(text), secret) {
		t.Errorf("%s, %v", text, err)
	}
	if s := list[1]; s.Name != "token" || !s.Set || s.Value != nil {
		t.Errorf("%+v", s)
	}
	files := 0
	err = filepath.WalkDir(o.DataDir(), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), secret) {
			t.Errorf("%s has the secret", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestASettingThatThePluginDoesNotHaveIsRefused(t *testing.T) {
	o := startOutside(t, nil)
	err := o.SetSetting(t.Context(), o.info(), "colour", "red")
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "inos plugin settings "+outsideID) {
		t.Errorf("%v", err)
	}
	if err := o.ClearSetting(t.Context(), o.info(), "colour"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
	if err := o.SetSetting(t.Context(), o.info(), "volume", 2); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

// The reason of a keychain that cannot be used reaches the user through the op's error.
func TestAKeychainThatCannotBeUsedIsNamedInTheOpsError(t *testing.T) {
	o := startOutside(t, nil)
	o.setting("token", secret)
	o.keychain.Fault = fault.New("keychain", fault.Unavailable, "keychain", "it is locked", "unlock it")
	if _, err := o.run("token", nil, nil); err == nil || !strings.Contains(err.Error(), "it is locked; unlock it") {
		t.Errorf("%v", err)
	}
	o.gives("volume=0.5", "volume", nil, nil)
}
