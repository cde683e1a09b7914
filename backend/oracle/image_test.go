package oracle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The judge is ImageMagick; numpy and scipy where it has no such filter.
var _ = prove("image", map[string]func(*stand){
	"info":       imageInfo,
	"convert":    imageConvert,
	"resize":     imageResize,
	"thumbnail":  imageThumbnail,
	"crop":       imageCrop,
	"rotate":     imageRotate,
	"flip":       imageFlip,
	"grayscale":  imageGrayscale,
	"invert":     imageInvert,
	"brightness": imageBrightness,
	"contrast":   imageContrast,
	"gamma":      imageGamma,
	"levels":     imageLevels,
	"hue":        imageHue,
	"saturation": imageSaturation,
	"blur":       imageBlur,
	"unsharp":    imageUnsharp,
	"median":     imageMedian,
	"edges":      imageEdges,
	"threshold":  imageThreshold,
	"histogram":  imageHistogram,
	"compare":    imageCompare,
	"hash":       imageHash,
	"colours":    imageColours,

	"overlay": imageOverlay, "watermark": imageWatermark, "tile": imageTile, "contact_sheet": imageContactSheet, "text": imageText,
	"sharpen": imageSharpen, "perspective": imagePerspective, "smart_crop": imageSmartCrop, "morphology": imageMorphology, "bilateral": imageBilateral,
	"curves": imageCurves, "auto_level": imageAutoLevel, "equalise": imageEqualise, "temperature": imageTemperature,
	"dither": imageDither, "quantise": imageQuantise, "duplicates": imageDuplicates,
})

// plasma is a picture with smooth and lively parts; awkward sides, so that rows have rests.
var plasma = []string{"-seed", "7", "-size", "97x61", "plasma:fractal", "-depth", "8"}

// glass is the same with opacity that falls from top to bottom.
var glass = append(plasma[:len(plasma):len(plasma)], "(", "-size", "97x61", "gradient:", ")", "-alpha", "off", "-compose", "CopyOpacity", "-composite")

// grains is full of single pixels.
var grains = []string{"-seed", "3", "-size", "61x47", "xc:gray", "+noise", "Random", "-depth", "8"}

// magick makes a picture by ImageMagick's convert; stdin is its "-".
func (s *stand) magick(stdin []byte, args ...string) []byte {
	s.Helper()
	return s.tool(stdin, "convert", args...)
}

func (s *stand) png(args ...string) []byte {
	s.Helper()
	return s.magick(nil, append(args[:len(args):len(args)], "png:-")...)
}

// rgba is what ImageMagick sees in a file: its size, and 8 bits of red, green, blue and opacity for
// each pixel.
type rgba struct {
	w, h int
	pix  []byte
}

func (s *stand) rgba(file []byte, format string, args ...string) rgba {
	s.Helper()
	all := append([]string{format + "-"}, args...)
	size := strings.Fields(string(s.magick(file, append(all[:len(all):len(all)], "-format", "%w %h\n", "info:")...)))
	w, _ := strconv.Atoi(size[0])
	h, _ := strconv.Atoi(size[1])
	return rgba{w, h, s.magick(file, append(all, "-depth", "8", "rgba:-")...)}
}

// apart is the largest difference of two pictures and the ratio of peak signal to noise; colours
// that are not to be seen do not count.
func (s *stand) apart(what string, got, want rgba) (int, float64) {
	s.Helper()
	if got.w != want.w || got.h != want.h || len(got.pix) != len(want.pix) || len(got.pix) != got.w*got.h*4 {
		s.Fatalf("%s: %d x %d pixels, want %d x %d", what, got.w, got.h, want.w, want.h)
	}
	largest, squares := 0, 0.0
	for i, g := range got.pix {
		d := int(g) - int(want.pix[i])
		if i%4 != 3 {
			d = d * int(want.pix[i|3]) / 255
		}
		largest, squares = max(largest, d, -d), squares+float64(d*d)
	}
	return largest, 10 * math.Log10(255*255*float64(len(got.pix))/squares)
}

