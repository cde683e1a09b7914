package host_test

import (
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/host/hosttest"
)

// usageOf is what the only plugin used.
func usageOf(t *testing.T, u *host.Usage) host.PluginUsage {
	t.Helper()
	all := u.Plugins()
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	return all[0]
}

func TestWhatAPluginUsesIsCounted(t *testing.T) {
	w := newWorld(t, 16<<20)
	w.cfg.Usage = host.NewUsage(time.Now)
	adder := hosttest.Plugin(t, hosttest.Adder)
	worker := w.spawn(t, adder)
	const calls = 3
	for range calls {
		if _, err := call(worker, adder, "add", map[string]any{"a": 1, "b": 2}, nil); err != nil {
			t.Fatal(err)
		}
	}
	got := usageOf(t, w.cfg.Usage)
	if got.Plugin != adder.Manifest.ID || got.Workers != 1 || got.Started != 1 || got.Calls != calls ||
		got.Failures != 0 || got.LastFailure != nil || got.CPUNs == 0 || got.RSSBytes < 1<<20 || got.GuestNs == 0 {
		t.Errorf("%+v", got)
	}
	worker.Close()
	after := usageOf(t, w.cfg.Usage)
	if after.Workers != 0 || after.RSSBytes != 0 || after.SegmentBytes != 0 || after.Failures != 0 ||
		after.CPUNs < got.CPUNs {
		t.Errorf("after its end %+v", after)
	}
}

// A guest's failure and its worker's exit race for the kernel's ear.
func TestAFailureIsKeptAsWhatTheCallerHeard(t *testing.T) {
	hostile := hosttest.Plugin(t, hosttest.Hostile)
	for range 40 {
		w := newWorld(t, 16<<20)
		w.cfg.Usage = host.NewUsage(time.Now)
		worker := w.spawn(t, hostile)
		_, err := call(worker, hostile, "trap", nil, nil)
		<-worker.Done()
		if got := usageOf(t, w.cfg.Usage); got.LastFailure == nil || got.LastFailure.Kind != fault.As(err).Kind.String() {
			t.Fatalf("heard %v, kept %+v", err, got.LastFailure)
		}
	}
}

func TestFailuresAndLogLinesAreKept(t *testing.T) {
	w := newWorld(t, 16<<20)
	w.cfg.Usage = host.NewUsage(time.Now)
	hostile := hosttest.Plugin(t, hosttest.Hostile)
	for _, op := range []string{"trap", "log_flood"} {
		worker := w.spawn(t, hostile)
		if _, err := call(worker, hostile, op, nil, nil); err == nil {
			t.Fatalf("%s went well", op)
		}
		<-worker.Done()
	}
	got := usageOf(t, w.cfg.Usage)
	if got.Calls != 2 || got.Failures != 2 || got.Started != 2 || got.LastFailure == nil || got.LastFailure.Kind != "log-flood" {
		t.Errorf("%+v", got)
	}
	lines := w.cfg.Usage.Log(0)
	if uint64(len(lines)) != got.LogLines || len(lines) == 0 || lines[0].Number != 1 ||
		lines[0].Plugin != hostile.Manifest.ID || lines[0].Level == "" || strings.Contains(lines[0].Text, "\n") {
		t.Errorf("%d lines of %d, the first %+v", len(lines), got.LogLines, lines[0])
	}
	if rest := w.cfg.Usage.Log(got.LogLines - 1); len(rest) != 1 || rest[0].Number != got.LogLines {
		t.Errorf("the last: %+v", rest)
	}
	if none := w.cfg.Usage.Log(got.LogLines + 5); len(none) != 0 {
		t.Errorf("after the last: %+v", none)
	}
}
