//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launch starts the program without a driver, as users do.
func launch(t *testing.T, s *screen, flags ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	stage := &stage{screen: s, data: t.TempDir()}
	c := exec.Command(install(t), append([]string{"--data", stage.data}, flags...)...)
	c.Env = stage.environment(t)
	var reasons bytes.Buffer
	c.Stderr = &reasons
	start(t, c)
	return c, &reasons
}

// ending waits for the program's end.
func ending(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode()
	case <-time.After(commandTimeout):
		t.Fatal("it does not end")
		return 0
	}
}

func TestWithoutADisplayOneLineSaysWhatToDo(t *testing.T) {
	for name, display := range map[string]string{"none": "", "one that does not answer": ":65000"} {
		t.Run(name, func(t *testing.T) {
			c, reasons := launch(t, &screen{display: display})
			if code := ending(t, c); code != 1 {
				t.Errorf("exit code %d", code)
			}
			text := reasons.String()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, "inos live boids") {
				t.Errorf("it says %q", text)
			}
		})
	}
}

func TestAClosedProgramLeavesNothingBehind(t *testing.T) {
	for _, ask := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(ask.String(), func(t *testing.T) {
			s := startScreen(t)
			c, reasons := launch(t, s)
			eventually(t, "birds", func() bool { return s.birds(t) })
			// A signal that JavaScriptCore would take with a handler on the wrong stack.
			if err := c.Process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			group := c.Process.Pid
			if err := c.Process.Signal(ask); err != nil {
				t.Fatal(err)
			}
			if code := ending(t, c); code != 0 {
				t.Errorf("exit code %d: %s", code, reasons)
			}
			for line := range strings.Lines(reasons.String()) {
				if strings.Contains(line, "CRITICAL") || strings.Contains(line, "Ctrl+C") || strings.Contains(line, "panic") {
					t.Errorf("on the terminal: %s", line)
				}
			}
			eventually(t, "all processes of the group end", func() bool {
				return errors.Is(syscall.Kill(-group, 0), syscall.ESRCH)
			})
		})
	}
}

func TestADeadPageComesBackWithTheSameFlock(t *testing.T) {
	s := startScreen(t)
	c, reasons := launch(t, s)
	family := &stage{driver: &driver{pid: os.Getpid()}}
	eventually(t, "birds", func() bool { return s.birds(t) })
	worker, _ := family.find(t, "inos-worker")
	dead := family.kill(t, "WebKitWebProces")
	eventually(t, "another web process", func() bool {
		now, found := family.find(t, "WebKitWebProces")
		return found && now.pid != dead.pid
	})
	eventually(t, "birds again", func() bool { return s.birds(t) && s.moves(t) })
	if now, found := family.find(t, "inos-worker"); !found || now.pid != worker.pid {
		t.Errorf("worker %v took the place of %v", now, worker)
	}
	if c.ProcessState != nil {
		t.Errorf("the program ended: %s", reasons)
	}
}

func TestAHiddenWindowCostsNothing(t *testing.T) {
	s := open(t)
	var visibility string
	s.must(t, s.run(`await window.go.main.Automation.Hide()`, nil))
	eventually(t, "the page knows that it is hidden", func() bool {
		return s.run(`return document.visibilityState`, &visibility) == nil && visibility == "hidden"
	})
	var state string
	eventually(t, "the flock is paused", func() bool {
		return s.run(`return (await window.go.main.App.Boot()).live.state`, &state) == nil && state == "paused"
	})
	const rest = 5 * time.Second
	within(t, 2*commandTimeout, "all processes together below 1 % of a core", func() bool {
		before, start := s.cpu(t), time.Now()
		<-time.After(rest) // a measurement of idleness needs time to pass
		percent := 100 * (s.cpu(t) - before).Seconds() / time.Since(start).Seconds()
		t.Logf("%.2f %% of a core while hidden", percent)
		return percent <= 1
	})
	s.must(t, s.run(`await window.go.main.Automation.Show()`, nil))
	eventually(t, "the flock flies on", func() bool {
		return s.run(`return (await window.go.main.App.Boot()).live.state`, &state) == nil && state == "running"
	})
}

// cpu is the processor time of the whole family so far.
func (s *stage) cpu(t *testing.T) (total time.Duration) {
	t.Helper()
	const ticksPerSecond, user, system = 100, 11, 12 // USER_HZ; fields 14 and 15 of stat, after the name
	for _, p := range s.family(t) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
		if err != nil {
			continue // it has just ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, at := range []int{user, system} {
			n, err := strconv.Atoi(fields[at])
			s.must(t, err)
			total += time.Duration(n) * time.Second / ticksPerSecond
		}
	}
	return total
}