// closePictures fails unless no channel of a pixel differs by more than limit.
func (s *stand) closePictures(what string, limit int, got, want rgba) {
	s.Helper()
	if d, psnr := s.apart(what, got, want); d > limit {
		s.Errorf("%s: differs by up to %d, %.1f dB; want %d", what, d, psnr, limit)
	}
}

// alike fails unless the noise is at least so many dB below the signal.
func (s *stand) alike(what string, least float64, got, want rgba) {
	s.Helper()
	if d, psnr := s.apart(what, got, want); psnr < least {
		s.Errorf("%s: %.1f dB, want %.1f; differs by up to %d", what, psnr, least, d)
	}
}

// samePicture runs an op on a picture and compares it with what ImageMagick makes of it.
func (s *stand) samePicture(op string, p params, picture []byte, limit int, args ...string) {
	s.Helper()
	got := s.output("image."+op, p, picture)
	s.closePictures(fmt.Sprint(op, p), limit, s.rgba(got, "png:"), s.rgba(picture, "png:", args...))
}

// numpy runs a script that has the picture as the array a, rows of pixels of four values.
func (s *stand) numpy(p rgba, script string) []byte {
	s.Helper()
	head := fmt.Sprintf("import sys, numpy as np, scipy.ndimage as nd\n"+
		"a = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(%d, %d, 4).astype(float)\n"+
		"luma = np.floor((a[..., :3] @ [2126, 7152, 722] + 5000) / 10000)\n"+
		"def put(x): sys.stdout.buffer.write(np.clip(np.rint(x), 0, 255).astype(np.uint8).tobytes())\n", p.h, p.w)
	return s.tool(p.pix, "/usr/bin/python3", "-c", head+script)
}

// grey is the picture of one value for each pixel.
func grey(w, h int, values []byte) rgba {
	p := rgba{w, h, nil}
	for _, v := range values {
		p.pix = append(p.pix, v, v, v, 255)
	}
	return p
}

// oriented is a JPEG with an EXIF block that has only the orientation.
func oriented(jpeg []byte, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	exif = binary.LittleEndian.AppendUint16(exif, orientation)
	exif = append(exif, 0, 0, 0, 0, 0, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(exif)+2))
	return append(append(append([]byte{}, jpeg[:2]...), append(segment, exif...)...), jpeg[2:]...)
}

func imageInfo(s *stand) {
	jpeg := s.magick(nil, append(plasma, "jpeg:-")...)
	for name, file := range map[string][]byte{
		"png": s.png(plasma...), "png ": s.png(glass...), "jpeg": jpeg, "jpeg ": oriented(jpeg, 6),
		"gif": s.animation(), "tiff": s.magick(nil, append(plasma, "tiff:-")...), "webp": s.magick(nil, append(plasma, "webp:-")...),
		"bmp": s.magick(nil, append(plasma, "bmp:-")...), "pnm": s.magick(nil, append(plasma, "ppm:-")...),
	} {
		r := s.run("image.info", nil, file)
		format := strings.TrimSpace(name)
		if got := string(r.Outputs[0].Bytes); got != format+"\n" {
			s.Errorf("%s: %q", name, got)
		}
		// identify says how it lies in the file, and how it is to be turned.
		want := strings.Fields(strings.Split(string(s.magick(file, "-", "-auto-orient", "-format", "%w %h %n %z\n", "info:")), "\n")[0])
		for i, figure := range []string{"width", "height", "frames", "bits"} {
			if got := strconv.Itoa(int(s.figure(r, figure))); got != want[i] && (name != "gif" || figure == "frames") {
				s.Errorf("%s: %s is %s, want %s", name, figure, got, want[i])
			}
		}
	}
	r := s.run("image.info", nil, oriented(jpeg, 6))
	if o, w, h := s.figure(r, "orientation"), s.figure(r, "width"), s.figure(r, "height"); o != 6 || w != 61 || h != 97 {
		s.Errorf("orientation %v, %v x %v", o, w, h)
	}
}

// animation is a GIF of three frames of one colour each, of 40 x 30 pixels.
func (s *stand) animation() []byte {
	return s.magick(nil, "-size", "40x30", "-delay", "20", "xc:red", "-delay", "30", "xc:lime", "-delay", "40", "xc:blue", "-loop", "0", "gif:-")
}

