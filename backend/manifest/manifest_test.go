package manifest

import (
	"encoding/hex"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"inos/backend/fault"
)

var update = flag.Bool("update", false, "write the golden vectors anew")

// goodManifest uses every field of the schema once.
func goodManifest() *Manifest {
	return &Manifest{
		ID: "dev.inos.example", Name: "Beispiel", Version: "1.2.3-rc.1", ABI: 1, Author: "Jemand",
		Licence: "MIT OR Apache-2.0", Doc: "Does things.", Changes: "It adds faster.",
		Units: []Unit{
			{Name: "maths", Ops: []Op{{
				Number: 7, Name: "add", Doc: "Adds.", Determinism: WithinTolerance, Tolerance: 1e-9,
				Params: []Param{
					{Name: "scale", Label: "Scale", Doc: "Factor.", Unit: "m", Group: "Size",
						Kind: Number, Default: 1.5, Min: 0.5, Max: 10, Step: 0.5, Logarithmic: true},
					{Name: "n", Kind: Integer, Default: int64(-3), Min: -10, Max: 1 << 40},
					{Name: "on", Kind: Flag, Default: true, Hidden: true},
					{Name: "how", Kind: Choice, Default: "fast", Options: []string{"exact", "fast"}},
					{Name: "title", Kind: Text, Default: "hallo ✓", MaxBytes: 64},
				},
				Inputs:  []Port{{Name: "in", Doc: "Numbers.", Media: []string{"text/csv", "image/*"}}},
				Outputs: []Port{{Name: "out", Media: []string{"text/csv"}, Optional: true}},
				Results: []Figure{{Name: "sum", Doc: "The sum.", Unit: "m"}},
			}}},
			{Name: "show", Live: &Live{
				Doc: "Moves.", Phases: 2, MaxShards: 8, RateHz: 60,
				Params: []Param{
					{Name: "count", Kind: Integer, Default: int64(10), Min: 1, Max: 1000},
					{Name: "mode", Kind: Choice, Default: "a", Options: []string{"a", "b"}},
				},
				Channels: []Channel{
					{Name: "birds", Look: Birds, CapacityParam: "count"}, {Name: "dots", Capacity: 64},
				},
				Presets: []Preset{{Name: "calm", Doc: "Slow.", Values: []PresetValue{
					{"count", 100}, {"mode", 1},
				}}},
			}},
		},
		Permissions: []Permission{
			{Name: "now", Reason: "It shows the time."},
			{Name: "read", Reason: "It shows pictures.", Scope: "photos"},
			{Name: "http", Reason: "It fetches maps.", Hosts: []string{"a.example.org", "*.b.example"}},
		},
		Limits: Limits{1 << 20, 4096, 1000, 100, 1 << 20},
		Settings: []Param{
			{Name: "volume", Doc: "How loud.", Kind: Number, Default: 0.5, Max: 1},
			{Name: "token", Doc: "Of your account.", Kind: Text, Default: "", MaxBytes: 200, Secret: true},
		},
	}
}

func TestAManifestSurvivesItsTwoForms(t *testing.T) {
	m := goodManifest()
	packed, err := Pack(goodModule().bytes(), m)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(packed)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, back) {
		t.Errorf("through the section:\n got %+v\nwant %+v", back, m)
	}
	text := mustJSON(t, m)
	again, err := ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, again) {
		t.Errorf("through JSON:\n got %+v\nwant %+v", again, m)
	}
}

func TestTheSectionMatchesItsGoldenVector(t *testing.T) {
	body, err := encode(goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	got := "# Manifest as custom section " + SectionName + "; the values stand in manifest_test.go.\n"
	for at := 0; at < len(body); at += 32 {
		got += hex.EncodeToString(body[at:min(at+32, len(body))]) + "\n"
	}
	path := filepath.Join("..", "..", "schemas", "vectors", "manifest.hex")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if the schema was meant to change, run with -update\n%s", path, got)
	}
}

