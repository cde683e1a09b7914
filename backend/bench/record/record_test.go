package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"inos/backend/bench"
)

// sample are documents as the benchmarks print them.
func sample(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	spread := func(p50 float64) bench.Spread { return bench.Spread{P50: p50, Max: 9 * p50, N: 100} }
	quiet := bench.Run{Complete: true, Seconds: 9, Load: &bench.Load{OtherPct: 1.5}}
	busy := bench.Run{Complete: true, Seconds: 9, Load: &bench.Load{OtherPct: 0.5, StealPct: 2.5}}
	documents := map[string]json.RawMessage{}
	for name, report := range map[string]any{
		"flock": bench.FlockReport{Run: quiet,
			Rows: []bench.FlockRow{
				{N: 10_000, Mode: "exact", WasmMs: 1.234, NativeMs: 0.8, Ratio: 1.54, SteerRatio: 1.61},
				{N: 100_000, Mode: "fast", WasmMs: 11.5},
			},
			Largest: map[string]bench.LargestFlock{"exact": {N: 90_500}, "fast": {N: 149_500}},
		},
		"handover": bench.HandoverReport{Run: busy, Ratio: 1.2, Rows: []bench.HandoverRow{
			{Bytes: 64, Shared: spread(0.22), Filled: spread(0.25), Socket: spread(26), Stream: spread(2248)}}},
		"epoch": bench.EpochReport{Run: quiet, Worker: spread(0.13),
			Page: json.RawMessage(`{"path":"shared","round_trip":{"p50":0.15,"max":3,"n":1000}}`)},
		"call": bench.CallReport{Run: quiet, Add: spread(24.6), Ratio: 1.01},
		"startup": bench.StartupReport{Run: quiet, Units: spread(6.8), Worker: spread(3.6),
			Window: json.RawMessage(`{"path":"shared","window_ms":600,"frame_ms":1860.5}`)},
		"memory": bench.MemoryReport{Run: quiet, Window: json.RawMessage(`{"path":"shared","unit":"MB",
			"rows":[{"birds":10000,"all":{"p50":331,"max":345.6,"n":60}}]}`)},
		"store": bench.StoreReport{Run: quiet, Restic: "restic 0.14.0", WhyNoZstd: "zstd is not installed: apt-get install zstd",
			Tree: bench.StoreTree{Files: 22_500, Bytes: 629_145_600, Parts: []bench.StorePart{
				{What: "noise", Bytes: 151_000_000}, {What: "a log", Bytes: 75_000_000}}},
			PutRatio: 1.62, GetRatio: 1.4, AgainRatio: 3.1, StoredRatio: 0.98, PeakMB: 188.4,
			Rows: []bench.StoreRow{{Tool: "inos", Task: "put", Seconds: spread(4.25), MBPerS: 148, CPUPerGiB: 9.31, PeakMB: 188.4,
				StoredMB: 252.5}},
			Large:   &bench.StoreLarge{Bytes: 1 << 30, PutPeakMB: 141, GetPeakMB: 93},
			Archive: &bench.StoreArchive{Bytes: 24 << 20, StoredMB: 6.1, InosMB: 4.7, ResticMB: 5.5, Seconds: 30}},
		"units": bench.UnitsReport{Run: quiet, Rows: []bench.UnitRow{
			{Task: "a CSV grouped", Op: "data.group_by", Seconds: spread(12.5), CPU: 13.1, PeakMB: 75.2, Peer: "3.40.1", PeerSeconds: 25, PeerCPU: 24.5, Ratio: 0.5},
			{Task: "BLAKE3", Op: "crypto.hash", Seconds: spread(0.8), CPU: 0.7, PeakMB: 40, Peer: "b3sum 1.2.0", PeerSeconds: 0.25, PeerCPU: 0.24, Ratio: 3.2},
			{Task: "a photo", Op: "image.resize", Seconds: spread(1.5), CPU: 1.4, PeakMB: 150, WhyNo: "convert is not installed"}}},
		"courtesy": bench.CourtesyReport{Run: quiet, All: bench.Pictures{Ratio: 1.06}},
		"host": bench.HostReport{Run: quiet, Plugin: "mirror.wasm",
			Extism: &bench.ExtismVersions{SDK: "v1.7.1", Wazero: "v1.12.0"},
			Rows: []bench.HostRow{
				{Title: "warm load", Unit: "ms", Inos: spread(6.62), Extism: new(spread(2.83)), Ratio: 2.34,
					Why: "it is a process"},
				{Title: "call, 64 KiB", Unit: "us", Inos: spread(812), Extism: new(spread(1064)),
					Stoppable: new(spread(2469)), Ratio: 0.76},
				{Title: "end of a hang", Unit: "ms", Inos: spread(3.4)},
			}},
	} {
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = text
	}
	return documents
}

