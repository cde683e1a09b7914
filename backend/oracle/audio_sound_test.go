package oracle

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

func audioResample(s *stand) {
	for _, c := range []struct {
		from, to, channels int
		least              float64
	}{{44100, 48000, 2, 90}, {48000, 44100, 1, 90}, {44100, 22050, 2, 85}, {8000, 48000, 1, 90}, {44100, 96000, 3, 90}, {48000, 8000, 1, 85}, {44100, 44100, 2, 300}} {
		// In the middle of both bands, where resamplers agree; a fade, since they differ in what lies before the beginning.
		top := min(c.from, c.to) / 3
		file := s.sox(fmt.Sprintf("-r %d -b 24 -c %d -t wav", c.from, c.channels), "synth", "1", "sine", fmt.Sprintf("50-%d", top), "sine", "300", "gain", "-3", "fade", "t", "0.1", "1", "0.1")
		got := s.heard(s.output("audio.resample", params{"rate": c.to, "bits": "float"}, file))
		want := s.heard(s.tool(file, "sox", "-D", "-t", "wav", "-", "-b", "32", "-e", "floating-point", "-t", "wav", "-", "rate", "-v", strconv.Itoa(c.to)))
		if len(got.samples) != c.to*c.channels {
			s.Errorf("%d to %d: %d samples", c.from, c.to, len(got.samples))
		}
		s.sounds(fmt.Sprint(c.from, " to ", c.to), c.least, got, want)
	}
	// What the lower rate cannot have is gone.
	r := s.heard(s.output("audio.resample", params{"rate": 8000, "bits": "float"}, s.sox("-r 44100 -b 24 -c 1 -t wav", "synth", "1", "sine", "4500-20000", "fade", "t", "0.1", "1", "0.1")))
	for i, v := range r.samples {
		if math.Abs(v) > 2e-4 {
			s.Fatalf("alias of %v at frame %d", v, i)
		}
	}
	for _, rate := range []int{1000, 384000, 44101, 383999} {
		got := s.heard(s.output("audio.resample", params{"rate": rate}, s.wav(1)))
		if want := int(math.Round(66150 * float64(rate) / 44100)); len(got.samples) != want || got.rate != rate {
			s.Errorf("to %d Hz: %d samples, want %d", rate, len(got.samples), want)
		}
	}
}

func audioFilter(s *stand) {
	file := s.wav(2)
	for kind, theirs := range map[string]string{
		"low_pass": "lowpass=f=%g:t=q:w=%g", "high_pass": "highpass=f=%g:t=q:w=%g", "band_pass": "bandpass=f=%g:t=q:w=%g", "notch": "bandreject=f=%g:t=q:w=%g",
		"all_pass": "allpass=f=%g:t=q:w=%g", "peaking": "equalizer=f=%g:t=q:w=%g:g=-9", "low_shelf": "lowshelf=f=%g:t=q:w=%g:g=-9", "high_shelf": "highshelf=f=%g:t=q:w=%g:g=-9",
	} {
		for _, c := range [][2]float64{{100, 0.7071}, {3000, 5}} {
			s.filtered("filter", params{"kind": kind, "frequency": c[0], "q": c[1], "gain": -9}, file, 110, fmt.Sprintf(theirs, c[0], c[1]))
		}
	}
	s.filtered("filter", params{"kind": "high_pass", "frequency": 500, "passes": 3}, file, 100, "highpass=f=500:t=q:w=0.7071", "highpass=f=500:t=q:w=0.7071", "highpass=f=500:t=q:w=0.7071")
	s.refused("below half", "audio.filter", params{"frequency": 22050}, file)
}

func audioEqualise(s *stand) {
	s.filtered("equalise", params{"band_31": 6, "band_250": -12, "band_1000": 3.5, "band_16000": -24}, s.wav(2), 100,
		"equalizer=f=31.25:t=q:w=1.4142135:g=6", "equalizer=f=250:t=q:w=1.4142135:g=-12", "equalizer=f=1000:t=q:w=1.4142135:g=3.5", "equalizer=f=16000:t=q:w=1.4142135:g=-24")
	low := s.sox("-r 8000 -b 16 -c 1 -t wav", chirp...)
	s.filtered("equalise", params{"band_8000": 20, "band_16000": 20}, low, math.Inf(1), "anull")
}

