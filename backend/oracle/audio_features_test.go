package oracle

import (
	"fmt"
	"math"
)

// melBank is Slaney's filters as his Auditory Toolbox defines them, and the levels of x in them.
const melBank = `
def levels(x, rate, n, hop, bands):
    m = x.mean(axis=1)
    p = np.abs(np.array([np.fft.rfft(m[i:i + n] * sg.get_window('hann', n)) for i in range(0, len(m) - n + 1, hop)])) ** 2
    to = lambda f: f * 3 / 200 if f < 1000 else 15 + np.log(f / 1000) / (np.log(6.4) / 27)
    back = lambda m: np.where(m < 15, m * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (m - 15)))
    e, f = back(np.linspace(0, to(rate / 2), bands + 2)), np.fft.rfftfreq(n, 1 / rate)
    w = np.array([np.interp(f, e[b:b + 3], [0, 1, 0]) * 2 / (e[b + 2] - e[b]) for b in range(bands)])
    return 10 * np.log10(np.maximum(p @ w.T, 1e-10))
`

// columns are the values of a CSV table, row by row, without the seconds.
func (s *stand) columns(csv []byte, names ...string) []float64 {
	s.Helper()
	t := s.series(csv)
	var values []float64
	for i := range t["seconds"] {
		for _, name := range names {
			values = append(values, t[name][i])
		}
	}
	return values
}

// numbered is prefix_1 to prefix_n.
func numbered(prefix string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(prefix, "_", i+1))
	}
	return names
}

// alike fails unless all figures differ by no more than limit.
func (s *stand) figures(what string, limit float64, got, want []float64) {
	s.Helper()
	if len(got) != len(want) {
		s.Fatalf("%s: %d figures, want %d", what, len(got), len(want))
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= limit) {
			s.Fatalf("%s: figure %d is %v, want %v", what, i, v, want[i])
		}
	}
}

func audioMel(s *stand) {
	for _, c := range []struct{ size, hop, bands int }{{2048, 512, 40}, {512, 700, 12}} {
		r := s.run("audio.mel", params{"size": fmt.Sprint(c.size), "hop": c.hop, "bands": c.bands}, s.wav(2))
		want := s.signals(s.heard(s.wav(2)), melBank+fmt.Sprintf("put(levels(x, rate, %d, %d, %d))", c.size, c.hop, c.bands))
		s.figures("mel", 0.02, s.columns(r.Outputs[0].Bytes, numbered("mel", c.bands)...), want.samples)
		s.within("middle of the second window", 1e-5, s.series(r.Outputs[0].Bytes)["seconds"][1], float64(c.hop+c.size/2)/44100)
	}
}

func audioMFCC(s *stand) {
	r := s.run("audio.mfcc", params{"size": "1024", "bands": 30, "coefficients": 14}, s.wav(2))
	want := s.signals(s.heard(s.wav(2)), melBank+"put(sf.dct(levels(x, rate, 1024, 512, 30), axis=1, norm='ortho')[:, :14])")
	s.figures("mfcc", 0.05, s.columns(r.Outputs[0].Bytes, numbered("mfcc", 14)...), want.samples)
	s.refused("no more than there are bands", "audio.mfcc", params{"bands": 10}, s.wav(1))
}

func audioChroma(s *stand) {
	notes := []string{"c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b"}
	for i, f := range []float64{261.626, 277.183, 293.665, 311.127, 329.628, 349.228, 369.994, 391.995, 415.305, 440, 466.164, 493.883} {
		r := s.run("audio.chroma", params{"size": "8192"}, s.output("audio.generate", params{"frequency": f * 2, "seconds": 0.5}))
		if got := s.figure(r, "strongest"); int(got) != i {
			s.Errorf("%v Hz is %v, want %s", f, got, notes[i])
		}
	}
	// The judge has the frequencies of the notes in a list, and looks for the nearest by ratio.
	r := s.run("audio.chroma", params{"size": "4096", "tuning": 442}, s.wav(2))
	want := s.signals(s.heard(s.wav(2)), `
m, f = x.mean(axis=1), np.fft.rfftfreq(4096, 1 / rate)
p = np.abs(np.array([np.fft.rfft(m[i:i + 4096] * sg.get_window('hann', 4096)) for i in range(0, len(m) - 4095, 512)])) ** 2
keys = 442 * 2 ** (np.arange(-60, 60) / 12)
use = (f >= 27.5) & (f < 5000)
note = (np.argmin(np.abs(np.log(f[use][:, None] / keys)), axis=1) - 60 + 9) % 12
c = np.array([[row[use][note == n].sum() for n in range(12)] for row in p])
most = c.max(axis=1, keepdims=True)
put(np.where(most > 1e-10, c / np.maximum(most, 1e-30), 0))`)
	s.figures("chroma", 0.001, s.columns(r.Outputs[0].Bytes, notes...), want.samples)
}

