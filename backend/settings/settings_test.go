package settings_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/settings"
	"inos/backend/settings/settingstest"
)

var (
	ada = settings.Owner{Plugin: "dev.inos.example", Holder: "key ada"}
	bob = settings.Owner{Plugin: "dev.inos.example", Holder: "key bob"}

	volume = &manifest.Param{Name: "volume", Kind: manifest.Number, Default: 0.5, Max: 1}
	steps  = &manifest.Param{Name: "steps", Kind: manifest.Integer, Default: int64(1), Min: 1, Max: 1 << 40}
	loud   = &manifest.Param{Name: "loud", Kind: manifest.Flag, Default: false}
	mode   = &manifest.Param{Name: "mode", Kind: manifest.Choice, Default: "a", Options: []string{"a", "b"}}
	title  = &manifest.Param{Name: "title", Kind: manifest.Text, Default: "none", MaxBytes: 100}
	token  = &manifest.Param{Name: "token", Kind: manifest.Text, Default: "", MaxBytes: 40, Secret: true}
)

// desk is a store with its keychain.
type desk struct {
	*settings.Store
	t        *testing.T
	dir      string
	keychain settingstest.Keychain
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	d.Store = settings.Open(d.dir, &d.keychain)
	return d
}

func (d *desk) set(o settings.Owner, p *manifest.Param, given any) {
	d.t.Helper()
	if err := d.Set(d.t.Context(), o, p, given); err != nil {
		d.t.Fatal(err)
	}
}

// get is the value as JSON has it.
func (d *desk) get(o settings.Owner, p *manifest.Param) any {
	d.t.Helper()
	v, err := d.Get(d.t.Context(), o, p)
	if err != nil {
		d.t.Fatal(err)
	}
	return p.Plain(v)
}

func (d *desk) file() string {
	text, _ := os.ReadFile(filepath.Join(d.dir, "plugin-settings.json")) // none: nothing is kept
	return string(text)
}

func TestAValueLastsUntilItIsTakenBack(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		param *manifest.Param
		given any
		want  any
	}{
		{volume, "0.25", 0.25}, {steps, "1_000_000_000_000", int64(1e12)}, {loud, "yes", true},
		{mode, "b", "b"}, {title, "höhe\n\u2713", "höhe\n\u2713"}, {title, "", ""},
	} {
		if got := d.get(ada, c.param); got != c.param.Default {
			t.Errorf("%s before: %v", c.param.Name, got)
		}
		d.set(ada, c.param, c.given)
		again := settings.Open(d.dir, &d.keychain) // another program, or the next run
		v, err := again.Get(t.Context(), ada, c.param)
		if got := c.param.Plain(v); err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", c.param.Name, got, err, c.want)
		}
		if there, err := again.Clear(t.Context(), ada, c.param.Name); !there || err != nil {
			t.Errorf("%s was not taken back: %v", c.param.Name, err)
		}
		if got := d.get(ada, c.param); got != c.param.Default {
			t.Errorf("%s after: %v", c.param.Name, got)
		}
	}
	if there, err := d.Clear(t.Context(), ada, "volume"); there || err != nil {
		t.Errorf("taken back twice: %v", err)
	}
}

func TestASecretIsInTheKeychainAndNowhereElse(t *testing.T) {
	d := newDesk(t)
	const secret = "hunter2"
	d.set(ada, token, secret)
	if got := d.get(ada, token); got != secret {
		t.Errorf("%q", got)
	}
	state, err := d.State(ada, token)
	if err != nil || !state.Set || state.Value != nil {
		t.Errorf("%+v, %v", state, err)
	}
	if text := d.file(); strings.Contains(text, secret) || !strings.Contains(text, `"token"`) {
		t.Errorf("the file has %s", text)
	}
	if there, err := d.Clear(t.Context(), ada, "token"); !there || err != nil || len(d.keychain.Accounts()) > 0 {
		t.Errorf("not taken back: %v, %q", err, d.keychain.Accounts())
	}
	if _, err := d.Get(t.Context(), ada, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after that: %v", err)
	}
}

func TestAnotherHandReadsNothing(t *testing.T) {
	d := newDesk(t)
	d.set(ada, volume, 1)
	d.set(ada, token, "hunter2")
	other := settings.Owner{Plugin: "dev.inos.other", Holder: ada.Holder}
	for _, o := range []settings.Owner{bob, other} {
		if got := d.get(o, volume); got != 0.5 {
			t.Errorf("%+v reads the volume %v", o, got)
		}
		if _, err := d.Get(t.Context(), o, token); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%+v reads the token: %v", o, err)
		}
		if there, err := d.Clear(t.Context(), o, "token"); there || err != nil {
			t.Errorf("%+v took it back: %v", o, err)
		}
	}
	d.set(bob, token, "other")
	if len(d.keychain.Accounts()) != 2 || d.get(ada, token) != "hunter2" || d.get(bob, token) != "other" {
		t.Errorf("they share a secret: %q", d.keychain.Accounts())
	}
}

