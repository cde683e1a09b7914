package oracle

import (
	"fmt"
)

func imageCurves(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		p := s.rgba(picture, "png:")
		for _, points := range []string{"0,0 255,255", "0,255 255,0", "0,0 64,40 128,150 192,220 255,255", "20,0 100,30 101,200 230,255", "0,90 100,10 200,240"} {
			for channel, mask := range map[string]string{"all": "0, 1, 2", "green": "1"} {
				got := s.rgba(s.output("image.curves", params{"points": points, "channel": channel}, picture), "png:")
				want := s.numpy(p, fmt.Sprintf(`from scipy.interpolate import PchipInterpolator
x, y = np.array([p.split(",") for p in %q.split()], float).T
c = [%s]
a[..., c] = PchipInterpolator(x, y)(np.clip(a[..., c], x[0], x[-1]))
put(a)`, points, mask))
				s.closePictures(points+" "+channel, 1, got, rgba{p.w, p.h, want})
			}
		}
	}
	for points, words := range map[string]string{"": "0 points", "1,1": "1 points", "0,0 0,5": "to the right", "a,b 3,4": "no pair", "0,0 1,999": "no pair", "0,nan 1,9": "no pair"} {
		s.refused(words, "image.curves", params{"points": points}, s.png(plasma...))
	}
}

func imageAutoLevel(s *stand) {
	flat := append(plasma[:len(plasma):len(plasma)], "-channel", "R", "-level", "-20%,140%", "-channel", "GB", "-level", "-50%,120%", "+channel")
	picture := s.png(flat...)
	s.samePicture("auto_level", nil, picture, 1, "-auto-level")
	s.samePicture("auto_level", params{"each": true}, picture, 1, "-channel", "R", "-auto-level", "-channel", "G", "-auto-level", "-channel", "B", "-auto-level")
	p := s.rgba(picture, "png:")
	for _, clip := range []float64{0, 0.5, 10} {
		for each, axis := range map[bool]string{true: "(0, 1)", false: "None"} {
			got := s.rgba(s.output("image.auto_level", params{"clip": clip, "each": each}, picture), "png:")
			want := s.numpy(p, fmt.Sprintf(`v = np.sort(a[..., :3].reshape(-1, 3), 0)
k = int(len(v) * %g)
lo, hi = v[k], v[len(v) - 1 - k]
if %s is None: lo, hi = lo.min(), hi.max()
a[..., :3] = (a[..., :3] - lo) / (hi - lo) * 255
put(a)`, clip/100, axis))
			s.closePictures(fmt.Sprint("clip ", clip, each), 1, got, rgba{p.w, p.h, want})
		}
	}
	s.samePicture("auto_level", nil, s.png("-size", "9x9", "xc:#406080", "-depth", "8", "-grayscale", "Rec709Luma"), 0)
}

func imageEqualise(s *stand) {
	dull := append(plasma[:len(plasma):len(plasma)], "-resize", "240x160!", "+level", "30%,70%")
	for _, picture := range [][]byte{s.png(dull...), s.png(append(dull, "-colorspace", "Gray")...)} {
		p := s.rgba(picture, "png:")
		for _, c := range []struct {
			method string
			tiles  int
			limit  float64
		}{{"whole", 1, 0}, {"tiles", 8, 2}, {"tiles", 3, 5}, {"tiles", 1, 1.5}, {"tiles", 64, 100}} {
			settings := params{"method": c.method, "tiles": c.tiles}
			if c.method == "tiles" {
				settings["limit"] = c.limit
			}
			got := s.rgba(s.output("image.equalise", settings, picture), "png:")
			want := s.numpy(p, fmt.Sprintf(`n, limit = %d, %g or np.inf
H, W = luma.shape
ey, ex = np.arange(n + 1) * H // n, np.arange(n + 1) * W // n
maps = np.zeros((n, n, 256))
for i in range(n):
    for j in range(n):
        t = luma[ey[i]:ey[i + 1], ex[j]:ex[j + 1]].astype(int).ravel()
        h = np.bincount(t, minlength=256).astype(float)
        top = max(1, limit * t.size / 256)
        over = np.maximum(h - top, 0).sum()
        maps[i, j] = np.cumsum(np.minimum(h, top) + over / 256) / t.size * 255
cy, cx = (ey[:-1] + ey[1:] - 1) / 2, (ex[:-1] + ex[1:] - 1) / 2
fy, fx = np.interp(np.arange(H), cy, np.arange(n)), np.interp(np.arange(W), cx, np.arange(n))
y0, x0 = np.minimum(fy.astype(int), max(n - 2, 0)), np.minimum(fx.astype(int), max(n - 2, 0))
y1, x1 = np.minimum(y0 + 1, n - 1), np.minimum(x0 + 1, n - 1)
wy, wx = (fy - y0)[:, None], (fx - x0)[None]
v = luma.astype(int)
m = lambda y, x: maps[y[:, None], x[None], v]
new = (m(y0, x0) * (1 - wx) + m(y0, x1) * wx) * (1 - wy) + (m(y1, x0) * (1 - wx) + m(y1, x1) * wx) * wy
a[..., :3] += (new - luma)[..., None]
put(a)`, c.tiles, c.limit))
			s.closePictures(fmt.Sprint(c), 1, got, rgba{p.w, p.h, want})
		}
	}
	picture := s.png(append(dull, "-grayscale", "Rec709Luma")...)
	whole := s.rgba(s.output("image.equalise", params{"method": "whole"}, picture), "png:")
	s.alike("equalize", 30, whole, s.rgba(picture, "png:", "-equalize"))
}

func imageTemperature(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		p := s.rgba(picture, "png:")
		for _, kelvin := range []float64{4000, 6504, 25000} {
			got := s.rgba(s.output("image.temperature", params{"kelvin": kelvin}, picture), "png:")
			// Colours as CIE XYZ, scaled by Bradford's cones between two whites of the daylight series.
			want := s.numpy(p, fmt.Sprintf(`def white(T):
    if T <= 7000: x = -4.6070e9 / T**3 + 2.9678e6 / T**2 + 0.09911e3 / T + 0.244063
    else: x = -2.0064e9 / T**3 + 1.9018e6 / T**2 + 0.24748e3 / T + 0.237040
    y = -3 * x * x + 2.870 * x - 0.275
    return np.array([x / y, 1, (1 - x - y) / y])
prim = np.array([[.64, .33, .03], [.30, .60, .10], [.15, .06, .79]]).T
d65 = np.array([.3127 / .3290, 1, (1 - .3127 - .3290) / .3290])
M = prim * np.linalg.solve(prim, d65)
B = np.array([[.8951, .2664, -.1614], [-.7502, 1.7135, .0367], [.0389, -.0685, 1.0296]])
A = np.linalg.inv(B) @ np.diag((B @ white(%g)) / (B @ white(6504))) @ B
v = a[..., :3] / 255
lin = np.where(v <= .04045, v / 12.92, ((v + .055) / 1.055) ** 2.4)
lin = np.clip(lin @ (np.linalg.inv(M) @ A @ M).T, 0, 1)
a[..., :3] = np.where(lin <= .0031308, 12.92 * lin, 1.055 * lin ** (1 / 2.4) - .055) * 255
put(a)`, kelvin))
			s.closePictures(fmt.Sprint(kelvin, " K"), 1, got, rgba{p.w, p.h, want})
		}
	}
}
