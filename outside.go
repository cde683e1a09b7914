//go:build desktop

package main

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"
)

// outside is the desktop around the window: clipboard and dialogs. It is there once the window is.
type outside struct {
	window atomic.Pointer[context.Context]
}

// appear is called when the window exists.
func (o *outside) appear(ctx context.Context) { o.window.Store(&ctx) }

func (o *outside) context() (context.Context, error) {
	if ctx := o.window.Load(); ctx != nil {
		return *ctx, nil
	}
	return nil, errors.New("the window is not there yet")
}

// Text implements world.Clipboard.
func (o *outside) Text() (string, error) {
	ctx, err := o.context()
	if err != nil {
		return "", err
	}
	return wails_runtime.ClipboardGetText(ctx)
}

// SetText implements world.Clipboard.
func (o *outside) SetText(text string) error {
	ctx, err := o.context()
	if err != nil {
		return err
	}
	return wails_runtime.ClipboardSetText(ctx, text)
}

// PluginFile implements window.Dialogs.
func (o *outside) PluginFile() (string, error) {
	ctx, err := o.context()
	if err != nil {
		return "", err
	}
	return wails_runtime.OpenFileDialog(ctx, wails_runtime.OpenDialogOptions{
		Title:   "Install a plugin",
		Filters: []wails_runtime.FileFilter{{DisplayName: "Plugins (*.wasm)", Pattern: "*.wasm"}},
	})
}

// Folder implements window.Dialogs.
func (o *outside) Folder(title string) (string, error) {
	ctx, err := o.context()
	if err != nil {
		return "", err
	}
	return wails_runtime.OpenDirectoryDialog(ctx, wails_runtime.OpenDialogOptions{
		Title: title, CanCreateDirectories: true,
	})
}

// FilesToStore implements window.StoreDialogs.
func (o *outside) FilesToStore() ([]string, error) {
	ctx, err := o.context()
	if err != nil {
		return nil, err
	}
	return wails_runtime.OpenMultipleFilesDialog(ctx, wails_runtime.OpenDialogOptions{Title: "Store files"})
}

// FilesFrom implements window.LabDialogs.
func (o *outside) FilesFrom(title, folder string) ([]string, error) {
	ctx, err := o.context()
	if err != nil {
		return nil, err
	}
	return wails_runtime.OpenMultipleFilesDialog(ctx, wails_runtime.OpenDialogOptions{
		Title: title, DefaultDirectory: present(folder),
	})
}

// SaveInto implements window.LabDialogs.
func (o *outside) SaveInto(title, folder, name string) (string, error) {
	ctx, err := o.context()
	if err != nil {
		return "", err
	}
	return wails_runtime.SaveFileDialog(ctx, wails_runtime.SaveDialogOptions{
		Title: title, DefaultDirectory: present(folder), DefaultFilename: name,
	})
}

// present is a folder that is still there; else the dialog begins where it likes.
func present(folder string) string {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return ""
	}
	return folder
}

// SaveAs implements window.StoreDialogs.
func (o *outside) SaveAs(title, name string) (string, error) {
	ctx, err := o.context()
	if err != nil {
		return "", err
	}
	return wails_runtime.SaveFileDialog(ctx, wails_runtime.SaveDialogOptions{Title: title, DefaultFilename: name})
}
