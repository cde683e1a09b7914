package window

import (
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/quota"
)

func (s *shelf) limit(key string) PluginLimit {
	s.t.Helper()
	rows, err := s.Limits(outsideID)
	if err != nil || len(rows) != len(quota.Kinds) {
		s.t.Fatalf("%+v, %v", rows, err)
	}
	for _, row := range rows {
		if row.Key == key {
			return row
		}
	}
	s.t.Fatalf("there is no %s", key)
	return PluginLimit{}
}

func TestALimitIsSetInWordsAndTakenBack(t *testing.T) {
	s := newShelf(t)
	s.install(func(m *manifest.Manifest) { m.Limits.MemoryBytes = 4 << 20 })
	if l := s.limit(quota.Memory); l.Declared != "4MiB" || l.InForce != "4MiB" || l.By != "plugin" || l.Set != "" {
		t.Errorf("%+v", l)
	}
	if l := s.limit(quota.CPU); l.InForce != "" || l.Declared != "" || l.Used != "" || l.Example != "50%" {
		t.Errorf("%+v", l)
	}
	for key, text := range map[string]string{quota.CPU: "50%", quota.Memory: "2MiB", quota.Log: "5/s"} {
		rows, err := s.SetLimit(outsideID, key, text)
		if err != nil || len(rows) != len(quota.Kinds) {
			t.Fatalf("%+v, %v", rows, err)
		}
		if l := s.limit(key); l.Set != text || l.InForce != text || l.By != "you" {
			t.Errorf("%+v", l)
		}
	}
	if set, err := quota.Open(s.node.DataDir()).Of(outsideID); err != nil || set.CPUPercent != 50 {
		t.Errorf("%+v, %v", set, err)
	}
	if _, err := s.ResetLimit(outsideID, quota.Memory); err != nil {
		t.Fatal(err)
	}
	if l := s.limit(quota.Memory); l.Set != "" || l.InForce != "4MiB" || s.limit(quota.CPU).Set != "50%" {
		t.Errorf("%+v", l)
	}
	if _, err := s.ResetLimit(outsideID, ""); err != nil {
		t.Fatal(err)
	}
	if set, err := quota.Open(s.node.DataDir()).Of(outsideID); err != nil || set != (quota.Limits{}) {
		t.Errorf("%+v, %v", set, err)
	}
}

func TestWhatIsNoLimitIsRefused(t *testing.T) {
	s := newShelf(t)
	s.install(func(m *manifest.Manifest) { m.Limits.MemoryBytes = 4 << 20 })
	for what, err := range map[string]error{
		"more than it may have":  second(s.SetLimit(outsideID, quota.Memory, "8MiB")),
		"no number":              second(s.SetLimit(outsideID, quota.CPU, "half")),
		"a text without an end":  second(s.SetLimit(outsideID, quota.CPU, strings.Repeat("5", 1<<20))),
		"a limit of nobody's":    second(s.SetLimit(outsideID, strings.Repeat("é", 4000), "1")),
		"all of them":            second(s.SetLimit(outsideID, "", "50%")),
		"a plugin of nobody's":   second(s.SetLimit("../x", quota.CPU, "50%")),
		"to reset one of nobody": second(s.ResetLimit(outsideID, "speed")),
		"to reset nobody's":      second(s.ResetLimit("../x", "")),
		"the limits of a nobody": second(s.Limits("../x")),
	} {
		if f := fault.As(err); f == nil || f.Kind == fault.Internal || len(f.Error()) > 600 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if set, err := quota.Open(s.node.DataDir()).Of(outsideID); err != nil || set != (quota.Limits{}) {
		t.Errorf("%+v, %v", set, err)
	}
	write(t, s.node.DataDir()+"/limits.json", "no document")
	if _, err := s.Limits(outsideID); err == nil || !strings.Contains(err.Error(), "limits.json") {
		t.Errorf("damaged: %v", err)
	}
}
