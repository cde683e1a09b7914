package cli

import (
	"strings"
	"testing"
)

// unitsBenchDocument is what scripts read.
type unitsBenchDocument struct {
	Complete *bool
	Rows     []struct {
		Task, Op, Peer string
		Seconds        map[string]float64
		CPU            float64 `json:"cpu_s"`
		PeakMB         float64 `json:"peak_mb"`
		Why            string  `json:"peer_reason"`
		PeerSeconds    float64 `json:"peer_seconds"`
		Ratio          float64
	}
}

func TestBenchUnitsMeasuresAnOpBesideAnotherProgram(t *testing.T) {
	w := newWorld(t).withPlugins(t, "plugins/crypto.wasm")
	plugins := w.data + "/plugins"
	bench := []string{"bench", "units", "--json", "--scale", "64", "--dir", inMemory(t), "--plugins", plugins}
	got := w.run(t, append(bench, "--only", "SHA-256", "--only", "age_encrypt")...)
	var d unitsBenchDocument
	oneDocument(t, got.stdout, &d)
	if got.exit != ExitOK || d.Complete == nil || !*d.Complete || len(d.Rows) != 2 {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	for _, r := range d.Rows {
		if r.Seconds["n"] != 3 || r.Seconds["p50"] <= 0 || r.CPU <= 0 || r.PeerSeconds <= 0 || r.Ratio <= 0 || r.Peer == "" {
			t.Errorf("%+v", r)
		}
	}
	w.environment = []string{"PATH=" + t.TempDir()}
	got = w.run(t, append(bench, "--only", "BLAKE3")...)
	d = unitsBenchDocument{}
	oneDocument(t, got.stdout, &d)
	if len(d.Rows) != 1 || d.Rows[0].Seconds["n"] != 3 || d.Rows[0].Ratio != 0 || !strings.Contains(d.Rows[0].Why, "apt-get install b3sum") {
		t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	if got := w.run(t, append(bench, "--only", "nothing")...); got.exit != ExitFailed || !strings.Contains(got.stdout, "no task has this word") {
		t.Errorf("%+v", got)
	}
}
