//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// show shows a result in another way.
func (s *stage) show(t *testing.T, view string) {
	t.Helper()
	eventually(t, "the view "+view, func() bool {
		var done bool
		return s.run(`const i = [...document.querySelectorAll(a + " input[type=radio]")].find((i) => i.value === b);
i?.click(); return !!i`, &done, labPanel, view) == nil && done
	})
}

func TestTheLabShowsWhatEachUnitMakes(t *testing.T) {
	t.Parallel()
	s := openLab(t, "light", screenWidth, screenHeight)
	folder := t.TempDir()

	t.Run("crypto: a digest, as sha256sum prints it", func(t *testing.T) {
		data := noise(300_000, 7)
		path := written(t, "noise.dat", data)
		s.dropFiles(t, path)
		s.chooseOp(t, "crypto.sha256")
		s.runLab(t)
		digest := fmt.Sprintf("%x", sha256.Sum256(data))
		s.says(t, labResult+" pre", digest)
		if out := string(s.sameInAShell(t, folder, "cat sha256-digest.txt")); !strings.HasPrefix(out, digest) {
			t.Errorf("%s prints %q, want %q", s.line(t), out, digest)
		}
		s.readable(t, labPanel)
		s.screen.save(t, "lab-crypto-light")
	})

	t.Run("math: a matrix, as a heat map and as a table", func(t *testing.T) {
		s.dropFiles(t, written(t, "a.csv", []byte("4,7\n2,6\n")))
		s.chooseOp(t, "math.invert")
		s.runLab(t)
		s.says(t, labResult+" figure", "0.6", "-0.7", "-0.2", "0.4")
		s.settled(t)
		s.screen.save(t, "lab-math-light")
		s.show(t, "table")
		eventually(t, "the cells", func() bool {
			var cells []string
			err := s.run(`return [...document.querySelectorAll(a + " tbody td:not(:first-child)")].map((e) => String(Number((+e.innerText).toFixed(9))))`, &cells, labResult)
			return err == nil && strings.Join(cells, " ") == "0.6 -0.7 -0.2 0.4"
		})
		s.pressNamed(t, labResult, "Use as input")
		s.runLab(t)
		s.says(t, labResult, "Save invert-inverse.csv first")
	})

	t.Run("image: a picture, compared, followed live, and saved", func(t *testing.T) {
		s.dropFiles(t, filepath.Join(things(t), "Pictures", "Dusk.png"))
		s.chooseOp(t, "image.resize")
		s.set(t, "Width", "160")
		s.runLab(t)
		s.says(t, labResult, "160 × 100 px")
		s.pressNamed(t, labResult, "Compare with input")
		s.must(t, s.run(`document.querySelector(a + " input[aria-label='How much of the input is shown']").focus()`, nil, labResult))
		s.key(t, keyLeft)
		eventually(t, "input and result are drawn", func() bool {
			var widths []float64
			err := s.run(`return [...document.querySelectorAll(a + " img")].map((i) => i.naturalWidth)`, &widths, labResult)
			return err == nil && len(widths) == 2 && widths[0] == 160 && widths[1] == 640
		})
		s.settled(t)
		s.screen.save(t, "lab-compare-light")
		s.says(t, labForm, "Live preview")
		s.set(t, "Width", "320")
		s.says(t, labResult, "320 × 200 px") // nobody pressed Run
		s.choose(t, filepath.Join(folder, "small.png"))
		s.pressNamed(t, labResult, "Save")
		s.says(t, "[role=log]", "saved")
		file, err := os.Open(filepath.Join(folder, "small.png"))
		s.must(t, err)
		defer file.Close()
		if c, format, err := image.DecodeConfig(file); err != nil || format != "png" || c.Width != 320 || c.Height != 200 {
			t.Errorf("saved is a %s of %d × %d, %v", format, c.Width, c.Height, err)
		}
		s.key(t, keyEscape)
	})

	t.Run("audio: a sound, its wave, and its loudness", func(t *testing.T) {
		s.dropFiles(t, written(t, "tone.wav", tone(22050, 440)))
		s.chooseOp(t, "audio.normalise")
		s.set(t, "Target", "-20")
		s.runLab(t)
		s.says(t, labResult, "22,050 Hz", "0:01.0", "-20")
		s.heardAndSeen(t, labResult)
		s.settled(t)
		s.screen.save(t, "lab-audio-light")
	})

	t.Run("data: a query, its table filtered", func(t *testing.T) {
		s.dropFiles(t, written(t, "sales.csv", []byte("place,sum\nBergen,3\nLisbon,5\nBergen,4\n")))
		s.chooseOp(t, "data.sql")
		s.set(t, "Query", "select place, sum(sum) as total from t1 group by place order by place")
		s.runLab(t)
		s.says(t, labResult+" table", "total", "Bergen", "7", "Lisbon", "5")
		s.says(t, labResult, "-p 'query=select place, sum(sum) as total from t1 group by place order by place'")
		s.readable(t, labPanel)
		s.screen.save(t, "lab-data-light")
	})
}

// tone is a second of a sine as a WAV file with one channel of 16 bits.
func tone(rate int, hertz float64) []byte {
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+2*rate))
	file = append(file, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(rate))
	file = binary.LittleEndian.AppendUint32(file, uint32(2*rate))
	file = binary.LittleEndian.AppendUint32(append(file, "\x02\x00\x10\x00data"...), uint32(2*rate))
	for i := range rate {
		file = binary.LittleEndian.AppendUint16(file, uint16(int16(3000*math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))))
	}
	return file
}
