// plugin_name counts the lines and words of a text: standard input is the op's input, standard
// output its output.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	lines, words, err := count(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("lines %d\nwords %d\n", lines, words)
}

func count(text io.Reader) (lines, words int, err error) {
	in, before := bufio.NewReader(text), ' '
	for {
		c, _, err := in.ReadRune()
		if err == io.EOF {
			return lines, words, nil
		}
		if err != nil {
			return 0, 0, err
		}
		if c == '\n' {
			lines++
		}
		if isSpace(before) && !isSpace(c) {
			words++
		}
		before = c
	}
}

func isSpace(c rune) bool { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v') }