func imageConvert(s *stand) {
	for _, c := range []struct {
		format, magick string
		picture        []string
	}{
		{"png", "png:", glass}, {"webp", "webp:", glass}, {"tiff", "tiff:", glass}, {"tga", "tga:", glass}, {"qoi", "", glass}, {"ico", "ico:", glass},
		{"bmp", "bmp:", plasma}, {"pnm", "ppm:", plasma}, {"webp", "webp:", plasma}, {"tiff", "tiff:", plasma}, {"tga", "tga:", plasma}, {"qoi", "", plasma},
		{"png", "png:", append(plasma, "-colorspace", "Gray")}, {"tiff", "tiff:", append(plasma, "-colorspace", "Gray")}, {"gif", "gif:", append(plasma, "-colors", "60")},
	} {
		picture := s.png(c.picture...)
		want := s.rgba(picture, "png:")
		file := s.output("image.convert", params{"format": c.format}, picture)
		if c.magick == "" { // ImageMagick has no QOI: there and back again.
			if !bytes.HasPrefix(file, []byte("qoif\x00\x00\x00\x61\x00\x00\x00\x3d")) {
				s.Errorf("%.20q", file)
			}
		} else {
			s.closePictures("written "+c.format, 0, s.rgba(file, c.magick), want)
		}
		back := s.output("image.convert", params{"format": "png"}, file)
		s.closePictures("read "+c.format, 0, s.rgba(back, "png:"), want)
	}
	for _, format := range []string{"webp", "bmp", "tiff", "tga", "ppm", "gif", "ico", "jpeg", "png8", "png48"} {
		args := append(plasma[:len(plasma):len(plasma)], format+":-")
		if format == "png8" { // a palette
			args = append(plasma[:len(plasma):len(plasma)], "-colors", "100", "png8:-")
		}
		file := s.magick(nil, args...)
		limit := 0
		if format == "jpeg" || format == "webp" { // decoders may round differently
			limit = 4
		}
		got := s.output("image.convert", params{"format": "png"}, file)
		s.closePictures("read ImageMagick's "+format, limit, s.rgba(got, "png:"), s.rgba(file, strings.TrimRight(format, "0123456789")+":", "-auto-orient"))
	}
	picture := s.png(plasma...)
	for _, q := range []int{30, 90} {
		got := s.output("image.convert", params{"format": "jpeg", "quality": q}, picture)
		theirs := s.magick(picture, "png:-", "-sampling-factor", "1x1", "-quality", strconv.Itoa(q), "jpeg:-")
		want := s.rgba(picture, "png:")
		_, reference := s.apart("jpeg", s.rgba(theirs, "jpeg:"), want)
		s.alike(fmt.Sprint("jpeg of quality ", q), reference-1.5, s.rgba(got, "jpeg:"), want)
	}
	jpeg := s.magick(nil, append(plasma, "-quality", "100", "-sampling-factor", "1x1", "jpeg:-")...)
	for orientation := range uint16(8) {
		file := oriented(jpeg, orientation+1)
		got := s.output("image.convert", params{"format": "png"}, file)
		s.closePictures(fmt.Sprint("orientation ", orientation+1), 4, s.rgba(got, "png:"), s.rgba(file, "jpeg:", "-auto-orient"))
	}
	white := s.output("image.convert", params{"format": "jpeg", "quality": 100}, s.png(glass...))
	s.alike("white behind", 38, s.rgba(white, "jpeg:"), s.rgba(s.png(glass...), "png:", "-background", "white", "-alpha", "remove", "-alpha", "off"))
	s.refused("at most 256 pixels", "image.convert", params{"format": "ico"}, s.png("-size", "300x10", "xc:red"))
}

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

// The corners of a turned picture are transparent, and its colours go on up to them.
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

// One colour takes few bytes for many pixels, and is no attack: 100 megapixels are made small within the
// memory that each plugin has.
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

func imageFlip(s *stand) {
	for direction, arg := range map[string]string{"horizontal": "-flop", "vertical": "-flip", "transpose": "-transpose", "transverse": "-transverse"} {
		s.samePicture("flip", params{"direction": direction}, s.png(glass...), 0, arg, "+repage")
	}
}

