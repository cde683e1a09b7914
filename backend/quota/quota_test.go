package quota

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"inos/backend/fault"
)

func TestALimitIsReadAsPeopleWriteIt(t *testing.T) {
	for _, c := range []struct {
		key, text string
		want      uint64 // 0: refused
	}{
		{CPU, "50%", 50}, {CPU, "250", 250}, {CPU, "9%", 0}, {CPU, "x%", 0}, {CPU, "12.5%", 0},
		{Memory, "64MiB", 64 << 20}, {Memory, "1GiB", 1 << 30}, {Memory, "2GiB", 0}, {Memory, "1", 0},
		{Memory, "-1MiB", 0}, {Memory, "NaN", 0},
		{Time, "10s", 10_000}, {Time, "1.5s", 1500}, {Time, "24h", 86_400_000}, {Time, "90m", 5_400_000},
		{Time, "10m", 600_000}, {Time, "1us", 0}, {Time, "25h", 0}, {Time, "10", 0},
		{Rate, "30/s", 30}, {Rate, "30", 30}, {Rate, "0", 0}, {Rate, "Inf", 0}, {Rate, "NaN/s", 0},
		{Segments, "256MiB", 256 << 20}, {Segments, "1e300GiB", 0},
		{Log, "20/s", 20}, {Log, "1001", 0}, {Log, "", 0},
	} {
		k := Find(c.key)
		got, err := k.Parse(c.text)
		if (err == nil) != (c.want != 0) || got != c.want {
			t.Errorf("%s=%s is %d, %v", c.key, c.text, got, err)
		}
		if again, err := k.Parse(k.Text(got)); c.want != 0 && (err != nil || again != got) {
			t.Errorf("%s=%s is written %s", c.key, c.text, k.Text(got))
		}
	}
	if Find("speed") != nil {
		t.Error("there is a limit of any name")
	}
}

func TestLimitsAreKeptByIdAndTakenBack(t *testing.T) {
	dir := t.TempDir()
	s, other := Open(dir), Open(dir)
	for key, v := range map[string]uint64{CPU: 50, Log: 20} {
		if err := s.Set("a.b", Find(key), v); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := other.Of("a.b"); err != nil || l != (Limits{CPUPercent: 50, LogLines: 20}) {
		t.Errorf("another process sees %+v, %v", l, err)
	}
	if l, _ := other.Of("a.c"); l != (Limits{}) {
		t.Errorf("another plugin has %+v", l)
	}
	if err := other.Reset("a.b", Find(CPU)); err != nil {
		t.Fatal(err)
	}
	if l, _ := s.Of("a.b"); l != (Limits{LogLines: 20}) {
		t.Errorf("after one was taken back: %+v", l)
	}
	if err := s.Reset("a.b", nil); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Of("a.b"); l != (Limits{}) || err != nil {
		t.Errorf("after all were taken back: %+v, %v", l, err)
	}
	if err := s.Set("a.b", Find(CPU), 5); err == nil {
		t.Error("what does not fit was kept")
	}
}

func TestADamagedFileFreesNobody(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir)
	if err := s.Set("a.b", Find(CPU), 50); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Of("a.b"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "limits.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Of("a.b"); fault.KindOf(err) != fault.Invalid || l.CPUPercent != 50 {
		t.Errorf("%+v, %v", l, err)
	}
}

// FuzzLimits feeds the file and the command line: what is accepted is within the bounds.
func FuzzLimits(f *testing.F) {
	f.Add([]byte(`{"plugins":{"a.b":{"cpu_percent":50,"time_ms":10}}}`), "50%")
	f.Add([]byte(`{"plugins":{"":{"cpu_percent":5e99}}}`), "1e300GiB")
	f.Add([]byte(`[]`), "-1ms")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		for i := range Kinds {
			k := &Kinds[i]
			v, err := k.Parse(text)
			if err == nil && (v < k.Min || v > k.Max) {
				t.Errorf("%s=%s is %d", k.Key, text, v)
			}
		}
		var d document
		if json.Unmarshal(file, &d) != nil || d.check() != nil {
			return
		}
		for id := range d.Plugins {
			if err := d.put(id, d.Plugins[id]); err != nil {
				t.Errorf("accepted, but cannot be kept: %v", err)
			}
		}
	})
}
