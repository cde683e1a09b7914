package oracle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
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

// The corners of a turned picture are transparent, and its colours go on up to them.

// One colour takes few bytes for many pixels, and is no attack: 100 megapixels are made small within the

// memory that each plugin has.
