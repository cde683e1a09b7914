package oracle

import (
	"fmt"
	"strconv"
	"strings"
)

func imagePerspective(s *stand) {
	for _, picture := range [][]byte{s.png(append(plasma, "-blur", "0x1")...), s.png(append(glass, "-blur", "0x1")...)} {
		p := s.rgba(picture, "png:")
		for _, c := range []struct {
			corners string
			w, h    int
		}{
			{"0,0 97,0 97,61 0,61", 97, 61}, {"12,10 80,5 90,55 5,50", 70, 40}, {"40,5 90,30 50,58 8,30", 50, 50}, {"-10,-5 120,0 97,61 0,70", 60, 60},
		} {
			got := s.rgba(s.output("image.perspective", params{"corners": c.corners, "width": c.w, "height": c.h}, picture), "png:")
			want := s.numpy(p, fmt.Sprintf(`q = np.array([p.split(",") for p in %q.split()], float)
W, H = %d, %d
r = np.array([[0, 0], [W, 0], [W, H], [0, H]], float)
A = np.array([[x, y, 1, 0, 0, 0, -u * x, -u * y] for (x, y), (u, v) in zip(r, q)] + [[0, 0, 0, x, y, 1, -v * x, -v * y] for (x, y), (u, v) in zip(r, q)])
m = np.append(np.linalg.solve(A, np.concatenate([q[:, 0], q[:, 1]])), 1).reshape(3, 3)
x, y = np.meshgrid(np.arange(W) + .5, np.arange(H) + .5)
X, Y, Z = m @ np.stack([x.ravel(), y.ravel(), np.ones(W * H)])
at = [(Y / Z - .5).reshape(H, W), (X / Z - .5).reshape(H, W)]
o = nd.map_coordinates(a[..., 3], at, order=1, mode='nearest')
put(np.dstack([nd.map_coordinates(a[..., c] * a[..., 3], at, order=1, mode='nearest') / np.maximum(o, 1e-9) for c in range(3)] + [o]))`, c.corners, c.w, c.h))
			s.closePictures(c.corners, 1, got, rgba{c.w, c.h, want})
		}
	}
	picture := s.png(append(plasma, "-blur", "0x1")...)
	got := s.rgba(s.output("image.perspective", params{"corners": "12,10 80,5 90,55 5,50"}, picture), "png:")
	if got.w != 85 || got.h != 51 { // the longer ones of 68.2 and 85.1, 40.6 and 51.0
		s.Errorf("%d x %d", got.w, got.h)
	}
	theirs := s.rgba(picture, "png:", "-virtual-pixel", "edge", "-define", "distort:viewport=85x51+0+0", "-filter", "point", "-interpolate", "bilinear",
		"-distort", "Perspective", "12,10 0,0 80,5 85,0 90,55 85,51 5,50 0,51")
	s.alike("as ImageMagick", 38, got, theirs)
	for corners, words := range map[string]string{"": "four points", "1,2 3,4": "four points", "0,0 9,0 9,9 0,9 5,5": "four points", "0,0 9,0 0,9 9,9": "without a dent", "0,0 5,0 9,0 0,9": "without a dent", "nan,0 9,0 9,9 0,9": "four points"} {
		s.refused(words, "image.perspective", params{"corners": corners}, picture)
	}
}

func imageSmartCrop(s *stand) {
	wide := s.png("-size", "300x100", "xc:gray40", "(", "-seed", "5", "-size", "60x60", "plasma:fractal", ")", "-geometry", "+200+20", "-composite", "-depth", "8")
	tall := s.png("-size", "80x250", "xc:gray40", "(", "-seed", "5", "-size", "60x60", "plasma:fractal", ")", "-geometry", "+10+30", "-composite", "-depth", "8")
	for what, c := range map[string]struct {
		picture []byte
		w, h    int
	}{"wide": {wide, 50, 50}, "tall": {tall, 60, 40}, "lively": {s.png(plasma...), 20, 30}, "flat": {s.png("-size", "90x40", "xc:red", "-depth", "8"), 10, 10}} {
		r := s.run("image.smart_crop", params{"width": c.w, "height": c.h}, c.picture)
		p := s.rgba(c.picture, "png:")
		answer := strings.Fields(string(s.numpy(p, fmt.Sprintf(`w, h = %d, %d
H, W = luma.shape
k = min(W / w, H / h)
cw, ch = round(w * k), round(h * k)
e = np.minimum(np.rint(np.hypot(nd.sobel(luma, 0, mode='nearest'), nd.sobel(luma, 1, mode='nearest'))), 255)
def best(v, n):
    sums = [v[i:i + n].sum() for i in range(len(v) - n + 1)]
    return min(range(len(sums)), key=lambda i: (-sums[i], abs(2 * i - (len(v) - n))))
print(best(e.sum(0), cw), best(e.sum(1), ch), cw, ch)`, c.w, c.h))))
		if x, y := s.figure(r, "x"), s.figure(r, "y"); strconv.Itoa(int(x)) != answer[0] || strconv.Itoa(int(y)) != answer[1] {
			s.Errorf("%s: the part is at %v, %v; want %v", what, x, y, answer)
		}
		want := s.rgba(c.picture, "png:", "-crop", fmt.Sprintf("%sx%s+%s+%s", answer[2], answer[3], answer[0], answer[1]), "+repage",
			"-filter", "Lanczos", "-resize", fmt.Sprintf("%dx%d!", c.w, c.h))
		s.alike(what, 34, s.rgba(r.Outputs[0].Bytes, "png:"), want)
	}
}

