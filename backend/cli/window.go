package cli

import (
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"inos/backend/fault"
)

const desktopProgram = "inos-desktop"

// registerWindowFlags lets the help name the window's own flags; inos-desktop reads them.
func registerWindowFlags(root *cobra.Command) {
	root.Flags().String("frames", "auto", "`PATH` of frames into the window: shared, stream or auto")
	root.Flags().String("unit", "", "the live unit `NAME` that the window shows first")
}

// runWindow becomes inos-desktop with the same flags.
func (a *app) runWindow(cmd *cobra.Command, _ []string) error {
	frames, _ := cmd.Flags().GetString("frames")
	if frames != "shared" && frames != "stream" && frames != "auto" {
		return usagef(cmd, "--frames %q is none of shared, stream, auto", frames)
	}
	if !a.hasDisplay() {
		return fault.New("window", fault.Unavailable, "window", "this session has no display",
			"start it in a desktop session, or run the flock here: inos live boids --seconds 10")
	}
	path := a.beside(desktopProgram)
	if _, err := os.Stat(path); err != nil {
		return fault.New("window", fault.NotFound, path, "the desktop program is missing",
			"build it with `make build`, or run the flock here: inos live boids --seconds 10")
	}
	return fault.Wrap("window", fault.Unavailable, path, a.Replace(path, a.args),
		"see what is missing: inos doctor")
}

func (a *app) hasDisplay() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	return a.Getenv("DISPLAY") != "" || a.Getenv("WAYLAND_DISPLAY") != ""
}
