package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// storeBenchDocument is what scripts read.
type storeBenchDocument struct {
	Complete *bool
	Tree     struct {
		Files int
		Bytes int64
	}
	Restic    string
	WhyRestic string `json:"restic_reason"`
	WhyZstd   string `json:"zstd_reason"`
	Rows      []struct {
		Tool, Task string
		Seconds    map[string]float64
		MBPerS     float64 `json:"mb_per_s"`
		CPU        float64 `json:"cpu_s_per_gib"`
		PeakMB     float64 `json:"peak_mb"`
		StoredMB   float64 `json:"stored_mb"`
	}
	PutRatio float64 `json:"put_ratio"`
	Large    *struct {
		Put float64 `json:"put_peak_mb"`
		Get float64 `json:"get_peak_mb"`
	}
	Archive *struct {
		Stored float64 `json:"stored_mb"`
		Inos   float64 `json:"inos_mb"`
	}
}

func TestBenchStoreMeasuresINOSAloneWhereTheOthersAreMissing(t *testing.T) {
	w := newWorld(t)
	w.environment = []string{"PATH=" + t.TempDir()}
	dir := inMemory(t)
	got := w.run(t, "bench", "store", "--json", "--size", "1MiB", "--dir", dir)
	var d storeBenchDocument
	oneDocument(t, got.stdout, &d)
	if got.exit != ExitOK || d.Complete == nil || !*d.Complete || d.Restic != "" || len(d.Rows) != 3 || d.PutRatio != 0 ||
		!strings.Contains(d.WhyRestic, "apt-get install restic") || !strings.Contains(d.WhyZstd, "apt-get install zstd") {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	for i, task := range []string{"put", "get", "put again"} {
		r := d.Rows[i]
		if r.Tool != "inos" || r.Task != task || r.Seconds["n"] != 5 || r.Seconds["p50"] <= 0 || r.MBPerS <= 0 || r.CPU <= 0 ||
			r.PeakMB < 10 || r.StoredMB <= 0 || r.StoredMB*1e6 > float64(d.Tree.Bytes) {
			t.Errorf("%+v", r)
		}
	}
	if d.Large == nil || d.Large.Put <= 0 || d.Large.Get <= 0 || d.Archive == nil || d.Archive.Inos <= 0 || d.Archive.Inos >= d.Archive.Stored {
		t.Errorf("%+v, %+v", d.Large, d.Archive)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBenchStoreSetsINOSBesideRestic(t *testing.T) {
	if _, err := exec.LookPath("restic"); err != nil {
		t.Skip("restic is not installed")
	}
	w := newWorld(t)
	got := w.interruptedAt(t, true, "restic --no-cache", "bench", "store", "--json", "--verbose", "--size", "1MiB", "--dir", inMemory(t))
	var d storeBenchDocument
	oneDocument(t, got.stdout, &d)
	if got.exit != ExitInterrupted || d.Complete == nil || *d.Complete || !strings.HasPrefix(d.Restic, "restic ") || len(d.Rows) != 6 ||
		d.Rows[5].Tool != "restic" || d.Rows[5].Seconds["n"] != 1 || d.PutRatio <= 0 {
		t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
}

func TestBenchStoreSaysThatTheFolderIsNotThere(t *testing.T) {
	got := newWorld(t).run(t, "bench", "store", "--dir", filepath.Join(t.TempDir(), "none"))
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "--dir DIR") {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
}
