package upkeep

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHowBusyTheMachineWas(t *testing.T) {
	for text, want := range map[string]struct {
		ticks
		ok bool
	}{
		"cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1": {ticks{531, 450}, true},
		"cpu 1 1 1 1 1":  {ticks{5, 2}, true},
		"":               {},
		"cpu a b c d e":  {},
		"intr 1 2 3 4 5": {},
		"cpu 1 2 3":      {},
	} {
		if got, ok := parseTicks(text); got != want.ticks || ok != want.ok {
			t.Errorf("%q: %+v, %t", text, got, ok)
		}
	}
	for _, c := range []struct {
		last, now ticks
		want      float64
	}{
		{ticks{100, 50}, ticks{200, 125}, 0.25}, {ticks{100, 50}, ticks{100, 50}, 0}, {ticks{100, 50}, ticks{50, 20}, 0},
		{ticks{}, ticks{100, 100}, 0}, {ticks{}, ticks{100, 0}, 1},
	} {
		if got := c.now.since(c.last); got != c.want {
			t.Errorf("%+v to %+v: %v, want %v", c.last, c.now, got, c.want)
		}
	}
	if load := Machine()(); load.Busy < 0 || load.Busy > 1 {
		t.Errorf("this machine: %+v", load)
	}
}

func TestABatteryIsKnownByItsState(t *testing.T) {
	for want, supplies := range map[bool][]map[string]string{
		false: {{}, {"status": "Charging"}, {"status": "Full"}, {"status": "Discharging\n", "scope": "Device\n"}, {"online": "1"}},
		true:  {{"status": "Discharging\n"}, {"status": "Discharging", "scope": "System"}},
	} {
		for _, files := range supplies {
			folder := t.TempDir()
			for name, text := range files {
				path := filepath.Join(folder, "BAT0", name)
				if os.MkdirAll(filepath.Dir(path), 0o700) != nil || os.WriteFile(path, []byte(text), 0o600) != nil {
					t.Fatal(path)
				}
			}
			if got := onBattery(folder); got != want {
				t.Errorf("%v: %t", files, got)
			}
		}
	}
}
