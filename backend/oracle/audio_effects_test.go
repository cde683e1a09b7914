package oracle

import (
	"fmt"
	"math"
)

// judged runs an op that writes floats and compares with what a script of numpy makes of the same sound.
func (s *stand) judged(op string, p params, file []byte, least float64, script string) {
	s.Helper()
	all := params{"bits": "float"}
	for name, value := range p {
		all[name] = value
	}
	s.sounds(fmt.Sprint(op, p), least, s.heard(s.output("audio."+op, all, file)), s.signals(s.heard(file), script))
}

func audioCompress(s *stand) {
	for _, knee := range []float64{0, 12} {
		s.judged("compress", params{"threshold": -30, "ratio": 3, "knee": knee, "attack": 7, "release": 60, "makeup": 4}, s.wav(2), 100, fmt.Sprintf(`
t, r, w, a, b = -30, 3, %g, np.exp(-1 / (.007 * rate)), np.exp(-1 / (.06 * rate))
g = 20 * np.log10(np.maximum(np.abs(x).max(axis=1), 1e-6))
o = g - t
y = np.where(2 * o < -w, g, np.where(2 * np.abs(o) <= w, g + (1 / r - 1) * (o + w / 2) ** 2 / (2 * w if w else 1), t + o / r))
if w == 0: y = np.where(o <= 0, g, t + o / r)
held, smooth, gain = 0, 0, []
for v in g - y:
    held = max(v, b * held + (1 - b) * v)
    smooth = a * smooth + (1 - a) * held
    gain.append(4 - smooth)
put(x * 10 ** (np.array(gain) / 20)[:, None])`, knee))
	}
	// A steady tone 20 dB above the threshold comes out 5 dB above it at 4 to 1.
	tone := s.output("audio.generate", params{"kind": "square", "frequency": 100, "level": -10})
	got := s.heard(s.output("audio.compress", params{"threshold": -30, "ratio": 4, "knee": 0, "bits": "float"}, tone))
	s.within("a steady tone", 0.05, 20*math.Log10(math.Abs(got.samples[40000])), -25)
}

func audioGate(s *stand) {
	file := s.python16(44100, "np.sin(np.arange(88200) * .1) * np.where(np.arange(88200) // 22050 % 2 == 0, .5, .001)")
	s.judged("gate", params{"threshold": -40, "range": 30, "attack": 2, "hold": 20, "release": 30}, file, 100, `
a, r, h, q = np.exp(-1 / (.002 * rate)), np.exp(-1 / (.03 * rate)), 882, 10 ** -1.5
gain, left, out = q, 0, []
for v in np.abs(x).max(axis=1):
    if v >= .01: left = h + 1
    want, k = (1, a) if left > 0 else (q, r)
    left = max(left - 1, 0)
    gain = want + k * (gain - want)
    out.append(gain)
put(x * np.array(out)[:, None])`)
	got, was := s.heard(s.output("audio.gate", params{"threshold": -40, "range": 30, "release": 30, "bits": "float"}, file)), s.heard(file)
	for _, at := range []struct{ frame, db float64 }{{20000, 0}, {44000, -30}, {64000, 0}, {88000, -30}} {
		power, before := 0.0, 0.0
		for i := int(at.frame) - 200; i < int(at.frame); i++ {
			power, before = power+got.samples[i]*got.samples[i], before+was.samples[i]*was.samples[i]
		}
		s.within(fmt.Sprint("gain at ", at.frame), 0.2, 10*math.Log10(power/before), at.db)
	}
}

