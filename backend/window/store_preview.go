package window

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif"  // the size of a picture is read before the page decodes it
	_ "image/jpeg" // the same
	_ "image/png"  // the same
	"unicode/utf8"

	_ "golang.org/x/image/webp" // the same

	"inos/backend/fault"
	"inos/backend/store/tree"
)

const (
	maxTextPreview = 64 << 10
	maxHexPreview  = 4 << 10
	// maxPicturePreview bounds a picture's file, maxPixels what the page has to draw.
	maxPicturePreview = 16 << 20
	maxPixels         = 64 << 20
)

// StorePreview is the beginning of a file, verified, in a form that can do no harm.
type StorePreview struct {
	Kind string `json:"kind"` // text, picture, bytes
	// Text is the text, or the bytes in hexadecimal.
	Text string `json:"text"`
	// Type and Base64 are a picture, whole.
	Type   string `json:"type"`
	Base64 string `json:"base64"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Shown are the bytes that the preview shows, of Bytes.
	Shown int    `json:"shown"`
	Bytes uint64 `json:"bytes"`
}

// pictureTypes are what every webview decodes. SVG is none: it is a document.
var pictureTypes = map[string]string{"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}

// Preview shows the beginning of the file at a place in a version.
func (s *Store) Preview(space, id, place string) (StorePreview, error) {
	o, leave, err := s.enter()
	if err != nil {
		return StorePreview{}, err
	}
	defer leave()
	sp, v, err := o.version(space, id)
	if err != nil {
		return StorePreview{}, err
	}
	if v.Root.Top, err = entryAt(o.ctx, sp, v, place); err != nil {
		return StorePreview{}, err
	}
	if v.Root.Top.Kind != tree.File {
		return StorePreview{}, fault.New(opStore, fault.Invalid, legible(v.Root.Top.Name), "it is no file", "")
	}
	read := func(limit int) ([]byte, error) {
		h := &head{limit: limit}
		err := sp.Write(o.ctx, v, h)
		if errors.Is(err, errEnough) {
			err = nil
		}
		return h.Bytes(), err
	}
	return preview(read, v.Root.Top.Size)
}

// preview reads no more than it shows.
func preview(read func(limit int) ([]byte, error), size uint64) (StorePreview, error) {
	begin, err := read(maxTextPreview)
	if err != nil {
		return StorePreview{}, err
	}
	if size <= maxPicturePreview && mayBePicture(begin) {
		whole, err := read(maxPicturePreview)
		if err != nil {
			return StorePreview{}, err
		}
		if p, ok := picture(whole); ok {
			return p, nil
		}
	}
	if text, ok := asText(begin, uint64(len(begin)) < size); ok {
		return StorePreview{Kind: "text", Text: text, Shown: len(begin), Bytes: size}, nil
	}
	begin = begin[:min(len(begin), maxHexPreview)]
	return StorePreview{Kind: "bytes", Text: hex.Dump(begin), Shown: len(begin), Bytes: size}, nil
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	room := h.limit - h.Len()
	n, _ := h.Buffer.Write(p[:min(len(p), room)]) // never fails
	if len(p) > room {
		return n, errEnough
	}
	return n, nil
}

func mayBePicture(begin []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(begin, []byte(magic)) {
			return true
		}
	}
	return len(begin) > 12 && string(begin[:4]) == "RIFF" && string(begin[8:12]) == "WEBP"
}

// picture is a picture of a size that a page can draw.
func picture(data []byte) (StorePreview, bool) {
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	kind := pictureTypes[format]
	if err != nil || kind == "" || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return StorePreview{}, false
	}
	return StorePreview{
		Kind: "picture", Type: kind, Base64: base64.StdEncoding.EncodeToString(data), Width: c.Width, Height: c.Height,
		Shown: len(data), Bytes: uint64(len(data)),
	}, true
}

// asText is the bytes as text, if that is what they are. A letter may be cut at the end.
func asText(data []byte, cutShort bool) (string, bool) {
	for i := 0; cutShort && i < utf8.UTFMax && len(data) > 0 && !utf8.Valid(data[max(0, len(data)-utf8.UTFMax):]); i++ {
		data = data[:len(data)-1]
	}
	if !utf8.Valid(data) {
		return "", false
	}
	for _, b := range data {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1b {
			return "", false
		}
	}
	return string(data), true
}
