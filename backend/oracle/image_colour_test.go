package oracle

import (
	"fmt"
	"strconv"
)

func imageGrayscale(s *stand) {
	s.samePicture("grayscale", nil, s.png(plasma...), 1, "-grayscale", "Rec709Luma")
	s.samePicture("grayscale", nil, s.png(glass...), 1, "-grayscale", "Rec709Luma")
}

func imageInvert(s *stand) {
	for _, picture := range [][]byte{s.png(plasma...), s.png(glass...), s.png(append(plasma, "-colorspace", "Gray")...)} {
		s.samePicture("invert", nil, picture, 0, "-channel", "RGB", "-negate")
	}
}

func imageBrightness(s *stand) {
	for _, amount := range []string{"-100", "-30", "0", "15", "100"} {
		number, _ := strconv.Atoi(amount)
		s.samePicture("brightness", params{"amount": number}, s.png(glass...), 1, "-channel", "RGB", "-evaluate", "add", amount+"%")
	}
}

func imageContrast(s *stand) {
	for _, amount := range []float64{-100, -40, 0, 50, 400} {
		k := 1 + amount/100
		s.samePicture("contrast", params{"amount": amount}, s.png(glass...), 1, "-channel", "RGB", "-function", "polynomial", fmt.Sprintf("%g,%g", k, 0.5-k/2))
	}
}

func imageGamma(s *stand) {
	for _, gamma := range []float64{0.1, 0.5, 1, 2.2, 10} {
		s.samePicture("gamma", params{"gamma": gamma}, s.png(glass...), 1, "-channel", "RGB", "-gamma", fmt.Sprint(gamma))
	}
}

func imageLevels(s *stand) {
	for _, c := range [][3]float64{{0, 255, 1}, {51, 204, 1}, {30, 255, 0.5}, {0, 102, 2}} {
		p := params{"black": c[0], "white": c[1], "gamma": c[2]}
		s.samePicture("levels", p, s.png(glass...), 1, "-channel", "RGB", "-level", fmt.Sprintf("%g%%,%g%%,%g", c[0]/2.55, c[1]/2.55, c[2]))
	}
	s.refused("white must be above black", "image.levels", params{"black": 9, "white": 9}, s.png(plasma...))
}

func imageHue(s *stand) {
	for _, angle := range []float64{-90, 0, 45, 120, 180} {
		s.samePicture("hue", params{"angle": angle}, s.png(glass...), 2, "-modulate", fmt.Sprintf("100,100,%g", 100+angle/1.8))
	}
}

func imageSaturation(s *stand) {
	for _, amount := range []float64{-100, -50, 0} {
		s.samePicture("saturation", params{"amount": amount}, s.png(glass...), 2, "-modulate", fmt.Sprintf("100,%g,100", 100+amount))
	}
	s.samePicture("saturation", params{"amount": 100}, s.png("-size", "9x9", "xc:#806a6a", "-depth", "8"), 2, "-modulate", "100,200,100")
}

func imageThreshold(s *stand) {
	picture := s.png(append(plasma, "-grayscale", "Rec709Luma")...)
	for _, level := range []int{0, 100, 254, 255} {
		s.samePicture("threshold", params{"level": level}, picture, 0, "-threshold", fmt.Sprintf("%g%%", float64(level)/2.55+0.1))
	}
	p := s.rgba(picture, "png:")
	want := s.numpy(p, `v = a[..., 0].ravel()
inner = lambda t: sum(x.size * x.var() for x in (v[v <= t], v[v > t]))
print(min(range(int(v.min()), int(v.max())), key=inner))`)
	r := s.run("image.threshold", params{"method": "otsu"}, picture)
	if got := s.figure(r, "level"); fmt.Sprintln(got) != string(want) {
		s.Errorf("Otsu's level is %v, want %s", got, want)
	}
}
