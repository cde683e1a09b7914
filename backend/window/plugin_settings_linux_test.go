package window

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/job"
)

func TestASettingIsKeptAndTakenBack(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	rows, err := s.SetSetting(outsideID, "volume", 0.75)
	if err != nil || !rows[0].Set || rows[0].Value != 0.75 {
		t.Fatalf("%+v, %v", rows, err)
	}
	if card := s.card(); len(card.Settings) != 2 || card.Settings[0].Value != 0.75 || card.Unreadable != "" {
		t.Errorf("%+v", card)
	}
	result, err := s.node.Run(t.Context(), job.Request{Unit: "outside", Op: "volume"})
	if err != nil || result.Results[0].Value != 0.75 {
		t.Errorf("the plugin sees %+v, %v", result, err)
	}
	rows, err = s.ClearSetting(outsideID, "volume")
	if err != nil || rows[0].Set || rows[0].Value != 0.5 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestASecretReachesThePluginAndNeverThePage(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	const secret = "Zauberwort-4711"
	rows, err := s.SetSetting(outsideID, "token", secret)
	if err != nil || !rows[1].Set {
		t.Fatalf("%+v, %v", rows, err)
	}
	result, err := s.node.Run(t.Context(), job.Request{Unit: "outside", Op: "token"})
	if err != nil || result.Results[0].Value != float64(len(secret)) {
		t.Errorf("the plugin sees %+v, %v", result, err)
	}
	_, tooLong := s.SetSetting(outsideID, "token", secret+strings.Repeat("x", 300))
	s.keychain.Fault = errors.New("locked")
	_, locked := s.SetSetting(outsideID, "token", secret)
	for _, err := range []error{tooLong, locked} {
		if err == nil || strings.Contains(Refusal(err).Error(), secret) {
			t.Errorf("the page is told %v", err)
		}
	}
	page, err := json.Marshal([]any{rows, s.card()})
	if err != nil || strings.Contains(string(page), secret) {
		t.Errorf("the page is told %s, %v", page, err)
	}
}

func TestWhatDoesNotFitASettingIsRefused(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	for what, err := range map[string]error{
		"a number out of range":  second(s.SetSetting(outsideID, "volume", 1.5)),
		"a list":                 second(s.SetSetting(outsideID, "volume", []any{1.0})),
		"nothing":                second(s.SetSetting(outsideID, "volume", nil)),
		"a setting of nobody's":  second(s.SetSetting(outsideID, strings.Repeat("é", 4000), 1.0)),
		"a plugin of nobody's":   second(s.SetSetting("../x", "volume", 1.0)),
		"a text without an end":  second(s.SetSetting(outsideID, "token", strings.Repeat("x", 1<<20))),
		"to clear one of nobody": second(s.ClearSetting(outsideID, "none")),
	} {
		if f := fault.As(err); f == nil || f.Kind == fault.Internal || len(f.Error()) > 600 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if rows := s.card().Settings; rows[0].Set || rows[1].Set {
		t.Errorf("%+v", rows)
	}
}

func TestAPluginWithDamagedSettingsCanStillBeSwitchedOff(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	write(t, s.node.DataDir()+"/plugin-settings.json", "no document")
	if c := s.card(); c.Unreadable == "" || c.Settings == nil || !c.Enabled {
		t.Errorf("%+v", c)
	}
	if _, err := s.Change(outsideID, "disable"); err != nil {
		t.Error(err)
	}
}
