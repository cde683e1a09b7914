package window

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/input"
)

const (
	settingsFile = "settings.json" // the page's own; the kernel does not look inside
	placeFile    = "window.json"   // Place
	// What a page may have kept for it. A runaway page must not fill the disk.
	maxSettingsBytes = 256 << 10
	// A picture of a 7680x4320 window, uncompressed, in base64.
	maxPictureBytes = 180 << 20
	// Pictures of one second get numbers; more than these in a second nobody takes.
	maxPicturesASecond = 100
)

// writeAtomic is durable.Write where the folder may be missing.
func writeAtomic(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.Write(path, data)
}

// Place is what the window remembers from one start to the next.
type Place struct {
	Width     int  `json:"width"` // pixels
	Height    int  `json:"height"`
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Maximised bool `json:"maximised"`
	// ArenaBytes is the budget as the user last raised it; 0: never.
	ArenaBytes int64 `json:"arenaBytes,omitempty"`
	// Unit and Params are the live unit that ran when the window closed.
	Unit   string         `json:"unit,omitempty"`
	Params map[string]any `json:"params,omitempty"`
}

// Bounds of a remembered size: a file that somebody edited must not make a window that nobody
// finds.
const (
	MinWidth, MinHeight         = 640, 480
	maxWidth, maxHeight         = 16384, 16384
	defaultWidth, defaultHeight = 1280, 800
)

// LoadPlace reads what the last window left; the defaults where there is nothing usable.
func LoadPlace(dataDir string) Place {
	place := Place{Width: defaultWidth, Height: defaultHeight}
	data, err := input.ReadFile(filepath.Join(dataDir, placeFile), maxSettingsBytes)
	if err != nil || json.Unmarshal(data, &place) != nil || !place.usable() {
		return Place{Width: defaultWidth, Height: defaultHeight}
	}
	return place
}

func (p Place) usable() bool {
	return p.Width >= MinWidth && p.Width <= maxWidth && p.Height >= MinHeight && p.Height <= maxHeight
}

// Save keeps the place for the next start.
func (p Place) Save(dataDir string) error {
	data, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = writeAtomic(filepath.Join(dataDir, placeFile), data)
	}
	return fault.Wrap("window.save", fault.Unavailable, placeFile, err, fault.DiskRemedy(err))
}

// loadSettings returns what the page saved last; nil when there is nothing or it was damaged.
func loadSettings(dataDir string) json.RawMessage {
	data, err := input.ReadFile(filepath.Join(dataDir, settingsFile), maxSettingsBytes)
	var object map[string]any
	if err != nil || json.Unmarshal(data, &object) != nil {
		return nil
	}
	return data
}

func saveSettings(dataDir string, settings map[string]any) error {
	data, err := json.Marshal(settings)
	if err != nil {
		return fault.Wrap("settings.save", fault.Invalid, "settings", err, "")
	}
	if len(data) > maxSettingsBytes {
		return fault.Newf("settings.save", fault.Budget, "settings", "they have %d bytes, at most %d are kept",
			len(data), maxSettingsBytes)
	}
	err = writeAtomic(filepath.Join(dataDir, settingsFile), data)
	return fault.Wrap("settings.save", fault.Unavailable, settingsFile, err, fault.DiskRemedy(err))
}

// savePicture writes a PNG that the page drew into dir, under a name made of the time.
func savePicture(dir, pngBase64 string, now time.Time) (path string, err error) {
	if len(pngBase64) > maxPictureBytes {
		return "", fault.New("screenshot", fault.Budget, "screenshot", "the picture is too large", "")
	}
	picture, err := base64.StdEncoding.DecodeString(pngBase64)
	if err != nil {
		return "", fault.Wrap("screenshot", fault.Invalid, "screenshot", err, "")
	}
	if _, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil {
		return "", fault.Wrap("screenshot", fault.Invalid, "screenshot", err, "")
	}
	path, err = writeNew(dir, "inos-"+now.Format("2006-01-02-150405"), ".png", picture)
	return path, fault.Wrap("screenshot", fault.Unavailable, dir, err, fault.DiskRemedy(err))
}

// writeNew writes a file that did not exist before and returns its path.
func writeNew(dir, name, ending string, data []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for i := 1; i <= maxPicturesASecond; i++ {
		path := filepath.Join(dir, name+ending)
		if i > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, i, ending))
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(data)
		return path, errors.Join(err, file.Close())
	}
	return "", fs.ErrExist
}

// PicturesDir is the user's folder for pictures, with a folder of ours inside; dataDir where the
// user has none.
func PicturesDir(home, configDir, dataDir string) string {
	pictures := filepath.Join(home, "Pictures")
	if named := xdgPictures(filepath.Join(configDir, "user-dirs.dirs"), home); named != "" {
		pictures = named
	}
	if info, err := os.Stat(pictures); home != "" && err == nil && info.IsDir() {
		return filepath.Join(pictures, "INOS")
	}
	return filepath.Join(dataDir, "pictures")
}

// xdgPictures reads XDG_PICTURES_DIR="$HOME/Bilder" from the file that xdg-user-dirs writes.
func xdgPictures(path, home string) string {
	data, err := input.ReadFile(path, maxSettingsBytes)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		value, found := strings.CutPrefix(strings.TrimSpace(line), "XDG_PICTURES_DIR=")
		if !found {
			continue
		}
		value = strings.Replace(strings.Trim(value, `"`), "$HOME", home, 1)
		if filepath.IsAbs(value) {
			return value
		}
	}
	return ""
}