func audioGenerate(s *stand) {
	form := params{"bits": "float", "level": -6.0206, "seconds": 0.7, "frequency": 437.3, "end_frequency": 9000, "channels": 2, "rate": 48000}
	for kind, formula := range map[string]string{
		"sine": "np.sin(2 * np.pi * 437.3 * t)", "square": "sg.square(2 * np.pi * 437.3 * t)", "sawtooth": "sg.sawtooth(2 * np.pi * 437.3 * t)",
		"triangle": "sg.sawtooth(2 * np.pi * 437.3 * t, 0.5)", "sweep_linear": "sg.chirp(t, 437.3, 0.7, 9000, phi=-90)", "sweep_log": "sg.chirp(t, 437.3, 0.7, 9000, 'log', phi=-90)",
	} {
		form["kind"] = kind
		got := s.heard(s.output("audio.generate", form))
		want := s.signals(sound{rate: 48000, channels: 2}, "t = np.arange(33600) / rate\nput(np.repeat(0.5 * ("+formula+"), 2))")
		least := 100.0
		if kind == "square" || kind == "sawtooth" { // a step may fall on either side of a frame
			least = 30
		}
		s.sounds(kind, least, got, want)
	}
	// The slope of the power over frequency, in dB a decade, by a line through Welch's estimate.
	for kind, slope := range map[string]float64{"white": 0, "pink": -10, "brown": -20} {
		form := params{"kind": kind, "bits": "float", "level": 0, "seconds": 8, "channels": 2, "seed": 5}
		got := s.heard(s.output("audio.generate", form))
		r := s.signals(got, "f, p = sg.welch(x[:, 0], rate, nperseg=8192)\nk = (f > 50) & (f < 10000)\nw = 1 / f[k]\n"+
			"put([np.polyfit(np.log10(f[k]), 10 * np.log10(p[k]), 1, w=np.sqrt(w))[0], np.abs(x).max(), x.mean(), np.corrcoef(x.T)[0, 1], np.corrcoef(x[1:, 0], x[:-1, 0])[0, 1], x.var()])").samples
		s.within(kind+": dB a decade", 0.6, r[0], slope)
		if !(r[1] <= 1 && r[1] > 0.4) || math.Abs(r[3]) > 0.05 {
			s.Errorf("%s: peak %v, correlation of channels %v", kind, r[1], r[3])
		}
		if kind == "white" {
			s.within("mean", 0.01, r[2], 0)
			s.within("correlation of neighbours", 0.01, r[4], 0)
			s.within("variance", 0.003, r[5], 1.0/3)
		}
		if form["seed"] = 6; bytes.Equal(s.output("audio.generate", form), s.output("audio.generate", params{"kind": kind, "bits": "float", "level": 0, "seconds": 8, "channels": 2, "seed": 5})) {
			s.Errorf("%s: two seeds make the same noise", kind)
		}
	}
	if silence := s.heard(s.output("audio.generate", params{"kind": "silence", "seconds": 0.5})); len(silence.samples) != 22050 || len(bytes.Trim([]byte(fmt.Sprint(silence.samples)), "[ 0]")) != 0 {
		s.Error("silence is not silent")
	}
	s.refused("end_frequency: 8000 Hz", "audio.generate", params{"kind": "sweep_log", "rate": 11025})
}

// speech is four bursts with pauses between, at 44,100 Hz.
func (s *stand) speech() []byte {
	s.Helper()
	return s.python16(44100, "np.concatenate([np.zeros(30000)] + [np.concatenate([0.5 * np.sin(np.arange(n) * f), np.zeros(g)]) for n, f, g in [(20000, .1, 40000), (9000, .05, 5000), (15000, .2, 60000), (4000, .1, 25000)]])")
}