func TestWhatANewVersionDoesNotTakeIsNotGivenToIt(t *testing.T) {
	d := newDesk(t)
	d.set(ada, volume, 0.9)
	d.set(ada, mode, "b")
	d.set(ada, token, "hunter2")
	narrow := *volume
	narrow.Max, narrow.Default = 0.8, 0.4
	if got := d.get(ada, &narrow); got != 0.4 {
		t.Errorf("%v", got)
	}
	if state, err := d.State(ada, &narrow); err != nil || state.Set || state.Misfit != 0.9 || state.Value != 0.4 {
		t.Errorf("%+v, %v", state, err)
	}
	if got := d.get(ada, volume); got != 0.9 {
		t.Errorf("back at the old version: %v", got)
	}
	number := manifest.Param{Name: "mode", Kind: manifest.Number, Default: 1.0, Max: 2}
	if got := d.get(ada, &number); got != 1.0 {
		t.Errorf("another kind: %v", got)
	}
	short := *token
	short.MaxBytes = 3
	if _, err := d.Get(t.Context(), ada, &short); err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("too long by now: %v", err)
	}
}

// What was plain and is now a secret must not stay in the file; and a secret that is now plain is
// not handed out.
func TestASettingThatBecomesSecretLeavesTheFile(t *testing.T) {
	d := newDesk(t)
	open := *token
	open.Secret, open.Default = false, "none"
	d.set(ada, &open, "old words")
	if _, err := d.Get(t.Context(), ada, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a plain value counts as the secret: %v", err)
	}
	d.set(ada, token, "new words")
	if text := d.file(); strings.Contains(text, "words") {
		t.Errorf("the file has %s", text)
	}
	if got := d.get(ada, &open); got != "none" {
		t.Errorf("the secret is told as a plain value: %v", got)
	}
}

func TestWhatDoesNotFitIsRefusedAndASecretIsNotRepeated(t *testing.T) {
	d := newDesk(t)
	long := strings.Repeat("hunter2", 10)
	for _, c := range []struct {
		param *manifest.Param
		given any
	}{
		{volume, 2}, {volume, "loud"}, {volume, nil}, {steps, 1.5}, {loud, "maybe"}, {mode, "c"},
		{title, strings.Repeat("x", 101)}, {title, "a\xff"}, {title, "a\x00b"}, {title, 5},
		{token, long}, {token, ""}, {token, "hunter2\xff"}, {token, "hunter2\x00"},
	} {
		err := d.Set(t.Context(), ada, c.param, c.given)
		if fault.KindOf(err) != fault.Invalid || c.param.Secret && strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s %v: %v", c.param.Name, c.given, err)
		}
	}
	if text := d.file(); text != "" || len(d.keychain.Accounts()) > 0 {
		t.Errorf("kept: %s, %q", text, d.keychain.Accounts())
	}
}

func TestWithoutAKeychainASecretIsKeptNowhere(t *testing.T) {
	d := newDesk(t)
	gone := fault.New("keychain", fault.Unavailable, "keychain", "there is none", "install one")
	d.keychain.Fault = gone
	if err := d.Set(t.Context(), ada, token, "hunter2"); !errors.Is(err, gone) || d.file() != "" {
		t.Errorf("%v, %s", err, d.file())
	}
	d.keychain.Fault = nil
	d.set(ada, token, "hunter2")
	d.keychain.Fault = gone
	if _, err := d.Get(t.Context(), ada, token); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	if _, err := d.Clear(t.Context(), ada, "token"); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	if state, err := d.State(ada, token); err != nil || !state.Set {
		t.Errorf("what is still in the keychain was forgotten: %+v, %v", state, err)
	}
}

func TestASecretThatTheUserDeletedInTheKeychainIsNotSet(t *testing.T) {
	d := newDesk(t)
	d.set(ada, token, "hunter2")
	if err := d.keychain.Delete(context.Background(), d.keychain.Accounts()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), ada, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
	if there, err := d.Clear(t.Context(), ada, "token"); !there || err != nil {
		t.Errorf("%v", err)
	}
}

func TestADamagedFileIsAnErrorAndStaysAsItIs(t *testing.T) {
	for what, text := range map[string]string{
		"no JSON": "{", "no plugin": `{"plugins":[{"holder":"a","values":{"x":1}}]}`,
		"a list as value":   `{"plugins":[{"plugin":"a.b","holder":"a","values":{"x":[1]}}]}`,
		"null as value":     `{"plugins":[{"plugin":"a.b","holder":"a","values":{"x":null}}]}`,
		"a secret unnamed":  `{"plugins":[{"plugin":"a.b","holder":"a","secrets":[""]}]}`,
		"a control letter":  `{"plugins":[{"plugin":"a\u001bb","holder":"a"}]}`,
		"a text too long":   `{"plugins":[{"plugin":"a.b","holder":"a","values":{"x":"` + strings.Repeat("x", 17<<10) + `"}}]}`,
		"too many plugins":  `{"plugins":[` + strings.Repeat(`{"plugin":"a.b","holder":"a"},`, 5000) + `{"plugin":"a.b","holder":"a"}]}`,
		"too many settings": `{"plugins":[{"plugin":"a.b","holder":"a","secrets":["x"` + strings.Repeat(`,"x"`, 300) + `]}]}`,
	} {
		d := newDesk(t)
		if err := os.WriteFile(filepath.Join(d.dir, "plugin-settings.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Get(t.Context(), ada, volume); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: read: %v", what, err)
		}
		if err := d.Set(t.Context(), ada, volume, 1); fault.KindOf(err) != fault.Invalid || d.file() != text {
			t.Errorf("%s: changed: %v", what, err)
		}
	}
}
