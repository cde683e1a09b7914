package oracle

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
)

// audioFiles has a short sound in each format that is read.
func (s *stand) audioFiles() map[string][]byte {
	wav := s.sox("-r 22050 -b 16 -c 2 -t wav", "synth", "0.3", "pluck", "synth", "0.3", "brownnoise", "mix")
	files := map[string][]byte{"wav": wav}
	for name, args := range map[string]string{
		"wav of 24 bits": "-c:a pcm_s24le -f wav", "wav of adpcm": "-c:a adpcm_ms -f wav", "flac": "-f flac", "aiff": "-f aiff", "mp3": "-f mp3",
		"ogg": "-c:a libvorbis -f ogg", "aac": "-c:a aac -f ipod", "adts": "-c:a aac -f adts", "alac": "-c:a alac -f ipod", "flac in ogg": "-c:a flac -f ogg",
	} {
		files[name] = s.coded(wav, strings.Fields(args)...)
	}
	return files
}

// survived runs an op that must either do it or refuse it.
func (s *stand) survived(what, op string, p params, inputs ...[]byte) {
	s.Helper()
	_, err := s.try(op, p, inputs...)
	if err == nil {
		return
	}
	switch f := fault.As(err); {
	case f == nil, f.Kind == fault.Trap, f.Kind == fault.Memory, f.Kind == fault.Deadline, f.Kind == fault.Crash, f.Kind == fault.Fault:
		s.Errorf("%s: %v", what, err)
	}
}

func TestAudioHostileFiles(t *testing.T) {
	s := newStand(t)
	for name, file := range s.audioFiles() {
		s.survived(name, "audio.info", nil, file)
		for part := range 16 {
			s.survived(fmt.Sprint(name, " cut at ", part, "/16"), "audio.convert", params{"format": "flac"}, file[:len(file)*part/16])
		}
		random := rand.New(rand.NewPCG(7, 7))
		for flip := range 200 {
			broken := append([]byte{}, file...)
			at := random.IntN(len(broken))
			if flip%2 == 0 { // heads are short and matter most
				at = random.IntN(min(len(broken), 300))
			}
			broken[at] ^= 1 << random.IntN(8)
			s.survived(fmt.Sprint(name, " with a bit changed at ", at), "audio.info", nil, broken)
		}
	}
}

// Ten minutes of stereo fit into what the plugin may have, even where an op holds them as a whole.
func TestAudioTenMinutes(t *testing.T) {
	s := newStand(t)
	dir := t.TempDir()
	long := func(name string, args ...string) []byte {
		all := append([]string{"-v", "error", "-f", "lavfi", "-i", "anoisesrc=d=600:c=pink:r=44100:a=0.2,stereowiden"}, args...)
		s.tool(nil, "ffmpeg", append(all, filepath.Join(dir, name))...)
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	const frames = 600 * 44100
	flac := long("a.flac", "-sample_fmt", "s16", "-compression_level", "1")
	r := s.run("audio.convert", nil, flac)
	want := strings.TrimSpace(strings.TrimPrefix(string(s.tool(nil, "ffmpeg", "-v", "error", "-i", filepath.Join(dir, "a.flac"), "-c:a", "pcm_s16le", "-f", "md5", "-")), "MD5="))
	if got := fmt.Sprintf("%x", md5.Sum(r.Outputs[0].Bytes[44:])); got != want || s.figure(r, "frames") != frames {
		t.Errorf("%v frames with the digest %s, ffmpeg has %s", s.figure(r, "frames"), got, want)
	}
	first := append([]byte{}, r.Outputs[0].Bytes[44:48]...)
	r = s.run("audio.reverse", nil, flac)
	if last := r.Outputs[0].Bytes[len(r.Outputs[0].Bytes)-4:]; !bytes.Equal(last, first) || s.figure(r, "frames") != frames {
		t.Errorf("backwards it has %v frames and ends with %v, not %v", s.figure(r, "frames"), last, first)
	}
	mp3 := long("a.mp3", "-b:a", "128k")
	for _, op := range []string{"convert", "loudness"} {
		r := s.run("audio."+op, nil, mp3)
		if op == "convert" && s.figure(r, "frames") != frames {
			t.Errorf("MP3: %v frames, want %d", s.figure(r, "frames"), frames)
		}
	}
}

func TestAudioHostileHeads(t *testing.T) {
	s := newStand(t)
	wav := s.sox("-r 22050 -b 16 -c 2 -t wav", "synth", "0.1", "pluck")
	with := func(at int, bytes ...byte) []byte {
		file := append([]byte{}, wav...)
		copy(file[at:], bytes)
		return file
	}
	for name, file := range map[string][]byte{
		"no channels": with(22, 0, 0), "9 channels": with(22, 9, 0), "65535 channels": with(22, 255, 255), "rate 0": with(24, 0, 0, 0, 0),
		"rate 999": with(24, 0xE7, 3, 0, 0), "rate 4294967295": with(24, 255, 255, 255, 255), "0 bits": with(34, 0, 0), "a picture": []byte("\x89PNG\r\n\x1a\n0000IHDR"),
		"zeros": make([]byte, 5000), "one byte": {0},
	} {
		s.refused("the sound", "audio.info", nil, file)
		s.refused("the sound", "audio.convert", nil, file)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	// Lengths that are not there, as a recorder leaves them that was cut off.
	cut := with(40, 255, 255, 255, 255)
	copy(cut[4:], []byte{255, 255, 255, 255})
	r := s.run("audio.info", nil, cut)
	if got := s.figure(r, "frames"); got != 2205 {
		t.Errorf("%v frames, want 2205", got)
	}
}
