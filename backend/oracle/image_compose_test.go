package oracle

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
)

// veil is a picture to lay upon another, with opacity that changes from left to right.
var veil = []string{"-seed", "21", "-size", "50x40", "plasma:fractal", "(", "-size", "40x50", "gradient:", "-rotate", "90", ")", "-alpha", "off", "-compose", "CopyOpacity", "-composite", "-depth", "8"}

// onDisk is the path of a file with these bytes.
func (s *stand) onDisk(name string, b []byte) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

func imageOverlay(s *stand) {
	over := s.png(veil...)
	path := s.onDisk("over.png", over)
	for mode, compose := range map[string]string{
		"normal": "Over", "multiply": "Multiply", "screen": "Screen", "overlay": "Overlay", "darken": "Darken", "lighten": "Lighten", "dodge": "ColorDodge",
		"burn": "ColorBurn", "hard_light": "HardLight", "soft_light": "SoftLight", "difference": "Difference", "exclusion": "Exclusion",
	} {
		for what, base := range map[string][]byte{"opaque": s.png(plasma...), "with opacity": s.png(glass...)} {
			for _, c := range [][3]int{{20, 15, 40}, {-10, -5, 100}, {70, 40, 100}} {
				p := params{"mode": mode, "x": c[0], "y": c[1], "opacity": c[2]}
				got := s.rgba(s.output("image.overlay", p, base, over), "png:")
				want := s.rgba(base, "png:", "(", path, "-channel", "A", "-evaluate", "multiply", fmt.Sprint(float64(c[2])/100), "+channel", ")",
					"-geometry", fmt.Sprintf("%+d%+d", c[0], c[1]), "-compose", compose, "-composite")
				s.closePictures(fmt.Sprint(mode, c, what), 2, got, want)
			}
		}
	}
}

func imageWatermark(s *stand) {
	mark := s.png(veil...)
	path := s.onDisk("mark.png", mark)
	base := s.png(append(plasma, "-resize", "400x300!")...)
	for position, gravity := range map[string]string{
		"top_left": "NorthWest", "top": "North", "top_right": "NorthEast", "left": "West", "centre": "Center", "right": "East",
		"bottom_left": "SouthWest", "bottom": "South", "bottom_right": "SouthEast",
	} {
		got := s.rgba(s.output("image.watermark", params{"position": position, "width": 25, "margin": 12, "opacity": 70}, base, mark), "png:")
		place := "+12+12"
		switch position {
		case "top", "bottom":
			place = "+0+12"
		case "left", "right":
			place = "+12+0"
		case "centre":
			place = "+0+0"
		}
		want := s.rgba(base, "png:", "(", path, "-filter", "Lanczos", "-resize", "100x80!", "-channel", "A", "-evaluate", "multiply", "0.7", "+channel", ")",
			"-gravity", gravity, "-geometry", place, "-compose", "Over", "-composite")
		s.alike(position, 45, got, want)
	}
}

func imageTile(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...)} {
		got := s.rgba(s.output("image.tile", params{"columns": 3, "rows": 2}, picture), "png:")
		path := s.onDisk("a.png", picture)
		s.closePictures("tile", 0, got, s.rgba(s.png("(", path, path, path, "+append", ")", "-duplicate", "1", "-append"), "png:"))
	}
	s.refused("more than 200000000", "image.tile", params{"columns": 100, "rows": 100}, s.png("-size", "900x900", "xc:red"))
}

func imageContactSheet(s *stand) {
	pictures := [][]byte{s.png(plasma...), s.png("-size", "10x30", "xc:red"), s.magick(nil, append(plasma, "-rotate", "90", "-quality", "95", "jpeg:-")...), s.png(glass...), s.png("-size", "60x60", "gradient:red-blue", "-depth", "8")}
	got := s.rgba(s.output("image.contact_sheet", params{"cell": 60, "gap": 6, "columns": 3, "background": "#204060"}, pictures...), "png:")
	args := []string{}
	for i, p := range pictures {
		args = append(args, "(", s.onDisk(fmt.Sprint(i), p), "-filter", "Lanczos", "-resize", "60x60>", "-background", "#204060", "-gravity", "center", "-extent", "60x60", "-bordercolor", "#204060", "-border", "3", "+repage", ")")
	}
	row := func(args []string) []string { return append(append([]string{"("}, args...), "+append", ")") }
	per := len(args) / 5
	all := append(row(args[:3*per]), row(args[3*per:])...)
	sheet := append(append([]string{"-background", "#204060"}, all...), "-gravity", "west", "-append", "-bordercolor", "#204060", "-border", "3", "-depth", "8")
	want := s.rgba(s.png(sheet...), "png:")
	s.alike("contact sheet", 38, got, want)
	one := s.rgba(s.output("image.contact_sheet", params{"background": "#ffffff00"}, pictures[1]), "png:")
	if one.w != 220 || one.h != 220 || one.pix[3] != 0 {
		s.Errorf("%d x %d, %v", one.w, one.h, one.pix[:4])
	}
	s.refused("no colour", "image.contact_sheet", params{"background": "red"}, pictures[0])
}

