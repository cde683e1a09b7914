package oracle

import (
	"fmt"
	"slices"
	"strings"
)

func imageDither(s *stand) {
	for what, picture := range map[string][]byte{"plasma": s.png(plasma...), "glass": s.png(glass...), "grey": s.png(append(grains, "-grayscale", "Rec709Luma")...)} {
		p := s.rgba(picture, "png:")
		for _, levels := range []int{2, 5, 64} {
			got := s.rgba(s.output("image.dither", params{"levels": levels}, picture), "png:")
			want := s.numpy(p, fmt.Sprintf(`n = 255 / (%d - 1)
H, W = luma.shape
for c in range(3):
    v = np.pad(a[..., c], 1)
    for y in range(1, H + 1):
        for x in range(1, W + 1):
            old = min(max(v[y, x], 0), 255)
            new = np.rint(np.floor(old / n + .5) * n)
            off, v[y, x] = (old - new) / 16, new
            v[y, x + 1] += off * 7
            v[y + 1, x - 1] += off * 3
            v[y + 1, x] += off * 5
            v[y + 1, x + 1] += off
    a[..., c] = v[1:-1, 1:-1]
put(a)`, levels))
			s.closePictures(fmt.Sprint(what, " Floyd and Steinberg ", levels), 0, got, rgba{p.w, p.h, want})
			got = s.rgba(s.output("image.dither", params{"levels": levels, "method": "bayer"}, picture), "png:")
			want = s.numpy(p, fmt.Sprintf(`n = 255 / (%d - 1)
b = np.array([[0]])
while len(b) < 8: b = np.block([[4 * b, 4 * b + 2], [4 * b + 3, 4 * b + 1]])
H, W = luma.shape
t = np.tile(b, (H // 8 + 1, W // 8 + 1))[:H, :W, None]
a[..., :3] = np.clip(np.floor((a[..., :3] + ((t + .5) / 64 - .5) * n) / n + .5), 0, 255 / n) * n
put(a)`, levels))
			s.closePictures(fmt.Sprint(what, " Bayer ", levels), 0, got, rgba{p.w, p.h, want})
		}
	}
}

func imageQuantise(s *stand) {
	for what, picture := range map[string][]byte{"plasma": s.png(plasma...), "glass": s.png(glass...), "grey": s.png(append(plasma, "-grayscale", "Rec709Luma")...)} {
		for _, count := range []int{2, 16, 256} {
			r := s.run("image.quantise", params{"count": count, "dither": false}, picture)
			theirs := s.rgba(picture, "png:", "+dither", "-channel", "RGB", "-colors", fmt.Sprint(count))
			if what == "glass" { // there it counts opacities as colours
				theirs = s.rgba(picture, "png:")
				opaque := s.rgba(picture, "png:", "-alpha", "off", "+dither", "-colors", fmt.Sprint(count))
				for i := range theirs.pix {
					if i%4 != 3 {
						theirs.pix[i] = opaque.pix[i]
					}
				}
			}
			plain, spread := s.rgba(r.Outputs[0].Bytes, "png:"), s.rgba(s.output("image.quantise", params{"count": count}, picture), "png:")
			p := s.rgba(picture, "png:")
			path := s.onDisk("palette.png", s.magick(r.Outputs[0].Bytes, "png:-", "-alpha", "off", "png:-"))
			remapped := s.rgba(picture, "png:", "-alpha", "off", "-dither", "FloydSteinberg", "-remap", path)
			all := rgba{p.w, 5 * p.h, slices.Concat(p.pix, plain.pix, spread.pix, theirs.pix, remapped.pix)}
			var colours, both int
			var nearest, opacity bool
			var off, theirOff, blurred, spreadBlurred, theirBlurred float64
			answer := string(s.numpy(all, `p, q, d, m, w = np.split(a[..., :3], 5)
c = np.unique(q.reshape(-1, 3), axis=0)
near = ((p[..., None, :] - c) ** 2).sum(-1).min(-1)
both = len(np.unique(np.concatenate([q, d]).reshape(-1, 3), axis=0))
f = lambda x: nd.gaussian_filter(x, (2, 2, 0))
o = np.split(a[..., 3], 5)
print(len(c), both, (((p - q) ** 2).sum(-1) == near).all(), (o[0] == o[1]).all() and (o[0] == o[2]).all(),
      ((p - q) ** 2).mean(), ((p - m) ** 2).mean(), ((f(p) - f(q)) ** 2).mean(), ((f(p) - f(d)) ** 2).mean(), ((f(p) - f(w)) ** 2).mean())`))
			answer = strings.NewReplacer("True", "true", "False", "false").Replace(answer)
			if n, err := fmt.Sscan(answer, &colours, &both, &nearest, &opacity, &off, &theirOff, &blurred, &spreadBlurred, &theirBlurred); n != 9 {
				s.Fatal(answer, err)
			}
			palette := int(s.figure(r, "colours"))
			if colours > palette || both > palette || palette > count || !nearest || !opacity {
				s.Errorf("%s, %d: palette %d, colours %s", what, count, palette, answer)
			}
			if off > theirOff*1.05+0.5 {
				s.Errorf("%s, %d: off by %v, ImageMagick by %v", what, count, off, theirOff)
			}
			// From afar a dithered picture is as near to the original as ImageMagick's with the same palette.
			if spreadBlurred > theirBlurred*1.1+0.5 || count == 16 && spreadBlurred > blurred {
				s.Errorf("%s, %d: blurred it is off by %v, without dither by %v, ImageMagick's by %v", what, count, spreadBlurred, blurred, theirBlurred)
			}
		}
	}
}

func imageDuplicates(s *stand) {
	a, b, c := s.png(append(plasma, "-resize", "320x240!")...), s.png("-seed", "99", "-size", "320x240", "plasma:fractal"), s.png("-seed", "5", "-size", "240x240", "plasma:fractal")
	small := s.magick(a, "png:-", "-resize", "50%", "-quality", "60", "jpeg:-")
	brighter := s.magick(b, "png:-", "-modulate", "110", "webp:-")
	pictures := [][]byte{a, b, small, c, brighter}
	r := s.run("image.duplicates", nil, pictures...)
	lines := strings.Split(strings.TrimSpace(string(r.Outputs[0].Bytes)), "\n")
	if len(lines) != 3 || lines[0] != "first,second,distance" || !strings.HasPrefix(lines[1], "1,3,") || !strings.HasPrefix(lines[2], "2,5,") || s.figure(r, "pairs") != 2 {
		s.Errorf("%q", lines)
	}
	// Each distance is that of two fingerprints, which have a proof of their own.
	all := strings.Split(strings.TrimSpace(string(s.output("image.duplicates", params{"distance": 32, "method": "difference"}, pictures...))), "\n")
	for _, line := range all[1:] {
		var i, j, d int
		if _, err := fmt.Sscanf(line, "%d,%d,%d", &i, &j, &d); err != nil {
			s.Fatal(line, err)
		}
		if got := s.figure(s.run("image.hash", params{"method": "difference"}, pictures[i-1], pictures[j-1]), "distance"); int(got) != d {
			s.Errorf("%s, want %v", line, got)
		}
	}
}
