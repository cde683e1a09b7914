package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWithoutADisplayInosSaysWhatToDo(t *testing.T) {
	got := newStand(t).inos(t.Context())
	if got.exit != ExitFailed || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("exit %d, %q, %q; want 1 and one line", got.exit, got.stdout, got.stderr)
	}
	for _, want := range []string{"no display", "inos live boids"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q lacks %q", got.stderr, want)
		}
	}
}

func TestWithADisplayInosBecomesTheWindow(t *testing.T) {
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY"} {
		s := newStand(t)
		s.environment[name] = "wayland-0"
		path := filepath.Join(s.dir, desktopProgram)
		writeFile(t, path, nil)
		s.inos(t.Context(), "--frames", "stream")
		want := []string{path, "--data", s.data, "--frames", "stream"}
		if !slices.Equal(s.replaced, want) {
			t.Errorf("%s: it became %q, want %q", name, s.replaced, want)
		}
	}
}

func TestAMissingDesktopProgramIsNamed(t *testing.T) {
	s := newStand(t)
	s.environment["DISPLAY"] = ":0"
	got := s.inos(t.Context())
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "make build") || s.replaced != nil {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
}