func imageGrayscale(s *stand) {
	s.samePicture("grayscale", nil, s.png(plasma...), 1, "-grayscale", "Rec709Luma")
	s.samePicture("grayscale", nil, s.png(glass...), 1, "-grayscale", "Rec709Luma")
}

func imageInvert(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		s.samePicture("invert", nil, picture, 0, "-channel", "RGB", "-negate")
	}
}

func imageBrightness(s *stand) {
	for _, amount := range []string{"-100", "-30", "0", "15", "100"} {
		number, _ := strconv.Atoi(amount)
		s.samePicture("brightness", params{"amount": number}, s.png(glass...), 1, "-channel", "RGB", "-evaluate", "add", amount+"%")
	}
}

func imageContrast(s *stand) {
	for _, amount := range []float64{-100, -40, 0, 50, 400} {
		k := 1 + amount/100
		s.samePicture("contrast", params{"amount": amount}, s.png(glass...), 1, "-channel", "RGB", "-function", "polynomial", fmt.Sprintf("%g,%g", k, 0.5-k/2))
	}
}

func imageGamma(s *stand) {
	for _, gamma := range []float64{0.1, 0.5, 1, 2.2, 10} {
		s.samePicture("gamma", params{"gamma": gamma}, s.png(glass...), 1, "-channel", "RGB", "-gamma", fmt.Sprint(gamma))
	}
}

func imageLevels(s *stand) {
	for _, c := range [][3]float64{{0, 255, 1}, {51, 204, 1}, {30, 255, 0.5}, {0, 102, 2}} {
		p := params{"black": c[0], "white": c[1], "gamma": c[2]}
		s.samePicture("levels", p, s.png(glass...), 1, "-channel", "RGB", "-level", fmt.Sprintf("%g%%,%g%%,%g", c[0]/2.55, c[1]/2.55, c[2]))
	}
	s.refused("white must be above black", "image.levels", params{"black": 9, "white": 9}, s.png(plasma...))
}

func imageHue(s *stand) {
	for _, angle := range []float64{-90, 0, 45, 120, 180} {
		s.samePicture("hue", params{"angle": angle}, s.png(glass...), 2, "-modulate", fmt.Sprintf("100,100,%g", 100+angle/1.8))
	}
}

func imageSaturation(s *stand) {
	for _, amount := range []float64{-100, -50, 0} {
		s.samePicture("saturation", params{"amount": amount}, s.png(glass...), 2, "-modulate", fmt.Sprintf("100,%g,100", 100+amount))
	}
	s.samePicture("saturation", params{"amount": 100}, s.png("-size", "9x9", "xc:#806a6a", "-depth", "8"), 2, "-modulate", "100,200,100")
}

func imageBlur(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(grains...)} {
		for _, radius := range []float64{2, 7.5} {
			s.samePicture("blur", params{"radius": radius}, picture, 2, "-virtual-pixel", "edge", "-blur", fmt.Sprintf("%gx%g", math.Ceil(4*radius), radius))
		}
	}
	picture := s.png(grains...)
	p := s.rgba(picture, "png:")
	for _, sigma := range []float64{0.5, 1, 50} { // ImageMagick's own curve is another for a small sigma
		got := s.rgba(s.output("image.blur", params{"radius": sigma}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.gaussian_filter(a[..., c], %g, mode='nearest', truncate=4) for c in range(4)], -1))", sigma))
		s.closePictures(fmt.Sprint("gaussian ", sigma), 1, got, rgba{p.w, p.h, want})
	}
	for _, radius := range []int{1, 5, 40} {
		got := s.rgba(s.output("image.blur", params{"method": "box", "radius": radius}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.uniform_filter(a[..., c], %d, mode='nearest') for c in range(4)], -1))", 2*radius+1))
		s.closePictures(fmt.Sprint("box ", radius), 1, got, rgba{p.w, p.h, want})
	}
}

