package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// vectors are those of the authors of BIP39 (trezor/python-mnemonic) that have 24 words.
var vectors = map[string]string{
	strings.Repeat("00", 32): strings.Repeat("abandon ", 23) + "art",
	strings.Repeat("7f", 32): strings.Repeat("legal winner thank year wave sausage worth useful ", 2) +
		"legal winner thank year wave sausage worth title",
	strings.Repeat("80", 32): strings.Repeat("letter advice cage absurd amount doctor acoustic avoid ", 2) +
		"letter advice cage absurd amount doctor acoustic bless",
	strings.Repeat("ff", 32): strings.Repeat("zoo ", 23) + "vote",
}

func TestTheListIsThatOfBIP39(t *testing.T) {
	const published = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
	if sum := sha256.Sum256([]byte(wordList)); hex.EncodeToString(sum[:]) != published {
		t.Errorf("%x", sum)
	}
	if list := strings.Fields(wordList); len(list) != 1<<bitsPerWord || !slices.IsSorted(list) {
		t.Errorf("%d words", len(list))
	}
}

func TestTheWordsAreThoseOfThePublishedVectors(t *testing.T) {
	for digits, words := range vectors {
		key, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		m := Master(key)
		if got := strings.Join(Words(m), " "); got != words {
			t.Errorf("%s: %s", digits, got)
		}
		if got, err := FromWords(words); got != m || err != nil {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func TestEachBitOfTheKeyIsInTheWords(t *testing.T) {
	seen := map[string]bool{}
	for bit := range 8 * len(Master{}) {
		var m Master
		m[bit/8] = 1 << (bit % 8)
		words := strings.Join(Words(m), " ")
		if got, err := FromWords(words); got != m || err != nil || seen[words] {
			t.Errorf("bit %d: %v", bit, err)
		}
		seen[words] = true
	}
}

func TestWordsAreReadAsPeopleCopyThem(t *testing.T) {
	m := Master{1, 2, 3, 0xff}
	words := Words(m)
	var numbered, columns, shouted strings.Builder
	for i, word := range words {
		fmt.Fprintf(&numbered, "%d. %s\r\n", i+1, word)
		fmt.Fprintf(&columns, "%2d) %-10s%s", i+1, word, map[bool]string{true: "\n", false: "\t"}[i%4 == 3])
		fmt.Fprintf(&shouted, "%d.%s,\n\n", i+1, strings.ToUpper(word))
	}
	for name, text := range map[string]string{
		"plain": strings.Join(words, " "), "lines": strings.Join(words, "\n"), "numbered": numbered.String(),
		"columns": columns.String(), "shouted": shouted.String(),
		"with notes":  "# The store of Ada, 24 words\n  # keep it safe\n" + numbered.String() + "\n# end",
		"with a mark": "\ufeff" + strings.Join(words, "\u00a0"),
	} {
		if got, err := FromWords(text); got != m || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsWrongWithWordsIsNamed(t *testing.T) {
	words := Words(Master{9})
	changed := func(at int, word string) string {
		c := slices.Clone(words)
		c[at] = word
		return strings.Join(c, " ")
	}
	for text, says := range map[string]string{
		"":                                    "has 24 words, and these are 0",
		strings.Join(words[:23], " "):         "these are 23",
		strings.Join(words, " ") + " a":       "these are 25",
		changed(4, "abandn"):                  `word 5, "abandn", is not in the list`,
		changed(0, strings.Repeat("x", 5000)): `word 1, "xxxxxxxxxxxxxxxxxxxx...", is not`,
		changed(23, "zoo"):                    "do not fit together",
		strings.Repeat("abandon ", 9000):      "too long",
	} {
		if _, err := FromWords(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", text, err, says)
		}
	}
	swapped := slices.Clone(words)
	swapped[0], swapped[22] = swapped[22], swapped[0]
	if _, err := FromWords(strings.Join(swapped, " ")); swapped[0] != words[0] && err == nil {
		t.Error("swapped words are taken")
	}
}
