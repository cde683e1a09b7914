package newcomer

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a chapter: ```sh, or ```rust src/lib.rs.
type block struct {
	line       int
	kind, path string
	text       string
}

// blocks reads the fenced blocks of a chapter.
func blocks(t *testing.T, chapter string) []block {
	t.Helper()
	text, err := os.ReadFile(chapter)
	if err != nil {
		t.Fatal(err)
	}
	var found []block
	var open *block
	for i, line := range strings.SplitAfter(string(text), "\n") {
		fence, fenced := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "```")
		switch {
		case fenced && open == nil:
			kind, path, _ := strings.Cut(fence, " ")
			open = &block{line: i + 1, kind: kind, path: path}
		case fenced:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil || len(found) == 0 {
		t.Fatalf("%s has %d blocks, the last one is open: %t", chapter, len(found), open != nil)
	}
	return found
}

var blanks = regexp.MustCompile(`[ \t]+`)

// says reports whether a command printed what the book has: these lines in this order, others may
// lie between; "..." in a line is anything, and the width of a blank does not matter.
func says(printed, book string) error {
	tidy := func(s string) string {
		return blanks.ReplaceAllString(regexp.MustCompile(`(?m)^[ \t]+|[ \t]+$`).ReplaceAllString(s, ""), " ")
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(tidy(book)), "\n") {
		if line != "..." {
			line = strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`)
			lines = append(lines, "^"+line+"$")
		}
	}
	if !regexp.MustCompile("(?m)" + strings.Join(lines, `(?s:.*?)`)).MatchString(tidy(printed)) {
		return fmt.Errorf("it printed\n%sthe book says\n%s", printed, book)
	}
	return nil
}

func TestSaysFindsWhatIsNotAsTheBookHasIt(t *testing.T) {
	const printed = "lines   2\nwords  6\nfile.wasm: 52.6KiB\ntime  60.2 ms\n"
	for book, same := range map[string]bool{
		"lines 2\nwords 6":         true,
		"lines  2\nfile.wasm: ...": true,
		"file.wasm: ...KiB":        true,
		"lines 2\ntime ... ms":     true,
		"words 6\nlines 2":         false,
		"lines 3":                  false,
		"lines":                    false,
		"lines 2 words 6":          false,
		"file.wasm: ...MiB":        false,
		"lines 2\nwords 6\nmore":   false,
	} {
		if err := says(printed, book); (err == nil) != same {
			t.Errorf("%q: %v", book, err)
		}
	}
}