func imageUnsharp(s *stand) {
	picture := s.png(grains...)
	p := s.rgba(picture, "png:")
	for _, c := range [][3]float64{{1, 100, 0}, {2.5, 60, 0}, {1, 150, 20}} {
		got := s.rgba(s.output("image.unsharp", params{"radius": c[0], "amount": c[1], "threshold": c[2]}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("b = np.stack([nd.gaussian_filter(a[..., c], %g, mode='nearest', truncate=4) for c in range(4)], -1)\n"+
			"d = a - b\nput(np.where(abs(d) < %g, a, a + %g * d))", c[0], c[2], c[1]/100))
		s.closePictures(fmt.Sprint("unsharp ", c), 1, got, rgba{p.w, p.h, want})
	}
	smooth := s.png(plasma...)
	s.samePicture("unsharp", params{"radius": 1.5, "amount": 80}, smooth, 3, "-virtual-pixel", "edge", "-unsharp", "6x1.5+0.8+0")
}

func imageMedian(s *stand) {
	picture := s.png(append(glass, "-attenuate", "2", "+noise", "Impulse")...)
	p := s.rgba(picture, "png:")
	for _, radius := range []int{1, 4, 20} {
		got := s.rgba(s.output("image.median", params{"radius": radius}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.median_filter(a[..., c], %d, mode='nearest') for c in range(4)], -1))", 2*radius+1))
		s.closePictures(fmt.Sprint("median ", radius), 0, got, rgba{p.w, p.h, want})
	}
}

func imageEdges(s *stand) {
	picture := s.png(plasma...)
	p := s.rgba(picture, "png:")
	got := s.rgba(s.output("image.edges", nil, picture), "png:")
	want := s.numpy(p, "put(np.hypot(nd.sobel(luma, 0, mode='nearest'), nd.sobel(luma, 1, mode='nearest')))")
	s.closePictures("sobel", 0, got, grey(p.w, p.h, want))

	// Canny, where edges are sure: each line of ours is beside one of ImageMagick's, and back.
	shapes := s.png("-size", "120x90", "xc:black", "-fill", "white", "-draw", "rectangle 20,15 60,70", "-fill", "gray", "-draw", "circle 85,45 85,20", "-depth", "8")
	ours := s.rgba(s.output("image.edges", params{"method": "canny", "low": 60, "high": 120}, shapes), "png:")
	theirs := s.rgba(shapes, "png:", "-canny", "0x1.4+5%+15%", "-alpha", "off")
	script := "e = luma > 127\nh = len(e) // 2\np, q = e[:h], e[h:]\n" +
		"near = lambda m: nd.binary_dilation(m, np.ones((3, 3)))\n" +
		"print(p.sum(), (p & near(q)).sum() / p.sum(), (q & near(p)).sum() / q.sum())"
	var lines int
	var found, covered float64
	answer := s.numpy(rgba{ours.w, 2 * ours.h, append(ours.pix, theirs.pix...)}, script)
	if n, err := fmt.Sscan(string(answer), &lines, &found, &covered); n != 3 || lines < 200 || found < 0.95 || covered < 0.95 {
		s.Errorf("%s, %v", answer, err)
	}
	s.refused("low is 9, above high, 5", "image.edges", params{"method": "canny", "low": 9, "high": 5}, shapes)
}

func imageThreshold(s *stand) {
	picture := s.png(append(plasma, "-grayscale", "Rec709Luma")...)
	for _, level := range []int{0, 100, 254, 255} {
		s.samePicture("threshold", params{"level": level}, picture, 0, "-threshold", fmt.Sprintf("%g%%", float64(level)/2.55+0.1))
	}
	p := s.rgba(picture, "png:")
	want := s.numpy(p, `v = a[..., 0].ravel()
inner = lambda t: sum(x.size * x.var() for x in (v[v <= t], v[v > t]))
print(min(range(int(v.min()), int(v.max())), key=inner))`)
	r := s.run("image.threshold", params{"method": "otsu"}, picture)
	if got := s.figure(r, "level"); fmt.Sprintln(got) != string(want) {
		s.Errorf("Otsu's level is %v, want %s", got, want)
	}
}

