package codec

import (
	"bytes"
	"fmt"
	"testing"
)

// Which tables compress a block must show in nothing but the time.
func TestTinyBlocksAreAsSmallAsOthers(t *testing.T) {
	var text bytes.Buffer
	for i := 0; text.Len() < 2*tinyBytes; i++ {
		fmt.Fprintf(&text, "func f%d(a, b int) int { return a*%d + b }\n", i*i%997, i%13)
	}
	e, w := NewEncoder(0), &writers{}
	for _, n := range []int{1, 100, 1000, tinyBytes / 2, tinyBytes - 1, tinyBytes, tinyBytes + 1} {
		plain := text.Bytes()[:n]
		way, payload := encode(e, plain)
		if got, err := Decode(nil, way, payload, n); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes came back as %d: %v", n, len(got), err)
		}
		if most := len(w.compress(nil, plain, thorough)); len(payload) > max(most+most/20, min(n, 100)) {
			t.Errorf("%d bytes became %d, with large tables %d", n, len(payload), most)
		}
	}
}