func sampleRecord(t *testing.T) *record {
	t.Helper()
	return &record{
		Date: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC),
		Machine: machine{CPU: "AMD EPYC", Cores: 2, MemoryBytes: 16 << 30, System: "linux/amd64",
			Kernel: "6.18.44"},
		Versions: versions{Commit: "v0.1-3-gabc", Go: "go1.26.8", Wazero: "v1.12.0"},
		Results:  sample(t),
	}
}

func want(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

func TestTheSummarySetsFiguresAgainstPromises(t *testing.T) {
	r := sampleRecord(t)
	text := r.summary("2026-11-23-amd-epyc-2c.json")
	want(t, text,
		"[2026-11-23-amd-epyc-2c.json](2026-11-23-amd-epyc-2c.json)",
		"2026-11-23, v0.1-3-gabc: AMD EPYC, 2 cores, 16.0 GiB, linux/amd64, Linux 6.18.44. go1.26.8, wazero v1.12.0.",
		"at most 1.5 % of the processors, the machine's host 2.5 %",
		"| step, 10,000 birds, exact, 2 shards | at most 2.2 ms | 1.23 ms | kept |",
		"| step, 100,000 birds, fast, 2 shards | at most 11 ms | 11.5 ms | missed |",
		"exact, 2 shards | at least 80,000 birds | 90,500 birds | kept |",
		"fast, 2 shards | at least 150,000 birds | 149,500 birds | missed |",
		"10,000 birds, exact | at most 1.7 times | 1.61 times | kept |",
		"10,000 birds, fast | at most 1.7 times |  | not measured |",
		"kernel to worker and back | at most 1 us | 0.13 us | kept |",
		"kernel to page and back | at most 1 us | 0.15 us | kept |",
		"16 MiB rather than 64 bytes | at most 1.2 times | 1.2 times | kept |",
		"adds two numbers | at most 25 us | 24.6 us | kept |",
		"by window | at most 1.5 times | 1.01 times | kept |",
		"`inos units`, exec to exit | at most 60 ms | 6.8 ms | kept |",
		"warm cache | at most 40 ms | 3.6 ms | kept |",
		"first frame of birds | at most 2,000 ms | 1,860 ms | kept |",
		"10,000 birds, the most in 15 s | at most 400 MB | 346 MB | kept |",
		"10,000 birds after 250,000, the most | at most 400 MB |  | not measured |",
		"| p95 of the frame time, beside the hostile set over calm | at most 1.1 times | 1.06 times | kept |",
		"| 10,000 | exact | 1.23 ms | 0.8 ms | 1.54 |",
		"| 64 | 0.22 | 0.25 | 26 | 2,248 |",
		"mirror.wasm in INOS, and in Extism's go-sdk v1.7.1 with wazero v1.12.0",
		"| warm load | 6.62 ms | 2.83 ms |  | 2.34 |",
		"| call, 64 KiB | 812 us | 1,064 us | 2,469 us | 0.76 |",
		"| end of a hang | 3.4 ms |  |  |  |",
		"| the store, restic's time over INOS's, put | at least 1.5 times | 1.62 times | kept |",
		"| the store, restic's time over INOS's, get | at least 1.5 times | 1.4 times | missed |",
		"| the store, restic's time over INOS's, put again | at least 2 times | 3.1 times | kept |",
		"| the store, INOS's size over restic's | at most 1 times | 0.98 times | kept |",
		"| the store, the most memory of any of it | at most 256 MB | 188 MB | kept |",
		"| an archive, INOS's size over that of restic's max | at most 1 times | 0.85 times | kept |",
		"| an op of the units over a program of its field, the slowest | at most 2 times | 3.2 times | missed |",
		"| a CSV of 1 GB, all processes, the most | at most 600 MB | 75.2 MB | kept |",
		"| a CSV grouped | data.group_by | 12.5 | 13.1 | 75.2 MB | 3.40.1 | 25 | 24.5 | 0.5 |",
		"| a photo | image.resize | 1.5 | 1.4 | 150 MB | convert is not installed |  |  |  |",
		"## The store, medians of 100 rounds",
		"22,500 files, 629 MB, the same for all in one run on one file system, the page cache warm: 151 MB of noise; "+
			"75 MB of a log. restic 0.14.0. zstd is not installed: apt-get install zstd.\n",
		"| inos | put | 4.25 | 148 | 9.31 | 188 MB | 252 MB |",
		"- One file of 1,074 MB, half of it holes: 141 MB of memory to put, 93 MB to get.",
		"- 25.2 MB archived in 30 s: 4.7 MB, where a put made 6.1 MB of it and restic's max 5.5 MB.",
		"\n- warm load: INOS loses, since it is a process.\n",
	)
	if strings.Count(text, "INOS loses") != 1 {
		t.Error("it loses where it does not")
	}
	for _, wrong := range []string{"Not measured to its end", "not quiet"} {
		if strings.Contains(text, wrong) {
			t.Errorf("it says %q", wrong)
		}
	}
}

func TestABusyMachineIsCalledSo(t *testing.T) {
	for _, load := range []string{`{"other_pct":10.5}`, `{"steal_pct":5.5}`} {
		r := sampleRecord(t)
		r.Results["epoch"] = json.RawMessage(`{"complete":true,"load":` + load + `}`)
		want(t, r.summary("x.json"), "not quiet")
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	r := sampleRecord(t)
	delete(r.Results, "handover")
	delete(r.Results, "host")
	delete(r.Results, "store")
	r.Results["call"] = json.RawMessage(`{"error":{"kind":"unavailable","message":"no worker"}}`)
	r.Results["flock"] = json.RawMessage(`{"complete":false,"rows":[]}`)
	text := r.summary("x.json")
	want(t, text, "Not measured to its end: flock, handover, call, host, store.",
		"adds two numbers | at most 25 us |  | not measured |")
	for _, section := range []string{"## The flock", "## Handing over", "## A plugin made for Extism", "## The store"} {
		if strings.Contains(text, section) {
			t.Errorf("there is an empty section %q", section)
		}
	}
}

func TestTheFileHasEverything(t *testing.T) {
	r, dir := sampleRecord(t), filepath.Join(t.TempDir(), "bench")
	name, err := r.write(dir)
	if err != nil || name != "2026-11-23-amd-epyc-2c.json" {
		t.Fatalf("%s, %v", name, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var read record
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if !read.Date.Equal(r.Date) || read.Machine != r.Machine || read.Versions != r.Versions ||
		len(read.Results) != len(benchmarks) {
		t.Errorf("%+v", read)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || string(readme) != r.summary(name) {
		t.Errorf("%v, %s", err, readme)
	}
}

func TestNoPathAndNoHostIsRecorded(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(map[string]any{
		"complete": true, "ratio_of": "wasm/native, 1/100 s",
		"page_reason":   "inos-desktop: exit status 1: cannot open /home/ada/.cache/x: no; " + host + ":7",
		"native_reason": "flock-native is not built",
		"error": map[string]any{"subject": "/opt/inos/bin/inos-worker", "kind": "not-found",
			"next": []any{"see /var/log/inos.log."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := withoutPlaces(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"ada", "/opt", "/var", host} {
		if strings.Contains(string(got), secret) {
			t.Errorf("%q is in %s", secret, got)
		}
	}
	want(t, string(got), "cannot open (path): no; (host):7", "wasm/native, 1/100 s",
		"flock-native is not built", `"subject":"(path)"`)
	for _, text := range []string{"", "hello", "[1]", "7"} {
		if got, err := withoutPlaces([]byte(text)); err == nil {
			t.Errorf("%q was taken as %s", text, got)
		}
	}
}

func TestResultsAreReadAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := readResults(dir); err == nil {
		t.Errorf("nothing became %v", got)
	}
	put("call", `{"ratio":1.25}`)
	put("flock", "") // it was killed
	put("other", `{"ratio":7}`)
	got, err := readResults(dir)
	if err != nil || len(got) != 1 || string(got["call"]) != `{"ratio":1.25}` {
		t.Errorf("%s, %v", got, err)
	}
	put("epoch", "half a docu")
	if got, err := readResults(dir); err == nil || !strings.Contains(err.Error(), "epoch") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAMachineHasAName(t *testing.T) {
	for name, m := range map[string]machine{
		"amd-epyc-2c":                          {CPU: "AMD EPYC", Cores: 2},
		"intel-xeon-cpu-e5-2673-v4-2-30ghz-8c": {CPU: "Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz", Cores: 8},
		"linux-arm64-4c":                       {System: "linux/arm64", Cores: 4},
		"etc-passwd-1c":                        {CPU: "../../etc/passwd", Cores: 1},
	} {
		if got := m.slug(); got != name {
			t.Errorf("%s, want %s", got, name)
		}
	}
	cpuinfo := "processor\t: 0\nmodel name\t: Fast CPU\nmodel name\t: Slow CPU\n"
	if got := field(cpuinfo, "model name"); got != "Fast CPU" {
		t.Errorf("%q", got)
	}
	if kibibytes("2048 kB") != 2<<20 || kibibytes("") != 0 || field("", "MemTotal") != "" {
		t.Error("memory is not read")
	}
}

func TestThisProgramTellsItsVersions(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := versionsOf(program, "abc")
	if err != nil || v.Commit != "abc" || v.Go != runtime.Version() {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := versionsOf(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("a program that is not there has versions")
	}
}
