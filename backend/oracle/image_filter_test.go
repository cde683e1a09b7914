package oracle

import (
	"fmt"
	"math"
)

func imageBlur(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(grains...)} {
		for _, radius := range []float64{2, 7.5} {
			s.samePicture("blur", params{"radius": radius}, picture, 2, "-virtual-pixel", "edge", "-blur", fmt.Sprintf("%gx%g", math.Ceil(4*radius), radius))
		}
	}
	picture := s.png(grains...)
	p := s.rgba(picture, "png:")
	for _, sigma := range []float64{0.5, 1, 50} { // ImageMagick's own curve is another for a small sigma
		got := s.rgba(s.output("image.blur", params{"radius": sigma}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.gaussian_filter(a[..., c], %g, mode='nearest', truncate=4) for c in range(4)], -1))", sigma))
		s.closePictures(fmt.Sprint("gaussian ", sigma), 1, got, rgba{p.w, p.h, want})
	}
	for _, radius := range []int{1, 5, 40} {
		got := s.rgba(s.output("image.blur", params{"method": "box", "radius": radius}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.uniform_filter(a[..., c], %d, mode='nearest') for c in range(4)], -1))", 2*radius+1))
		s.closePictures(fmt.Sprint("box ", radius), 1, got, rgba{p.w, p.h, want})
	}
}

func imageUnsharp(s *stand) {
	picture := s.png(grains...)
	p := s.rgba(picture, "png:")
	for _, c := range [][3]float64{{1, 100, 0}, {2.5, 60, 0}, {1, 150, 20}} {
		got := s.rgba(s.output("image.unsharp", params{"radius": c[0], "amount": c[1], "threshold": c[2]}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("b = np.stack([nd.gaussian_filter(a[..., c], %g, mode='nearest', truncate=4) for c in range(4)], -1)\n"+
			"d = a - b\nput(np.where(abs(d) < %g, a, a + %g * d))", c[0], c[2], c[1]/100))
		s.closePictures(fmt.Sprint("unsharp ", c), 1, got, rgba{p.w, p.h, want})
	}
	smooth := s.png(plasma...)
	s.samePicture("unsharp", params{"radius": 1.5, "amount": 80}, smooth, 3, "-virtual-pixel", "edge", "-unsharp", "6x1.5+0.8+0")
}

func imageMedian(s *stand) {
	picture := s.png(append(glass, "-attenuate", "2", "+noise", "Impulse")...)
	p := s.rgba(picture, "png:")
	for _, radius := range []int{1, 4, 20} {
		got := s.rgba(s.output("image.median", params{"radius": radius}, picture), "png:")
		want := s.numpy(p, fmt.Sprintf("put(np.stack([nd.median_filter(a[..., c], %d, mode='nearest') for c in range(4)], -1))", 2*radius+1))
		s.closePictures(fmt.Sprint("median ", radius), 0, got, rgba{p.w, p.h, want})
	}
}

func imageEdges(s *stand) {
	picture := s.png(plasma...)
	p := s.rgba(picture, "png:")
	got := s.rgba(s.output("image.edges", nil, picture), "png:")
	want := s.numpy(p, "put(np.hypot(nd.sobel(luma, 0, mode='nearest'), nd.sobel(luma, 1, mode='nearest')))")
	s.closePictures("sobel", 0, got, grey(p.w, p.h, want))

	// Canny, where edges are sure: each line of ours is beside one of ImageMagick's, and back.
	shapes := s.png("-size", "120x90", "xc:black", "-fill", "white", "-draw", "rectangle 20,15 60,70", "-fill", "gray", "-draw", "circle 85,45 85,20", "-depth", "8")
	ours := s.rgba(s.output("image.edges", params{"method": "canny", "low": 60, "high": 120}, shapes), "png:")
	theirs := s.rgba(shapes, "png:", "-canny", "0x1.4+5%+15%", "-alpha", "off")
	script := "e = luma > 127\nh = len(e) // 2\np, q = e[:h], e[h:]\n" +
		"near = lambda m: nd.binary_dilation(m, np.ones((3, 3)))\n" +
		"print(p.sum(), (p & near(q)).sum() / p.sum(), (q & near(p)).sum() / q.sum())"
	var lines int
	var found, covered float64
	answer := s.numpy(rgba{ours.w, 2 * ours.h, append(ours.pix, theirs.pix...)}, script)
	if n, err := fmt.Sscan(string(answer), &lines, &found, &covered); n != 3 || lines < 200 || found < 0.95 || covered < 0.95 {
		s.Errorf("%s, %v", answer, err)
	}
	s.refused("low is 9, above high, 5", "image.edges", params{"method": "canny", "low": 9, "high": 5}, shapes)
}