func audioOnsets(s *stand) {
	begins := []float64{0.2, 0.61, 0.95, 1.4, 1.52, 2.3, 2.75}
	list := "[.2, .61, .95, 1.4, 1.52, 2.3, 2.75]"
	for name, note := range map[string]string{
		"clicks": "(d >= 0) * (d < .003) * .7", "notes": "(d >= 0) * np.exp(-8 * d) * np.sin(2 * np.pi * 440 * d) * .5",
		"noise": "(d >= 0) * (d < .08) * np.random.default_rng(1).standard_normal(len(d)) * .2",
	} {
		r := s.run("audio.onsets", nil, s.python16(44100, "(lambda t: sum((lambda d: "+note+")(t - b) for b in "+list+"))(np.arange(3 * 44100) / 44100)"))
		got := s.series(r.Outputs[0].Bytes)["seconds"]
		if len(got) != len(begins) || s.figure(r, "onsets") != float64(len(begins)) {
			s.Errorf("%s: %v, want %v", name, got, begins)
			continue
		}
		for i, t := range got {
			s.within(fmt.Sprint(name, " ", i), 0.015, t, begins[i])
		}
	}
	if r := s.run("audio.onsets", nil, s.output("audio.generate", params{"kind": "silence", "seconds": 2})); s.figure(r, "onsets") != 0 {
		s.Errorf("silence has %v onsets", s.figure(r, "onsets"))
	}
}

func audioTempo(s *stand) {
	for _, bpm := range []float64{70, 93.5, 120, 128, 151.3, 174} {
		beat := fmt.Sprintf("(lambda t: (t %% (60 / %g) < .01) * .6 * np.random.default_rng(2).standard_normal(len(t)) * .3)(np.arange(20 * 22050) / 22050)", bpm)
		r := s.run("audio.tempo", nil, s.python16(22050, beat))
		s.within(fmt.Sprint(bpm, " bpm"), 0.005*bpm, s.figure(r, "tempo"), bpm)
		if c := s.figure(r, "clarity"); c < 0.5 {
			s.Errorf("%v bpm: clarity %v", bpm, c)
		}
	}
	s.refused("too short", "audio.tempo", nil, s.wav(1))
	s.refused("no tempo", "audio.tempo", nil, s.output("audio.generate", params{"kind": "silence", "seconds": 20}))
}

func audioPitches(s *stand) {
	for kind, waveform := range map[string]string{"sine": "np.sin(a)", "voice": "sum(np.sin(k * a) / k for k in range(1, 12))"} {
		// A glide from 110 to 440 Hz: the frequency at each moment is known.
		r := s.run("audio.pitches", nil, s.python16(44100, "(lambda a: .3 * ("+waveform+"))(2 * np.pi * 110 * 2 / np.log(4) * (4 ** (np.arange(2 * 44100) / 88200) - 1))"))
		got := s.series(r.Outputs[0].Bytes)
		if len(got["seconds"]) < 90 {
			s.Fatalf("%d rows", len(got["seconds"]))
		}
		for i, t := range got["seconds"] {
			want := 110 * math.Pow(4, t/2)
			s.within(fmt.Sprint(kind, " at ", t), 0.012*want, got["frequency"][i], want)
		}
	}
	for _, f := range []float64{65, 82.41, 440, 987.77} {
		r := s.run("audio.pitches", nil, s.output("audio.generate", params{"frequency": f, "bits": "float"}))
		s.within("a tone", 0.002*f, s.figure(r, "median"), f)
	}
	r := s.run("audio.pitches", nil, s.output("audio.generate", params{"kind": "white", "seconds": 2}))
	if v := s.figure(r, "voiced"); v > 2 {
		s.Errorf("white noise has a pitch in %v rows", v)
	}
}
