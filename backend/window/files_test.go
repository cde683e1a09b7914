package window

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsAreForThisUserAloneAndComeBack(t *testing.T) {
	s, _ := newSession(t)
	if err := s.SaveSettings(map[string]any{"theme": "dark"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(s.DataDir, settingsFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got := string(s.Boot().Settings); got != `{"theme":"dark"}` {
		t.Errorf("got %s", got)
	}
	if entries, _ := os.ReadDir(s.DataDir); len(entries) != 1 {
		t.Errorf("left beside: %v", entries)
	}
}

func TestSettingsHaveABound(t *testing.T) {
	s, _ := newSession(t)
	huge := map[string]any{"a": strings.Repeat("x", maxSettingsBytes)}
	if err := s.SaveSettings(huge); fault.KindOf(err) != fault.Budget {
		t.Errorf("got %v", err)
	}
}

func TestDamagedFilesAreAsNone(t *testing.T) {
	for _, content := range []string{"", "{", "[]", "null!", `{"width": 1, "height": 1}`} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, settingsFile), content)
		write(t, filepath.Join(dir, placeFile), content)
		if p := LoadPlace(dir); p.Width != defaultWidth || p.Height != defaultHeight {
			t.Errorf("%q makes a window of %dx%d", content, p.Width, p.Height)
		}
		if s := loadSettings(dir); s != nil && content != `{"width": 1, "height": 1}` {
			t.Errorf("%q makes settings %s", content, s)
		}
	}
}

func onePixel(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestPicturesOfOneSecondDoNotOverwriteEachOther(t *testing.T) {
	s, _ := newSession(t)
	for _, want := range []string{"inos-2026-01-02-030405.png", "inos-2026-01-02-030405-2.png"} {
		path, err := s.SaveScreenshot(onePixel(t))
		if err != nil || path != filepath.Join(s.PicturesDir, want) {
			t.Errorf("got %s, %v", path, err)
		}
	}
}

func TestWhatIsNoPictureIsNotWritten(t *testing.T) {
	s, _ := newSession(t)
	for name, picture := range map[string]string{
		"no base64": "!!!", "no PNG": base64.StdEncoding.EncodeToString([]byte("#!/bin/sh")), "nothing": "",
	} {
		if path, err := s.SaveScreenshot(picture); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %s, %v", name, path, err)
		}
	}
	if entries, _ := os.ReadDir(s.PicturesDir); len(entries) != 0 {
		t.Errorf("written: %v", entries)
	}
}

func TestPicturesGoWhereTheUserKeepsThem(t *testing.T) {
	home, config, data := t.TempDir(), t.TempDir(), t.TempDir()
	if got := PicturesDir(home, config, data); got != filepath.Join(data, "pictures") {
		t.Errorf("without a folder: %s", got)
	}
	write(t, filepath.Join(home, "Pictures", "x"), "")
	if got := PicturesDir(home, config, data); got != filepath.Join(home, "Pictures", "INOS") {
		t.Errorf("by default: %s", got)
	}
	write(t, filepath.Join(home, "Bilder", "x"), "")
	write(t, filepath.Join(config, "user-dirs.dirs"), "# comment\nXDG_PICTURES_DIR=\"$HOME/Bilder\"\n")
	if got := PicturesDir(home, config, data); got != filepath.Join(home, "Bilder", "INOS") {
		t.Errorf("by name: %s", got)
	}
}

// TestWhatCannotBeWrittenIsAClearError writes to the kernel's own folder, where not even root may.
func TestWhatCannotBeWrittenIsAClearError(t *testing.T) {
	s, _ := newSession(t)
	s.DataDir = "/sys/inos"
	err := s.SaveSettings(map[string]any{})
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Next == "" ||
		strings.Contains(f.Next, "make room") {
		t.Errorf("got %v", err)
	}
	s.DataDir = filepath.Join(t.TempDir(), "file")
	write(t, s.DataDir, "no folder")
	if err := s.SaveSettings(map[string]any{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}
