//go:build desktop && !linux

package main

import (
	"path/filepath"

	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
)

func linuxOptions() *linux.Options { return nil }

func prepareWebKit() error { return nil }

func drawsInSoftware() bool { return false }

// windowsOptions keeps WebView2's own files in our data folder.
func windowsOptions(dataDir string) *windows.Options {
	return &windows.Options{WebviewUserDataPath: filepath.Join(dataDir, "webview")}
}