func audioLimit(s *stand) {
	file := s.loud(2)
	got := s.heard(s.output("audio.limit", params{"gain": 18, "ceiling": -3, "bits": "float"}, file))
	want, ceiling, over := s.heard(file), math.Pow(10, -0.15), 0
	if len(got.samples) != len(want.samples) {
		s.Fatalf("%d samples, want %d", len(got.samples), len(want.samples))
	}
	for i, v := range got.samples {
		if math.Abs(v) > ceiling*(1+1e-7) {
			s.Fatalf("sample %d is %v, the ceiling %v", i, v, ceiling)
		}
		if math.Abs(want.samples[i])*math.Pow(10, 0.9) > ceiling {
			over++
		}
		// The gain is one for both channels, never above what was asked, and no sample changes its sign.
		if g := want.samples[i] * math.Pow(10, 0.9); math.Abs(v) > math.Abs(g)*(1+1e-6) || v*g < 0 {
			s.Fatalf("sample %d is %v, and was %v", i, v, g)
		}
		if i%2 == 1 && math.Abs(v*want.samples[i-1]-got.samples[i-1]*want.samples[i]) > 1e-7 {
			s.Fatalf("frame %d: the channels have gains of their own", i/2)
		}
	}
	if over < 1000 {
		s.Errorf("only %d samples were too loud", over)
	}
	// What is below the ceiling stays as it is.
	s.filtered("limit", params{"ceiling": -0.1}, s.wav(2), math.Inf(1), "anull")
	// One peak: the gain is lowest at it, and back after some time constants.
	r := s.run("audio.limit", params{"ceiling": -12, "release": 10, "bits": "float"}, s.python16(44100, "np.where(np.arange(44100) == 9000, .9, .1)"))
	peak := s.heard(r.Outputs[0].Bytes).samples
	s.within("the peak", 1e-4, peak[9000], math.Pow(10, -0.6))
	s.within("before it", 1e-6, peak[8500], 0.1)
	s.within("after it", 1e-4, peak[15000], 0.1)
	s.within("lowest", 0.01, s.figure(r, "lowest"), 20*math.Log10(math.Pow(10, -0.6)/0.9))
}

func audioDelay(s *stand) {
	for _, feedback := range []float64{0, 55} {
		s.judged("delay", params{"time": 120, "feedback": feedback, "dry": -3, "wet": -9, "tail": 0.5}, s.wav(2), 110, fmt.Sprintf(`
d = round(.12 * rate)
x = np.vstack([x, np.zeros((rate // 2, x.shape[1]))])
b, a = np.zeros(d + 1), np.zeros(d + 1)
b[d], a[0], a[d] = 1, 1, -%g
put(10 ** -.15 * x + 10 ** -.45 * sg.lfilter(b, a, x, axis=0))`, feedback/100))
	}
}

func audioChorus(s *stand) {
	s.judged("chorus", params{"voices": 3, "rate": 1.7, "delay": 15, "depth": 4, "mix": 60}, s.wav(2), 80, `
n = np.arange(len(x))
wet = 0
for v in range(3):
    d = (15 + 4 * np.sin(2 * np.pi * (1.7 * n / rate + v / 3))) * rate / 1000
    wet = wet + np.stack([np.interp(n - d, n, c, left=0) for c in x.T], axis=1) / 3
put(.4 * x + .6 * wet)`)
	s.refused("depth must be less", "audio.chorus", params{"delay": 1, "depth": 2}, s.wav(1))
}

func audioDistort(s *stand) {
	for kind, formula := range map[string]string{"soft": "np.tanh(d * x)", "hard": "np.clip(d * x, -1, 1)", "fold": "-sg.sawtooth(np.pi / 2 * (d * x - 1), .5)"} {
		s.judged("distort", params{"kind": kind, "drive": 15, "level": -4, "mix": 80}, s.wav(2), 100, "d = 10 ** .75\nput(.2 * x + .8 * 10 ** -.2 * ("+formula+"))")
	}
}

