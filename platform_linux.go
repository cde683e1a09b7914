//go:build desktop

package main

import (
	"os"
	"path/filepath"

	_ "embed" // the icon

	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
)

//go:embed build/icon.png
var icon []byte

func linuxOptions() *linux.Options {
	return &linux.Options{Icon: icon, ProgramName: "inos", WebviewGpuPolicy: gpuPolicy()}
}

// gpuPolicy is Always where there is a graphics card, and Never where Mesa would draw in software:
// there the compositor costs more than it gives (RATIONALE.md has the figures).
func gpuPolicy() linux.WebviewGpuPolicy {
	if drawsInSoftware() {
		return linux.WebviewGpuPolicyNever
	}
	return linux.WebviewGpuPolicyAlways
}

// drawsInSoftware looks for a render node of the kernel; the page cannot say, since WebKit masks
// the renderer's name.
func drawsInSoftware() bool {
	if forced := os.Getenv("LIBGL_ALWAYS_SOFTWARE"); forced != "" && forced != "0" && forced != "false" {
		return true
	}
	nodes, err := filepath.Glob("/dev/dri/renderD*")
	nvidia, _ := filepath.Glob("/dev/nvidia[0-9]*")
	return err == nil && len(nodes) == 0 && len(nvidia) == 0
}

// prepareWebKit runs before WebKit does. In software, its newer way to the screen loads a second
// driver into this process, 14 MiB for nothing.
func prepareWebKit() error {
	const name = "WEBKIT_DISABLE_DMABUF_RENDERER"
	if _, chosen := os.LookupEnv(name); chosen || !drawsInSoftware() {
		return nil
	}
	return os.Setenv(name, "1")
}

func windowsOptions(string) *windows.Options { return nil }
