package oracle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// profile is an ICC profile of version 2 with three primaries and one curve: a gamma that no usual one has.
func profile(space string) []byte {
	fixed := func(v float64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(int32(v*65536+0.5))) }
	xyz := func(x, y, z float64) []byte {
		return append(append(append([]byte("XYZ \x00\x00\x00\x00"), fixed(x)...), fixed(y)...), fixed(z)...)
	}
	text := append([]byte("text\x00\x00\x00\x00"), "Nobody's\x00"...)
	title := append([]byte("desc\x00\x00\x00\x00\x00\x00\x00\x05Mine\x00"), make([]byte, 12+67+3)...)
	curve := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x1A\x00\x00")
	type tag struct {
		name string
		data []byte
	}
	tags := []tag{{"desc", title}, {"cprt", text}, {"wtpt", xyz(0.9642, 1, 0.8249)}}
	if space == "GRAY" {
		tags = append(tags, tag{"kTRC", curve})
	} else {
		tags = append(tags, tag{"rXYZ", xyz(0.4361, 0.2225, 0.0139)}, tag{"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, tag{"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
			tag{"rTRC", curve}, tag{"gTRC", curve}, tag{"bTRC", curve})
	}
	head := make([]byte, 128)
	copy(head[8:], "\x02\x10\x00\x00mntr"+space+"XYZ \x07\xEA\x00\x01\x00\x01")
	copy(head[36:], "acsp")
	copy(head[68:], append(append(fixed(0.9642), fixed(1)...), fixed(0.8249)...))
	list := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	for _, t := range tags {
		list = append(list, t.name...)
		list = binary.BigEndian.AppendUint32(list, uint32(128+4+12*len(tags)+len(data)))
		list = binary.BigEndian.AppendUint32(list, uint32(len(t.data)))
		data = append(data, t.data...)
		data = append(data, make([]byte, -len(data)&3)...)
	}
	file := append(append(head, list...), data...)
	binary.BigEndian.PutUint32(file, uint32(len(file)))
	return file
}

// A colour profile is in the result byte for byte, as ImageMagick takes it out; a grey result of a coloured
// picture has none, since the profile no longer says what its values mean.
func TestImageKeepsTheColourProfile(t *testing.T) {
	s := newStand(t)
	for _, space := range []string{"RGB ", "GRAY"} {
		icc := profile(space)
		path := filepath.Join(t.TempDir(), "a.icc")
		if err := os.WriteFile(path, icc, 0o600); err != nil {
			t.Fatal(err)
		}
		picture := plasma
		if space == "GRAY" {
			picture = append(plasma[:len(plasma):len(plasma)], "-colorspace", "Gray")
		}
		for _, from := range []string{"jpeg", "png", "webp", "tiff"} {
			if space == "GRAY" && from == "webp" { // has no grey
				continue
			}
			file := s.magick(nil, append(picture[:len(picture):len(picture)], "-profile", path, from+":-")...)
			if got := s.figure(s.run("image.info", nil, file), "icc_bytes"); int(got) != len(icc) {
				t.Errorf("%s: info says %v bytes, want %d", from, got, len(icc))
			}
			for _, to := range []string{"jpeg", "png", "webp", "tiff"} {
				if space == "GRAY" && to == "webp" {
					continue
				}
				for op, p := range map[string]params{"convert": {}, "resize": {"width": 50}, "rotate": {"angle": 90}, "contrast": {"amount": 10}} {
					p["format"] = to
					got := s.magick(s.output("image."+op, p, file), to+":-", "icc:-")
					if !bytes.Equal(got, icc) {
						t.Errorf("%s of a %s to %s: a profile of %d bytes, want %d as they were", op, from, to, len(got), len(icc))
					}
				}
			}
			if space == "RGB " {
				plain := s.output("image.grayscale", params{"format": "png"}, file)
				if n := s.figure(s.run("image.info", nil, plain), "icc_bytes"); n != 0 {
					t.Errorf("a grey picture has a profile for colours, of %v bytes", n)
				}
			}
		}
	}
}

// Each orientation that a camera writes: what comes out is upright and says nothing of turning.
func TestImageIsUpright(t *testing.T) {
	s := newStand(t)
	jpeg := s.magick(nil, append(plasma, "-quality", "100", "-sampling-factor", "1x1", "jpeg:-")...)
	for o := range uint16(8) {
		file := oriented(jpeg, o+1)
		want := s.rgba(file, "jpeg:", "-auto-orient")
		r := s.run("image.info", nil, file)
		if w, h, n := s.figure(r, "width"), s.figure(r, "height"), s.figure(r, "orientation"); int(w) != want.w || int(h) != want.h || n != float64(o+1) {
			t.Errorf("orientation %d: info says %v x %v, %v", o+1, w, h, n)
		}
		for op, args := range map[string][]string{
			"convert": nil, "invert": {"-negate"}, "crop": {"-crop", "30x20+5+9", "+repage"}, "flip": {"-flop"},
		} {
			p := map[string]params{"crop": {"x": 5, "y": 9, "width": 30, "height": 20}}[op]
			if p == nil {
				p = params{}
			}
			p["format"] = "png"
			got := s.output("image."+op, p, file)
			s.closePictures(fmt.Sprint(op, " of orientation ", o+1), 4, s.rgba(got, "png:"), s.rgba(file, "jpeg:", append([]string{"-auto-orient", "+repage"}, args...)...))
			if n := s.figure(s.run("image.info", nil, got), "orientation"); n != 1 {
				t.Errorf("%s of orientation %d gives %v", op, o+1, n)
			}
		}
	}
}

