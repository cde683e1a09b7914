package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestALineOnAPipeIsOneLineEach(t *testing.T) {
	var out bytes.Buffer
	line := newLine(&out)
	line.show("one")
	line.show("two")
	line.clear()
	if got := out.String(); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
	if line.interval != time.Second {
		t.Errorf("a pipe gets a line every %v, want 1s", line.interval)
	}
}

func TestTheBarStaysSilentOnAPipe(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	bar := newProgress(&out, "boids.step", func() time.Time { return now })
	now = now.Add(time.Minute)
	bar.update(1, 2)
	bar.clear()
	if out.Len() != 0 {
		t.Errorf("it wrote %q", out.String())
	}
}

func TestTheBarShowsPartAndRemainingTime(t *testing.T) {
	for _, c := range []struct {
		done, total uint64
		want        []string
	}{
		{0, 100, []string{"  0 %", "Ctrl+C cancels"}},
		{25, 100, []string{" 25 %", "30 s left", strings.Repeat("█", 6) + "░"}},
		{100, 100, []string{"100 %", "0 s left", strings.Repeat("█", barCells)}},
		{300, 100, []string{"100 %"}}, // a plugin may say anything
		{7, 0, []string{"10 s"}},
	} {
		got := progressText("op", c.done, c.total, 10*time.Second)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%d of %d: %q lacks %q", c.done, c.total, got, want)
			}
		}
	}
}

func TestPluginTextCannotMoveTheCursor(t *testing.T) {
	if got := shown("a\x1b[2J\nb\tc\x7f"); got != "a [2J b c " {
		t.Errorf("%q", got)
	}
}