func audioSplit(s *stand) {
	file := s.speech()
	path := filepath.Join(s.TempDir(), "sound")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		s.Fatal(err)
	}
	log := s.tool(nil, "ffmpeg", "-v", "error", "-i", path, "-af", "silencedetect=noise=-40dB:d=0.5,ametadata=print:file=-", "-f", "null", "-")
	var edges []float64
	for _, m := range regexp.MustCompile(`silence_(?:start|end)=(\S+)`).FindAllSubmatch(log, -1) {
		v, _ := strconv.ParseFloat(string(m[1]), 64)
		edges = append(edges, v)
	}
	r := s.run("audio.split", params{"threshold": -40, "silence": 0.5, "bits": "float"}, file)
	got := s.series(r.Outputs[0].Bytes)
	if len(got["start"]) != 3 || s.figure(r, "parts") != 3 || len(edges) < 7 || len(r.Outputs) < 4 {
		s.Fatalf("%v, ffmpeg has %v", got, edges)
	}
	whole := s.heard(file)
	for i := range got["start"] {
		s.within("start", 0.001, got["start"][i], edges[2*i+1])
		s.within("end", 0.001, got["end"][i], edges[2*i+2])
		from, to := int(math.Round(got["start"][i]*44100)), int(math.Round(got["end"][i]*44100))
		want := whole
		want.samples = whole.samples[from:to]
		s.exact(fmt.Sprint("part ", i+1), s.heard(r.Outputs[i+1].Bytes), want)
	}
	second := s.run("audio.split", params{"threshold": -40, "silence": 0.5, "first": 2, "bits": "float"}, file)
	if !bytes.Equal(second.Outputs[1].Bytes, r.Outputs[2].Bytes) {
		s.Error("first 2 does not begin with the second part")
	}
	wide := s.series(s.output("audio.split", params{"threshold": -40, "silence": 0.5, "margin": 0.2}, file))
	s.within("margin before", 1e-4, wide["start"][1], got["start"][1]-0.2)
	s.within("margin behind", 1e-4, wide["end"][1], got["end"][1]+0.2)
	if none := s.run("audio.split", nil, s.output("audio.generate", params{"kind": "silence"})); s.figure(none, "parts") != 0 {
		s.Errorf("silence has %v parts", s.figure(none, "parts"))
	}
}

func audioStrip(s *stand) {
	got := s.heard(s.output("audio.strip", params{"threshold": -40, "bits": "float"}, s.speech()))
	s.exact("strip", got, s.signals(s.heard(s.speech()), "loud = np.flatnonzero(np.abs(x).max(axis=1) >= 0.01)\nput(x[loud[0]:loud[-1] + 1])"))
	s.refused("silent all the way", "audio.strip", nil, s.output("audio.generate", params{"kind": "silence"}))
}

func audioCrossfade(s *stand) {
	a, b := s.wav(2), s.sox("-r 44100 -b 24 -c 2 -t wav", "synth", "1", "sine", "700")
	dir := s.TempDir()
	for name, file := range map[string][]byte{"a": a, "b": b} {
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			s.Fatal(err)
		}
	}
	// ffmpeg lets the first sound end a frame earlier.
	for curve, theirs := range map[string]string{"linear": "tri", "sine": "qsin", "smooth": "hsin"} {
		filter := "[0]aformat=sample_fmts=dbl[x];[1]aformat=sample_fmts=dbl[y];[x][y]acrossfade=ns=20000:c1=" + theirs + ":c2=" + theirs
		out := s.tool(nil, "ffmpeg", "-v", "error", "-i", filepath.Join(dir, "a"), "-i", filepath.Join(dir, "b"), "-filter_complex", filter, "-f", "wav", "-c:a", "pcm_f64le", "-")
		got := s.heard(s.output("audio.crossfade", params{"seconds": 20000.0 / 44100, "curve": curve, "bits": "float"}, a, b))
		s.sounds(curve, 90, got, s.floats(out))
	}
	s.refused("seconds: the fade has", "audio.crossfade", params{"seconds": 5}, a, b)
	s.refused("sound 2 has", "audio.crossfade", nil, a, s.wav(1))
}
