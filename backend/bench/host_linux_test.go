package bench

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/host/hosttest"
)

// bothHosts are the real programs.
func bothHosts(t *testing.T) (Programs, string) {
	t.Helper()
	return Programs{Worker: hosttest.Worker(t), AllowNoSeccomp: true,
		Extism: hosttest.Path(t, "build/test/extism-host")}, hosttest.Path(t, hosttest.Foreign("mirror"))
}

// briefFigures are all figures in so many rounds, with payloads of 1 MiB at most.
func briefFigures(rounds int) (brief []hostFigure) {
	for _, f := range hostFigures {
		f.limit, f.least, f.most = 0, rounds, rounds
		f.bytes, f.times = min(f.bytes, 1<<20), min(f.times, 3)
		brief = append(brief, f)
	}
	return brief
}

func TestBothHostsRunTheSamePluginInTurns(t *testing.T) {
	p, mirror := bothHosts(t)
	figures := briefFigures(2)
	report, err := measureHosts(t.Context(), p, mirror, figures)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Complete || len(report.Rows) != len(figures) || len(report.SHA256) != 64 ||
		report.Plugin != "mirror.wasm" || report.WhyNoExtism != "" {
		t.Fatalf("%+v", report)
	}
	if v := report.Extism; v == nil || v.SDK == "" || v.Wazero == "" {
		t.Errorf("versions %+v", v)
	}
	for i, row := range report.Rows {
		f := figures[i]
		n := 2 * max(f.times, 1)
		if row.Name != f.name || row.Extism == nil || (row.Stoppable != nil) != f.stoppable {
			t.Fatalf("%+v", row)
		}
		spreads := []Spread{row.Inos, *row.Extism}
		if f.stoppable {
			spreads = append(spreads, *row.Stoppable)
		}
		for _, s := range spreads {
			if s.N != n || s.P50 <= 0 || s.P50 > s.P95 {
				t.Errorf("%s: %+v, want %d positive samples", row.Name, s, n)
			}
		}
		if row.Ratio != Ratio(row.Inos.P50, row.Extism.P50) || (row.Why != "") != (row.Ratio > 1) {
			t.Errorf("%s: ratio %v, %q", row.Name, row.Ratio, row.Why)
		}
	}
}

func TestWithoutTheOtherHostINOSIsMeasuredAlone(t *testing.T) {
	p, mirror := bothHosts(t)
	p.Extism = filepath.Join(t.TempDir(), "extism-host")
	report, err := measureHosts(t.Context(), p, mirror, briefFigures(1)[:3])
	if err != nil || !report.Complete || len(report.Rows) != 3 || report.Rows[2].Inos.N == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if strings.Count(got, `"extism":null`) != 4 || strings.Contains(got, "ratio") ||
		!strings.Contains(got, `"extism_reason":"extism-host is not built"`) {
		t.Errorf("%s", got)
	}
}

func TestAMissingPluginIsSaidWithTheRemedy(t *testing.T) {
	p, _ := bothHosts(t)
	_, err := Host(t.Context(), p, filepath.Join(t.TempDir(), "mirror.wasm"))
	if err == nil || !strings.Contains(err.Error(), "mirror.wasm") ||
		!strings.Contains(err.Error(), "make build") {
		t.Errorf("%v", err)
	}
}

func TestEitherHostIsFoundOutWhenItGivesOtherBytesBack(t *testing.T) {
	p, mirror := bothHosts(t)
	s, hosts := stageOf(t, p, mirror)
	in, err := s.hostInput(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]contender{"INOS": hosts.inos, "Extism": hosts.extism} {
		for _, sum := range []string{in.sum, "00"} {
			tampered := *in
			tampered.sum = sum
			_, errLoad := c.load(t.Context(), s.config.CacheDir, &tampered)
			_, errCall := c.call(t.Context(), &tampered)
			for _, err := range []error{errLoad, errCall} {
				if sum == in.sum && err != nil || sum != in.sum &&
					(err == nil || !strings.HasPrefix(err.Error(), name+": the plugin gave back other bytes")) {
					t.Errorf("%s with the sum %s: %v", name, sum, err)
				}
			}
		}
	}
}

func stageOf(t *testing.T, p Programs, mirror string) (*stage, *hosts) {
	t.Helper()
	s, err := newStage(p.Worker, p.AllowNoSeccomp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	wasm, err := os.ReadFile(mirror)
	if err != nil {
		t.Fatal(err)
	}
	report := &HostReport{SHA256: sumOf(wasm)}
	h, err := report.contenders(t.Context(), p, s, mirror)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return s, h
}

func TestExtismRefusesAFileThatINOSDidNotRun(t *testing.T) {
	p, mirror := bothHosts(t)
	program := extismProgram{path: p.Extism, plugin: mirror, sha256: sumOf(nil), cache: t.TempDir()}
	h, err := program.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	if _, err := h.hang(t.Context(), time.Millisecond); err == nil ||
		!strings.Contains(err.Error(), "hash mismatch") {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptedComparisonKeepsItsRowsAndLeavesNoProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, mirror := bothHosts(t)
	p.Note = func(what string) {
		if what == "host, call, 16 B" {
			cancel()
		}
	}
	before := hosttest.Children(t)
	report, err := measureHosts(ctx, p, mirror, briefFigures(1))
	if err != nil || report.Complete || report.Error != nil || len(report.Rows) != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	if left := hosttest.Children(t) - before; left != 0 {
		t.Errorf("%d programs are left", left)
	}
}

// liar is a program in the other host's place that answers each command with a line.
func liar(t *testing.T, greeting, answer string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "extism-host")
	script := "#!/bin/sh\necho '" + greeting + "'\nwhile read -r line; do " + answer + "; done\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheOtherHostsWordIsChecked(t *testing.T) {
	p, mirror := bothHosts(t)
	for _, c := range []struct{ name, greeting, answer, want string }{
		{"another output", "{}", `echo '{"took_ns":[1],"sum":"00"}'`,
			"Extism: the plugin gave back other bytes"},
		{"too few times", "{}", `echo '{}'`, "0 times, not 1"},
		{"its own error", "{}", `echo '{"error":"out of luck"}'`, "out of luck"},
		{"no JSON", "{}", "echo hello", "invalid character"},
		{"no greeting", "hello", "true", "invalid character"},
		{"it ends", "{}", "echo no more >&2; exit 3", "ended: EOF: no more"},
		{"a line without end", "{}", "head -c 100000 /dev/zero", "token too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.Extism = liar(t, c.greeting, c.answer)
			report, err := measureHosts(t.Context(), p, mirror, briefFigures(1)[1:2])
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want %q", report, err, c.want)
			}
		})
	}
}
