package window

import (
	"bytes"
	"image"
	"io"
	"path/filepath"
	"strings"

	_ "golang.org/x/image/bmp" // the size of a picture is read before the page decodes it
)

// How an item is shown.
const (
	labPicture = "picture"
	labSound   = "sound"
	labTable   = "table"
	labText    = "text"
	labBytes   = "bytes"
)

const mediaUnknown = "application/octet-stream"

// labHead is how much of a file tells what it is.
const labHead = 64 << 10

// mediaOf is the media type by a name's ending.
var mediaOf = map[string]string{
	".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values",
	".json": "application/json", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson",
	".txt": "text/plain", ".md": "text/markdown", ".log": "text/plain", ".sql": "text/plain",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".tga": "image/x-tga", ".ico": "image/x-icon",
	".pnm": "image/x-portable-anymap", ".ppm": "image/x-portable-anymap", ".pgm": "image/x-portable-anymap",
	".qoi": "image/qoi", ".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg",
	".pem": "application/x-pem-file", ".parquet": "application/vnd.apache.parquet", ".wasm": "application/wasm",
}

// endings are what a result is named by its media type, where the above has several, or none.
var endings = map[string]string{
	"text/plain": ".txt", "image/jpeg": ".jpg", "image/tiff": ".tif", "image/x-portable-anymap": ".ppm",
	"text/tab-separated-values": ".tsv", "application/x-ndjson": ".ndjson", mediaUnknown: ".bin",
}

func ending(media string) string {
	if e := endings[media]; e != "" {
		return e
	}
	for e, m := range mediaOf {
		if m == media {
			return e
		}
	}
	return ".bin"
}

// magics are what files of a media type begin with: that counts more than a name.
var magics = []struct{ begins, media string }{
	{"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF87a", "image/gif"}, {"GIF89a", "image/gif"},
	{"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"}, {"qoif", "image/qoi"}, {"fLaC", "audio/flac"},
	{"ID3", "audio/mpeg"}, {"OggS", "audio/ogg"}, {"PAR1", "application/vnd.apache.parquet"},
	{"\x00asm", "application/wasm"}, {"-----BEGIN ", "application/x-pem-file"},
}

func magic(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.begins)) {
			return m.media
		}
	}
	if len(head) > 12 && string(head[:4]) == "RIFF" {
		switch string(head[8:12]) {
		case "WEBP":
			return "image/webp"
		case "WAVE":
			return "audio/wav"
		}
	}
	return ""
}

// mediaType is what bytes are: by what they begin with, by what was said of them, by the name, by how they look.
func mediaType(name, said string, head []byte, cut bool) string {
	said, _, _ = strings.Cut(strings.ToLower(said), ";")
	said = strings.TrimSpace(said)
	byName := mediaOf[strings.ToLower(filepath.Ext(name))]
	_, isText := asText(head, cut)
	for _, media := range []string{magic(head), said, byName} {
		// What claims to be text and is not, is bytes.
		if media != "" && media != mediaUnknown && (isText || !strings.HasPrefix(media, "text/")) {
			return media
		}
	}
	if isText {
		return "text/plain"
	}
	return mediaUnknown
}

// describeBytes is an item in memory.
func describeBytes(name, said string, data []byte) *labItem {
	head := data[:min(len(data), labHead)]
	i := &labItem{data: data, LabItem: LabItem{Name: name, Bytes: int64(len(data))}}
	i.Media = mediaType(name, said, head, len(head) < len(data))
	i.decideKind(head, bytes.NewReader(data))
	return i
}

// describeFile is an item that is a file of the user's.
func describeFile(path string) (*labItem, error) {
	name := legible([]byte(filepath.Base(path)))
	i := &labItem{path: path, LabItem: LabItem{Name: name, Origin: labFile}}
	c, err := i.open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if i.Bytes, err = c.Seek(0, io.SeekEnd); err == nil {
		_, err = c.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(c, labHead))
	if err != nil {
		return nil, err
	}
	i.Media = mediaType(name, "", head, int64(len(head)) < i.Bytes)
	if _, err := c.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	i.decideKind(head, c)
	return i, nil
}

// decideKind says how the item is shown. A picture is one whose size a page can draw.
func (i *labItem) decideKind(head []byte, all io.Reader) {
	_, isText := asText(head, int64(len(head)) < i.Bytes)
	switch {
	case drawable(i.Media) && i.measure(all):
		i.Kind = labPicture
	case i.Media == "audio/wav":
		i.Kind = labSound
	case isText && (i.Media == "text/csv" || i.Media == "text/tab-separated-values"):
		i.Kind = labTable
	case isText:
		i.Kind = labText
	default:
		i.Kind = labBytes
	}
}

// drawable are the pictures that every webview decodes. SVG is none: it is a document.
func drawable(media string) bool {
	if media == "image/bmp" {
		return true
	}
	for _, m := range pictureTypes {
		if m == media {
			return true
		}
	}
	return false
}

func (i *labItem) measure(all io.Reader) bool {
	c, _, err := image.DecodeConfig(all)
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxLabPixels/c.Height {
		return false
	}
	i.Width, i.Height = c.Width, c.Height
	return true
}

// maxLabPixels bounds what the page has to draw; a photograph of 100 megapixels is shown.
const maxLabPixels = 128 << 20

// memory is bytes to be read from any place.
func memory(data []byte) content { return nopCloser{bytes.NewReader(data)} }

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }
