package oracle

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// series is the columns of a CSV table by name.
func (s *stand) series(csv []byte) map[string][]float64 {
	s.Helper()
	lines := strings.Split(strings.TrimSpace(string(csv)), "\n")
	names, columns := strings.Split(lines[0], ","), map[string][]float64{}
	for _, line := range lines[1:] {
		for i, cell := range strings.Split(line, ",") {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				s.Fatalf("%q: %v", line, err)
			}
			columns[names[i]] = append(columns[names[i]], v)
		}
	}
	return columns
}

// float32s reads little-endian floats.
func float32s(raw []byte) (x []float64) {
	for ; len(raw) >= 4; raw = raw[4:] {
		x = append(x, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
	}
	return x
}

// near fails unless two figures differ by no more than limit.
func (s *stand) within(what string, limit, got, want float64) {
	s.Helper()
	if !(math.Abs(got-want) <= limit) {
		s.Errorf("%s: %v, want %v", what, got, want)
	}
}

// ebur128 is what ffmpeg measures: a value for each 0.1 s by name.
func (s *stand) ebur128(file []byte) map[string][]float64 {
	s.Helper()
	path := filepath.Join(s.TempDir(), "sound")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		s.Fatal(err)
	}
	out := s.tool(nil, "ffmpeg", "-v", "error", "-i", path, "-af", "ebur128=peak=true+sample:metadata=1,ametadata=print:file=-", "-f", "null", "-")
	values := map[string][]float64{}
	for _, m := range regexp.MustCompile(`lavfi\.r128\.(\w+)=(\S+)`).FindAllSubmatch(out, -1) {
		v, _ := strconv.ParseFloat(string(m[2]), 64)
		values[string(m[1])] = append(values[string(m[1])], v)
	}
	return values
}

// loud is a sound whose loudness goes up and down.
func (s *stand) loud(channels int) []byte {
	s.Helper()
	return s.sox(fmt.Sprintf("-r 48000 -b 16 -c %d -t wav", channels), "synth", "12", "sine", "200-2000", "sine", "100-3000", "synth", "12", "pinknoise", "mix",
		"tremolo", "0.2", "80", "gain", "-6", "pad", "0.5", "0.7")
}

func audioLoudness(s *stand) {
	for _, channels := range []int{1, 2, 6} {
		file := s.loud(channels)
		if channels == 6 { // with its speakers, so that ffmpeg knows the low-frequency channel
			file = s.output("audio.convert", params{"format": "flac"}, file)
		}
		r := s.run("audio.loudness", nil, file)
		got, want := s.series(r.Outputs[0].Bytes), s.ebur128(file)
		last := func(name string) float64 { return want[name][len(want[name])-1] }
		s.within("integrated", 0.05, s.figure(r, "integrated"), last("I"))
		s.within("range", 0.6, s.figure(r, "range"), last("LRA"))
		rows := min(len(got["momentary"]), len(want["M"]))
		if rows < 130 {
			s.Fatalf("%d rows", rows)
		}
		for i := 40; i < rows-2; i++ {
			if want["M"][i] > -60 {
				s.within(fmt.Sprint("momentary at ", got["seconds"][i]), 0.1, got["momentary"][i], want["M"][i])
				s.within(fmt.Sprint("short term at ", got["seconds"][i]), 0.1, got["short_term"][i], want["S"][i])
			}
		}
		peak, truePeak := 0.0, 0.0
		for c := range channels {
			peak = max(peak, last(fmt.Sprint("sample_peaks_ch", c)))
			truePeak = max(truePeak, last(fmt.Sprint("true_peaks_ch", c)))
		}
		s.within("sample peak", 0.03, s.figure(r, "sample_peak"), 20*math.Log10(peak))
		s.within("true peak", 0.2, s.figure(r, "true_peak"), 20*math.Log10(truePeak))
	}
	// EBU Tech 3341, case 1: a sine of 1 kHz at -23 dBFS in both channels has -23 LUFS.
	r := s.run("audio.loudness", nil, s.output("audio.generate", params{"frequency": 1000, "level": -23, "seconds": 20, "channels": 2, "rate": 48000, "bits": "float"}))
	s.within("EBU Tech 3341, case 1", 0.1, s.figure(r, "integrated"), -23)
	// EBU Tech 3342, cases 1 to 4: 20 s each at these levels have these ranges, within 1 LU.
	for want, levels := range map[float64][]float64{10: {-20, -30}, 5: {-20, -15}, 20: {-40, -20}, 15: {-50, -35, -20, -35, -50}} {
		var parts [][]byte
		for _, level := range levels {
			parts = append(parts, s.output("audio.generate", params{"frequency": 1000, "level": level, "seconds": 20, "channels": 2, "rate": 48000, "bits": "24"}))
		}
		s.within("EBU Tech 3342", 1, s.figure(s.run("audio.loudness", nil, s.output("audio.concatenate", nil, parts...)), "range"), want)
	}
	// A sine at a quarter of the rate, sampled between its peaks: 3 dB more than any sample.
	r = s.run("audio.loudness", nil, s.python16(48000, "np.sin(np.pi / 2 * np.arange(48000) + np.pi / 4) * 0.5"))
	s.within("peak between samples", 0.15, s.figure(r, "true_peak"), -6.02)
	s.within("peak of samples", 0.01, s.figure(r, "sample_peak"), -9.03)
	if r := s.run("audio.loudness", nil, s.output("audio.generate", params{"kind": "silence"})); !math.IsInf(s.figure(r, "integrated"), -1) {
		s.Errorf("silence has %v LUFS", s.figure(r, "integrated"))
	}
}

// python16 is a WAV file of floats of one channel, of a numpy expression.
func (s *stand) python16(rate int, expression string) []byte {
	s.Helper()
	y := s.signals(sound{rate: rate, channels: 1}, "put("+expression+")")
	var raw []byte
	for _, v := range y.samples {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
	}
	return s.tool(raw, "sox", "-t", "raw", "-e", "floating-point", "-b", "32", "-r", strconv.Itoa(rate), "-c", "1", "-", "-t", "wav", "-")
}

func audioNormalise(s *stand) {
	file := s.loud(2)
	for _, target := range []float64{-30, -23} {
		r := s.run("audio.normalise", params{"target": target, "bits": "float"}, file)
		measured := s.ebur128(r.Outputs[0].Bytes)["I"]
		s.within("loudness", 0.05, measured[len(measured)-1], target)
		s.within("reached", 1e-9, s.figure(r, "reached"), target)
	}
	r := s.run("audio.normalise", params{"target": -5, "ceiling": -2, "bits": "float"}, file)
	values := s.ebur128(r.Outputs[0].Bytes)
	peak := max(values["true_peaks_ch0"][len(values["true_peaks_ch0"])-1], values["true_peaks_ch1"][len(values["true_peaks_ch1"])-1])
	s.within("ceiling", 0.2, 20*math.Log10(peak), -2)
	loudest, squares := 0.0, 0.0
	got := s.heard(s.output("audio.normalise", params{"method": "peak", "target": -3, "bits": "float"}, file))
	for _, v := range got.samples {
		loudest = max(loudest, math.Abs(v))
	}
	s.within("peak", 1e-5, 20*math.Log10(loudest), -3)
	got = s.heard(s.output("audio.normalise", params{"method": "rms", "target": -25, "bits": "float"}, file))
	for _, v := range got.samples {
		squares += v * v
	}
	s.within("rms", 1e-5, 10*math.Log10(squares/float64(len(got.samples))), -25)
	s.refused("silent", "audio.normalise", nil, s.output("audio.generate", params{"kind": "silence"}))
}

// outline is the least and the largest sample of each stretch and channel.
func outline(x sound, stretch int) (peaks []float64) {
	for start := 0; start < len(x.samples); start += stretch * x.channels {
		for c := range x.channels {
			least, most := math.Inf(1), math.Inf(-1)
			for i := start + c; i < min(start+stretch*x.channels, len(x.samples)); i += x.channels {
				least, most = min(least, x.samples[i]), max(most, x.samples[i])
			}
			peaks = append(peaks, least, most)
		}
	}
	return peaks
}

func audioWaveform(s *stand) {
	for _, channels := range []int{1, 2} {
		file := s.wav(channels)
		whole := s.heard(file)
		for _, points := range []int{2, 7, 100, 1000, 66150, 1000000} {
			r := s.run("audio.waveform", params{"points": points}, file)
			stretch := int(s.figure(r, "stretch"))
			if got := s.figure(r, "points"); int(got) > points || s.figure(r, "frames") != 66150 || stretch&(stretch-1) != 0 || (stretch > 1 && int(got) <= points/2-1) {
				s.Errorf("%d points asked for: %v of %d frames", points, got, stretch)
			}
			s.figures(fmt.Sprint(points, " points"), 0, float32s(r.Outputs[0].Bytes), outline(whole, stretch))
		}
	}
	if r := s.run("audio.waveform", nil, s.output("audio.generate", params{"seconds": 0})); len(r.Outputs[0].Bytes) != 0 {
		s.Errorf("nothing has peaks: %d bytes", len(r.Outputs[0].Bytes))
	}
}

func audioSpectrum(s *stand) {
	for _, size := range []string{"256", "4096", "16384"} {
		r := s.run("audio.spectrum", params{"size": size}, s.wav(2))
		got := s.series(r.Outputs[0].Bytes)
		want := s.signals(s.heard(s.wav(2)), "f, p = sg.welch(x.mean(axis=1), rate, 'hann', "+size+", detrend=False, scaling='spectrum')\n"+
			"p *= 2; p[[0, -1]] *= 2\n"+ // scipy does not double what has no mirror image; here all bins are alike
			"c = np.cumsum(p)\n"+
			"put(np.concatenate([[f[np.argmax(p)], (f * p).sum() / p.sum(), f[np.argmax(c >= 0.85 * c[-1])], np.exp(np.log(p).mean()) / p.mean()], np.maximum(10 * np.log10(p), -200)]))").samples
		for i, name := range []string{"loudest", "centroid", "rolloff", "flatness"} {
			s.within(name, 1e-4*want[i], s.figure(r, name), want[i])
		}
		if len(got["level"]) != len(want)-4 {
			s.Fatalf("%d levels, want %d", len(got["level"]), len(want)-4)
		}
		for i, level := range got["level"] {
			s.within(fmt.Sprint("level at ", got["frequency"][i]), 0.02, level, want[4+i])
		}
	}
	r := s.run("audio.spectrum", nil, s.output("audio.generate", params{"frequency": 44100.0 / 4096 * 100, "level": 0, "bits": "float"}))
	s.within("a sine of full scale", 0.01, s.series(r.Outputs[0].Bytes)["level"][100], 0)
	s.refused("a window 4096", "audio.spectrum", nil, s.output("audio.generate", params{"seconds": 0.01}))
}

func audioSpectrogram(s *stand) {
	file := s.wav(2)
	for _, c := range []struct {
		size, columns int
	}{{512, 100}, {2048, 33}, {256, 10000}} {
		p := params{"size": strconv.Itoa(c.size), "columns": c.columns, "floor": -90, "palette": "grey"}
		r := s.run("audio.spectrogram", p, file)
		columns, bins := int(s.figure(r, "columns")), int(s.figure(r, "bins"))
		hop := int(math.Round(s.figure(r, "step") * 44100))
		if columns > c.columns || columns != (66150-c.size)/hop+1 || bins != c.size/2+1 {
			s.Errorf("%d columns of %d bins, hop %d", columns, bins, hop)
		}
		want := s.signals(s.heard(file), fmt.Sprintf("n, hop = %d, %d\nw = sg.get_window('hann', n)\nm = x.mean(axis=1)\n"+
			"z = np.array([np.fft.rfft(m[i:i + n] * w) for i in range(0, len(m) - n + 1, hop)])\n"+
			"put(np.maximum(20 * np.log10(np.maximum(np.abs(z) * 2 / w.sum(), 1e-12)), -200))", c.size, hop))
		got := float32s(r.Outputs[1].Bytes)
		if len(got) != len(want.samples) {
			s.Fatalf("%d levels, want %d", len(got), len(want.samples))
		}
		for i, level := range got {
			// Far below the mean of two samples is rounding.
			if want.samples[i] > -120 && math.Abs(level-want.samples[i]) > 0.05 {
				s.Fatalf("bin %d of column %d: %v dB, want %v", i%bins, i/bins, level, want.samples[i])
			}
		}
		pixels := s.tool(r.Outputs[0].Bytes, "convert", "png:-", "-depth", "8", "gray:-")
		for i, level := range want.samples {
			shade := min(max((1+level/90)*255, 0), 255)
			if pixel := float64(pixels[(bins-1-i%bins)*columns+i/bins]); math.Abs(pixel-shade) > 0.8 {
				s.Fatalf("bin %d of column %d is %v, want %v", i%bins, i/bins, pixel, shade)
			}
		}
	}
	glow := s.tool(s.output("audio.spectrogram", nil, file), "convert", "png:-", "-format", "%w %h %[type]", "info:")
	if !strings.HasPrefix(string(glow), "1000 1025 Palette") && !strings.Contains(string(glow), " 1025 Palette") {
		s.Errorf("%s", glow)
	}
}
