package oracle

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"inos/backend/fault"
)

// What is cut off, or has bits turned, is refused in words or read; it never ends the plugin.
func TestImageHostileFiles(t *testing.T) {
	s := newStand(t)
	for _, format := range []string{"png", "jpeg", "webp", "gif", "bmp", "tiff", "tga", "ppm", "ico", "hdr", "exr"} {
		small := []string{"-seed", "7", "-size", "33x21", "plasma:fractal", "-depth", "8"}
		var file []byte
		if format == "exr" { // ImageMagick may come without it
			file = s.tool(s.png(small...), "ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-pix_fmt", "gbrpf32le", "-c:v", "exr", "-compression", "zip16", "-f", "image2pipe", "-")
		} else {
			file = s.magick(nil, append(small, format+":-")...)
		}
		for part := range 16 {
			s.pictureSurvives(format, file[:len(file)*part/16])
		}
		seed := uint32(1)
		for range 200 {
			broken := bytes.Clone(file)
			for range 3 {
				seed = seed*1664525 + 1013904223
				at := int(seed>>8) % len(broken)
				if seed&0x80000000 != 0 {
					at %= 64 // headers
				}
				broken[at] ^= 1 << (seed >> 28 & 7)
			}
			s.pictureSurvives(format, broken)
		}
	}
	s.refused("0 bytes", "image.convert", nil, nil)
	s.refused("begins like none", "image.convert", nil, []byte("this is no picture at all, but a sentence"))
}

// Headers that promise more than there is, and few bytes that become many.
func TestImageHostileSizes(t *testing.T) {
	s := newStand(t)
	u16, u32 := binary.LittleEndian.PutUint16, binary.LittleEndian.PutUint32
	for format, grow := range map[string]func([]byte){
		"png":  func(f []byte) { binary.BigEndian.PutUint32(f[16:], 1<<30) },
		"bmp":  func(f []byte) { u32(f[18:], 1<<31-1); u32(f[22:], 1<<31-1) },
		"gif":  func(f []byte) { u16(f[6:], 65535); u16(f[8:], 65535) },
		"tga":  func(f []byte) { u16(f[12:], 65535); u16(f[14:], 65535) },
		"webp": func(f []byte) { copy(f[24:], "\xFF\xFF\xFF\xFF\xFF\xFF") },
		"tiff": func(f []byte) {
			at := int(binary.LittleEndian.Uint32(f[4:])) + 2
			for entry := range 2 { // width and height, as numbers of 32 bits
				u16(f[at+12*entry+2:], 4)
				u32(f[at+12*entry+8:], 1<<31)
			}
		},
	} {
		file := s.magick(nil, "-size", "5x5", "xc:red", format+":-")
		grow(file)
		if format == "png" {
			binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
		}
		for _, op := range []string{"info", "convert", "histogram"} {
			s.refusedPicture(op, format, file)
		}
	}
	for _, header := range []string{"P6 4294967295 4294967295 255 ", "P6 0 0 255 ", "P5 1 99999999999999999999 255 ", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 0\nMAXVAL 255\nENDHDR\n"} {
		s.refusedPicture("convert", header, []byte(header))
	}
	exr := s.tool(s.png("-size", "5x5", "xc:red"), "ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-pix_fmt", "gbrpf32le", "-c:v", "exr", "-f", "image2pipe", "-")
	for _, side := range []uint32{190_000, 1 << 30, 1<<31 - 1} {
		for _, window := range []string{"dataWindow\x00box2i\x00", "displayWindow\x00box2i\x00"} {
			at := bytes.Index(exr, []byte(window)) + len(window) + 4
			u32(exr[at+8:], side)
			u32(exr[at+12:], side)
		}
		s.refusedPicture("convert", fmt.Sprint("exr of ", side), exr)
	}
	for _, size := range []string{"-Y 2147483647 +X 2147483647", "-Y 99999999999 +X 1", "-Y 14000 +X 14000", "-Y -1 +X 5"} {
		s.refusedPicture("convert", "hdr "+size, []byte("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n"+size+"\n"))
	}
	// 200 MB of nothing as the colour profile, and as a text.
	for chunk, head := range map[string]string{"iCCP": "bomb\x00\x00", "zTXt": "bomb\x00\x00"} {
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		for range 200 {
			_, _ = z.Write(make([]byte, 1<<20))
		}
		_ = z.Close()
		body := append([]byte(chunk+head), packed.Bytes()...)
		whole := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
		whole = binary.BigEndian.AppendUint32(append(whole, body...), crc32.ChecksumIEEE(body))
		file := s.png("-size", "5x5", "xc:red")
		file = append(append(bytes.Clone(file[:33]), whole...), file[33:]...)
		s.pictureSurvives(chunk, file)
		icon := []byte("\x00\x00\x01\x00\x01\x00\x05\x05\x00\x00\x01\x00\x18\x00")
		icon = binary.LittleEndian.AppendUint32(icon, uint32(len(file)))
		s.pictureSurvives(chunk+" in an icon", append(append(icon, 22, 0, 0, 0), file...))
	}
}

// pictureSurvives fails when an op traps, hangs or runs out of memory.
func (s *stand) pictureSurvives(what string, file []byte) {
	s.Helper()
	if _, err := s.try("image.convert", params{"format": "png"}, file); err != nil && !refusal(err) {
		s.Errorf("%s: %v", what, err)
	}
}

func (s *stand) refusedPicture(op, what string, file []byte) {
	s.Helper()
	if _, err := s.try("image."+op, nil, file); err == nil || !refusal(err) {
		s.Errorf("%s of %s: %v", op, what, err)
	}
}

// refusal is true when the op said no in words, and was not ended.
func refusal(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind != fault.Trap && f.Kind != fault.Memory && f.Kind != fault.Deadline && f.Kind != fault.Crash && f.Kind != fault.Fault
}