func audioReverb(s *stand) {
	impulse := s.python16(44100, "np.where(np.arange(441) == 0, 1, 0)")
	for _, seconds := range []float64{0.6, 2} {
		got := s.heard(s.output("audio.reverb", params{"seconds": seconds, "damping": 0, "before": 50, "mix": 100, "tail": 3, "bits": "float"}, impulse))
		if len(got.samples) != 441+3*44100 {
			s.Fatalf("%d samples", len(got.samples))
		}
		// Schroeder's backward integral, from -5 to -35 dB, makes the time for 60 dB.
		r := s.signals(got, "e = 10 * np.log10(np.cumsum(x[::-1, 0] ** 2)[::-1] / (x ** 2).sum() + 1e-12)\n"+
			"i, j = np.argmax(e < -5), np.argmax(e < -35)\nfirst = np.flatnonzero(np.abs(x) > 1e-6)[0]\n"+
			"put([2 * (j - i) / rate, first / rate, np.abs(x[:rate // 2]).max()])").samples
		s.within("time of reverberation", 0.12*seconds, r[0], seconds)
		s.within("pre-delay and the shortest comb", 0.001, r[1], 0.05+1116.0/44100)
		if r[2] > 1 || r[2] < 0.01 {
			s.Errorf("the loudest sample is %v", r[2])
		}
	}
	// With damping the highs are gone sooner.
	dull := s.signals(s.heard(s.output("audio.reverb", params{"seconds": 2, "damping": 60, "mix": 100, "bits": "float"}, impulse)),
		"late = x[22050:, 0]\nb = sg.butter(4, 5000, 'high', fs=rate, output='sos')\nput([(sg.sosfilt(b, late) ** 2).sum() / (late ** 2).sum()])").samples[0]
	if dull > 0.01 {
		s.Errorf("%v of the late power is above 5 kHz", dull)
	}
	s.filtered("reverb", params{"mix": 0, "tail": 0}, s.wav(2), math.Inf(1), "anull")
}

// tone is where a sound of one channel is loudest, in Hz, its level there and its level as a whole, from the
// middle half.
func (s *stand) tone(x sound) []float64 {
	s.Helper()
	return s.signals(x, "m = x[len(x) // 4:3 * len(x) // 4, 0]\np = np.abs(np.fft.rfft(m * np.hanning(len(m)), 1 << 20))\nk = np.argmax(p)\n"+
		"put([k * rate / (1 << 20), 4 * p[k] / len(m), np.sqrt(2 * (m ** 2).mean())])").samples
}

func audioStretch(s *stand) {
	file := s.sox("-r 44100 -b 16 -c 1 -t wav", "synth", "4", "sine", "437", "gain", "-6")
	for _, speed := range []float64{50, 80, 100, 125, 200, 400} {
		got := s.heard(s.output("audio.stretch", params{"speed": speed, "bits": "float"}, file))
		if want := int(math.Round(176400 * 100 / speed)); len(got.samples) != want {
			s.Errorf("%v %%: %d samples, want %d", speed, len(got.samples), want)
		}
		r := s.tone(got)
		s.within(fmt.Sprint("pitch at ", speed, " %"), 0.3, r[0], 437)
		s.within("level of the tone", 0.02, r[1], 0.5)
		s.within("level", 0.02, r[2], 0.5)
	}
	s.sounds("unchanged", 100, s.heard(s.output("audio.stretch", params{"bits": "float"}, s.wav(2))), s.heard(s.wav(2)))
	// Notes each half second come each 0.4 s at 125 %.
	notes := s.output("audio.stretch", params{"speed": 125, "bits": "float"}, s.python16(44100, "np.where(np.arange(176400) % 22050 < 6000, .8 * np.sin(np.arange(176400) * .07), 0)"))
	times := s.signals(s.heard(notes), "i = np.flatnonzero(np.abs(x[:, 0]) > .1)\nput(i[np.insert(np.diff(i) > 4000, 0, True)] / rate)").samples
	if len(times) != 8 {
		s.Fatalf("%d notes: %v", len(times), times)
	}
	for i, t := range times {
		s.within(fmt.Sprint("note ", i), 0.025, t, 0.4*float64(i))
	}
}