// Light becomes what is seen of it: sRGB, with white for all that is brighter. An EXR's colours are weighed
// by its opacity.
func TestImageReadsLight(t *testing.T) {
	s := newStand(t)
	check := func(what, format string, file []byte, want rgba) {
		s.closePictures(what, 1, s.rgba(s.output("image.convert", nil, file), "png:"), want)
		r := s.run("image.info", nil, file)
		if name := string(r.Outputs[0].Bytes); name != format+"\n" || s.figure(r, "width") != 97 || s.figure(r, "height") != 61 {
			t.Errorf("%s: info says %q, %v", what, name, r.Results)
		}
	}
	hdr := s.magick(nil, append(plasma, "hdr:-")...)
	check("hdr", "hdr", hdr, s.rgba(hdr, "hdr:", "-colorspace", "sRGB"))
	for _, picture := range [][]string{plasma, glass} {
		for _, how := range []string{"none half", "none float", "rle half", "zip1 float", "zip16 half"} {
			kind := strings.Fields(how)
			p := s.rgba(s.png(picture...), "png:")
			pixels := map[bool]string{true: "gbrpf32le", false: "gbrapf32le"}[len(picture) == len(plasma)]
			// ffmpeg writes values as they are: they count as light.
			file := s.tool(s.png(picture...), "ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-pix_fmt", pixels, "-c:v", "exr",
				"-compression", kind[0], "-format", kind[1], "-f", "image2pipe", "-")
			want := s.numpy(p, `v = np.clip(a[..., :3] / np.maximum(a[..., 3:], 1e-9), 0, 1)
a[..., :3] = np.where(v <= .0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - .055) * 255
put(a)`)
			check("exr "+how, "exr", file, rgba{p.w, p.h, want})
		}
	}
	small := s.output("image.resize", params{"width": 20, "format": "jpeg"}, hdr)
	if p := s.rgba(small, "jpeg:"); p.w != 20 || p.h != 13 {
		t.Errorf("%d x %d", p.w, p.h)
	}
}

// film is a GIF whose later frames hold only what changed, with all three ways to dispose of a frame.
func (s *stand) film() []byte {
	return s.magick(nil, "-size", "40x30", "-loop", "3",
		"(", "-delay", "10", "-dispose", "None", "xc:white", "-repage", "40x30+0+0", ")",
		"(", "-delay", "20", "-dispose", "Background", "-size", "10x8", "xc:red", "-repage", "40x30+5+6", ")",
		"(", "-delay", "35", "-dispose", "Previous", "-size", "12x12", "xc:blue", "-repage", "40x30+20+10", ")",
		"(", "-delay", "50", "-dispose", "None", "-size", "6x20", "xc:lime", "-repage", "40x30+30+2", ")", "gif:-")
}

// A GIF that stays one is changed frame by frame: as many, as long, with the pixels that ImageMagick makes of
// the same frames. In any other format it is its first frame.
func TestImageChangesEachFrame(t *testing.T) {
	s := newStand(t)
	film := s.film()
	if n := s.figure(s.run("image.info", nil, film), "frames"); n != 4 {
		t.Errorf("info counts %v frames", n)
	}
	shape := func(file []byte) string {
		return string(s.magick(file, "gif:-", "-coalesce", "-format", "%w %h %T %[scene]\n", "info:"))
	}
	for op, args := range map[string][]string{
		"convert": nil, "flip": {"-flop"}, "invert": {"-channel", "RGB", "-negate"}, "crop": {"-crop", "30x20+5+4", "+repage"}, "grayscale": {"-grayscale", "Rec709Luma"},
	} {
		p := map[string]params{"crop": {"x": 5, "y": 4, "width": 30, "height": 20}}[op]
		got := s.output("image."+op, p, film)
		for frame := range 4 {
			one := []string{"-coalesce", "-delete", map[int]string{0: "1-3", 1: "0,2,3", 2: "0,1,3", 3: "0-2"}[frame]}
			want := s.rgba(film, "gif:", append(one, args...)...)
			s.closePictures(fmt.Sprint(op, " of frame ", frame), 1, s.rgba(got, "gif:", one...), want)
		}
		if op == "convert" && shape(got) != shape(film) {
			t.Errorf("%s\nwant\n%s", shape(got), shape(film))
		}
	}
	still := s.output("image.flip", params{"format": "png"}, film)
	s.closePictures("the first frame", 0, s.rgba(still, "png:"), s.rgba(film, "gif:", "-delete", "1-3", "-flop"))
}
