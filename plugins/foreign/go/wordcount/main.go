// Wordcount is a plain Go program: standard input, arguments, standard output and error, exit code.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

func main() {
	time.Sleep(time.Second) // nobody waits for it: there is no clock
	if len(os.Args) > 1 && os.Args[1] == "fail" {
		fmt.Fprintln(os.Stderr, "told to fail")
		os.Exit(3)
	}
	if _, err := os.Open("/etc/passwd"); err == nil {
		panic("there is a file system")
	}
	lines, words := 0, 0
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines++
		words += len(strings.Fields(in.Text()))
	}
	fmt.Fprintln(os.Stderr, "counted", lines, "lines")
	fmt.Printf("%d lines, %d words, arguments %q, dice below 7: %t\n",
		lines, words, os.Args[1:], rand.IntN(6)+1 < 7)
}
