package world

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"inos/backend/manifest"
	"inos/backend/wire"
)

var (
	errNotAllowed = errors.New("you have not allowed it")
	errNotSet     = errors.New("you have not set it")
)

// outside is a world for tests: what is in grants is granted.
type outside struct {
	*World
	t        *testing.T
	grants   map[string]Grant
	settings map[string]any
	board    clipboard
	told     []string
}

type clipboard struct{ text string }

func (c *clipboard) Text() (string, error)     { return c.text, nil }
func (c *clipboard) SetText(text string) error { c.text = text; return nil }

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// open makes a world of a plugin that asks for everything.
func open(t *testing.T, grants map[string]Grant) *outside {
	t.Helper()
	o := &outside{t: t, grants: grants}
	m := &manifest.Manifest{Settings: []manifest.Param{
		{Name: "volume", Kind: manifest.Number, Max: 1}, {Name: "steps", Kind: manifest.Integer, Max: 9},
		{Name: "loud", Kind: manifest.Flag}, {Name: "mode", Kind: manifest.Choice, Options: []string{"a", "b"}},
		{Name: "token", Kind: manifest.Text, MaxBytes: 9, Secret: true},
	}, Permissions: []manifest.Permission{
		{Name: "now"}, {Name: "random"}, {Name: "clipboard"}, {Name: "notify"}, {Name: "http"},
		{Name: "read", Scope: "photos"}, {Name: "write", Scope: "notes"},
	}}
	o.World = Open(Config{
		Manifest: m, Clipboard: &o.board, Now: func() time.Time { return noon },
		Setting: func(_ context.Context, p *manifest.Param) (manifest.Value, error) {
			if v, ok := o.settings[p.Name]; ok {
				return p.Coerce(v)
			}
			return manifest.Value{}, errNotSet
		},
		Notify: func(text string) { o.told = append(o.told, text) },
		Permit: func(p *manifest.Permission) (Grant, error) {
			if g, ok := o.grants[p.Key()]; ok {
				return g, nil
			}
			return Grant{}, errNotAllowed
		},
	})
	t.Cleanup(o.Close)
	return o
}

func (o *outside) ask(a wire.Ask) wire.Reply {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return o.Answer(ctx, &a)
}

// given asks and expects an answer.
func (o *outside) given(a wire.Ask) wire.Reply {
	o.t.Helper()
	r := o.ask(a)
	if r.Refused {
		o.t.Fatalf("%+v was refused: %s", a, r.Why)
	}
	return r
}

// refused asks and expects a refusal with these words.
func (o *outside) refused(a wire.Ask, words string) {
	o.t.Helper()
	if r := o.ask(a); !r.Refused || !strings.Contains(r.Why, words) || len(r.Data) > 0 || r.Value != 0 {
		o.t.Errorf("%+v: %+v, want a refusal with %q", a, r, words)
	}
}

func TestNothingIsAnsweredWithoutAGrant(t *testing.T) {
	o := open(t, nil)
	o.board.text = "secret"
	for service := range services {
		a := wire.Ask{Service: service, Text: "photos/a", Length: 1, Data: []byte("GET http://a.org/\n\n")}
		switch service {
		case wire.ServiceFileWrite, wire.ServiceFileResize, wire.ServiceFileRemove:
			a.Text = "notes/a"
		case wire.ServiceSettingNumber, wire.ServiceSettingText:
			o.refused(a, errNotSet.Error())
			continue
		case wire.ServiceConfig:
			o.refused(a, "settings by number")
			continue
		case wire.ServiceHTTPRead, wire.ServiceHTTPHeader:
			o.refused(a, "no answer to read")
			continue
		}
		o.refused(a, errNotAllowed.Error())
	}
	if o.board.text != "secret" || len(o.told) > 0 {
		t.Errorf("%q, %q", o.board.text, o.told)
	}
}

func TestWhatTheManifestDoesNotAskForIsNotToBeHad(t *testing.T) {
	o := open(t, map[string]Grant{"now": {}, "read:music": {Folder: t.TempDir()}})
	o.config.Manifest = &manifest.Manifest{}
	o.refused(wire.Ask{Service: wire.ServiceNow}, "does not ask for the permission now")
	o.refused(wire.Ask{Service: wire.ServiceFileSize, Text: "music/a"}, "does not ask for the permission read:music")
	o.refused(wire.Ask{Service: 999}, "there is no service 999")
}

func TestTheTimeIsTold(t *testing.T) {
	o := open(t, map[string]Grant{"now": {}})
	if r := o.given(wire.Ask{Service: wire.ServiceNow}); r.Value != noon.UnixMicro() {
		t.Errorf("%d", r.Value)
	}
	delete(o.grants, "now") // revoked: the next question finds none
	o.refused(wire.Ask{Service: wire.ServiceNow}, errNotAllowed.Error())
}

func TestRandomBytesDiffer(t *testing.T) {
	o := open(t, map[string]Grant{"random": {}})
	one := o.given(wire.Ask{Service: wire.ServiceRandom, Length: 32}).Data
	two := o.given(wire.Ask{Service: wire.ServiceRandom, Length: 32}).Data
	if len(one) != 32 || len(two) != 32 || bytes.Equal(one, two) {
		t.Errorf("%x and %x", one, two)
	}
	for _, length := range []int64{-1, wire.MaxDataBytes + 1, 1 << 62} {
		o.refused(wire.Ask{Service: wire.ServiceRandom, Length: length}, "at once")
	}
}

func TestTheClipboardIsReadAndReplaced(t *testing.T) {
	o := open(t, map[string]Grant{"clipboard": {}})
	o.given(wire.Ask{Service: wire.ServiceClipboardWrite, Data: []byte("höhe")})
	if o.board.text != "höhe" {
		t.Errorf("%q", o.board.text)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceClipboardRead, Offset: 1, Length: 2}); r.Value != 5 || string(r.Data) != "ö" {
		t.Errorf("%+v", r)
	}
	o.refused(wire.Ask{Service: wire.ServiceClipboardWrite, Data: []byte{0xff}}, "UTF-8")
	o.config.Clipboard = nil
	o.refused(wire.Ask{Service: wire.ServiceClipboardRead}, "no desktop")
}

func TestNoticesArePlainAndFew(t *testing.T) {
	o := open(t, map[string]Grant{"notify": {}})
	o.given(wire.Ask{Service: wire.ServiceNotify, Text: "done\x1b[2J\nall " + strings.Repeat("x", 300)})
	for range maxNotices - 1 {
		o.given(wire.Ask{Service: wire.ServiceNotify, Text: "again"})
	}
	o.refused(wire.Ask{Service: wire.ServiceNotify, Text: "and again"}, "notices")
	if len(o.told) != maxNotices || !strings.HasPrefix(o.told[0], "done [2J all x") || len(o.told[0]) > maxNoticeRunes {
		t.Errorf("%q", o.told)
	}
}