func TestPackReplacesAnOlderManifestAndKeepsTheRest(t *testing.T) {
	spec := goodModule()
	spec.custom = map[string]string{"name": "kept"}
	first, err := Pack(spec.bytes(), goodManifest())
	if err != nil {
		t.Fatal(err)
	}
	m := goodManifest()
	m.Version = "2.0.0"
	second, err := Pack(first, m)
	if err != nil {
		t.Fatal(err)
	}
	if len(second) > len(first)+16 {
		t.Errorf("the old section is still there: %d bytes after %d", len(second), len(first))
	}
	back, err := Parse(second)
	if err != nil || back.Version != "2.0.0" {
		t.Errorf("got %v, %v", back, err)
	}
	if !strings.Contains(string(second), "kept") {
		t.Error("another custom section was lost")
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	op := func(m *Manifest) *Op { return &m.Units[0].Ops[0] }
	live := func(m *Manifest) *Live { return m.Units[1].Live }
	for _, c := range []struct {
		name, path string
		spoil      func(m *Manifest)
	}{
		{"an id with a path separator", "id", func(m *Manifest) { m.ID = "../../etc" }},
		{"an id without a dot", "id", func(m *Manifest) { m.ID = "plugin" }},
		{"an id in capitals", "id", func(m *Manifest) { m.ID = "Dev.Inos" }},
		{"an oversized id", "id", func(m *Manifest) { m.ID = "a." + strings.Repeat("b", 127) }},
		{"no name", "name", func(m *Manifest) { m.Name = "" }},
		{"a name that takes over a terminal", "name", func(m *Manifest) { m.Name = "\x1b[2J" }},
		{"a name with a direction override", "name", func(m *Manifest) { m.Name = "a\u202eb" }},
		{"a version that is none", "version", func(m *Manifest) { m.Version = "1.2" }},
		{"another ABI", "abi", func(m *Manifest) { m.ABI = 2 }},
		{"a document without end", "doc", func(m *Manifest) { m.Doc = strings.Repeat("x", 5000) }},
		{"text that is no UTF-8", "doc", func(m *Manifest) { m.Doc = "\xff" }},
		{"a document of two lines", "doc", func(m *Manifest) { m.Doc = "Does\nthings." }},
		{"a unit of two lines", "units[0].doc", func(m *Manifest) { m.Units[0].Doc = "a\tb" }},
		{"a result of two lines", "units[0].ops[0].results[0].doc",
			func(m *Manifest) { op(m).Results[0].Doc = "a\n" }},
		{"a parameter of two lines", "units[0].ops[0].params[0].doc",
			func(m *Manifest) { op(m).Params[0].Doc = "a\r\nb" }},
		{"no units", "units", func(m *Manifest) { m.Units = nil }},
		{"a unit with a path separator", "units[0].name", func(m *Manifest) { m.Units[0].Name = "a/b" }},
		{"a unit name of 24 letters", "units[0].name",
			func(m *Manifest) { m.Units[0].Name = strings.Repeat("u", 24) }},
		{"two units of one name", "units[1].name", func(m *Manifest) { m.Units[1].Name = "maths" }},
		{"a unit of nothing", "units[0]", func(m *Manifest) { m.Units[0].Ops = nil }},
		{"two live units", "units[1].live", func(m *Manifest) { m.Units[0].Live = m.Units[1].Live }},
		{"an op number twice", "units[1].ops[0].number",
			func(m *Manifest) { m.Units[1].Ops = []Op{{Number: 7, Name: "x"}} }},
		{"an op name twice", "units[0].ops[1].name",
			func(m *Manifest) { m.Units[0].Ops = append(m.Units[0].Ops, Op{Number: 1, Name: "add"}) }},
		{"a tolerance without need", "units[0].ops[0].tolerance",
			func(m *Manifest) { op(m).Determinism = BitExact }},
		{"too many inputs", "units[0].ops[0].inputs",
			func(m *Manifest) { op(m).Inputs = make([]Port, 17) }},
		{"a required input after an optional one", "units[0].ops[0].inputs[1].optional",
			func(m *Manifest) { op(m).Inputs = []Port{{Name: "a", Optional: true}, {Name: "b"}} }},
		{"a media type that is none", "units[0].ops[0].inputs[0].media[0]",
			func(m *Manifest) { op(m).Inputs[0].Media = []string{"csv"} }},
		{"an empty range", "units[0].ops[0].params[0].max",
			func(m *Manifest) { op(m).Params[0].Max = 0.5 }},
		{"a range that is no number", "units[0].ops[0].params[0].max",
			func(m *Manifest) { op(m).Params[0].Max = math.NaN() }},
		{"a range without end", "units[0].ops[0].params[0].max",
			func(m *Manifest) { op(m).Params[0].Max = math.Inf(1) }},
		{"a default outside of its range", "units[0].ops[0].params[0].default",
			func(m *Manifest) { op(m).Params[0].Default = 11.0 }},
		{"a default of another type", "units[0].ops[0].params[0].default",
			func(m *Manifest) { op(m).Params[0].Default = true }},
		{"a logarithm of zero", "units[0].ops[0].params[1].logarithmic",
			func(m *Manifest) { op(m).Params[1].Logarithmic = true }},
		{"an integer beyond 2^53", "units[0].ops[0].params[1].max",
			func(m *Manifest) { op(m).Params[1].Max = 1 << 60 }},
		{"a choice of nothing", "units[0].ops[0].params[3].options",
			func(m *Manifest) { op(m).Params[3].Options = nil }},
		{"an option twice", "units[0].ops[0].params[3].options[1]",
			func(m *Manifest) { op(m).Params[3].Options = []string{"a", "a"} }},
		{"a text longer than its bound", "units[0].ops[0].params[4].default",
			func(m *Manifest) { op(m).Params[4].MaxBytes = 3 }},
		{"a text that rings", "units[0].ops[0].params[4].default",
			func(m *Manifest) { op(m).Params[4].Default = "\a" }},
		{"a kind that is none", "units[0].ops[0].params[0].kind",
			func(m *Manifest) { op(m).Params[0].Kind = 9 }},
		{"a parameter twice", "units[0].ops[0].params[1].name",
			func(m *Manifest) { op(m).Params[1].Name = "scale" }},
		{"no phases", "units[1].live.phases", func(m *Manifest) { live(m).Phases = 0 }},
		{"no shards", "units[1].live.maxShards", func(m *Manifest) { live(m).MaxShards = 0 }},
		{"no rate", "units[1].live.rateHz", func(m *Manifest) { live(m).RateHz = 0 }},
		{"no channel", "units[1].live.channels", func(m *Manifest) { live(m).Channels = nil }},
		{"a channel without capacity", "units[1].live.channels[1].capacity",
			func(m *Manifest) { live(m).Channels[1].Capacity = 0 }},
		{"a capacity beside its parameter", "units[1].live.channels[0].capacity",
			func(m *Manifest) { live(m).Channels[0].Capacity = 64 }},
		{"a capacity from nowhere", "units[1].live.channels[0].capacityParam",
			func(m *Manifest) { live(m).Channels[0].CapacityParam = "birds" }},
		{"a capacity from a choice", "units[1].live.channels[0].capacityParam",
			func(m *Manifest) { live(m).Channels[0].CapacityParam = "mode" }},
		{"a capacity that goes below zero", "units[1].live.channels[0].capacityParam",
			func(m *Manifest) { live(m).Params[0].Min = -1 }},
		{"a preset of an unknown parameter", "units[1].live.presets[0].values[0].param",
			func(m *Manifest) { live(m).Presets[0].Values[0].Param = "nothing" }},
		{"a preset out of range", "units[1].live.presets[0].values[0].value",
			func(m *Manifest) { live(m).Presets[0].Values[0].Value = 1001 }},
		{"a preset of an option that is none", "units[1].live.presets[0].values[1].value",
			func(m *Manifest) { live(m).Presets[0].Values[1].Value = 2 }},
		{"a permission that is none", "permissions[0].name",
			func(m *Manifest) { m.Permissions[0].Name = "everything" }},
		{"a reason of two lines", "permissions[0].reason",
			func(m *Manifest) { m.Permissions[0].Reason = "a\nb" }},
		{"a permission without reason", "permissions[0].reason",
			func(m *Manifest) { m.Permissions[0].Reason = "" }},
		{"a permission asked for twice", "permissions[1].name",
			func(m *Manifest) { m.Permissions[1] = m.Permissions[0] }},
		{"a folder without a name", "permissions[1].scope",
			func(m *Manifest) { m.Permissions[1].Scope = "" }},
		{"a folder that leads elsewhere", "permissions[1].scope",
			func(m *Manifest) { m.Permissions[1].Scope = "../etc" }},
		{"a clock with a folder", "permissions[0].scope",
			func(m *Manifest) { m.Permissions[0].Scope = "photos" }},
		{"a network without hosts", "permissions[2].hosts",
			func(m *Manifest) { m.Permissions[2].Hosts = nil }},
		{"every host", "permissions[2].hosts[0]",
			func(m *Manifest) { m.Permissions[2].Hosts[0] = "*" }},
		{"a host with a path", "permissions[2].hosts[1]",
			func(m *Manifest) { m.Permissions[2].Hosts[1] = "a.example/b" }},
		{"more memory than is free", "limits.memoryBytes",
			func(m *Manifest) { m.Limits.MemoryBytes = FreeMemoryBytes + 1 }},
		{"more time than is free", "limits.callMs",
			func(m *Manifest) { m.Limits.CallMs = FreeCallMs + 1 }},
		{"more settings than a form has", "settings",
			func(m *Manifest) { m.Settings = make([]Param, maxSettings+1) }},
		{"a setting twice", "settings[1].name", func(m *Manifest) { m.Settings[1].Name = "volume" }},
		{"a setting outside of its range", "settings[0].default",
			func(m *Manifest) { m.Settings[0].Default = 2.0 }},
		{"a setting that nobody sees", "settings[0].hidden",
			func(m *Manifest) { m.Settings[0].Hidden = true }},
		{"a secret that is no text", "settings[0].secret",
			func(m *Manifest) { m.Settings[0].Secret = true }},
		{"a secret that all know", "settings[1].default",
			func(m *Manifest) { m.Settings[1].Default = "1234" }},
		{"a secret too long for a keychain", "settings[1].maxBytes",
			func(m *Manifest) { m.Settings[1].MaxBytes = maxSecret + 1 }},
		{"a secret of an op that all know", "units[0].ops[0].params[4].default",
			func(m *Manifest) { op(m).Params[4].Secret = true }},
		{"a secret of an op that is no text", "units[0].ops[0].params[0].secret",
			func(m *Manifest) { op(m).Params[0].Secret = true }},
		{"a live parameter that is secret", "units[1].live.params[1].secret",
			func(m *Manifest) { live(m).Params[1].Secret = true }},
		{"memory over the window region", "limits.memoryBytes",
			func(m *Manifest) { m.Limits.MemoryBytes = 1<<30 + 1 }},
		{"shared memory without bound", "limits.sharedBytes",
			func(m *Manifest) { m.Limits.SharedBytes = math.MaxUint64 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := goodManifest()
			c.spoil(m)
			err := m.Validate()
			f := fault.As(err)
			if f == nil || f.Kind != fault.Invalid || f.Subject != c.path {
				t.Errorf("got %v, want an error about %s", err, c.path)
			}
		})
	}
	if err := goodManifest().Validate(); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestExplainSaysWhatTheUserMustKnow(t *testing.T) {
	text := goodManifest().Explain("nobody signed it")
	for _, want := range []string{
		"dev.inos.example", "It shows the time.", "maths.add", "scale=1.5", "0.5 to 10 m",
		"one of exact, fast", "60 ticks a second", "preset calm", "input in (text/csv, image/*)",
		"volume=0.5  How loud.  (0 to 1)", "token, a secret  Of your account.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "on=true") {
		t.Error("a hidden parameter is shown")
	}
	m := goodManifest()
	m.Permissions = nil
	if !strings.Contains(m.Explain(""), "no permissions") {
		t.Error("it must say that nothing is asked for")
	}
}
