//go:build desktop

package main

import (
	"net"
	"path/filepath"
	"runtime"
	"strings"

	"inos/backend/fault"
)

// checkDisplay finds out whether there is a screen before GTK does, which would only say that it
// cannot start.
func checkDisplay(getenv func(string) string) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	x11, wayland := getenv("DISPLAY"), getenv("WAYLAND_DISPLAY")
	switch {
	case x11 == "" && wayland == "":
		return noDisplay("this session has no display (DISPLAY and WAYLAND_DISPLAY are not set)")
	case wayland != "" && waylandAnswers(wayland, getenv("XDG_RUNTIME_DIR")):
		return nil
	case x11 != "" && x11Answers(x11):
		return nil
	}
	return noDisplay("nothing answers at DISPLAY=" + x11 + " WAYLAND_DISPLAY=" + wayland)
}

func noDisplay(why string) error {
	return fault.New("window", fault.Unavailable, "", why,
		"start it in a desktop session, or run the flock here: inos live boids --seconds 10")
}

// x11Answers connects to a local X server. One on another machine is given the benefit of the
// doubt: GTK will say it.
func x11Answers(display string) bool {
	number, local := strings.CutPrefix(display, ":")
	if !local {
		return true
	}
	number, _, _ = strings.Cut(number, ".")
	socket := "/tmp/.X11-unix/X" + number
	return connects(socket) || connects("@"+socket)
}

func waylandAnswers(display, runtimeDir string) bool {
	if !filepath.IsAbs(display) {
		display = filepath.Join(runtimeDir, display)
	}
	return connects(display)
}

func connects(socket string) bool {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	_ = c.Close() // only whether somebody is there was of interest
	return true
}
