package oracle

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func imageHistogram(s *stand) {
	picture := s.png(plasma...)
	r := s.run("image.histogram", nil, picture)
	p := s.rgba(picture, "png:")
	want := s.numpy(p, `n = lambda x: np.bincount(x.astype(int).ravel(), minlength=256)
rows = np.stack([np.arange(256)] + [n(a[..., c]) for c in range(3)] + [n(luma)], -1)
print("value,red,green,blue,grey")
for row in rows: print(",".join(map(str, row)))`)
	if got := r.Outputs[0].Bytes; !bytes.Equal(got, want) {
		s.Errorf("%s\nwant\n%s", got, want)
	}
	var figures [5]float64
	answer := string(s.numpy(p, "print(luma.mean(), luma.std(), luma.min(), luma.max(), np.sort(luma.ravel())[(luma.size - 1) // 2])"))
	_, _ = fmt.Sscan(answer, &figures[0], &figures[1], &figures[2], &figures[3], &figures[4])
	for i, name := range []string{"mean", "deviation", "min", "max", "median"} {
		if got := s.figure(r, name); math.Abs(got-figures[i]) > 1e-9 {
			s.Errorf("%s is %v, want %v", name, got, figures[i])
		}
	}
}

func imageCompare(s *stand) {
	a := s.png(plasma...)
	folder := s.TempDir()
	for name, b := range map[string][]byte{
		"blurred": s.png(append(plasma, "-blur", "0x1")...), "noisy": s.png(append(plasma, "-attenuate", "0.3", "+noise", "Gaussian")...), "grey": s.png("-size", "97x61", "xc:gray", "-depth", "8"),
	} {
		r := s.run("image.compare", nil, a, b)
		one, other := filepath.Join(folder, "a.png"), filepath.Join(folder, name+".png")
		if os.WriteFile(one, a, 0o600) != nil || os.WriteFile(other, b, 0o600) != nil {
			s.Fatal("cannot write to a temporary folder")
		}
		// compare ends with 1 where pictures differ, and tells its figure as an error.
		script := `import subprocess, sys
for m in "PSNR", "AE": print(subprocess.run(["compare", "-metric", m, *sys.argv[1:], "null:"], stderr=subprocess.PIPE, text=True).stderr)`
		var psnr, differing float64
		_, _ = fmt.Sscan(string(s.tool(nil, "/usr/bin/python3", "-c", script, one, other)), &psnr, &differing)
		if got := s.figure(r, "psnr"); math.Abs(got-psnr) > 0.01 {
			s.Errorf("%s: %v dB, want %v", name, got, psnr)
		}
		if got := s.figure(r, "differing"); got != differing {
			s.Errorf("%s: %v pixels differ, want %v", name, got, differing)
		}
		p, q := s.rgba(a, "png:"), s.rgba(b, "png:")
		want := s.numpy(rgba{p.w, 2 * p.h, append(p.pix, q.pix...)}, `x, y = luma[:61], luma[61:]
g = lambda v: nd.gaussian_filter(v, 1.5, truncate=5 / 1.5)
m, n = g(x), g(y)
v, w, c = g(x * x) - m * m, g(y * y) - n * n, g(x * y) - m * n
C, D = (0.01 * 255) ** 2, (0.03 * 255) ** 2
s = (2 * m * n + C) * (2 * c + D) / ((m * m + n * n + C) * (v + w + D))
d = (a[:61] - a[61:])[..., :3]
print(s[5:-5, 5:-5].mean(), (d * d).mean(), abs(d).mean(), abs(d).max())`)
		var figures [4]float64
		_, _ = fmt.Sscan(string(want), &figures[0], &figures[1], &figures[2], &figures[3])
		for i, figure := range []string{"ssim", "mse", "mae", "largest"} {
			if got := s.figure(r, figure); math.Abs(got-figures[i]) > 1e-4 {
				s.Errorf("%s: %s is %v, want %v", name, figure, got, figures[i])
			}
		}
	}
	r := s.run("image.compare", nil, a, s.magick(nil, append(plasma, "bmp:-")...))
	if psnr, ssim := s.figure(r, "psnr"), s.figure(r, "ssim"); !math.IsInf(psnr, 1) || math.Abs(ssim-1) > 1e-9 {
		s.Errorf("of the same: %v dB, %v", psnr, ssim)
	}
	s.refused("97 x 61 and 5 x 5", "image.compare", nil, a, s.png("-size", "5x5", "xc:red"))
}

