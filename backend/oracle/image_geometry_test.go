package oracle

import (
	"fmt"
	"strconv"
	"testing"
)

func imageResize(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		for filter, args := range map[string][]string{
			"lanczos": {"-filter", "Lanczos"}, "catmull_rom": {"-filter", "Catrom"}, "bilinear": {"-filter", "Triangle"}, "box": {"-filter", "Box"},
		} {
			for _, size := range [][2]int{{40, 25}, {200, 150}, {13, 100}} {
				p := params{"width": size[0], "height": size[1], "mode": "exact", "filter": filter}
				want := s.rgba(picture, "png:", append(args, "-resize", fmt.Sprintf("%dx%d!", size[0], size[1]))...)
				s.alike(fmt.Sprint(p), 38, s.rgba(s.output("image.resize", p, picture), "png:"), want)
			}
		}
	}
	picture := s.png(plasma...)
	twice := s.output("image.resize", params{"width": 194, "filter": "nearest"}, picture)
	s.closePictures("nearest", 0, s.rgba(twice, "png:"), s.rgba(picture, "png:", "-sample", "194x122!"))
	for _, p := range []params{{"width": 50, "height": 50}, {"width": 50}, {"height": 20}, {"width": 300, "height": 90}} {
		size := ""
		if w, ok := p["width"]; ok {
			size = fmt.Sprint(w)
		}
		if h, ok := p["height"]; ok {
			size += fmt.Sprint("x", h)
		}
		got := s.rgba(s.output("image.resize", p, picture), "png:")
		s.alike(fmt.Sprint(p), 38, got, s.rgba(picture, "png:", "-filter", "Lanczos", "-resize", size))
	}
	fill := s.output("image.resize", params{"width": 40, "height": 40, "mode": "fill"}, picture)
	s.alike("fill", 30, s.rgba(fill, "png:"), s.rgba(picture, "png:", "-filter", "Lanczos", "-resize", "40x40^", "-gravity", "center", "-extent", "40x40"))
	film := s.output("image.resize", params{"width": 20}, s.animation())
	if got := string(s.magick(film, "gif:-", "-format", "%w %h %T %[pixel:p{9,9}]\n", "info:")); got != "20 15 20 red\n20 15 30 lime\n20 15 40 blue\n" &&
		got != "20 15 20 srgb(255,0,0)\n20 15 30 srgb(0,255,0)\n20 15 40 srgb(0,0,255)\n" {
		s.Errorf("%q", got)
	}
	s.refused("width and height are both 0", "image.resize", nil, picture)
	s.refused("more than 200000000", "image.resize", params{"width": 100000}, picture)
}

func imageThumbnail(s *stand) {
	picture := s.png(plasma...)
	for _, size := range []int{1, 20, 96, 97, 500} {
		got := s.rgba(s.output("image.thumbnail", params{"size": size}, picture), "png:")
		s.alike(fmt.Sprint(size), 38, got, s.rgba(picture, "png:", "-filter", "Lanczos", "-resize", fmt.Sprintf("%dx%d>", size, size)))
	}
}

func imageCrop(s *stand) {
	for _, c := range [][4]int{{0, 0, 97, 61}, {10, 20, 30, 40}, {96, 60, 1, 1}} {
		p := params{"x": c[0], "y": c[1], "width": c[2], "height": c[3]}
		s.samePicture("crop", p, s.png(glass...), 0, "-crop", fmt.Sprintf("%dx%d+%d+%d", c[2], c[3], c[0], c[1]), "+repage")
	}
	s.refused("x + width ends at 98, the picture at 97", "image.crop", params{"x": 1, "width": 97, "height": 1}, s.png(plasma...))
}

func imageRotate(s *stand) {
	picture := s.png(glass...)
	for _, angle := range []int{0, 90, 180, 270, -90, 360} {
		s.samePicture("rotate", params{"angle": angle}, picture, 0, "-rotate", strconv.Itoa(angle), "+repage")
	}
	// By the formula, between four pixels; ImageMagick says which way it turns, on a canvas that may lie half
	// a pixel aside.
	picture = s.png(append(plasma, "-blur", "0x2")...)
	for _, angle := range []float64{30, -10.5, 100} {
		got := s.rgba(s.output("image.rotate", params{"angle": angle, "background": "black"}, picture), "png:")
		want := s.rgba(picture, "png:", "-background", "black", "-virtual-pixel", "background", "-filter", "point", "-interpolate", "bilinear",
			"-gravity", "center", "-extent", "301x301", "-distort", "SRT", fmt.Sprint(angle), "-extent", fmt.Sprintf("%dx%d", got.w, got.h), "-alpha", "off")
		s.alike(fmt.Sprint("angle ", angle), 28, got, want)
		p := s.rgba(picture, "png:")
		exact := s.numpy(p, fmt.Sprintf(`W, H, t = %d, %d, np.radians(%g)
c, s = np.cos(t), np.sin(t)
m, mid = np.array([[c, -s], [s, c]]), np.array([61, 97]) / 2 - 0.5
off = mid - m @ (np.array([H, W]) / 2 - 0.5)
put(np.stack([nd.affine_transform(a[..., k], m, off, (H, W), order=1, mode='grid-constant', cval=255 * (k == 3)) for k in range(4)], -1))`, got.w, got.h, angle))
		s.closePictures(fmt.Sprint("angle ", angle), 1, got, rgba{got.w, got.h, exact})
	}
}

func TestImageCornersAreTransparent(t *testing.T) {
	s := newStand(t)
	got := s.rgba(s.output("image.rotate", params{"angle": 45}, s.png("-size", "20x20", "xc:red", "-depth", "8")), "png:")
	if got.w != 29 || got.h != 29 || got.pix[3] != 0 {
		t.Fatalf("%d x %d, %v", got.w, got.h, got.pix[:4])
	}
	for i := 0; i < len(got.pix); i += 4 {
		if p := got.pix[i : i+4]; p[3] != 0 && (p[0] != 255 || p[1] != 0 || p[2] != 0) {
			t.Fatalf("pixel %d is %v", i/4, p)
		}
	}
}

func imageFlip(s *stand) {
	for direction, arg := range map[string]string{"horizontal": "-flop", "vertical": "-flip", "transpose": "-transpose", "transverse": "-transverse"} {
		s.samePicture("flip", params{"direction": direction}, s.png(glass...), 0, arg, "+repage")
	}
}
