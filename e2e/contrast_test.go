//go:build e2e

package e2e

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// words are the texts within a that can be seen whole, with colour and place. Disabled ones need no
// contrast (WCAG 2.2, 1.4.3).
const words = `
const out = [], walker = document.createTreeWalker(document.querySelector(a), NodeFilter.SHOW_TEXT);
const clip = (e) => {
  const seen = { top: 0, bottom: innerHeight };
  for (; e; e = e.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(e).overflowY)) {
    const r = e.getBoundingClientRect();
    seen.top = Math.max(seen.top, r.top), seen.bottom = Math.min(seen.bottom, r.bottom);
  }
  return seen;
};
while (walker.nextNode()) {
  const node = walker.currentNode, e = node.parentElement, style = getComputedStyle(e);
  if (!node.textContent.trim() || e.closest("[disabled], [data-disabled], svg, style") || style.visibility === "hidden") continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const r = range.getClientRects()[0], seen = clip(e);
  if (!r || r.width < 3 || r.top < seen.top || r.bottom > seen.bottom) continue;
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
  out.push({ text: node.textContent.trim().slice(0, 40), colour: style.color.match(/[\d.]+/g).map(Number), large,
    x: Math.floor(r.left), y: Math.floor(r.top), w: Math.ceil(r.width), h: Math.ceil(r.height) });
}
return out;`

type word struct {
	Text       string
	Colour     []float64
	Large      bool
	X, Y, W, H int
}

// readable measures the contrast of every text within the selector against what is on the screen
// around it.
func (s *stage) readable(t *testing.T, selector string) {
	t.Helper()
	s.settled(t)
	var all []word
	s.must(t, s.run(words, &all, selector))
	picture, err := s.screen.look()
	s.must(t, err)
	if len(all) < 5 {
		t.Errorf("only %d texts in %s", len(all), selector)
	}
	for _, w := range all {
		least := 4.5
		if w.Large {
			least = 3
		}
		ground := commonest(picture, image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H))
		if got := contrast(w.over(ground), ground); got < least {
			t.Errorf("%q in %s has a contrast of %.2f: %v on %v", w.Text, selector, got, w.Colour, ground)
		}
	}
}

// commonest is the colour of the ground: letters cover less than half of their line.
func commonest(picture *image.RGBA, in image.Rectangle) (ground color.RGBA) {
	counts := map[color.RGBA]int{}
	in = in.Intersect(picture.Bounds())
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			c := picture.RGBAAt(x, y)
			if counts[c]++; counts[c] > counts[ground] {
				ground = c
			}
		}
	}
	return ground
}

// over is the colour of the word's letters on that ground.
func (w word) over(ground color.RGBA) color.RGBA {
	alpha := 1.0
	if len(w.Colour) > 3 {
		alpha = w.Colour[3]
	}
	mix := func(c float64, g uint8) uint8 { return uint8(math.Round(c*alpha + float64(g)*(1-alpha))) }
	return color.RGBA{
		mix(w.Colour[0], ground.R), mix(w.Colour[1], ground.G), mix(w.Colour[2], ground.B), 255,
	}
}

// contrast is that of WCAG 2.2.
func contrast(a, b color.RGBA) float64 {
	high, low := light(a), light(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func light(c color.RGBA) float64 {
	part := func(v uint8) float64 {
		if f := float64(v) / 255; f <= 0.04045 {
			return f / 12.92
		} else {
			return math.Pow((f+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}