func audioPitch(s *stand) {
	file := s.sox("-r 44100 -b 16 -c 1 -t wav", "synth", "3", "sine", "437", "gain", "-6")
	for _, semitones := range []float64{-12, -5, 0.5, 7, 12, 24} {
		got := s.heard(s.output("audio.pitch", params{"semitones": semitones, "bits": "float"}, file))
		if n := len(got.samples); n < 132299 || n > 132301 {
			s.Errorf("%v semitones: %d samples", semitones, n)
		}
		r, want := s.tone(got), 437*math.Exp2(semitones/12)
		s.within(fmt.Sprint(semitones, " semitones"), 0.001*want, r[0], want)
		s.within("level", 0.03, r[2], 0.5)
	}
}

func audioSpatialise(s *stand) {
	noise := s.output("audio.generate", params{"kind": "white", "seconds": 1, "bits": "float", "rate": 96000})
	for _, azimuth := range []float64{-90, -30, 0, 45, 90, 150} {
		r := s.run("audio.spatialise", params{"azimuth": azimuth, "distance": 2, "bits": "float"}, noise)
		got := s.heard(r.Outputs[0].Bytes)
		// Woodworth's formula for a sphere: a (angle + sin angle) / c, with the angle from the middle.
		lateral := math.Asin(math.Sin(azimuth * math.Pi / 180))
		want := 0.0875 / 343 * (lateral + math.Sin(lateral))
		// In the highs, as the shadow of the head delays the lows, too.
		m := s.signals(got, "l, r = [np.fft.rfft(sg.sosfilt(sg.butter(4, 6000, 'high', fs=rate, output='sos'), c), 1 << 18) for c in x.T]\n"+
			"n = 1 << 20\nk = np.fft.irfft(l * np.conj(r), n)\nd = np.argmax(k)\nd = d - n if d > n // 2 else d\n"+
			"f, p = sg.welch(x.T, rate, nperseg=4096)\nhigh = (f > 8000) & (f < 20000)\n"+
			"put([d / 4 / rate, 10 * np.log10(p[1, high].mean() / p[0, high].mean())])").samples
		s.within(fmt.Sprint("told delay at ", azimuth), 0.5, s.figure(r, "delay"), want*1e6)
		s.within(fmt.Sprint("delay at ", azimuth), 12e-6, m[0], want)
		// The paper's shadow, (alpha s + b) / (s + b) with alpha = 1.05 + 0.95 cos(1.2 angle), the angle from each ear.
		power := func(angle float64) (sum float64) {
			alpha, b := 1.05+0.95*math.Cos(angle*1.2), 2*343/0.0875
			for f := 8000.0; f < 20000; f += 100 {
				w := 2 * math.Pi * f
				sum += (b*b + alpha*alpha*w*w) / (b*b + w*w)
			}
			return sum
		}
		s.within(fmt.Sprint("level of the highs at ", azimuth), 0.8, m[1], 10*math.Log10(power(math.Pi/2-lateral)/power(math.Pi/2+lateral)))
	}
	near, far := s.heard(s.output("audio.spatialise", params{"distance": 1, "bits": "float"}, noise)), s.heard(s.output("audio.spatialise", params{"distance": 4, "bits": "float"}, noise))
	for i, v := range near.samples {
		if math.Abs(v-4*far.samples[i]) > 1e-6 {
			s.Fatalf("sample %d: %v near, %v far", i, v, far.samples[i])
		}
	}
}

// gained is how many decibels nearer to the clean sound an op brings a spoilt one.
func (s *stand) gained(op string, p params, clean, spoilt []byte) float64 {
	s.Helper()
	all := params{"bits": "float"}
	for name, value := range p {
		all[name] = value
	}
	want := s.heard(clean)
	return s.snr(op, s.heard(s.output("audio."+op, all, spoilt)), want) - s.snr("spoilt", s.heard(spoilt), want)
}

