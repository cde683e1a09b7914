package foreign

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestArgumentsAreSplitAtBlanks(t *testing.T) {
	for line, want := range map[string][]string{
		"":                   nil,
		"  \t\n ":            nil,
		"a  b\tc":            {"a", "b", "c"},
		`'a b' "c d"`:        {"a b", "c d"},
		`a'b'"c"d`:           {"abcd"},
		`'' ""`:              {"", ""},
		`a\ b \'`:            {"a b", "'"},
		`'\' "\"" "\\" "\a"`: {`\`, `"`, `\`, "a"},
		`$HOME * ~ |`:        {"$HOME", "*", "~", "|"},
		"größe 日本":           {"größe", "日本"},
	} {
		if got, err := splitWords(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"'a", `"a`, `a\`, `"a\"`, "a\x00", strings.Repeat("a ", 1025)} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%q: %q", line, got)
		}
	}
}

// FuzzWords: any words that are quoted come back as they were.
func FuzzWords(f *testing.F) {
	f.Add("a b", `'"\`)
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsRune(a+b, 0) || !utf8.ValidString(a) || !utf8.ValidString(b) {
			_, _ = splitWords(a + b)
			return
		}
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		got, err := splitWords(`"` + escape.Replace(a) + `" '` + strings.ReplaceAll(b, "'", `'\''`) + `'`)
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q, %q: %q, %v", a, b, got, err)
		}
	})
}
