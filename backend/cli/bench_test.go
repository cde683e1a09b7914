package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"inos/backend/bench"
	"inos/backend/fault"
)

// tableText is a report as people see it.
func tableText(t *testing.T, r report) string {
	t.Helper()
	var out bytes.Buffer
	if err := table(&out, append(r.rows(), runRow(r.Info()))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func spread(p50 float64) bench.Spread {
	return bench.Spread{P50: p50, P95: 2 * p50, P99: 3 * p50, Max: 4 * p50, N: 100}
}

func TestTheFlocksRowsAreAlignedAsTheyCome(t *testing.T) {
	var out bytes.Buffer
	p := newFlockPrinter(&out, note{newLine(&bytes.Buffer{})})
	p.Row(bench.FlockRow{N: 1000, Mode: "exact", WasmMs: 0.123, NativeMs: 0.1, Ratio: 1.23,
		SteerRatio: 1.61, ShardsSpeedup: 1.5, SameResult: true})
	p.Row(bench.FlockRow{N: 100_000, Mode: "fast", WasmMs: 12.3, ShardsSpeedup: 1.91})
	p.Largest("exact", bench.LargestFlock{N: 91_500, StepMs: 16.3, Ticks: 72})
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	for _, c := range []struct {
		column string
		cells  [2]string
	}{
		{"BIRDS", [2]string{"1,000", "100,000"}}, {"MODE", [2]string{"exact", "fast"}},
		{"PLUGIN", [2]string{"0.123", "12.3"}}, {"NATIVE", [2]string{"0.100", "-"}},
		{"RATIO", [2]string{"1.23", "-"}}, {"STEER", [2]string{"1.61", "-"}},
		{"SHARDS", [2]string{"1.50 times", "1.91 times"}}, {"SAME", [2]string{"yes", "no"}},
	} {
		at := strings.Index(lines[0], c.column)
		for i, cell := range c.cells {
			if row := lines[i+1]; at < 0 || at > len(row) || !strings.HasPrefix(row[at:], cell) {
				t.Errorf("%s of row %d is not %q:\n%s", c.column, i, cell, out.String())
			}
		}
	}
	wantText(t, lines[3], "largest flock, exact", "91,500", "16.3 ms", "72 steps")
}

func TestABenchmarkSaysByWhatToJudgeIt(t *testing.T) {
	load := &bench.Load{Before: 0.25, After: 1.75, OtherPct: 12.5, StealPct: 3.5}
	text := tableText(t, epochTable{&bench.EpochReport{
		Run:    bench.Run{Complete: true, Seconds: 42, Load: load},
		Worker: spread(0.13), WhyNoPage: "there is no display",
	}})
	wantText(t, text, "0.130", "42 s", "0.25 before", "1.75 after", "12.5 %", "3.5 %",
		"page: not measured, there is no display")
	if strings.Contains(text, "interrupted") {
		t.Error("it says that it was interrupted")
	}
	wantText(t, tableText(t, epochTable{&bench.EpochReport{}}), "0 s; interrupted", "not measured")
	failed := bench.Run{Error: fault.New("bench", fault.Deadline, "boids", "a tick took too long", "")}
	wantText(t, tableText(t, epochTable{&bench.EpochReport{Run: failed}}), "0 s; it failed")
}

func TestABenchmarkEndsWithItsOutcome(t *testing.T) {
	why := fault.New("bench", fault.Deadline, "boids", "a tick took too long", "")
	for _, c := range []struct {
		run    bench.Run
		exit   int
		reason string
	}{
		{bench.Run{Complete: true}, ExitOK, ""},
		{bench.Run{}, ExitInterrupted, ""},
		{bench.Run{Error: why}, ExitFailed, "inos: boids: a tick took too long\n"},
	} {
		var out bytes.Buffer
		a := &app{World: World{Stderr: &out}}
		if exit := a.finish(t.Context(), a.benchEnd(&c.run)); exit != c.exit || out.String() != c.reason {
			t.Errorf("%+v: exit %d, %q", c.run, exit, out.String())
		}
	}
}

func TestTheHandoversTableExplainsItself(t *testing.T) {
	page := `{"path":"shared","rows":[{"bytes":64,"held":{"p50":0.19,"n":7}}]}`
	text := tableText(t, handoverTable{&bench.HandoverReport{
		Rows: []bench.HandoverRow{{Bytes: 64, Shared: spread(0.22), Filled: spread(0.25),
			Socket: spread(26), Stream: spread(2200)}},
		Ratio: 1.04, Page: json.RawMessage(page),
	}})
	wantText(t, text, "64B shared ", "64B shared, just filled", "64B Unix socket", "64B stream",
		"64B to the page, shared", "0.190", "1.04", "Shared copies nothing")
	silent := tableText(t, handoverTable{&bench.HandoverReport{WhyNoPage: "it hangs"}})
	wantText(t, silent, "page: not measured, it hangs")
}

func TestWhatThePageSaysIsChecked(t *testing.T) {
	for _, document := range []string{"", "null", "hello", `{"rows":7}`} {
		if said := pageSaid(json.RawMessage(document)); said != nil {
			t.Errorf("%q was read as %+v", document, said)
		}
	}
}

func TestMeasuringIsToldToTheLogOrATerminal(t *testing.T) {
	var out bytes.Buffer
	a := &app{World: World{Stderr: &out}, note: note{newLine(&out)}}
	a.measuring("flock, exact, 1000 birds")
	if out.Len() != 0 {
		t.Errorf("a pipe got %q", out.String())
	}
	a.global.verbose = true
	a.measuring("flock, exact, 1000 birds")
	wantText(t, out.String(), "measuring", "flock, exact, 1000 birds")
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	for value, want := range map[float64]string{0.12345: "0.123", 1.2345: "1.23", 12.345: "12.3",
		123.45: "123", 0: "0.000"} {
		if got := figure(value); got != want {
			t.Errorf("%v: %s, want %s", value, got, want)
		}
	}
	if measured(0) != "-" || measured(2) != "2.00" {
		t.Errorf("%s, %s", measured(0), measured(2))
	}
}

func TestTheHostsTableSaysWhereINOSLosesAndWhy(t *testing.T) {
	extism, stoppable := spread(2.5), spread(9.5)
	rows := []bench.HostRow{
		{Title: "warm load", Unit: "ms", Inos: spread(6.5), Extism: &extism, Ratio: 2.6, Why: "it is a process"},
		{Title: "call, 64 KiB", Unit: "us", Inos: spread(2), Extism: &extism, Stoppable: &stoppable, Ratio: 0.8},
	}
	text := tableText(t, hostTable{&bench.HostReport{Plugin: "mirror.wasm", Rows: rows,
		Extism: &bench.ExtismVersions{SDK: "v1.7.1", Wazero: "v1.12.0"}}})
	wantText(t, text, "warm load, ms", "6.50", "2.50", "2.60", "call, 64 KiB, us", "9.50", "0.800",
		"mirror.wasm in INOS and in Extism's go-sdk v1.7.1 with wazero v1.12.0",
		"Warm load: INOS loses, 2.60 times: it is a process.")
	if strings.Count(text, "INOS loses") != 1 {
		t.Errorf("it loses where it does not:\n%s", text)
	}
	alone := tableText(t, hostTable{&bench.HostReport{Rows: []bench.HostRow{{Title: "warm load",
		Unit: "ms", Inos: spread(6.5)}}, WhyNoExtism: "extism-host is not built"}})
	wantText(t, alone, "6.50", "Extism: not measured, extism-host is not built")
	if strings.Contains(alone, "INOS loses") {
		t.Errorf("it loses to nobody:\n%s", alone)
	}
}
