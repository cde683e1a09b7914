package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestANameIsTheLastPartOfThePathWithoutTricks(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/t.csv":              "t.csv",
		"t.csv":                       "t.csv",
		"höhe 2.csv":                  "höhe 2.csv",
		"a/b\nc\x1b[2Jd":              "bc[2Jd",
		"safe\u202egpj.exe":           "safegpj.exe",
		"zero\u200bwidth":             "zerowidth",
		"b\xffd":                      "b\uFFFDd",
		`..\..\x`:                     "....x",
		"":                            "",
		"/":                           "",
		"..":                          "",
		".":                           "",
		strings.Repeat("x", 300):      strings.Repeat("x", MaxNameBytes),
		strings.Repeat("ö", 300):      strings.Repeat("ö", MaxNameBytes/2),
		"." + strings.Repeat("…", 90): "." + strings.Repeat("…", 84),
	} {
		got := BaseName(path)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%q is called %q, want %q", path, got, want)
		}
	}
}

func TestAFileHasANameAndAStreamHasNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Name() != "t.csv" || Stream("standard input", strings.NewReader("")).Name() != "" {
		t.Errorf("a file is called %q", s.Name())
	}
}
