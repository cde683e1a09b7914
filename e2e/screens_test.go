//go:build e2e

package e2e

import (
	"syscall"
	"testing"
	"time"
)

func TestBirdsAreOnTheScreenSoonAfterTheStart(t *testing.T) {
	// The promise is 2 s on a quiet machine with a warm cache; `inos bench startup` measures that.
	// Tests share the machine with each other, so this only finds out when it has gone badly wrong.
	const limit = 6 * time.Second
	s, data := startScreen(t), t.TempDir()
	first, _ := launch(t, s, "--data", data) // warms the caches
	eventually(t, "birds", func() bool { return s.birds(t) })
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ending(t, first)

	s = startScreen(t)
	began := time.Now()
	_, _ = launch(t, s, "--data", data)
	within(t, limit, "birds", func() bool { return s.birds(t) })
	t.Logf("%v from exec to birds on the screen", time.Since(began).Round(10*time.Millisecond))
}

func TestBothThemes(t *testing.T) {
	for _, theme := range []string{"dark", "light"} {
		t.Run(theme, func(t *testing.T) {
			s := openWith(t, `{"theme": "`+theme+`"}`)
			eventually(t, "the theme", func() bool {
				var scheme string
				err := s.run(`return document.documentElement.dataset.mantineColorScheme`, &scheme)
				return err == nil && scheme == theme && s.screen.birds(t)
			})
			s.screen.save(t, "flock-"+theme)
		})
	}
}
