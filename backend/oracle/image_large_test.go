package oracle

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// slope is a picture of 100 megapixels that takes no memory: red grows to the right, green downwards.
type slope struct{ side int }

func (s slope) ColorModel() color.Model { return color.NRGBAModel }
func (s slope) Bounds() image.Rectangle { return image.Rect(0, 0, s.side, s.side) }
func (s slope) Opaque() bool            { return true }
func (s slope) At(x, y int) color.Color {
	return color.NRGBA{uint8(x * 256 / s.side), uint8(y * 256 / s.side), 77, 255}
}

// A PNG of 100 million colour pixels, 300 MB of them, goes through within the memory that each plugin has.
func TestImageOf100Megapixels(t *testing.T) {
	s := newStand(t)
	const side = 10_000
	file := flatPNG(t, slope{side})
	r := s.run("image.info", nil, file)
	if w, h, c := s.figure(r, "width"), s.figure(r, "height"), s.figure(r, "channels"); w != side || h != side || c != 3 {
		t.Errorf("%v x %v, %v channels", w, h, c)
	}
	for what, small := range map[string][]byte{
		"thumbnail": s.output("image.thumbnail", params{"size": 500}, file),
		"resize":    s.output("image.resize", params{"width": 2000, "format": "tiff"}, file),
	} {
		format := map[string]string{"thumbnail": "png:", "resize": "tiff:"}[what]
		got := s.rgba(small, format)
		want := rgba{got.w, got.h, nil}
		for y := range got.h {
			for x := range got.w {
				want.pix = append(want.pix, uint8((2*x+1)*128/got.w), uint8((2*y+1)*128/got.h), 77, 255)
			}
		}
		if got.w != got.h || got.w != map[string]int{"thumbnail": 500, "resize": 2000}[what] {
			t.Errorf("%s: %d x %d", what, got.w, got.h)
		}
		s.closePictures(what, 1, got, want)
	}
	cut := s.rgba(s.output("image.crop", params{"x": 9000, "y": 5000, "width": 20, "height": 3000}, file), "png:")
	for _, y := range []int{0, 1500, 2999} {
		want := []byte{uint8(9000 * 256 / side), uint8((5000 + y) * 256 / side), 77, 255}
		if got := cut.pix[y*20*4:][:4]; !bytes.Equal(got, want) {
			t.Errorf("row %d is cut to %v, want %v", y, got, want)
		}
	}
	table := strings.Split(string(s.output("image.histogram", nil, file)), "\n")
	for value := range 256 {
		n := (side*(value+1)+255)/256 - (side*value+255)/256
		if want := fmt.Sprintf("%d,%d,%d,", value, n*side, n*side); !strings.HasPrefix(table[value+1], want) {
			t.Errorf("%s, want %s", table[value+1], want)
		}
	}
	if got := string(s.output("image.hash", params{"method": "difference"}, file)); got != "ffffffffffffffff\n" {
		t.Errorf("brighter to the right everywhere, and hash is %s", got)
	}
	if got := string(s.output("image.colours", params{"count": 1}, file)); !strings.HasPrefix(got, "colour,share\n#80804d,1.0") && !strings.HasPrefix(got, "colour,share\n#7f7f4d,1.0") {
		t.Errorf("%s", got)
	}
}

func TestImageOfOneColourIsHonest(t *testing.T) {
	s := newStand(t)
	all := image.Rect(0, 0, 10_000, 10_000)
	shade := &image.Gray{Pix: bytes.Repeat([]byte{64}, 100_000_000), Stride: 10_000, Rect: all}
	got := s.rgba(s.output("image.thumbnail", params{"size": 50}, flatPNG(t, shade)), "png:")
	if got.w != 50 || got.h != 50 || !bytes.Equal(got.pix, bytes.Repeat([]byte{64, 64, 64, 255}, 2500)) {
		t.Errorf("%d x %d, %v", got.w, got.h, got.pix[:8])
	}
	// In colour it takes 300 MB: only with the permission, and it says so.
	s.refused("the permission memory", "image.invert", nil, flatPNG(t, image.NewPaletted(all, color.Palette{color.RGBA{255, 0, 0, 255}})))
}

func flatPNG(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
