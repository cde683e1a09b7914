package world

import (
	"math"
	"testing"

	"inos/backend/manifest"
	"inos/backend/wire"
)

func TestSettingsAreToldByTheirPlaceInTheManifest(t *testing.T) {
	o := open(t, nil)
	o.settings = map[string]any{"volume": 0.25, "steps": 7, "loud": true, "mode": "b", "token": "höhe"}
	for at, want := range []float64{0.25, 7, 1, 1} {
		r := o.given(wire.Ask{Service: wire.ServiceSettingNumber, Offset: int64(at)})
		if got := math.Float64frombits(uint64(r.Value)); got != want || len(r.Data) > 0 {
			t.Errorf("%d: %g, %q, want %g", at, got, r.Data, want)
		}
		o.refused(wire.Ask{Service: wire.ServiceSettingText, Offset: int64(at)}, "is no text")
	}
	if r := o.given(wire.Ask{Service: wire.ServiceSettingText, Offset: 4}); string(r.Data) != "höhe" {
		t.Errorf("%+v", r)
	}
	o.refused(wire.Ask{Service: wire.ServiceSettingNumber, Offset: 4}, "is a text")
	for _, at := range []int64{-1, 5, math.MaxInt64, math.MinInt64} {
		o.refused(wire.Ask{Service: wire.ServiceSettingNumber, Offset: at}, "no setting")
		o.refused(wire.Ask{Service: wire.ServiceSettingText, Offset: at}, "no setting")
	}
	delete(o.settings, "token") // taken back: the next question finds none
	o.refused(wire.Ask{Service: wire.ServiceSettingText, Offset: 4}, errNotSet.Error())
	o.config.Manifest = &manifest.Manifest{}
	o.refused(wire.Ask{Service: wire.ServiceSettingNumber}, "no setting")
}

func TestAKeyOfAForeignPluginIsToldIfItIsSet(t *testing.T) {
	o := open(t, nil)
	o.config.Manifest = &manifest.Manifest{Foreign: &manifest.Foreign{Kind: manifest.Extism}}
	o.config.Config = func(key string) (string, bool, error) {
		if key == "broken" {
			return "", false, errNotSet
		}
		return "", key == "empty", nil
	}
	if r := o.given(wire.Ask{Service: wire.ServiceConfig, Text: "empty"}); r.Value != 1 {
		t.Errorf("%+v", r)
	}
	if r := o.given(wire.Ask{Service: wire.ServiceConfig, Text: "other"}); r.Value != 0 {
		t.Errorf("%+v", r)
	}
	o.refused(wire.Ask{Service: wire.ServiceConfig, Text: "broken"}, errNotSet.Error())
}

// What pretends is not missed: no error is put down to it.
func TestAForeignPluginDoesNotMissTheTime(t *testing.T) {
	for foreign, denied := range map[*manifest.Foreign]string{
		nil: manifest.PermitNow, {Kind: manifest.WASI}: "",
	} {
		o := open(t, nil)
		o.config.Manifest = &manifest.Manifest{
			Foreign: foreign, Permissions: []manifest.Permission{{Name: manifest.PermitNow}},
		}
		o.refused(wire.Ask{Service: wire.ServiceNow}, errNotAllowed.Error())
		if o.Denied() != denied {
			t.Errorf("denied is %q, want %q", o.Denied(), denied)
		}
	}
}
