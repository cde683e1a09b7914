package main

import (
	"strings"
	"testing"
)

func TestCountsLinesAndWords(t *testing.T) {
	for text, want := range map[string][2]int{
		"":                 {0, 0},
		"one two\nthree\n": {2, 3},
		" \t one":          {0, 1},
	} {
		lines, words, err := count(strings.NewReader(text))
		if got := [2]int{lines, words}; got != want || err != nil {
			t.Errorf("%q: %v, want %v; %v", text, got, want, err)
		}
	}
}