func imageHistogram(s *stand) {
	picture := s.png(plasma...)
	r := s.run("image.histogram", nil, picture)
	p := s.rgba(picture, "png:")
	want := s.numpy(p, `n = lambda x: np.bincount(x.astype(int).ravel(), minlength=256)
rows = np.stack([np.arange(256)] + [n(a[..., c]) for c in range(3)] + [n(luma)], -1)
print("value,red,green,blue,grey")
for row in rows: print(",".join(map(str, row)))`)
	if got := r.Outputs[0].Bytes; !bytes.Equal(got, want) {
		s.Errorf("%s\nwant\n%s", got, want)
	}
	var figures [5]float64
	answer := string(s.numpy(p, "print(luma.mean(), luma.std(), luma.min(), luma.max(), np.sort(luma.ravel())[(luma.size - 1) // 2])"))
	_, _ = fmt.Sscan(answer, &figures[0], &figures[1], &figures[2], &figures[3], &figures[4])
	for i, name := range []string{"mean", "deviation", "min", "max", "median"} {
		if got := s.figure(r, name); math.Abs(got-figures[i]) > 1e-9 {
			s.Errorf("%s is %v, want %v", name, got, figures[i])
		}
	}
}

func imageCompare(s *stand) {
	a := s.png(plasma...)
	folder := s.TempDir()
	for name, b := range map[string][]byte{
		"blurred": s.png(append(plasma, "-blur", "0x1")...), "noisy": s.png(append(plasma, "-attenuate", "0.3", "+noise", "Gaussian")...), "grey": s.png("-size", "97x61", "xc:gray", "-depth", "8"),
	} {
		r := s.run("image.compare", nil, a, b)
		one, other := filepath.Join(folder, "a.png"), filepath.Join(folder, name+".png")
		if os.WriteFile(one, a, 0o600) != nil || os.WriteFile(other, b, 0o600) != nil {
			s.Fatal("cannot write to a temporary folder")
		}
		// compare ends with 1 where pictures differ, and tells its figure as an error.
		script := `import subprocess, sys
for m in "PSNR", "AE": print(subprocess.run(["compare", "-metric", m, *sys.argv[1:], "null:"], stderr=subprocess.PIPE, text=True).stderr)`
		var psnr, differing float64
		_, _ = fmt.Sscan(string(s.tool(nil, "/usr/bin/python3", "-c", script, one, other)), &psnr, &differing)
		if got := s.figure(r, "psnr"); math.Abs(got-psnr) > 0.01 {
			s.Errorf("%s: %v dB, want %v", name, got, psnr)
		}
		if got := s.figure(r, "differing"); got != differing {
			s.Errorf("%s: %v pixels differ, want %v", name, got, differing)
		}
		p, q := s.rgba(a, "png:"), s.rgba(b, "png:")
		want := s.numpy(rgba{p.w, 2 * p.h, append(p.pix, q.pix...)}, `x, y = luma[:61], luma[61:]
g = lambda v: nd.gaussian_filter(v, 1.5, truncate=5 / 1.5)
m, n = g(x), g(y)
v, w, c = g(x * x) - m * m, g(y * y) - n * n, g(x * y) - m * n
C, D = (0.01 * 255) ** 2, (0.03 * 255) ** 2
s = (2 * m * n + C) * (2 * c + D) / ((m * m + n * n + C) * (v + w + D))
d = (a[:61] - a[61:])[..., :3]
print(s[5:-5, 5:-5].mean(), (d * d).mean(), abs(d).mean(), abs(d).max())`)
		var figures [4]float64
		_, _ = fmt.Sscan(string(want), &figures[0], &figures[1], &figures[2], &figures[3])
		for i, figure := range []string{"ssim", "mse", "mae", "largest"} {
			if got := s.figure(r, figure); math.Abs(got-figures[i]) > 1e-4 {
				s.Errorf("%s: %s is %v, want %v", name, figure, got, figures[i])
			}
		}
	}
	r := s.run("image.compare", nil, a, s.magick(nil, append(plasma, "bmp:-")...))
	if psnr, ssim := s.figure(r, "psnr"), s.figure(r, "ssim"); !math.IsInf(psnr, 1) || math.Abs(ssim-1) > 1e-9 {
		s.Errorf("of the same: %v dB, %v", psnr, ssim)
	}
	s.refused("97 x 61 and 5 x 5", "image.compare", nil, a, s.png("-size", "5x5", "xc:red"))
}

