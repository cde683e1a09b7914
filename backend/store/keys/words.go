package keys

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// wordList is the English list of BIP39, sorted, one a line.
//
//go:embed words.txt
var wordList string

const (
	// WordCount is how many words a recovery sheet has: 256 bits of the key and 8 of a checksum.
	WordCount    = 24
	bitsPerWord  = 11
	maxWordsText = 16 << 10
	maxShownWord = 20
)

// Words writes a master key down as BIP39 has it.
func Words(m Master) []string {
	list, sum := strings.Fields(wordList), sha256.Sum256(m[:])
	bits := append(m[:], sum[0])
	out := make([]string, WordCount)
	for i := range out {
		index := 0
		for at := i * bitsPerWord; at < (i+1)*bitsPerWord; at++ {
			index = index<<1 | int(bits[at/8]>>(7-at%8)&1)
		}
		out[i] = list[index]
	}
	return out
}

// FromWords reads what Words wrote, as people copy it: in any case, over any lines, with numbers
// like "1." and with notes in lines that begin with #. Its error names the word that is none.
func FromWords(text string) (Master, error) {
	if len(text) > maxWordsText {
		return Master{}, errors.New("this is too long for a recovery sheet")
	}
	list := strings.Fields(wordList)
	var bits [len(Master{}) + 1]byte
	words := wordsOf(text)
	for i, word := range words[:min(len(words), WordCount)] {
		index, there := slices.BinarySearch(list, word)
		if !there {
			return Master{}, fmt.Errorf("word %d, %q, is not in the list", i+1, clipped(word))
		}
		for j := range bitsPerWord {
			at := i*bitsPerWord + j
			bits[at/8] |= byte(index>>(bitsPerWord-1-j)&1) << (7 - at%8)
		}
	}
	if len(words) != WordCount {
		return Master{}, fmt.Errorf("a recovery sheet has %d words, and these are %d", WordCount, len(words))
	}
	m := Master(bits[:len(Master{})])
	if sum := sha256.Sum256(m[:]); sum[0] != bits[len(m)] {
		return Master{}, errors.New(
			"the words do not fit together: one of them is another one on the sheet, or two are swapped")
	}
	return m, nil
}

// wordsOf leaves out notes, numbers and punctuation.
func wordsOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			word = strings.TrimFunc(strings.TrimLeft(word, "0123456789"), mark)
			if word != "" {
				out = append(out, strings.ToLower(word))
			}
		}
	}
	return out
}

func mark(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func clipped(word string) string {
	if runes := []rune(word); len(runes) > maxShownWord {
		return string(runes[:maxShownWord]) + "..."
	}
	return word
}
