package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// displayStart is what a virtual X server has to come up.
const displayStart = 10 * time.Second

// display is where the window's part of a benchmark is drawn.
type display struct {
	name   string // for DISPLAY
	server *exec.Cmd
}

// openDisplay takes the session's display, or starts a virtual one that nobody sees.
func openDisplay(ctx context.Context, getenv func(string) string) (*display, error) {
	if getenv("WAYLAND_DISPLAY") != "" || getenv("DISPLAY") != "" {
		return &display{name: getenv("DISPLAY")}, nil
	}
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return nil, errors.New("no display, and Xvfb is not installed (apt-get install xvfb)")
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	// With -displayfd the server picks a free number and writes it to descriptor 3.
	server := exec.CommandContext(ctx, path, "-displayfd", "3",
		"-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset")
	server.ExtraFiles = []*os.File{write}
	err = server.Start()
	_ = write.Close() // the server has its own
	if err != nil {
		return nil, err
	}
	d := &display{server: server}
	if err := d.await(read); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *display) await(number *os.File) error {
	if err := number.SetReadDeadline(time.Now().Add(displayStart)); err != nil {
		return err
	}
	line, err := bufio.NewReader(number).ReadString('\n')
	if err != nil {
		return fmt.Errorf("no answer from Xvfb: %w", err)
	}
	d.name = ":" + strings.TrimSpace(line)
	return nil
}

// environment is base with this display in it.
func (d *display) environment(base []string) []string {
	if d.server == nil {
		return base
	}
	return append(base[:len(base):len(base)], "DISPLAY="+d.name)
}

func (d *display) close() {
	if d.server == nil {
		return
	}
	_ = d.server.Process.Kill() // it may have ended by itself
	_ = d.server.Wait()
}