func audioDenoise(s *stand) {
	music := "np.where(t < 1, 0, sum(.12 * np.sin(2 * np.pi * f * t) * np.exp(-2 * (t % 1)) for f in (220, 277, 330, 440, 880)))"
	head := "(lambda t: (%s) + %g * np.random.default_rng(3).standard_normal(len(t)))(np.arange(4 * 44100) / 44100)"
	clean, spoilt := s.python16(44100, fmt.Sprintf(head, music, 0.0)), s.python16(44100, fmt.Sprintf(head, music, 0.02))
	p := params{"noise_start": 0.1, "noise_end": 0.9}
	got := s.gained("denoise", p, clean, spoilt)
	// What sox's noisered makes of it, with the same stretch as its profile.
	dir := s.TempDir()
	s.tool(spoilt, "sox", "-t", "wav", "-", "-n", "trim", "0.1", "0.8", "noiseprof", dir+"/profile")
	theirs := s.heard(s.tool(spoilt, "sox", "-t", "wav", "-", "-e", "floating-point", "-b", "32", "-t", "wav", "-", "noisered", dir+"/profile", "0.3"))
	cut := func(x sound) sound { x.samples = x.samples[:min(len(x.samples), len(theirs.samples))]; return x } // sox leaves the end out
	sox := s.snr("sox", theirs, cut(s.heard(clean))) - s.snr("spoilt", cut(s.heard(spoilt)), cut(s.heard(clean)))
	s.Logf("nearer by %.1f dB, sox by %.1f", got, sox)
	if got < 8 || got < sox {
		s.Errorf("nearer by %.1f dB, sox by %.1f", got, sox)
	}
	// Noise alone becomes quieter by what was asked; no reduction changes nothing.
	quiet := s.signals(s.heard(s.output("audio.denoise", params{"noise_start": 0.1, "noise_end": 0.9, "reduction": 20, "strength": 8, "bits": "float"}, spoilt)), "put([10 * np.log10((x[9000:35000] ** 2).mean() / .0004)])").samples[0]
	s.within("noise alone", 1.5, quiet, -20)
	s.sounds("no reduction", 110, s.heard(s.output("audio.denoise", params{"reduction": 0, "bits": "float"}, s.wav(2))), s.heard(s.wav(2)))
	s.refused("noise_start and noise_end", "audio.denoise", params{"noise_start": 3, "noise_end": 3.01}, s.wav(1))
}

func audioDeclick(s *stand) {
	script := "(lambda r, t: sum(.15 * np.sin(2 * np.pi * f * t + f) for f in (196, 247, 392, 523, 1318)) + .002 * r.standard_normal(len(t)) + " +
		"%g * np.convolve(np.where(r.random(len(t)) < .0003, r.choice([-1, 1], len(t)), 0), [.8, -.6, .3, .1], 'same'))(np.random.default_rng(5), np.arange(3 * 44100) / 44100)"
	clean, spoilt := s.python16(44100, fmt.Sprintf(script, 0.0)), s.python16(44100, fmt.Sprintf(script, 0.7))
	got := s.gained("declick", nil, clean, spoilt)
	theirs := s.heard(spoilt, "aformat=sample_fmts=dblp", "adeclick")
	n := min(len(theirs.samples), 3*44100-8192)
	cut := func(x sound) sound { x.samples = x.samples[4096:n]; return x }
	ffmpeg := s.snr("ffmpeg", cut(theirs), cut(s.heard(clean))) - s.snr("spoilt", cut(s.heard(spoilt)), cut(s.heard(clean)))
	s.Logf("nearer by %.1f dB, ffmpeg by %.1f", got, ffmpeg)
	if got < 20 {
		s.Errorf("nearer by %.1f dB, ffmpeg by %.1f", got, ffmpeg)
	}
	r := s.run("audio.declick", params{"bits": "float"}, clean)
	if mended := s.figure(r, "mended"); mended > 2 {
		s.Errorf("%v clicks in a clean sound", mended)
	}
	s.sounds("a clean sound", 60, s.heard(r.Outputs[0].Bytes), s.heard(clean))
}