func imageMorphology(s *stand) {
	methods := []string{"erode", "dilate", "open", "close", "gradient", "top_hat", "bottom_hat"}
	for what, picture := range map[string][]byte{"grains": s.png(grains...), "glass": s.png(glass...)} {
		p := s.rgba(picture, "png:")
		for _, c := range []struct {
			shape  string
			radius int
		}{{"square", 1}, {"square", 5}, {"disk", 1}, {"disk", 2}, {"disk", 12}} {
			want := s.numpy(p, fmt.Sprintf(`r = %d
y, x = np.mgrid[-r:r + 1, -r:r + 1]
f = np.ones((2 * r + 1, 2 * r + 1), bool) if %q == "square" else x * x + y * y <= r * r
a = a.astype(np.uint8)
d = lambda v: np.stack([nd.grey_dilation(v[..., c], footprint=f, mode='constant', cval=0) for c in range(4)], -1)
e = lambda v: np.stack([nd.grey_erosion(v[..., c], footprint=f, mode='constant', cval=255) for c in range(4)], -1)
small, large = e(a), d(a)
opened, closed = d(small), e(large)
for o in small, large, opened, closed: put(o)
for o in large - small, a - opened, closed - a:
    o[..., 3] = a[..., 3]
    put(o)`, c.radius, c.shape))
			for i, method := range methods {
				got := s.rgba(s.output("image.morphology", params{"method": method, "shape": c.shape, "radius": c.radius}, picture), "png:")
				s.closePictures(fmt.Sprint(what, method, c), 0, got, rgba{p.w, p.h, want[i*len(p.pix):][:len(p.pix)]})
			}
		}
	}
	s.samePicture("morphology", params{"method": "dilate", "radius": 2}, s.png(grains...), 0, "-morphology", "Dilate", "Square:2")
}

func imageSharpen(s *stand) {
	for _, picture := range [][]byte{s.png(grains...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		for _, amount := range []float64{0, 40, 100, 500} {
			q := amount / 400
			kernel := fmt.Sprintf("3x3: 0,%[1]g,0 %[1]g,%[2]g,%[1]g 0,%[1]g,0", -q, 1+4*q)
			s.samePicture("sharpen", params{"amount": amount}, picture, 1, "-virtual-pixel", "edge", "-channel", "RGB", "-morphology", "Convolve", kernel)
		}
	}
}

func imageBilateral(s *stand) {
	for what, picture := range map[string][]byte{"plasma": s.png(append(plasma, "-attenuate", "0.4", "+noise", "Gaussian")...), "glass": s.png(glass...), "grey": s.png(append(grains, "-colorspace", "Gray")...)} {
		p := s.rgba(picture, "png:")
		for _, c := range [][2]float64{{0.5, 10}, {2, 25}, {4, 80}} {
			got := s.rgba(s.output("image.bilateral", params{"space": c[0], "colour": c[1]}, picture), "png:")
			channels := map[bool]int{true: 1, false: 3}[what == "grey"]
			want := s.numpy(p, fmt.Sprintf(`s, k = %g, %g
r = int(np.ceil(2 * s))
v = a[..., :%d]
q = np.pad(v, ((r, r), (r, r), (0, 0)), 'edge')
H, W = luma.shape
n, t = 0, 0
for dy in range(-r, r + 1):
    for dx in range(-r, r + 1):
        o = q[r + dy:r + dy + H, r + dx:r + dx + W]
        g = np.exp(-(dx * dx + dy * dy) / (2 * s * s) - ((o - v) ** 2).sum(-1) / (2 * k * k))[..., None]
        n, t = n + g * o, t + g
a[..., :3] = n / t
put(a)`, c[0], c[1], channels))
			s.closePictures(fmt.Sprint(what, c), 1, got, rgba{p.w, p.h, want})
		}
	}
}