func imageHash(s *stand) {
	for i, args := range [][]string{append(plasma, "-resize", "320x240!"), {"-seed", "11", "-size", "200x300", "plasma:fractal", "-depth", "8"}, append(plasma, "-blur", "0x6", "-resize", "500x500!")} {
		picture := s.png(args...)
		for method, script := range map[string]string{
			"perceptual": "32x32!", "difference": "9x8!", "average": "8x8!",
		} {
			small := s.rgba(picture, "png:", "-grayscale", "Rec709Luma", "-filter", "Box", "-resize", script)
			want := s.numpy(small, map[string]string{
				"perceptual": "import scipy.fft as f\nt = f.dct(f.dct(a[..., 0], axis=0), axis=1)[:8, :8]\nb = t > np.median(t)\n",
				"difference": "b = a[:, 1:, 0] > a[:, :-1, 0]\n",
				"average":    "b = a[..., 0] > a[..., 0].mean()\n",
			}[method]+"print('%016x' % int(''.join('01'[int(x)] for x in b.ravel()), 2))")
			got := string(s.output("image.hash", params{"method": method}, picture))
			ours, err := strconv.ParseUint(strings.TrimSpace(got), 16, 64)
			theirs, wrong := strconv.ParseUint(strings.TrimSpace(string(want)), 16, 64)
			// The small picture is rounded, so that values beside the limit may fall to either side.
			if err != nil || wrong != nil || ones(ours^theirs) > 3 {
				s.Errorf("picture %d, %s: %s, want %s", i, method, got, want)
			}
		}
	}
	photo, other := s.png(append(plasma, "-resize", "320x240!")...), s.png("-seed", "99", "-size", "320x240", "plasma:fractal")
	smaller := s.magick(photo, "png:-", "-resize", "50%", "-quality", "60", "jpeg:-")
	near, far := s.run("image.hash", nil, photo, smaller), s.run("image.hash", nil, photo, other)
	if n, f := s.figure(near, "distance"), s.figure(far, "distance"); n > 6 || f < 16 {
		s.Errorf("the same picture smaller: %v bits, another: %v", n, f)
	}
}

func ones(bits uint64) int { return strings.Count(strconv.FormatUint(bits, 2), "1") }

func imageColours(s *stand) {
	flag := s.png("-size", "100x50", "xc:#ce2b37", "-fill", "#009246", "-draw", "rectangle 0,0 19,49", "-fill", "#f1f2f1", "-draw", "rectangle 20,0 49,49", "-depth", "8")
	want := "colour,share\n#ce2b37,0.500000\n#f1f2f1,0.300000\n#009246,0.200000\n"
	r := s.run("image.colours", params{"count": 8}, flag)
	if got := string(r.Outputs[0].Bytes); got != want || s.figure(r, "colours") != 3 {
		s.Errorf("%q", got)
	}
	// Of a lively picture: no worse than ImageMagick's palette, by the mean square of what is off.
	picture := s.png(plasma...)
	table := strings.Split(strings.TrimSpace(string(s.output("image.colours", params{"count": 6}, picture))), "\n")[1:]
	error2 := func(colours []string) float64 {
		answer := s.numpy(s.rgba(picture, "png:"), fmt.Sprintf("c = np.array([[int(h[i:i+2], 16) for i in (0, 2, 4)] for h in %q.split()])\n"+
			"print(((a[..., None, :3] - c) ** 2).sum(-1).min(-1).mean())", strings.Join(colours, " ")))
		value, err := strconv.ParseFloat(strings.TrimSpace(string(answer)), 64)
		if err != nil {
			s.Fatal(err)
		}
		return value
	}
	var ours, theirs []string
	for _, row := range table {
		ours = append(ours, row[1:7])
	}
	palette := s.magick(picture, "png:-", "+dither", "-colors", "6", "-unique-colors", "-depth", "8", "rgb:-")
	for i := 0; i+3 <= len(palette); i += 3 {
		theirs = append(theirs, fmt.Sprintf("%x", palette[i:i+3]))
	}
	if o, t := error2(ours), error2(theirs); len(ours) != 6 || o > t*1.05 {
		s.Errorf("%d colours, off by %v, ImageMagick's by %v", len(ours), o, t)
	}
}