func imageText(s *stand) {
	base := s.png("-size", "420x200", "xc:#203040", "-depth", "8")
	given := s.onDisk("font.ttf", goregular.TTF)
	for _, c := range []struct {
		size                    int
		words, position, colour string
	}{
		{30, "Grüße, ÅΩЖ & AVAWA", "top_left", "#ffffff"}, {18, "two lines\nof it", "bottom_right", "#ff8000"}, {60, "Quay", "centre", "#00ff0080"},
		// ImageMagick rounds how far a letter goes on: by 18.06 pixels in Hack of size 30.
	} {
		gravity := map[string]string{"top_left": "NorthWest", "bottom_right": "SouthEast", "centre": "Center"}[c.position]
		p := params{"text": c.words, "size": c.size, "position": c.position, "margin": 10, "colour": c.colour}
		place := map[bool]string{true: "+0+0", false: "+10+10"}[c.position == "centre"]
		for font, inputs := range map[string][][]byte{given: {base, goregular.TTF}, hack: {base}} {
			if strings.Contains(c.words, "\n") {
				// ImageMagick aligns lines to the right there; line by line it is the same.
				continue
			}
			got := s.rgba(s.output("image.text", p, inputs...), "png:")
			want := s.rgba(base, "png:", "-define", "type:hinting=off", "-font", font, "-pointsize", fmt.Sprint(c.size), "-fill", c.colour, "-gravity", gravity, "-annotate", place, c.words)
			s.sameInk(c.words+" in "+filepath.Base(font), base, got, want)
		}
	}
	// Lines begin below each other, a line's height apart.
	large := s.png("-size", "420x420", "xc:#203040", "-depth", "8")
	one := s.rgba(s.output("image.text", params{"text": "Ho", "position": "top_left", "size": 128}, large), "png:")
	two := s.rgba(s.output("image.text", params{"text": "Ho\nHo", "position": "top_left", "size": 128}, large), "png:")
	const step = 149 // Hack's line is 2384 of 2048 units
	line := func(p rgba, y int) []byte { return p.pix[y*p.w*4 : (y+step)*p.w*4] }
	if !bytes.Equal(line(two, 16), line(one, 16)) || !bytes.Equal(line(two, 16+step), line(one, 16)) || bytes.Equal(line(one, 16), line(one, 16+step)) {
		s.Errorf("the second line is not %d pixels below the first", step)
	}
	s.refused("text is empty", "image.text", params{"text": " "}, base)
	s.refused("no TrueType", "image.text", params{"text": "a"}, base, base)
}

// hack is the font that comes with the plugin, as Debian has it.
const hack = "/usr/share/fonts/truetype/hack/Hack-Regular.ttf"

// sameInk compares what two pictures have that base has not: where it begins and ends, and how much it is.
// Programs smooth the edges of letters differently, so single pixels are not compared one by one.
func (s *stand) sameInk(what string, base []byte, got, want rgba) {
	s.Helper()
	plain := s.rgba(base, "png:")
	measure := func(p rgba) (box [4]int, ink float64) {
		box = [4]int{p.w, p.h, 0, 0}
		for i := range p.w * p.h {
			d := 0.0
			for c := range 3 {
				d += math.Abs(float64(p.pix[4*i+c]) - float64(plain.pix[4*i+c]))
			}
			ink += d
			if d > 100 {
				x, y := i%p.w, i/p.w
				box = [4]int{min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)}
			}
		}
		return box, ink
	}
	a, ink := measure(got)
	b, theirs := measure(want)
	for i := range 4 {
		if d := a[i] - b[i]; d < -2 || d > 2 {
			s.Errorf("%s: lies in %v, want %v", what, a, b)
			break
		}
	}
	if ink == 0 || math.Abs(ink/theirs-1) > 0.05 {
		s.Errorf("%s: ink %v, want %v", what, ink, theirs)
	}
	s.alike(what, 20, got, want)
}

// A font is a hostile file too.
func TestImageHostileFonts(t *testing.T) {
	s := newStand(t)
	base := s.png("-size", "50x20", "xc:black")
	try := func(font []byte) {
		if _, err := s.try("image.text", params{"text": "Hi, Ä", "size": 12}, base, font); err != nil && !refusal(err) {
			t.Errorf("%v", err)
		}
	}
	for part := range 16 {
		try(goregular.TTF[:len(goregular.TTF)*part/16])
	}
	seed := uint32(1)
	for i := range 200 {
		broken := append([]byte{}, goregular.TTF...)
		for range 40 {
			seed = seed*1664525 + 1013904223
			at := int(seed>>8) % len(broken)
			if i%2 == 0 {
				at %= 2000 // tables' directory and heads
			}
			broken[at] ^= 1 << (seed >> 28 & 7)
		}
		try(broken)
	}
}