func imageHash(s *stand) {
	for i, args := range [][]string{append(plasma, "-resize", "320x240!"), {"-seed", "11", "-size", "200x300", "plasma:fractal", "-depth", "8"}, append(plasma, "-blur", "0x6", "-resize", "500x500!")} {
		picture := s.png(args...)
		for method, script := range map[string]string{
			"perceptual": "32x32!", "difference": "9x8!", "average": "8x8!",
		} {
			small := s.rgba(picture, "png:", "-grayscale", "Rec709Luma", "-filter", "Box", "-resize", script)
			want := s.numpy(small, map[string]string{
				"perceptual": "import scipy.fft as f\nt = f.dct(f.dct(a[..., 0], axis=0), axis=1)[:8, :8]\nb = t > np.median(t)\n",
				"difference": "b = a[:, 1:, 0] > a[:, :-1, 0]\n",
				"average":    "b = a[..., 0] > a[..., 0].mean()\n",
			}[method]+"print('%016x' % int(''.join('01'[int(x)] for x in b.ravel()), 2))")
			got := string(s.output("image.hash", params{"method": method}, picture))
			ours, err := strconv.ParseUint(strings.TrimSpace(got), 16, 64)
			theirs, wrong := strconv.ParseUint(strings.TrimSpace(string(want)), 16, 64)
			// The small picture is rounded, so that values beside the limit may fall to either side.
			if err != nil || wrong != nil || ones(ours^theirs) > 3 {
				s.Errorf("picture %d, %s: %s, want %s", i, method, got, want)
			}
		}
	}
	photo, other := s.png(append(plasma, "-resize", "320x240!")...), s.png("-seed", "99", "-size", "320x240", "plasma:fractal")
	smaller := s.magick(photo, "png:-", "-resize", "50%", "-quality", "60", "jpeg:-")
	near, far := s.run("image.hash", nil, photo, smaller), s.run("image.hash", nil, photo, other)
	if n, f := s.figure(near, "distance"), s.figure(far, "distance"); n > 6 || f < 16 {
		s.Errorf("the same picture smaller: %v bits, another: %v", n, f)
	}
}

func ones(bits uint64) int { return strings.Count(strconv.FormatUint(bits, 2), "1") }

func imageColours(s *stand) {
	flag := s.png("-size", "100x50", "xc:#ce2b37", "-fill", "#009246", "-draw", "rectangle 0,0 19,49", "-fill", "#f1f2f1", "-draw", "rectangle 20,0 49,49", "-depth", "8")
	want := "colour,share\n#ce2b37,0.500000\n#f1f2f1,0.300000\n#009246,0.200000\n"
	r := s.run("image.colours", params{"count": 8}, flag)
	if got := string(r.Outputs[0].Bytes); got != want || s.figure(r, "colours") != 3 {
		s.Errorf("%q", got)
	}
	// Of a lively picture: no worse than ImageMagick's palette, by the mean square of what is off.
	picture := s.png(plasma...)
	table := strings.Split(strings.TrimSpace(string(s.output("image.colours", params{"count": 6}, picture))), "\n")[1:]
	error2 := func(colours []string) float64 {
		answer := s.numpy(s.rgba(picture, "png:"), fmt.Sprintf("c = np.array([[int(h[i:i+2], 16) for i in (0, 2, 4)] for h in %q.split()])\n"+
			"print(((a[..., None, :3] - c) ** 2).sum(-1).min(-1).mean())", strings.Join(colours, " ")))
		value, err := strconv.ParseFloat(strings.TrimSpace(string(answer)), 64)
		if err != nil {
			s.Fatal(err)
		}
		return value
	}
	var ours, theirs []string
	for _, row := range table {
		ours = append(ours, row[1:7])
	}
	palette := s.magick(picture, "png:-", "+dither", "-colors", "6", "-unique-colors", "-depth", "8", "rgb:-")
	for i := 0; i+3 <= len(palette); i += 3 {
		theirs = append(theirs, fmt.Sprintf("%x", palette[i:i+3]))
	}
	if o, t := error2(ours), error2(theirs); len(ours) != 6 || o > t*1.05 {
		s.Errorf("%d colours, off by %v, ImageMagick's by %v", len(ours), o, t)
	}
}
