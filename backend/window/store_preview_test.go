package window

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

func TestAPreviewIsTextAPictureOrBytes(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(picture.Bytes())
	huge[16], huge[20] = 0x7f, 0x7f // its width and height
	long := strings.Repeat("ä", maxTextPreview)
	cases := map[string]struct {
		content, kind string
		shown         int
	}{
		"text":                             {"hello\n", "text", 6},
		"nothing":                          {"", "text", 0},
		"a long text, cut within a letter": {"x" + long, "text", maxTextPreview},
		"a picture":                        {picture.String(), "picture", picture.Len()},
		"a picture that is none":           {"\x89PNG\r\n\x1a\n\x00\x01", "bytes", 10},
		"a picture that nobody could draw": {string(huge), "bytes", len(huge)},
		"a drawing that is a document":     {"<svg onload=\"alert(1)\"/>", "text", 24},
		"bytes":                            {strings.Repeat("\x00\x01", 4096), "bytes", maxHexPreview},
		"text in another encoding":         {"gr\xfc\xdfe", "bytes", 5},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			most := 0
			p, err := preview(func(limit int) ([]byte, error) {
				most = max(most, limit)
				return []byte(c.content)[:min(len(c.content), limit)], nil
			}, uint64(len(c.content)))
			if err != nil || p.Kind != c.kind || p.Shown > c.shown || p.Shown < c.shown-3 || p.Bytes != uint64(len(c.content)) {
				t.Errorf("%s, %d of %d, %v", p.Kind, p.Shown, p.Bytes, err)
			}
		})
	}
}

func FuzzPreview(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X"))
	f.Add([]byte("GIF89a\xff\xff\xff\xff"))
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := preview(func(limit int) ([]byte, error) { return data[:min(len(data), limit)], nil }, uint64(len(data)))
		if err != nil || p.Shown > len(data) || p.Kind == "picture" && p.Width*p.Height > maxPixels {
			t.Errorf("%+v, %v", p, err)
		}
	})
}
