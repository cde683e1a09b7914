//go:build desktop

package main

import (
	"os"
	"path/filepath"
	"slices"

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

// setting is a variable of the environment for WebKit's processes.
type setting struct{ name, value string }

// heapSettings keep the garbage of the page small. It makes 0.7 MiB a second; by itself WebKit lets
// it grow by 32 MiB, and by three times what is in use, before it looks.
var heapSettings = []setting{
	{"JSC_largeHeapSize", "4194304"},
	{"JSC_heapGrowthMaxIncrease", "0.5"}, // where there are 16 GiB of memory
	{"JSC_smallHeapGrowthFactor", "1.5"}, // where there is less
}

// softwareSettings keep Mesa's driver, and LLVM with it, out of this process, which draws nothing
// with it: 30 MiB, of which the web process has 20 anyway.
var softwareSettings = []setting{
	{"WEBKIT_DISABLE_DMABUF_RENDERER", "1"},        // the way to the screen that needs it
	{"WEBKIT_WEB_RENDER_DEVICE_FILE", "/dev/null"}, // WebKit would ask it which card draws
	{"GDK_GL", "disable"},                          // GTK would ask it about visuals
}

// prepareWebKit runs before GTK and WebKit do. What the user has set stays.
func prepareWebKit() error {
	settings := heapSettings
	if drawsInSoftware() {
		settings = slices.Concat(settings, softwareSettings)
	}
	for _, s := range settings {
		if _, chosen := os.LookupEnv(s.name); chosen {
			continue
		}
		if err := os.Setenv(s.name, s.value); err != nil {
			return err
		}
	}
	return nil
}

func windowsOptions(string) *windows.Options { return nil }
